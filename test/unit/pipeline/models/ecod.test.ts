import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { Ecod } from '../../../../src/pipeline/models/ecod.ts';
import { MersenneTwister } from '../../../../src/pipeline/models/mersenne-twister.ts';

/** Learns `events` vectors of one value each, 1, 2, 3, 4 in turn. */
function learnt(model: Ecod, events: number): Ecod {
  for (let index = 0; index < events; index++) {
    model.learn(Float64Array.of(1 + (index % 4)));
  }
  return model;
}

describe('Ecod', () => {
  test('scores a rising feature by its right tail alone', () => {
    const model = learnt(new Ecod(1, { rising: [true], halfLife: 1e9 }), 1024);
    const score = (value: number) => model.score(Float64Array.of(value));

    expect(score(-5)).toBeCloseTo(0, 6);
    expect(score(1)).toBeCloseTo(0, 6);
    expect(score(2)).toBeCloseTo(-Math.log((768 + 1) / 1025), 2);
    expect(score(4)).toBeCloseTo(-Math.log((256 + 1) / 1025), 2);
    // Tails are summed up now and then: the last events are not in them yet.
    expect(score(9)).toBeGreaterThan(Math.log(850));
    expect(score(9)).toBeLessThanOrEqual(Math.log(1025));
    expect(score(Number.NaN)).toBe(0);
  });

  test('scores any other feature by the smaller of both tails', () => {
    const model = learnt(new Ecod(1, { halfLife: 1e9 }), 1024);

    for (const value of [-5, 9]) {
      expect(model.score(Float64Array.of(value))).toBeGreaterThan(Math.log(850 / 2));
      expect(model.score(Float64Array.of(value))).toBeLessThanOrEqual(Math.log(1025 / 2));
    }
    expect(model.score(Float64Array.of(2))).toBe(0);
  });

  test('adds features up, says what each adds, and looks at no others', () => {
    const model = new Ecod(3, { rising: [true, false, true], halfLife: 1e9 });
    const random = new MersenneTwister(3);
    for (let index = 0; index < 2048; index++) {
      model.learn(Float64Array.of(random.random(), random.random(), random.random()));
    }
    const x = Float64Array.of(0.5, 1e9, 7);
    const weights = new Float64Array(3);
    model.explain(x, weights);

    expect(weights[0]).toBeCloseTo(-Math.log(0.5), 1);
    expect(weights[1]).toBe(0);
    expect(weights[2]).toBeGreaterThan(Math.log(1750));
    expect(weights[2]).toBeLessThanOrEqual(Math.log(2049));
    expect(model.score(x)).toBeCloseTo((weights[0] ?? 0) + (weights[2] ?? 0), 6);
  });

  test('forgets what was long ago', () => {
    const model = learnt(new Ecod(1, { rising: [true], halfLife: 512 }), 2048);
    const before = model.score(Float64Array.of(4));
    for (let index = 0; index < 8192; index++) {
      model.learn(Float64Array.of(1));
    }

    expect(before).toBeLessThan(1.5);
    expect(model.score(Float64Array.of(4))).toBeGreaterThan(5);
  });

  test('takes no state of other features', () => {
    const state = new StateWriter();
    learnt(new Ecod(1, { rising: [true] }), 300).save(state);

    expect(() => new Ecod(1).restore(new StateReader(state.bytes()))).toThrow(/ECOD/);
  });

  test.each([
    [0, {}],
    [2, { rising: [true] }],
    [2, { rising: [false, false] }],
    [1, { halfLife: 1 }],
    [1, { warmup: 0 }],
  ])('has no %s dimensions with %j', (dimensions, options) => {
    expect(() => new Ecod(dimensions, options)).toThrow(RangeError);
  });
});
