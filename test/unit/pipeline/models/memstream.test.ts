import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { MemStream } from '../../../../src/pipeline/models/memstream.ts';
import { MersenneTwister } from '../../../../src/pipeline/models/mersenne-twister.ts';

const FEATURES = 5;

/** Vectors whose values lie around `level`, spread by 1. */
function noise(length: number, level = 0, seed = 3): Float64Array[] {
  const random = new MersenneTwister(seed);
  return Array.from({ length }, () =>
    Float64Array.from(
      { length: FEATURES },
      () => level + random.random() + random.random() + random.random() - 1.5,
    ),
  );
}

function feed(model: MemStream, vectors: readonly Float64Array[]): number[] {
  return vectors.map((x) => {
    const score = model.score(x);
    model.learn(x);
    return score;
  });
}

function warm(options: ConstructorParameters<typeof MemStream>[1] = {}): MemStream {
  const model = new MemStream(FEATURES, { memory: 64, ...options });
  feed(model, noise(200));
  return model;
}

function saved(model: MemStream): Uint8Array {
  const state = new StateWriter();
  model.save(state);
  return Uint8Array.from(state.bytes());
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('MemStream is warm when the memory is full and the slices of its training are worked', () => {
  const model = new MemStream(FEATURES, { memory: 64, epochs: 3 });
  const warmAt = noise(200).findIndex((x) => {
    model.learn(x);
    return model.isWarm;
  });
  // 62 rows are left of 64, in two slices an epoch
  expect(warmAt + 1).toBe(64 + 3 * 2);
});

test('MemStream scores nothing but 0 before it has two vectors', () => {
  const model = new MemStream(FEATURES);
  expect(feed(model, noise(3)).map((score) => score > 0)).toEqual([false, false, true]);
});

test('MemStream scores a vector far from all others above them', () => {
  const model = warm();
  const usual = noise(300, 0, 4).map((x) => model.score(x));
  expect(model.score(new Float64Array(FEATURES).fill(8))).toBeGreaterThan(Math.max(...usual));
});

test('MemStream takes in a shift of level after some hundred vectors, and calls it normal', () => {
  const model = warm();
  feed(model, noise(500, 0, 4));
  const shifted = feed(model, noise(6000, 6, 5));
  const before = mean(noise(200, 0, 6).map((x) => model.score(x)));
  expect(mean(shifted.slice(0, 100))).toBeGreaterThan(1.5 * mean(shifted.slice(-500)));
  expect(model.written).toBeGreaterThan(64);
  expect(mean(shifted.slice(-500))).toBeLessThan(before);
});

test('MemStream.trained() with a fixed beta stays frozen under the same shift', () => {
  const rows = noise(64);
  const weights = Float64Array.from({ length: 2 * FEATURES * FEATURES }, (_, at) => Math.sin(at) / 2);
  const model = MemStream.trained({
    weights,
    bias: new Float64Array(2 * FEATURES),
    rows,
    codes: rows.map(() => new Float64Array(2 * FEATURES)),
    beta: 0.01,
    k: 3,
    gamma: 0.5,
  });
  feed(model, noise(2000, 6, 5));
  expect(model.written).toBe(0);
});

test('MemStream is not washed out by a burst of one vector', () => {
  const model = warm();
  feed(model, noise(500, 0, 4));
  const attack = new Float64Array(FEATURES).fill(7);
  const alarm = model.score(attack);
  const burst = feed(model, new Array<Float64Array>(60).fill(attack));
  expect(burst.at(-1)).toBe(alarm);
});

test('MemStream is not blinded by endless repetition of one vector', () => {
  const model = warm();
  const repeated = noise(1, 0, 8)[0] ?? new Float64Array(FEATURES);
  feed(model, new Array<Float64Array>(20_000).fill(repeated));
  const other = model.score(new Float64Array(FEATURES).fill(8));
  expect(other).toBeGreaterThan(5 * model.score(repeated));
});

test('MemStream tells a new value of a feature that never varied', () => {
  const model = new MemStream(FEATURES, { memory: 64 });
  const constant = noise(200).map((x) => x.with(0, 5));
  feed(model, constant);
  const x = constant[3] ?? new Float64Array(FEATURES);
  expect(model.score(x.with(0, 5.001))).toBeGreaterThan(1.1 * model.score(x));
});

test('MemStream takes a value that is not known for the mean', () => {
  const model = warm();
  const x = noise(1, 0, 9)[0] ?? new Float64Array(FEATURES);
  const asMean = x.with(2, model.means[2] ?? 0);
  expect(model.score(x.with(2, Number.NaN))).toBe(model.score(asMean));
  expect(model.score(x.with(2, Number.POSITIVE_INFINITY))).toBe(model.score(asMean));
});

test('MemStream drops the rows of the first memory that are furthest from all others', () => {
  const model = new MemStream(FEATURES, { memory: 64, epochs: 0 });
  const vectors = noise(64);
  vectors[10] = new Float64Array(FEATURES).fill(1000);
  for (const x of vectors) {
    model.learn(x);
  }
  expect(model.means[0]).toBeLessThan(1);
});

test('MemStream explains by the nearest row, in standard deviations of the memory', () => {
  const model = warm();
  const x = (noise(1, 0, 9)[0] ?? new Float64Array(FEATURES)).with(3, 40);
  const weights = new Float64Array(FEATURES);
  model.score(x);
  model.explain(x, weights);
  expect(weights.indexOf(Math.max(...weights))).toBe(3);
  expect(weights[3]).toBeGreaterThan(38 / (model.deviations[3] ?? 0));
  expect(weights[3]).toBeLessThan(42 / (model.deviations[3] ?? 0));
});

test('MemStream explains a vector of its memory by nothing', () => {
  const rows = noise(64);
  const model = MemStream.trained({
    weights: Float64Array.from({ length: 2 * FEATURES * FEATURES }, (_, at) => Math.sin(at) / 2),
    bias: new Float64Array(2 * FEATURES),
    rows,
    codes: rows.map(() => new Float64Array(2 * FEATURES).fill(0.9)),
    beta: 10,
    k: 1,
    gamma: 0,
  });
  const x = noise(1, 0, 9)[0] ?? new Float64Array(FEATURES);
  model.learn(x);
  const weights = new Float64Array(FEATURES).fill(9);
  // the spread has moved by one row, but its code is still the nearest
  model.explain(x, weights);
  expect([...weights]).toEqual(new Array<number>(FEATURES).fill(0));
});

for (const events of [0, 1, 40, 64, 67, 1500]) {
  test(`MemStream restored after ${events} vectors scores as the one that was saved`, () => {
    const model = new MemStream(FEATURES, { memory: 64, writeOneIn: 3 });
    feed(model, noise(events));
    const copy = new MemStream(FEATURES, { memory: 64, writeOneIn: 3, seed: 7 });
    const state = new StateReader(saved(model));
    copy.restore(state);
    expect(state.remaining).toBe(0);
    const more = noise(800, 0.5, 11);
    expect(feed(copy, more)).toEqual(feed(model, more));
    expect(saved(copy)).toEqual(saved(model));
  });
}

test('MemStream refuses the state of one with another memory', () => {
  const other = new MemStream(FEATURES, { memory: 32 });
  expect(() => other.restore(new StateReader(saved(warm())))).toThrow(/other parameters/);
});

test.each([
  [{ memory: 0 }],
  [{ memory: 70_000 }],
  [{ k: 65, memory: 64 }],
  [{ gamma: 1.5 }],
  [{ betaQuantile: 1 }],
  [{ writeOneIn: 0 }],
  [{ epochs: -1 }],
  [{ learningRate: 0 }],
  [{ seed: -1 }],
])('MemStream refuses %j', (options) => {
  expect(() => new MemStream(FEATURES, options)).toThrow(RangeError);
});
