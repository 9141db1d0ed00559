import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { ConditionalCounts, CountQuery } from '../../../../src/pipeline/features/conditional-counts.ts';
import { DecayClock } from '../../../../src/pipeline/features/decay-clock.ts';
import { DecayedTable } from '../../../../src/pipeline/features/decayed-table.ts';
import { hashPair, hashStart, hashText } from '../../../../src/pipeline/features/text-hash.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const START = 1_700_000_000_000;

const hash = (text: string): number => hashText(hashStart(0), text);

class Bench {
  readonly clock = new DecayClock(DAY);
  readonly counts: ConditionalCounts;
  readonly query = new CountQuery();

  constructor(pairs = 1024, contexts = 256) {
    this.counts = new ConditionalCounts(this.clock, pairs, contexts);
  }

  look(context: string, value: string): CountQuery {
    this.counts.look(this.query, hash(context), hash(value));
    return this.query;
  }

  learn(context: string, value: string, times = 1): void {
    for (let time = 0; time < times; time++) {
      this.look(context, value);
      this.counts.learn(this.query);
    }
  }

  /** Lets event time pass, minute by minute. */
  wait(ms: number, from = START): void {
    for (let time = 0; time <= ms; time += MINUTE) {
      const factor = this.clock.advance(from + time);
      if (factor !== 1) {
        this.counts.scale(factor);
      }
    }
  }
}

describe('ConditionalCounts', () => {
  test('finds a value the less surprising the more often it came', () => {
    const bench = new Bench();
    let last = Number.POSITIVE_INFINITY;
    bench.learn('nginx', 'worker', 50);
    for (let time = 0; time < 20; time++) {
      const { surprisal } = bench.look('nginx', 'sh');
      expect(surprisal).toBeLessThan(last);
      last = surprisal;
      bench.learn('nginx', 'sh');
    }
  });

  test('finds a new value the more surprising the longer there was none', () => {
    const bench = new Bench();
    bench.learn('nginx', 'worker', 10);
    const early = bench.look('nginx', 'sh').surprisal;
    bench.learn('nginx', 'worker', 1000);
    const late = bench.look('nginx', 'sh').surprisal;
    expect(late).toBeGreaterThan(early + 3);
  });

  test('is not surprised by a new value where new values are usual', () => {
    const bench = new Bench(4096);
    for (let file = 0; file < 400; file++) {
      bench.learn('cc1', `/tmp/${file}`);
      bench.learn('nginx', '/etc/nginx');
    }
    expect(bench.look('cc1', '/tmp/another').surprisal).toBeLessThan(0.1);
    expect(bench.look('nginx', '/tmp/another').surprisal).toBeGreaterThan(4);
  });

  test('judges a context that it never saw by how usual new pairs are on the whole', () => {
    const bench = new Bench();
    const first = bench.look('a', 'x').surprisal;
    bench.learn('b', 'y', 1000);
    expect(bench.look('a', 'x').surprisal).toBeGreaterThan(first + 3);
  });

  test('counts of both are told, and never a count above its total', () => {
    const bench = new Bench();
    bench.learn('nginx', 'worker', 3);
    bench.learn('nginx', 'sh');
    const { count, total, isNew } = bench.look('nginx', 'worker');
    expect([count, total, isNew]).toEqual([3, 4, false]);
    expect(bench.look('nginx', 'nc').isNew).toBe(true);
  });

  test('forgets by half in a half-life', () => {
    const bench = new Bench();
    bench.wait(0);
    bench.learn('nginx', 'sh', 8);
    bench.wait(DAY);
    expect(bench.look('nginx', 'sh').count).toBeCloseTo(4, 6);
  });

  test('keeps its answers when weights are made smaller', () => {
    const bench = new Bench();
    bench.wait(0);
    bench.learn('nginx', 'sh', 1000);
    bench.wait(41 * DAY, START);
    expect(bench.look('nginx', 'sh').count).toBeCloseTo(1000 * 2 ** -41, 18);
  });

  test('keeps what is established through a flood of new values and contexts', () => {
    const bench = new Bench(1024, 256);
    for (let child = 0; child < 50; child++) {
      bench.learn('systemd', `unit-${child}`, 3);
    }
    for (let flood = 0; flood < 50_000; flood++) {
      bench.learn(`/tmp/${flood % 7}`, `value-${flood}`);
      bench.learn(`context-${flood}`, 'x');
    }
    let kept = 0;
    for (let child = 0; child < 50; child++) {
      kept += bench.look('systemd', `unit-${child}`).count === 3 ? 1 : 0;
    }
    expect(kept).toBe(50);
    expect(bench.query.total).toBe(150);
  });

  test('lets one context fill an eighth of its table and no more', () => {
    const bench = new Bench(1024, 256);
    for (let value = 0; value < 5000; value++) {
      bench.learn('attacker', `value-${value}`, 2);
    }
    let kept = 0;
    for (let value = 0; value < 5000; value++) {
      kept += bench.look('attacker', `value-${value}`).isNew ? 0 : 1;
    }
    expect(kept).toBeGreaterThan(64);
    expect(kept).toBeLessThanOrEqual(128);
  });

  test('gives a probability above 0 and at most 1 whatever is learnt, and the same after a restore', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 200 }));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 300 }), fc.array(pair, { maxLength: 20 }), (learnt, asked) => {
        const bench = new Bench(64, 8);
        for (const [context, value] of learnt) {
          bench.learn(String(context), String(value));
        }
        const state = new StateWriter();
        bench.counts.save(state);
        const restored = new Bench(64, 8);
        const reader = new StateReader(state.bytes());
        restored.counts.restore(reader);
        expect(reader.remaining).toBe(0);
        for (const [context, value] of asked) {
          const { probability } = bench.look(String(context), String(value));
          expect(probability).toBeGreaterThan(0);
          expect(probability).toBeLessThanOrEqual(1);
          expect(restored.look(String(context), String(value)).probability).toBe(probability);
          bench.learn(String(context), String(value));
          restored.learn(String(context), String(value));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('refuses a state with more new events than events', () => {
    const bench = new Bench(64, 8);
    const state = new StateWriter();
    bench.counts.save(state);
    const bytes = Buffer.from(state.bytes());
    bytes.writeDoubleLE(5, bytes.length - 8);
    expect(() => bench.counts.restore(new StateReader(bytes))).toThrow('more new events');
  });
});

