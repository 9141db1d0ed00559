/** The MemStream variant of the first upstream detector. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { type DenseLayer, drawLayer } from './dense-layer.ts';
import { LayeredNetwork } from './layered-network.ts';
import { MersenneTwister } from './mersenne-twister.ts';
import type { Model } from './model.ts';

/** How a {@link MemStreamCompat} is built; the defaults are upstream's. */
export interface MemStreamCompatOptions {
  /** Values of the two wide layers, 1 to 1,024; 32 unless given. */
  readonly hidden?: number;
  /** Values of a code, 1 to 1,024; 8 unless given. */
  readonly latent?: number;
  /** Codes kept, 1 to 65,536; 128 unless given. */
  readonly memory?: number;
  /** Of Adam, more than 0; 0.001 unless given. */
  readonly learningRate?: number;
  /** Of the first weights, as for `torch.manual_seed`, 32 bits; 42 unless given. */
  readonly seed?: number;
  /** First weights of the four layers, in place of drawn ones; copied. */
  readonly layers?: readonly DenseLayer[];
}

/**
 * Upstream's online autoencoder with a memory of codes, which is not the algorithm of the MemStream paper.
 *
 * Encoder `d - hidden - latent`, decoder `latent - hidden - d`, ReLU between. The score decodes the remembered code nearest
 * to the event's (squared L2) instead of the event's own: `1 - exp(-mean_i (x_i - y_i)^2)`. Learning is one step of Adam on the
 * mean squared error of the plain reconstruction; the code enters a ring of `memory` codes, always, as it was before that
 * step. First weights are torch's for the seed; the arithmetic is of double precision where torch's is single.
 *
 * Scores of vectors in [0, 1] stay far below 0.5, upstream's threshold: calibrate them. A value that is not finite counts
 * as 0, which is what upstream's features have for what they do not know.
 */
export class MemStreamCompat implements Model {
  readonly dimensions: number;
  readonly #latent: number;
  readonly #capacity: number;
  readonly #network: LayeredNetwork;
  /** `capacity x latent`, row-major. */
  readonly #memory: Float64Array;
  /** Codes written; from the capacity on it circles below twice that. */
  #learnt = 0;
  readonly #input: Float64Array;

