import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import type { DenseLayer } from '../../../../src/pipeline/models/dense-layer.ts';
import { drawLayer } from '../../../../src/pipeline/models/dense-layer.ts';
import { MemStreamCompat } from '../../../../src/pipeline/models/memstream-compat.ts';
import { MersenneTwister } from '../../../../src/pipeline/models/mersenne-twister.ts';

const SIZES = [4, 5, 2, 5, 4];

function layers(seed = 1): DenseLayer[] {
  const random = MersenneTwister.fromWord(seed);
  return SIZES.slice(1).map((outputs, at) => drawLayer(SIZES[at] ?? 0, outputs, random));
}

function vectors(length: number, seed = 2): Float64Array[] {
  const random = new MersenneTwister(seed);
  return Array.from({ length }, () => Float64Array.from({ length: 4 }, () => random.random()));
}

/** Upstream's model once more, the slow way: numeric gradients, arrays of arrays, the whole memory sorted. */
class Reference {
  readonly parameters: number[];
  readonly #shape: readonly DenseLayer[];
  readonly #first: number[];
  readonly #second: number[];
  readonly memory: number[][] = [];
  #steps = 0;

  constructor(shape: readonly DenseLayer[]) {
    this.#shape = shape;
    this.parameters = shape.flatMap((layer) => [...layer.weights, ...layer.bias]);
    this.#first = this.parameters.map(() => 0);
    this.#second = this.parameters.map(() => 0);
  }

  run(x: readonly number[], from: number, to: number): number[] {
    let values = [...x];
    let at = 0;
    this.#shape.forEach((layer, index) => {
      const weights = this.parameters.slice(at, at + layer.weights.length);
      const bias = this.parameters.slice(
        at + layer.weights.length,
        at + layer.weights.length + layer.outputs,
      );
      at += layer.weights.length + layer.outputs;
      if (index < from || index >= to) {
        return;
      }
      values = bias.map((sum, row) =>
        values.reduce(
          (total, value, column) => total + value * (weights[row * layer.inputs + column] ?? 0),
          sum,
        ),
      );
      if (index === 0 || index === 2) {
        values = values.map((value) => Math.max(0, value));
      }
    });
    return values;
  }

  score(x: Float64Array): number {
    const code = this.run([...x], 0, 2);
    const far = (other: readonly number[]) =>
      other.reduce((sum, value, at) => sum + (value - (code[at] ?? 0)) ** 2, 0);
    const nearest = [...this.memory].sort((a, b) => far(a) - far(b))[0] ?? code;
    return 1 - Math.exp(-this.#error([...x], this.run(nearest, 2, 4)));
  }

  learn(x: Float64Array, capacity: number): void {
    const values = [...x];
    this.memory.push(this.run(values, 0, 2));
    if (this.memory.length > capacity) {
      this.memory.shift();
    }
    const gradient = this.parameters.map((value, at) => {
      const lossAt = (moved: number) => {
        this.parameters[at] = moved;
        return this.#error(values, this.run(values, 0, 4));
      };
      const slope = (lossAt(value + 1e-6) - lossAt(value - 1e-6)) / 2e-6;
      this.parameters[at] = value;
      return slope;
    });
    this.#steps += 1;
    gradient.forEach((slope, at) => {
      this.#first[at] = 0.9 * (this.#first[at] ?? 0) + 0.1 * slope;
      this.#second[at] = 0.999 * (this.#second[at] ?? 0) + 0.001 * slope * slope;
      const mean = (this.#first[at] ?? 0) / (1 - 0.9 ** this.#steps);
      const square = (this.#second[at] ?? 0) / (1 - 0.999 ** this.#steps);
      this.parameters[at] = (this.parameters[at] ?? 0) - (0.01 * mean) / (Math.sqrt(square) + 1e-8);
    });
  }

  #error(x: readonly number[], y: readonly number[]): number {
    return x.reduce((sum, value, at) => sum + (value - (y[at] ?? 0)) ** 2, 0) / x.length;
  }
}

test('MemStreamCompat scores as a second, slow implementation with numeric gradients', () => {
  const model = new MemStreamCompat(4, {
    hidden: 5,
    latent: 2,
    memory: 8,
    learningRate: 0.01,
    layers: layers(),
  });
  const reference = new Reference(layers());
  const scores: number[] = [];
  for (const x of vectors(60)) {
    scores.push(model.score(x));
    expect(scores.at(-1)).toBeCloseTo(reference.score(x), 4);
    model.learn(x);
    reference.learn(x, 8);
  }
  expect(new Set(scores).size).toBe(60);
});

test('MemStreamCompat reconstructs the vector itself while its memory is empty', () => {
  const given = layers();
  const model = new MemStreamCompat(4, { hidden: 5, latent: 2, layers: given });
  const [x = new Float64Array(4)] = vectors(1);
  expect(model.score(x)).toBeCloseTo(new Reference(given).score(x), 12);
});

test('MemStreamCompat explains by squared errors whose mean makes the score', () => {
  const model = new MemStreamCompat(4);
  for (const x of vectors(30)) {
    model.learn(x);
  }
  const [x = new Float64Array(4)] = vectors(1, 9);
  const weights = new Float64Array(4);
  const score = model.score(x);
  model.explain(x, weights);
  expect(1 - Math.exp(-weights.reduce((sum, value) => sum + value, 0) / 4)).toBeCloseTo(score, 12);
});

test('MemStreamCompat is warm when its memory is full', () => {
  const model = new MemStreamCompat(4, { memory: 8 });
  const warm = vectors(9).map((x) => {
    model.learn(x);
    return model.isWarm;
  });
  expect(warm.indexOf(true)).toBe(7);
});

for (const events of [0, 5, 8, 16, 30]) {
  test(`MemStreamCompat restored after ${events} vectors scores as the one that was saved`, () => {
    const model = new MemStreamCompat(4, { memory: 8 });
    for (const x of vectors(events)) {
      model.learn(x);
    }
    const state = new StateWriter();
    model.save(state);
    const copy = new MemStreamCompat(4, { memory: 8, seed: 7 });
    const reader = new StateReader(Uint8Array.from(state.bytes()));
    copy.restore(reader);
    expect(reader.remaining).toBe(0);
    for (const x of vectors(40, 5)) {
      expect(copy.score(x)).toBe(model.score(x));
      copy.learn(x);
      model.learn(x);
    }
  });
}

test('MemStreamCompat refuses a state of other layers', () => {
  const state = new StateWriter();
  new MemStreamCompat(4, { hidden: 16 }).save(state);
  const other = new MemStreamCompat(4);
  expect(() => other.restore(new StateReader(Uint8Array.from(state.bytes())))).toThrow(/other sizes/);
});

test('MemStreamCompat refuses layers that do not fit', () => {
  expect(() => new MemStreamCompat(4, { layers: layers() })).toThrow(RangeError);
});