describe('DecayedTable', () => {
  test('never gives one key the place of another', () => {
    const keys = fc.uniqueArray(fc.integer({ min: 1, max: 0xffff_ffff }), { maxLength: 200 });
    fc.assert(
      fc.property(keys, (all) => {
        const table = new DecayedTable(64, 2);
        const held = new Map<number, number>();
        for (const key of all) {
          const slot = table.take(key, 1);
          if (slot < 0) {
            continue;
          }
          for (const [other, at] of held) {
            if (at === slot) {
              held.delete(other);
            }
          }
          held.set(key, slot);
          table.weights[slot] = (table.weights[slot] ?? 0) + 1;
        }
        expect(table.entries).toBeLessThanOrEqual(64);
        for (const [key, slot] of held) {
          expect(table.find(key)).toBe(slot);
          expect(table.findAt(slot, key)).toBe(slot);
          expect(table.takeAt((slot + 2) % 128, key, 1)).toBe(slot);
        }
      }),
    );
  });

  test('has no room for a new key where eight heavier ones are', () => {
    const table = new DecayedTable(8, 1);
    for (let key = 1; key <= 8; key++) {
      table.weights[table.take(key, 1)] = 1.5;
    }
    expect(table.take(9, 1)).toBe(-1);
    table.scale(0.5);
    expect(table.take(9, 1)).toBeGreaterThanOrEqual(0);
    expect(table.entries).toBe(8);
  });

  test.each([
    ['a weight below 0', [3], [8], [-1], 'below 0'],
    ['a weight that is no number', [3], [8], [Number.NaN], 'no number'],
    ['a place outside', [64], [8], [1], 'not its own'],
    ['the bucket of another key', [3], [9], [1], 'not its own'],
    ['a place twice', [3, 3], [8, 16], [1, 1], 'not its own'],
    ['no key', [3], [0], [1], 'not its own'],
  ])('refuses a state with %s', (_name, places, keys, weights, reason) => {
    const state = new StateWriter();
    state.u32(places.length);
    state.array(Uint32Array.from(places));
    state.array(Uint32Array.from(keys));
    state.array(Float64Array.from(weights));
    expect(() => new DecayedTable(64, 1).restore(new StateReader(state.bytes()))).toThrow(reason);
  });

  test('is empty but for what was saved after a restore', () => {
    const saved = new DecayedTable(64, 1);
    saved.weights[saved.take(5, 1)] = 2;
    const state = new StateWriter();
    saved.save(state);
    const table = new DecayedTable(64, 1);
    table.weights[table.take(6, 1)] = 3;
    table.restore(new StateReader(state.bytes()));
    expect([table.find(6), table.entries, table.weights[table.find(5)]]).toEqual([-1, 1, 2]);
  });

  test('refuses a capacity that is no power of two', () => {
    expect(() => new DecayedTable(24, 1)).toThrow(RangeError);
  });
});

describe('hashPair()', () => {
  test('tells order and neighbours apart', () => {
    const seen = new Set<number>();
    for (let first = 0; first < 200; first++) {
      for (let second = 0; second < 200; second++) {
        seen.add(hashPair(first, second));
      }
    }
    expect(seen.size).toBeGreaterThan(39_990);
  });
});
