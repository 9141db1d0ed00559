import type { BpfMap, BpfObject } from '../../native/index.ts';
import { MAP_UPDATE } from '../../native/index.ts';
import { bpfObject, bpfTest, native, readU32, readU64, take, thrownBy, u32, u64 } from './fixture.ts';

const BPF_F_MMAPABLE = 1 << 10;
const packet = new Uint8Array(64);

let object: BpfObject;

function map(name: string): BpfMap {
  return take(object.maps, name);
}

function run(program: string, repeat = 1): number {
  return take(object.programs, program).testRun({ data: packet, repeat }).retval;
}

beforeEach(() => {
  object = native.openObject(bpfObject('maps'), { name: 'maps' });
});

afterEach(() => {
  object.close();
});

test('maps describe themselves before load', () => {
  expect(map('plain_hash')).toMatchObject({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 20000 });
  expect(map('percpu_array')).toMatchObject({
    type: 'percpu_array',
    valueSize: 4,
    valueBytes: 8 * native.possibleCpus,
  });
  expect(() => map('plain_hash').fd).toThrow(expect.objectContaining({ code: 'EBADF' }));
});

bpfTest('initialValue sets .rodata before load and is fixed after it', () => {
  const rodata = map('.rodata');
  const value = rodata.initialValue ?? new Uint8Array();
  expect(readU32(value)).toBe(7);
  expect(new TextDecoder().decode(value.subarray(4, 9))).toBe('unset');
  expect(() => {
    rodata.initialValue = value.subarray(1);
  }).toThrow(/bytes long/);
  value.set(u32(1234));
  rodata.initialValue = value;
  object.load();
  expect(run('count')).toBe(1234);
  expect(() => {
    rodata.initialValue = value;
  }).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  expect(() => rodata.mmap()).toThrow(expect.objectContaining({ code: 'EPERM' }));
  expect(map('plain_hash').initialValue).toBeUndefined();
});

bpfTest('maxEntries can be set before load only', () => {
  map('plain_hash').maxEntries = 2;
  object.load();
  expect(map('plain_hash').maxEntries).toBe(2);
  map('plain_hash').set(u32(1), u64(1n));
  map('plain_hash').set(u32(2), u64(2n));
  expect(() => map('plain_hash').set(u32(3), u64(3n))).toThrow(expect.objectContaining({ code: 'E2BIG' }));
  expect(() => {
    map('plain_hash').maxEntries = 5;
  }).toThrow(expect.objectContaining({ code: 'EBUSY' }));
});

bpfTest('a hash gets, sets with flags, deletes', () => {
  object.load();
  const hash = map('plain_hash');
  expect(hash.get(u32(1))).toBeUndefined();
  hash.set(u32(1), u64(2n ** 63n), MAP_UPDATE.noExist);
  expect(readU64(hash.get(u32(1)))).toBe(2n ** 63n);
  expect(() => hash.set(u32(1), u64(0n), MAP_UPDATE.noExist)).toThrow(
    expect.objectContaining({ code: 'EEXIST' }),
  );
  expect(() => hash.set(u32(2), u64(0n), MAP_UPDATE.exist)).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  );
  expect(hash.delete(u32(1))).toBe(true);
  expect(hash.delete(u32(1))).toBe(false);
});

bpfTest('keys and values of the wrong size or sort are refused before the kernel sees them', () => {
  object.load();
  const hash = map('plain_hash');
  expect(thrownBy(() => hash.get(new Uint8Array(3)))).toHaveProperty('name', 'RangeError');
  expect(thrownBy(() => hash.get(new Uint8Array(0)))).toHaveProperty('name', 'RangeError');
  expect(thrownBy(() => hash.set(u32(1), new Uint8Array(7)))).toHaveProperty('name', 'RangeError');
  expect(thrownBy(() => hash.set(u32(1), u64(1n), -1))).toHaveProperty('name', 'RangeError');
  expect(thrownBy(() => hash.get([1, 2, 3, 4] as unknown as Uint8Array))).toHaveProperty('name', 'TypeError');
  expect(thrownBy(() => map('percpu_array').set(u32(0), u32(1)))).toHaveProperty('name', 'RangeError');
  const buffer = new ArrayBuffer(4);
  const detached = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  expect(thrownBy(() => hash.get(detached))).toHaveProperty('name', 'RangeError');
});

bpfTest('setAll(), entries() and keys() agree over 10,000 entries', () => {
  object.load();
  const hash = map('plain_hash');
  const entries = Array.from({ length: 10_000 }, (_, index) => ({
    key: u32(index * 7),
    value: u64(BigInt(index)),
  }));
  hash.setAll(entries);
  const read = new Map(hash.entries().map(({ key, value }) => [readU32(key), readU64(value)]));
  expect(read).toEqual(new Map(entries.map(({ key, value }) => [readU32(key), readU64(value)])));
  expect([...hash.keys()].map((key) => readU32(key)).toSorted((a, b) => a - b)).toEqual(
    entries.map(({ key }) => readU32(key)),
  );
  expect(hash.entries(10)).toHaveLength(10);
  expect(hash.entries(0)).toEqual([]);
  expect(() => hash.setAll([{ key: u32(1), value: u32(1) }])).toThrow(RangeError);
});

