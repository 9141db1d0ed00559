import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { RobustScaler } from '../../../../src/pipeline/features/robust-scaling.ts';

const WINDOW = 256;

function transformed(scaler: RobustScaler, ...x: number[]): number[] {
  const out = new Float64Array(x.length);
  scaler.transform(Float64Array.from(x), out);
  return [...out];
}

function scalerOf(rows: readonly (readonly number[])[]): RobustScaler {
  const scaler = new RobustScaler(rows[0]?.length ?? 1);
  for (const row of rows) {
    scaler.learn(Float64Array.from(row));
  }
  return scaler;
}

/** What the class promises, computed from scratch. */
function expected(values: readonly number[], x: number): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const spread =
    [0.25, 0.05, 0].map((tail) => quantile(1 - tail) - quantile(tail)).find((range) => range > 0) ?? 1;
  const z = (x - quantile(0.5)) / spread;
  return Number.isFinite(z) ? 0.5 + (0.5 * z) / (1 + Math.abs(z)) : z > 0 ? 1 : 0;
}

describe('RobustScaler', () => {
  test('puts the median in the middle and the quartiles at a third', () => {
    const scaler = scalerOf(Array.from({ length: 101 }, (_, index) => [index]));
    expect(transformed(scaler, 50)).toEqual([0.5]);
    expect(transformed(scaler, 25)[0]).toBeCloseTo(1 / 3, 12);
    expect(transformed(scaler, 75)[0]).toBeCloseTo(2 / 3, 12);
  });

  test('is not spoilt by one extreme value', () => {
    const rows = Array.from({ length: 101 }, (_, index) => [index]);
    const before = transformed(scalerOf(rows), 60)[0] ?? 0;
    const after = transformed(scalerOf([...rows, [1e300]]), 60)[0] ?? 0;
    expect(Math.abs(after - before)).toBeLessThan(0.02);
  });

  test('keeps far values apart', () => {
    const scaler = scalerOf(Array.from({ length: 101 }, (_, index) => [index]));
    const [far = 0, farther = 0] = [transformed(scaler, 1000)[0], transformed(scaler, 2000)[0]];
    expect(farther - far).toBeGreaterThan(0.005);
    expect(farther).toBeLessThan(1);
  });

  test('finds a spread for a flag that is rarely set', () => {
    const scaler = scalerOf(Array.from({ length: 200 }, (_, index) => [index % 50 === 0 ? 1 : 0]));
    expect(transformed(scaler, 0)).toEqual([0.5]);
    expect(transformed(scaler, 1)).toEqual([0.75]);
  });

  test('follows a stream that has changed', () => {
    const rows = [
      ...Array.from({ length: 3000 }, (_, index) => [index % 10]),
      ...Array.from({ length: 3000 }, (_, index) => [1000 + (index % 10)]),
    ];
    expect(transformed(scalerOf(rows), 1005)[0]).toBeCloseTo(0.5, 1);
  });

  test('lets NaN through and does not learn it', () => {
    const rows = Array.from({ length: 100 }, (_, index) => [
      index % 2 === 0 ? index : Number.NaN,
      Number.NaN,
    ]);
    const scaler = scalerOf(rows);
    expect(transformed(scaler, Number.NaN, 3)).toEqual([Number.NaN, 0.5 + (0.5 * 3) / 4]);
    const values = rows.map(([value = Number.NaN]) => value);
    expect(transformed(scaler, 10, 0)[0]).toBe(expected(values, 10));
  });

  test('stays within the box whatever comes, and is exact over its window', () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom(0, -0, 1, 1, 1, Number.POSITIVE_INFINITY, Number.NaN, 1e308, -1e308),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: WINDOW }), value, (values, x) => {
        const scaler = scalerOf(values.map((each) => [each]));
        const [result = 0] = transformed(scaler, x);
        expect(Number.isNaN(result)).toBe(Number.isNaN(x));
        if (!Number.isNaN(x)) {
          expect(result).toBeGreaterThanOrEqual(0);
          expect(result).toBeLessThanOrEqual(1);
        }
        if (Number.isFinite(x) && values.every((each) => Math.abs(each) < 1e300)) {
          expect(result).toBe(expected(values, x));
        }
      }),
    );
  });

  test('scales after a restore exactly as before, and goes on the same', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.integer()), { minLength: 1, maxLength: 600 }), (rows) => {
        const first = scalerOf(rows);
        const state = new StateWriter();
        first.save(state);
        const second = new RobustScaler(2);
        const reader = new StateReader(state.bytes());
        second.restore(reader);
        expect(reader.remaining).toBe(0);
        for (let round = 0; round < 20; round++) {
          expect(transformed(second, 3, round)).toEqual(transformed(first, 3, round));
          first.learn(Float64Array.of(round, -round));
          second.learn(Float64Array.of(round, -round));
        }
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['of other vectors', (state: StateWriter) => new RobustScaler(3).save(state)],
    ['of another version', (state: StateWriter) => state.u32(9)],
    ['cut short', (state: StateWriter) => state.u32(1)],
  ])('refuses a state %s', (_name, write) => {
    const state = new StateWriter();
    write(state);
    expect(() => new RobustScaler(2).restore(new StateReader(state.bytes()))).toThrow(
      'Cannot read the state',
    );
  });

  test('refuses a vector without features', () => {
    expect(() => new RobustScaler(0)).toThrow(RangeError);
  });
});
