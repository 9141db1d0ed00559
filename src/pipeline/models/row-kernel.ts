/** Dot products and L1 distances of a vector with many rows, four lanes at a time. */

/**
 * The two loops of WebAssembly; both work on {@link ROWS_AT_ONCE} rows side by side and write one number a row.
 *
 * All places are bytes in {@link buffer}, multiples of 16; vectors are single precision. The numbers are the same on every
 * machine, as lanes and their sum have a fixed order.
 */
export interface RowKernel {
  readonly buffer: ArrayBuffer;
  /**
   * Writes the dot product of `x` with each row.
   *
   * @param count Rows, a multiple of {@link ROWS_AT_ONCE}.
   * @param rowBytes Length of `x` and of each row, a multiple of {@link ROW_MULTIPLE_BYTES}, not 0.
   * @param out Where the `count` results go.
   */
  dots(x: number, rows: number, count: number, rowBytes: number, out: number): void;
  /** Writes the L1 distance of `x` from each row; as {@link dots} otherwise. */
  distances(x: number, rows: number, count: number, rowBytes: number, out: number): void;
}

/** Rows are filled up with zeros to a multiple of that. */
export const ROW_MULTIPLE_BYTES = 16;
/** There is room for a multiple of that many rows and results. */
export const ROWS_AT_ONCE = 4;

const PAGE_BYTES = 65_536;

/** The part of WebAssembly's interface that is used; the compiler has no types of it without those of browsers. */
interface WasmApi {
  Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: Record<string, Record<string, object>>,
  ) => { readonly exports: object };
}

/** A kernel over at least `bytes` zeros of memory of its own. */
export function newRowKernel(bytes: number): RowKernel {
  // every runtime that runs this has it: see WasmApi
  const wasm = Reflect.get(globalThis, 'WebAssembly') as WasmApi;
  const memory = new wasm.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new wasm.Instance(new wasm.Module(moduleBytes()), { m: { m: memory } });
  // the module below exports just these two, of this type
  const { dots, distances } = exports as Pick<RowKernel, 'dots' | 'distances'>;
  return { buffer: memory.buffer, dots, distances };
}

/*
 * WebAssembly core specification 2.0, chapter 5 (binary format). Parameters of both functions: x, rows, count, rowBytes, out.
 */
const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I32_LT_U = 0x49;
const I32_EQZ = 0x45;
const F32_ADD = 0x92;
const BLOCK = 0x02;
const LOOP = 0x03;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const F32_STORE = 0x38;
const SIMD = 0xfd;
/** All bits of a lane but its sign. */
const SIGN_MASK = [0xff, 0xff, 0xff, 0x7f];
const V128_LOAD = [SIMD, 0x00, 4, 0];
const V128_ZERO = [SIMD, 0x0c, ...new Array<number>(16).fill(0)];
const V128_AND = [SIMD, 0x4e];
const F32X4_EXTRACT_LANE = 0x1f;
const F32X4_ADD = [SIMD, 0xe4, 0x01];
const F32X4_SUB = [SIMD, 0xe5, 0x01];
const F32X4_MUL = [SIMD, 0xe6, 0x01];

const X = 0;
const ROWS = 1;
const COUNT = 2;
const ROW_BYTES = 3;
const OUT = 4;
/** Offset into `x`. */
const AT = 5;
/** Where the loop is in each of the rows. */
const PLACES = [6, 7, 8, 9];
const SUMS = [10, 11, 12, 13];
const VALUES = 14;
const WITHOUT_SIGN = 15;

function moduleBytes(): Uint8Array {
  const signature = [0x60, 5, I32, I32, I32, I32, I32, 0];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, ...signature]),
    ...section(2, [1, ...name('m'), ...name('m'), 2, 0, 1]),
    ...section(3, [2, 0, 0]),
    ...section(7, [2, ...name('dots'), 0, 0, ...name('distances'), 0, 1]),
    ...section(10, [2, ...body(F32X4_MUL), ...body([...F32X4_SUB, LOCAL_GET, WITHOUT_SIGN, ...V128_AND])]),
  ]);
}

/** The loop over all rows; `combine` makes one vector of a vector of `x` and one of the row. */
function body(combine: readonly number[]): number[] {
  const code = [
    ...[2, 5, I32, 6, V128],
    // a mask kept in a register is cheaper than the instruction for absolute values
    ...[SIMD, 0x0c, ...SIGN_MASK, ...SIGN_MASK, ...SIGN_MASK, ...SIGN_MASK, LOCAL_SET, WITHOUT_SIGN],
    ...[BLOCK, VOID, LOOP, VOID],
    ...[LOCAL_GET, COUNT, I32_EQZ, BR_IF, 1],
    ...SUMS.flatMap((sum) => [...V128_ZERO, LOCAL_SET, sum]),
    ...PLACES.flatMap((place) => [
      LOCAL_GET,
      ROWS,
      LOCAL_SET,
      place,
      ...moveBy(ROWS, [LOCAL_GET, ROW_BYTES]),
    ]),
    ...[I32_CONST, 0, LOCAL_SET, AT],
    ...[LOOP, VOID, LOCAL_GET, X, LOCAL_GET, AT, I32_ADD, ...V128_LOAD, LOCAL_SET, VALUES],
    ...PLACES.flatMap((place, row) => accumulate(place, SUMS[row] ?? 0, combine)),
    ...moveBy(AT, [I32_CONST, ROW_MULTIPLE_BYTES]),
    ...[LOCAL_GET, AT, LOCAL_GET, ROW_BYTES, I32_LT_U, BR_IF, 0, END],
    ...SUMS.flatMap((sum, row) => storeSum(sum, 4 * row)),
    ...moveBy(OUT, [I32_CONST, 4 * ROWS_AT_ONCE]),
    ...[LOCAL_GET, COUNT, I32_CONST, ROWS_AT_ONCE, I32_SUB, LOCAL_SET, COUNT],
    ...[BR, 0, END, END, END],
  ];
  return [...unsigned(code.length), ...code];
}

function accumulate(place: number, sum: number, combine: readonly number[]): number[] {
  return [
    ...[LOCAL_GET, VALUES, LOCAL_GET, place, ...V128_LOAD, ...combine],
    ...[LOCAL_GET, sum, ...F32X4_ADD, LOCAL_SET, sum],
    ...moveBy(place, [I32_CONST, ROW_MULTIPLE_BYTES]),
  ];
}

/** Stores the sum of the four lanes. */
function storeSum(sum: number, offset: number): number[] {
  const [first, second, third, fourth] = [0, 1, 2, 3].map((lane) => [
    ...[LOCAL_GET, sum, SIMD, F32X4_EXTRACT_LANE, lane],
  ]);
  return [
    ...[LOCAL_GET, OUT, ...(first ?? []), ...(second ?? []), F32_ADD],
    ...[...(third ?? []), ...(fourth ?? []), F32_ADD, F32_ADD, F32_STORE, 2, offset],
  ];
}

function moveBy(local: number, amount: readonly number[]): number[] {
  return [LOCAL_GET, local, ...amount, I32_ADD, LOCAL_SET, local];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'ascii')];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
