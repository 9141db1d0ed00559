import fc from 'fast-check';
import { EventIdGenerator } from '../../../src/core/event-id.ts';

const NOW_NS = 1_795_229_900_442_123_456n;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function timeMsOf(id: string): bigint {
  return BigInt(`0x${id.slice(0, 8)}${id.slice(9, 13)}`);
}

describe('EventIdGenerator', () => {
  test('next() carries the milliseconds of the event in a version 7 UUID', () => {
    const id = new EventIdGenerator().next(NOW_NS);
    expect(id).toMatch(UUID_V7);
    expect(timeMsOf(id)).toBe(NOW_NS / 1_000_000n);
  });

  test('next() tells apart two events of one millisecond by their order in it', () => {
    const generate = (ns: bigint) => new EventIdGenerator(() => new Uint8Array(6)).next(ns);
    expect(generate(NOW_NS + 1000n) > generate(NOW_NS)).toBe(true);
  });

  test('next() only ever grows while times wander within ten seconds', () => {
    const wandering = fc.array(fc.bigInt({ min: -4_000_000_000n, max: 4_000_000_000n }), { minLength: 2 });
    fc.assert(
      fc.property(wandering, (offsets) => {
        const generator = new EventIdGenerator();
        const ids = offsets.map((offset) => generator.next(NOW_NS + offset));
        expect(ids).toEqual([...new Set(ids)].sort());
        expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
      }),
    );
  });

  test('next() stays sorted past the counter of one instant', () => {
    const generator = new EventIdGenerator();
    let last = '';
    for (let index = 0; index < 200_000; index++) {
      const id = generator.next(NOW_NS);
      if (id <= last) {
        throw new Error(`${id} after ${last}`);
      }
      last = id;
    }
    expect(timeMsOf(last) - NOW_NS / 1_000_000n).toBeLessThanOrEqual(1n);
  });

  test('next() follows a clock that was set back, under another random part', () => {
    const generator = new EventIdGenerator();
    const before = generator.next(NOW_NS);
    const after = generator.next(NOW_NS - 3_600_000_000_000n);
    expect(timeMsOf(after)).toBe((NOW_NS - 3_600_000_000_000n) / 1_000_000n);
    expect(after.slice(-12)).not.toBe(before.slice(-12));
  });

  test('two generators give different ids for the same time', () => {
    expect(new EventIdGenerator().next(NOW_NS)).not.toBe(new EventIdGenerator().next(NOW_NS));
  });
});
