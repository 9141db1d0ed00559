/** How models and counters write their state down: little-endian values one after another, every length bounded. */
import { endianness } from 'node:os';
import { SentinelError } from './errors.ts';

/*
 * u32, f64    as they are
 * text        u32 bytes, UTF-8
 * array       u32 elements, then the elements
 *
 * There are no names or types in it: reader and writer agree by the version that the file around it carries.
 */
const FIRST_BYTES = 4096;
const MAX_TEXT_BYTES = 1 << 20;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The numeric arrays that a state can hold. */
export type StateArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** Collects a state. */
export class StateWriter {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #length = 0;

  /** @throws {TypeError} If `value` is not an integer of 32 bits without sign. */
  u32(value: number): void {
    if (value >>> 0 !== value) {
      throw new TypeError(`not an unsigned 32-bit integer: ${value}`);
    }
    const at = this.#take(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  f64(value: number): void {
    const at = this.#take(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    if (bytes.length > MAX_TEXT_BYTES) {
      throw new RangeError('a text in a state is longer than 1 MiB');
    }
    this.u32(bytes.length);
    bytes.copy(this.#bytes, this.#take(bytes.length));
  }

  array(values: StateArray): void {
    mustBeLittleEndian();
    this.u32(values.length);
    const at = this.#take(values.byteLength);
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).copy(this.#bytes, at);
  }

  /** What was written so far; valid until the next write. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #take(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(at + bytes, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = at + bytes;
    return at;
  }
}

/** Reads what a {@link StateWriter} wrote; takes nothing on trust. All throw `SNT_INPUT_CORRUPT` with the offset. */
export class StateReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param max Anything above is an error. */
  u32(max = 0xffff_ffff): number {
    const at = this.#take(4, 'a number');
    const value = this.#bytes.readUInt32LE(at);
    if (value > max) {
      throw this.#corrupt(at, `${value} is above ${max}`);
    }
    return value;
  }

  f64(): number {
    return this.#bytes.readDoubleLE(this.#take(8, 'a number'));
  }

  text(maxBytes = MAX_TEXT_BYTES): string {
    const length = this.u32(maxBytes);
    const at = this.#take(length, 'a text');
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw this.#corrupt(at, 'not UTF-8');
    }
  }

  /** Fills `target`, which says how many elements there have to be. */
  fill(target: StateArray): void {
    mustBeLittleEndian();
    const before = this.#at;
    const length = this.u32();
    if (length !== target.length) {
      throw this.#corrupt(before, `${length} elements where ${target.length} belong`);
    }
    const at = this.#take(target.byteLength, 'an array');
    this.#bytes.copy(Buffer.from(target.buffer, target.byteOffset, target.byteLength), 0, at);
  }

  /** How many bytes are left: at the end of a state there must be none. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** For a caller that finds a value which cannot be. */
  fail(reason: string): never {
    throw this.#corrupt(this.#at, reason);
  }

  #take(bytes: number, what: string): number {
    const at = this.#at;
    if (bytes > this.#bytes.length - at) {
      throw this.#corrupt(at, `the state ends within ${what}`);
    }
    this.#at = at + bytes;
    return at;
  }

  #corrupt(offset: number, reason: string): SentinelError {
    return new SentinelError('SNT_INPUT_CORRUPT', `Cannot read the state: at byte ${offset}: ${reason}`);
  }
}

function mustBeLittleEndian(): void {
  if (endianness() !== 'LE') {
    throw new SentinelError('SNT_INTERNAL', 'Cannot write a state on a big-endian machine');
  }
}