  /** @throws {RangeError} If an option is out of its range, or layers do not fit. */
  constructor(dimensions: number, options: MemStreamCompatOptions = {}) {
    const { hidden = 32, latent = 8, memory = 128, learningRate = 1e-3, seed = 42, layers } = options;
    mustBeWhole('dimensions', dimensions, 1024);
    mustBeWhole('hidden', hidden, 1024);
    mustBeWhole('latent', latent, 1024);
    mustBeWhole('memory', memory, 65_536);
    if (!(learningRate > 0 && learningRate <= 1)) {
      throw new RangeError(`learningRate cannot be ${learningRate}`);
    }
    this.dimensions = dimensions;
    this.#latent = latent;
    this.#capacity = memory;
    this.#network = new LayeredNetwork(
      layers ?? drawLayers([dimensions, hidden, latent, hidden, dimensions], seed),
      // ReLU everywhere but on the code and the reconstruction
      [true, false, true, false],
      learningRate,
    );
    if (this.#network.sizes.join() !== [dimensions, hidden, latent, hidden, dimensions].join()) {
      throw new RangeError(`layers of ${this.#network.sizes.join('-')} do not fit`);
    }
    this.#memory = new Float64Array(memory * latent);
    this.#input = new Float64Array(dimensions);
  }

  /** True once the memory is full. */
  get isWarm(): boolean {
    return this.#learnt >= this.#capacity;
  }

  /** 0 to 1; the error of the event's own reconstruction while the memory is empty. */
  score(x: Float64Array): number {
    this.#reconstruct(x);
    const output = this.#network.values(LAYERS);
    let squares = 0;
    for (let feature = 0; feature < this.dimensions; feature++) {
      const error = (this.#input[feature] ?? 0) - (output[feature] ?? 0);
      squares += error * error;
    }
    return 1 - Math.exp(-squares / this.dimensions);
  }

  learn(x: Float64Array): void {
    this.#take(x);
    this.#network.forward(this.#input, 0, LAYERS);
    this.#memory.set(this.#network.values(CODE), (this.#learnt % this.#capacity) * this.#latent);
    this.#network.step(this.#input);
    // back to the capacity from twice that: the place in the ring is the same
    this.#learnt = this.#learnt + 1 < 2 * this.#capacity ? this.#learnt + 1 : this.#capacity;
  }

  /** Squared error of each value of the reconstruction; their mean makes the score. */
  explain(x: Float64Array, weights: Float64Array): void {
    this.#reconstruct(x);
    const output = this.#network.values(LAYERS);
    for (let feature = 0; feature < this.dimensions; feature++) {
      weights[feature] = ((this.#input[feature] ?? 0) - (output[feature] ?? 0)) ** 2;
    }
  }

  save(state: StateWriter): void {
    for (const size of this.#network.sizes) {
      state.u32(size);
    }
    state.u32(this.#learnt);
    this.#network.save(state);
    state.array(this.#memory);
  }

  restore(state: StateReader): void {
    for (const size of this.#network.sizes) {
      if (state.u32() !== size) {
        state.fail('the state is of layers of other sizes');
      }
    }
    this.#learnt = state.u32(2 * this.#capacity - 1);
    this.#network.restore(state);
    state.fill(this.#memory);
    if (!this.#memory.every(Number.isFinite)) {
      state.fail('a code of the memory is not finite');
    }
  }

  /** Decodes the remembered code nearest to that of `x`; its own, if there is none. */
  #reconstruct(x: Float64Array): void {
    this.#take(x);
    this.#network.forward(this.#input, 0, CODE);
    const code = this.#network.values(CODE);
    const nearest = this.#findNearest(code);
    if (nearest >= 0) {
      for (let at = 0; at < this.#latent; at++) {
        code[at] = this.#memory[nearest + at] ?? 0;
      }
    }
    this.#network.forward(code, CODE, LAYERS);
  }

  /** Where the nearest code starts in the memory, the oldest place of equally near ones; -1 if there is none. */
  #findNearest(code: Float64Array): number {
    const end = Math.min(this.#learnt, this.#capacity) * this.#latent;
    let nearest = -1;
    let smallest = Number.POSITIVE_INFINITY;
    for (let from = 0; from < end; from += this.#latent) {
      let squares = 0;
      for (let at = 0; at < this.#latent; at++) {
        const distance = (code[at] ?? 0) - (this.#memory[from + at] ?? 0);
        squares += distance * distance;
      }
      if (squares < smallest) {
        smallest = squares;
        nearest = from;
      }
    }
    return nearest;
  }

  #take(x: Float64Array): void {
    for (let feature = 0; feature < this.dimensions; feature++) {
      const value = x[feature] ?? 0;
      this.#input[feature] = Number.isFinite(value) ? Math.min(MAX_INPUT, Math.max(-MAX_INPUT, value)) : 0;
    }
  }
}

/** Layers of the network, and after how many of them the code stands. */
const LAYERS = 4;
const CODE = 2;
/** No input is larger: the weights would not stay finite. */
const MAX_INPUT = 1e6;

function drawLayers(sizes: readonly number[], seed: number): DenseLayer[] {
  const random = MersenneTwister.fromWord(seed);
  return sizes.slice(1).map((outputs, at) => drawLayer(sizes[at] ?? 0, outputs, random));
}

function mustBeWhole(name: string, value: number, highest: number): void {
  if (!Number.isInteger(value) || value < 1 || value > highest) {
    throw new RangeError(`${name} cannot be ${value}`);
  }
}
