import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { LodaCompat } from '../../../../src/pipeline/models/loda-compat.ts';
import { Pcg64 } from '../../../../src/pipeline/models/pcg64.ts';

/** One projection that is the value itself. */
function identity(options: { histDecay?: number } = {}): LodaCompat {
  return new LodaCompat(1, { projections: 1, weights: Float32Array.of(1), ...options });
}

function draws(count: number, dimensions: number): Float64Array[] {
  const random = new Pcg64(5);
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: dimensions }, () => random.uniform()),
  );
}

describe('LodaCompat', () => {
  test('scores the first event 1 - 2/65, whatever it is', () => {
    for (const value of [0, 0.3, 1, 1e6]) {
      expect(new LodaCompat(3).score(new Float64Array(3).fill(value))).toBeCloseTo(1 - 2 / 65, 12);
    }
  });

  test('scores a constant stream 63 / (n + 64), as upstream does', () => {
    const model = identity();
    const x = Float64Array.of(0);
    for (let n = 1; n <= 50; n++) {
      expect(model.score(x)).toBeCloseTo(63 / (n + 64), 12);
      model.learn(x);
    }
  });

  test('halves all counts before it counts with a decay of 0.5', () => {
    const model = identity({ histDecay: 0.5 });
    const x = Float64Array.of(0);
    model.learn(x);
    model.learn(x);
    // counts 1, then 1.5; the third event makes it 1.75 of 1.75
    expect(model.score(x)).toBeCloseTo(1 - 2.75 / (1.75 + 64), 12);
  });

  test('clips what lies beyond the range into the last bin', () => {
    const model = identity();
    for (const value of [1e3, 2e3]) {
      model.learn(Float64Array.of(value));
    }
    // both events and this one are more than 3 deviations above the mean
    expect(model.score(Float64Array.of(1e9))).toBeCloseTo(1 - 4 / (3 + 64), 12);
  });

  test('brings the columns of sorted names to the places of the vector', () => {
    const sorted = new LodaCompat(3, { features: ['a', 'b', 'c'] });
    const mixed = new LodaCompat(3, { features: ['c', 'a', 'b'] });
    for (const x of draws(300, 3)) {
      const [a = 0, b = 0, c = 0] = x;
      const turned = Float64Array.of(c, a, b);
      expect(mixed.score(turned)).toBeCloseTo(sorted.score(x), 6);
      sorted.learn(x);
      mixed.learn(turned);
    }
  });

  test('takes a value that is not finite for 0', () => {
    const model = new LodaCompat(2);
    draws(100, 2).forEach((x) => {
      model.learn(x);
    });
    expect(model.score(Float64Array.of(Number.NaN, 0.5))).toBe(model.score(Float64Array.of(0, 0.5)));
  });

  test('explain() weighs the feature that moved most, and all weights make up the surprisal', () => {
    const model = new LodaCompat(4);
    draws(500, 4).forEach((x) => {
      model.learn(x);
    });
    const x = Float64Array.of(0.5, 0.5, 30, 0.5);
    const weights = new Float64Array(4);
    const score = model.score(x);
    model.explain(x, weights);
    expect(weights.indexOf(Math.max(...weights))).toBe(2);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(-Math.log(1 - score), 9);
  });

  test('restore() refuses negative counts', () => {
    const writer = new StateWriter();
    identity().save(writer);
    const bytes = Buffer.from(writer.bytes());
    // learnt (8), means (4 + 4), variances (4 + 4), length of the counts (4): the first count
    bytes.writeFloatLE(-1, 28);
    expect(() => identity().restore(new StateReader(bytes))).toThrow('negative count');
  });

  test.each([
    { projections: 0 },
    { bins: 1 },
    { range: 0 },
    { emaAlpha: 0 },
    { histDecay: 1.1 },
    { weights: Float32Array.of(1) },
    { features: ['a', 'a'] },
  ])('refuses %p', (options) => {
    expect(() => new LodaCompat(2, options)).toThrow(RangeError);
  });
});
