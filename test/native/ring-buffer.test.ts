import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { BpfObject, RingBuffer } from '../../native/index.ts';
import { bpfObject, bpfTest, native, readU64, take, thrownBy, u32, u64 } from './fixture.ts';

const BPF_RB_NO_WAKEUP = 1n;
const BPF_RB_FORCE_WAKEUP = 2n;
const packet = new Uint8Array(64);

let object: BpfObject;
let ring: RingBuffer;

function load(
  settings: { tgid?: number; discardEvery?: number; flags?: bigint; ringBytes?: number } = {},
): void {
  object = native.openObject(bpfObject('ring'), { name: 'ring' });
  const rodata = take(object.maps, '.rodata');
  const value = rodata.initialValue ?? new Uint8Array();
  value.set(u32(settings.tgid ?? 0), 0);
  value.set(u32(settings.discardEvery ?? 0), 4);
  value.set(u64(settings.flags ?? BPF_RB_NO_WAKEUP), 8);
  rodata.initialValue = value;
  if (settings.ringBytes !== undefined) {
    take(object.maps, 'ring').maxEntries = settings.ringBytes;
  }
  object.load();
  ring = native.ringBuffer(take(object.maps, 'ring'));
}

function produce(count: number): void {
  take(object.programs, 'produce_one').testRun({ data: packet, repeat: count });
}

function perCpu(name: string): bigint[] {
  const value = take(object.maps, name).get(u32(0));
  return Array.from({ length: native.possibleCpus }, (_, cpu) => readU64(value, cpu * 8));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}

/** Checks the records of drained bytes: whole, in order of each CPU, none missing since the last call. */
class Checker {
  readonly next: bigint[] = new Array(native.possibleCpus).fill(0n);
  records = 0;

  check(target: ArrayBuffer, bytes: number): void {
    const view = new DataView(target);
    let at = 0;
    while (at < bytes) {
      const length = view.getUint32(at, true);
      const cpu = view.getUint32(at + 8, true);
      const sequence = view.getBigUint64(at + 16, true);
      if (view.getUint32(at + 4, true) !== 0) {
        throw new Error(`The second word of the prefix at ${at} is not 0`);
      }
      if (length !== view.getUint32(at + 12, true) || length !== 16 + Number((sequence * 37n) % 500n)) {
        throw new Error(`The record at ${at} has length ${length}`);
      }
      if (sequence !== this.next[cpu]) {
        throw new Error(`CPU ${cpu} came with ${sequence} instead of ${this.next[cpu]}`);
      }
      this.next[cpu] = sequence + 1n;
      this.records++;
      at += 8 + Math.ceil(length / 8) * 8;
    }
    if (at !== bytes) {
      throw new Error(`The last record ends at ${at}, the bytes at ${bytes}`);
    }
  }
}

afterEach(() => {
  ring?.close();
  object?.close();
});

bpfTest('drain() gives every record once and in order, through a target that holds only a few', () => {
  load();
  const target = new ArrayBuffer(600);
  using small = native.ringBuffer(take(object.maps, 'ring'), { maxRecordBytes: 600 });
  const checker = new Checker();
  let drains = 0;
  for (let round = 0; round < 40; round++) {
    produce(997);
    for (let bytes = small.drain(target); bytes > 0; bytes = small.drain(target)) {
      checker.check(target, bytes);
      drains++;
    }
  }
  expect(sum(perCpu('refused'))).toBe(0n);
  expect(checker.records).toBe(40 * 997);
  expect(checker.next).toEqual(perCpu('produced'));
  expect(drains).toBeGreaterThan(10_000);
  expect(small.availableBytes()).toBe(0);
});

bpfTest('drain() skips discarded records', () => {
  load({ discardEvery: 3 });
  const target = new ArrayBuffer(1 << 20);
  const checker = new Checker();
  for (let round = 0; round < 20; round++) {
    produce(1000);
    for (let bytes = ring.drain(target); bytes > 0; bytes = ring.drain(target)) {
      checker.check(target, bytes);
    }
  }
  expect(checker.records).toBe(20_000);
});

bpfTest('drain() after an overflow gives all that went in, and the rest was counted by the producer', () => {
  load({ ringBytes: 64 * 1024 });
  produce(5000);
  const refused = sum(perCpu('refused'));
  expect(refused).toBeGreaterThan(4000n);
  const target = new ArrayBuffer(1 << 20);
  const checker = new Checker();
  checker.check(target, ring.drain(target));
  expect(BigInt(checker.records) + refused).toBe(5000n);
  produce(10);
  checker.check(target, ring.drain(target));
  expect(checker.next).toEqual(perCpu('produced'));
});