bpfTest('entries() and setAll() fall back where the kernel has no batch command', () => {
  using stack = native.createMap({ type: 'lru_hash', keySize: 4, valueSize: 4, maxEntries: 64 });
  stack.setAll([{ key: u32(1), value: u32(2) }]);
  expect(stack.entries().map(({ value }) => readU32(value))).toEqual([2]);
  object.load();
  const trie = map('trie');
  const prefix = (bits: number, address: number) => Uint8Array.of(...u32(bits), ...u32(address));
  trie.setAll([
    { key: prefix(8, 10), value: u32(1) },
    { key: prefix(16, 0x1234), value: u32(2) },
  ]);
  expect(
    trie
      .entries()
      .map(({ value }) => readU32(value))
      .toSorted(),
  ).toEqual([1, 2]);
  expect(readU32(trie.get(prefix(32, 0x0a0a_000a)))).toBe(1);
  const flags = MAP_UPDATE.noExist;
  map('plain_hash').setAll([{ key: u32(5), value: u64(5n) }], flags);
  expect(() => map('plain_hash').setAll([{ key: u32(5), value: u64(6n) }], flags)).toThrow(
    expect.objectContaining({ code: 'EEXIST' }),
  );
});

bpfTest('a per-CPU value holds each possible CPU in 8 bytes', () => {
  object.load();
  const perCpu = map('percpu_array');
  const value = new Uint8Array(8 * native.possibleCpus);
  for (let cpu = 0; cpu < native.possibleCpus; cpu++) {
    value.set(u32(100 + cpu), cpu * 8);
  }
  perCpu.set(u32(2), value);
  expect(perCpu.get(u32(2))).toEqual(value);
  run('count', 50);
  const after = perCpu.get(u32(2));
  const sum = Array.from({ length: native.possibleCpus }, (_, cpu) => readU32(after, cpu * 8)).reduce(
    (a, b) => a + b,
    0,
  );
  const before = Array.from({ length: native.possibleCpus }, (_, cpu) => 100 + cpu).reduce(
    (a, b) => a + b,
    0,
  );
  expect(sum).toBe(before + 50);
  expect(perCpu.entries()).toHaveLength(4);
  expect(perCpu.entries()[2]?.value).toEqual(after);
});

bpfTest('setInnerMap() puts a map of another size into a map of maps', () => {
  object.load();
  expect(run('read_inner')).toBe(0);
  using inner = native.createMap({ type: 'hash', name: 'inner', keySize: 4, valueSize: 4, maxEntries: 8 });
  inner.set(u32(5), u32(99));
  map('outer').setInnerMap(u32(1), inner);
  expect(run('read_inner')).toBe(99);
  expect(readU32(map('outer').get(u32(1)))).toBe(inner.id());
  expect(map('outer').delete(u32(1))).toBe(true);
  expect(run('read_inner')).toBe(0);
});

bpfTest('createMap() makes an array of ring buffers of different sizes', () => {
  using small = native.createMap({ type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 });
  using large = native.createMap({ type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 65536 });
  using rings = native.createMap({
    type: 'array_of_maps',
    keySize: 4,
    valueSize: 4,
    maxEntries: 2,
    innerMap: small,
  });
  rings.setInnerMap(u32(0), small);
  rings.setInnerMap(u32(1), large);
  expect(readU32(rings.get(u32(1)))).toBe(large.id());
  using ring = native.ringBuffer(large);
  expect(ring.sizeBytes).toBe(65536);
});

bpfTest('createMap() refuses what the kernel or we do not know', () => {
  const sizes = { keySize: 4, valueSize: 4, maxEntries: 1 };
  expect(thrownBy(() => native.createMap({ type: 'no_such_map', ...sizes }))).toHaveProperty(
    'name',
    'TypeError',
  );
  expect(() => native.createMap({ type: 'array', ...sizes, keySize: 5 })).toThrow(
    expect.objectContaining({ code: 'EINVAL' }),
  );
  expect(thrownBy(() => native.createMap({ type: 'array', ...sizes, maxEntries: 2 ** 40 }))).toHaveProperty(
    'name',
    'RangeError',
  );
});

bpfTest('setProgram() makes a tail call land', () => {
  object.load();
  expect(run('jump')).toBe(1);
  map('jumps').setProgram(u32(1), take(object.programs, 'landed'));
  expect(run('jump')).toBe(42);
});

bpfTest('mmap() of .bss and of an array shows what programs write, both ways', () => {
  object.load();
  const bss = new BigUint64Array(map('.bss').mmap(), 0, 1);
  const elements = new Uint32Array(map('mapped_array').mmap());
  run('count', 10);
  expect(bss[0]).toBe(10n);
  expect(elements[4]).toBe(10);
  expect(elements).toHaveLength(6);
  bss[0] = 500n;
  run('count');
  expect(bss[0]).toBe(501n);
  expect(map('.bss').mmap()).toBe(bss.buffer);
  expect(() => map('plain_hash').mmap()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

bpfTest('close() detaches the view, of an object’s map and of one that stands alone', () => {
  object.load();
  const bss = map('.bss').mmap();
  expect(bss.byteLength).toBeGreaterThan(0);
  object.close();
  expect(bss.byteLength).toBe(0);
  const alone = native.createMap({
    type: 'array',
    keySize: 4,
    valueSize: 4,
    maxEntries: 1000,
    flags: BPF_F_MMAPABLE,
  });
  const view = alone.mmap();
  expect(view.byteLength).toBe(8000);
  alone.close();
  alone.close();
  expect(view.byteLength).toBe(0);
  expect(() => alone.get(u32(0))).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => alone.mmap()).toThrow(expect.objectContaining({ code: 'EBADF' }));
});

bpfTest('mmap() of a ring buffer is refused: its consumer position is not JavaScript’s to write', () => {
  using ring = native.createMap({ type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 });
  expect(() => ring.mmap()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});