bpfTest('drain() takes nothing that does not fit, and says what would', () => {
  load();
  take(object.programs, 'produce_large').testRun({ data: packet });
  produce(1);
  const target = new ArrayBuffer(70_000);
  expect(thrownBy(() => ring.drain(target))).toMatchObject({
    name: 'RangeError',
    message: expect.stringContaining('100008'),
  });
  expect(ring.availableBytes()).toBeGreaterThan(100_000);
  const large = new ArrayBuffer(100_008);
  expect(ring.drain(large)).toBe(100_008);
  expect(new Uint32Array(large, 0, 3)).toEqual(Uint32Array.of(100_000, 0, 0x12345678));
  expect(new Uint32Array(large).at(-1)).toBe(0x9abcdef0);
  expect(ring.drain(large)).toBe(24);
});

bpfTest('drain() refuses a target under maxRecordBytes, a view and a detached buffer', () => {
  load();
  expect(thrownBy(() => ring.drain(new ArrayBuffer(65_543)))).toHaveProperty('name', 'RangeError');
  expect(ring.drain(new ArrayBuffer(65_544))).toBe(0);
  expect(thrownBy(() => ring.drain(new Uint8Array(1 << 20) as unknown as ArrayBuffer))).toHaveProperty(
    'name',
    'TypeError',
  );
  const detached = new ArrayBuffer(1 << 20);
  structuredClone(detached, { transfer: [detached] });
  expect(thrownBy(() => ring.drain(detached))).toHaveProperty('name', 'RangeError');
});

bpfTest(
  'drain() is exact while other threads fill the ring',
  async () => {
    load({ tgid: process.pid, ringBytes: 1 << 18 });
    const link = take(object.programs, 'produce_call').attach({ kind: 'auto' });
    const loop =
      'const end = Date.now() + 1500; while (Date.now() < end) for (let i = 0; i < 1000; i++) process.getegid()';
    const workers = [new Worker(loop, { eval: true }), new Worker(loop, { eval: true })];
    let running = workers.length;
    for (const worker of workers) {
      worker.once('exit', () => running--);
    }
    const target = new ArrayBuffer(1 << 17);
    const checker = new Checker();
    while (running > 0) {
      for (let turn = 0; turn < 50; turn++) {
        checker.check(target, ring.drain(target));
      }
      await setTimeout(1);
    }
    link.close();
    for (let bytes = ring.drain(target); bytes > 0; bytes = ring.drain(target)) {
      checker.check(target, bytes);
    }
    expect(checker.records).toBeGreaterThan(10_000);
    expect(checker.next).toEqual(perCpu('produced'));
  },
  20_000,
);

bpfTest(
  'onReadable() is called after a wake-up, again while records stay, and not when there are none',
  async () => {
    load({ flags: BPF_RB_FORCE_WAKEUP });
    let calls = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    ring.onReadable(() => {
      calls++;
      if (calls === 3) {
        ring.drain(new ArrayBuffer(1 << 17));
        resolve();
      }
    });
    await setTimeout(30);
    expect(calls).toBe(0);
    produce(1);
    await promise;
    await setTimeout(30);
    expect(calls).toBe(3);
    ring.onReadable(null);
    produce(1);
    await setTimeout(30);
    expect(calls).toBe(3);
  },
);

bpfTest('onReadable() loses no wake-up of records submitted without flags', async () => {
  load({ flags: 0n });
  const target = new ArrayBuffer(1 << 17);
  const checker = new Checker();
  ring.onReadable(() => {
    throw new Error('This callback was replaced');
  });
  ring.onReadable(() => checker.check(target, ring.drain(target)));
  for (let round = 1; round <= 200; round++) {
    produce(1);
    while (checker.records < round) {
      await setTimeout(0);
    }
  }
  expect(checker.records).toBe(200);
});

bpfTest('close() inside the callback, and twice, is safe; the ring outlives its object', async () => {
  load({ flags: BPF_RB_FORCE_WAKEUP });
  const { promise, resolve } = Promise.withResolvers<void>();
  ring.onReadable(() => {
    ring.close();
    ring.close();
    resolve();
  });
  produce(1);
  await promise;
  expect(() => ring.drain(new ArrayBuffer(1 << 17))).toThrow(expect.objectContaining({ code: 'EBADF' }));

  using second = native.ringBuffer(take(object.maps, 'ring'));
  object.close();
  expect(second.drain(new ArrayBuffer(1 << 17))).toBeGreaterThan(0);
});

bpfTest('ringBuffer() of another sort of map is EINVAL', () => {
  load();
  expect(() => native.ringBuffer(take(object.maps, 'produced'))).toThrow(
    expect.objectContaining({ code: 'EINVAL' }),
  );
});
