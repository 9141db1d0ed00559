/** MemStream: how far an event is from a memory of events taken for normal. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { type Autoencoder, AutoencoderTraining, drawAutoencoder, encode } from './autoencoder.ts';
import { restoreLayer, saveLayer } from './dense-layer.ts';
import { MersenneTwister } from './mersenne-twister.ts';
import type { Model } from './model.ts';
import { VectorMemory } from './vector-memory.ts';

/** How a {@link MemStream} is built. */
export interface MemStreamOptions {
  /** Vectors kept, 1 to 65,536; 256 unless given. A score takes time in proportion. */
  readonly memory?: number;
  /** Neighbours that a score looks at, 1 to {@link memory}; 20 unless given. */
  readonly k?: number;
  /** Weight of a neighbour relative to the next nearer one, 0 to 1; 1 unless given. */
  readonly gamma?: number;
  /** Share of recent scores that may enter the memory, in (0, 1); 0.9 unless given. */
  readonly betaQuantile?: number;
  /** One in how many of those is written, 1 or more; 16 unless given. Times {@link memory}, it is how far the memory reaches back. */
  readonly writeOneIn?: number;
  /** Training steps over the first {@link memory} vectors, 0 or more; 30 unless given. */
  readonly epochs?: number;
  /** Of Adam, more than 0; 0.001 unless given. */
  readonly learningRate?: number;
  /** Of first weights and of what is written, 32 bits; 42 unless given. */
  readonly seed?: number;
}

/** A model that was trained elsewhere, to be used as its authors do. */
export interface TrainedMemStream {
  /** `2 dimensions x dimensions`, row-major. */
  readonly weights: Float64Array;
  /** `2 dimensions` values. */
  readonly bias: Float64Array;
  /** Raw vectors of the memory, oldest first. */
  readonly rows: readonly Float64Array[];
  /** Their codes. */
  readonly codes: readonly Float64Array[];
  /** A vector enters the memory if it scores at most that, 0 or more. */
  readonly beta: number;
  readonly k: number;
  readonly gamma: number;
}

const FILLING = 0;
const TRAINING = 1;
const RUNNING = 2;

/** Before that many rows nothing is said. */
const FIRST_ROWS = 8;
/** Neighbours looked at while the memory fills up, at least. */
const FEWEST_NEIGHBOURS = 3;
/** Rows encoded anew when the spread moved: all of them in `memory / REFRESHED_ROWS` writes. */
const REFRESHED_ROWS = 16;
/** Where the furthest row of the memory lies after normalising, and a value that differs from all of them. */
const REACH = 3;
/** No normalised value is larger. */
const MAX_NORMAL = 6;
/** Rows of the first memory that score this many times the median are left out, a quarter of them at most. */
const OUTLIER_RATIO = 3;
const MAX_OUTLIER_SHARE = 0.25;
/** Step of beta for one score, in its logarithm. */
const BETA_RATE = 0.002;
/** Bounds of beta per value of a code; a difference of two codes is 2 at most. */
const MIN_BETA = 1e-3;
const MAX_BETA = 2;

/**
 * Bhatia, Jain, Srivastava, Kawaguchi and Hooi, "MemStream: Memory-Based Streaming Anomaly Detection", WWW 2022, without
 * labels.
 *
 * As published: vectors are normalised by the memory, encoded by {@link Autoencoder}, and scored by the discounted mean
 * of the L1 distances of the `k` nearest codes, `sum gamma^i d_i / sum gamma^i`; a vector that scores at most beta replaces
 * the oldest. {@link trained} does exactly that. Otherwise, as no label says which first vectors are normal:
 *
 * - `k` is large and all neighbours count alike, so that a few anomalies in the memory do not vouch for each other;
 *   while the memory fills up, `k` grows with it, so that scores keep their scale. Outliers of the first memory are dropped.
 * - A feature is divided by its standard deviation or a third of its reach in the memory, whichever is more: a flag that
 *   few rows have does not drown the rest. A value other than the one that all rows agree on counts as 3.
 * - Beta follows a quantile of the scores, in steps of its logarithm: a shift of level is let in after
 *   `ln(new score / beta) / (0.002 betaQuantile)` events, some hundreds, whereas a fixed beta freezes the memory for ever.
 * - One in `writeOneIn` of what may enter does, by chance: a burst does not wash out the memory. A vector that scores 0
 *   is in it `k` times already and is not written, so that repetition cannot fill the memory and blind the model.
 * - Training is cut into slices, one in each `learn` after the memory is full; the first weights score until then.
 *
 * A value that is not finite counts as the mean.
 */
export class MemStream implements Model {
  readonly dimensions: number;
  readonly #k: number;
  readonly #gamma: number;
  readonly #betaQuantile: number;
  readonly #writeOneIn: number;
  readonly #epochs: number;
  readonly #learningRate: number;
  readonly #autoencoder: Autoencoder;
  readonly #memory: VectorMemory;
  /** True for the authors' way: see {@link trained}. */
  #isPublished = false;
  #phase: 0 | 1 | 2 = FILLING;
  #training: AutoencoderTraining | undefined;
  #beta = 0;
  /** The slot that is written next, once all are in use. */
  #oldest = 0;
  /** The row that is encoded anew next. */
  #stalest = 0;
  /** Vectors written since the memory was full, modulo 2^32. */
  #written = 0;
  #random: number;
  readonly #inverses: Float64Array;
  readonly #normal: Float64Array;
  readonly #code: Float64Array;
  /** The vector that {@link #lastScore} and the memory's nearest belong to, if {@link #isScored}. */
  readonly #scored: Float64Array;
  #lastScore = 0;
  #isScored = false;

  /** @throws {RangeError} If an option is out of its range. */
  constructor(dimensions: number, options: MemStreamOptions = {}) {
    const { memory = 256, gamma = 1, betaQuantile = 0.9, writeOneIn = 16 } = options;
    const { k = Math.min(20, memory), epochs = 30, learningRate = 1e-3, seed = 42 } = options;
    mustBeWhole('dimensions', dimensions, 1, 4096);
    mustBeWhole('memory', memory, 1, 65_536);
    mustBeWhole('k', k, 1, memory);
    mustBeWhole('writeOneIn', writeOneIn, 1, 1e6);
    mustBeWhole('epochs', epochs, 0, 1e6);
    must('gamma', gamma, gamma >= 0 && gamma <= 1);
    must('betaQuantile', betaQuantile, betaQuantile > 0 && betaQuantile < 1);
    must('learningRate', learningRate, learningRate > 0 && learningRate <= 1);
    this.dimensions = dimensions;
    this.#k = k;
    this.#gamma = gamma;
    this.#betaQuantile = betaQuantile;
    this.#writeOneIn = writeOneIn;
    this.#epochs = epochs;
    this.#learningRate = learningRate;
    this.#autoencoder = drawAutoencoder(dimensions, MersenneTwister.fromWord(seed));
    this.#memory = new VectorMemory(dimensions, 2 * dimensions, memory, k);
    // xorshift32 stays at 0 for ever
    this.#random = seed >>> 0 || 1;
    this.#inverses = new Float64Array(dimensions);
    this.#normal = new Float64Array(dimensions);
    this.#code = new Float64Array(2 * dimensions);
    this.#scored = new Float64Array(dimensions);
  }

  /**
   * The authors' code from the end of its training on: fixed beta, every accepted vector written, plain standard deviation.
   *
   * @throws {RangeError} If the parts do not fit each other.
   */
  static trained(parts: TrainedMemStream): MemStream {
    const dimensions = parts.rows[0]?.length ?? 0;
    const model = new MemStream(dimensions, {
      memory: parts.rows.length,
      k: parts.k,
      gamma: parts.gamma,
      writeOneIn: 1,
    });
    must('beta', parts.beta, parts.beta >= 0);
    must('codes', parts.codes.length, parts.codes.length === parts.rows.length);
    model.#autoencoder.encoder.weights.set(parts.weights);
    model.#autoencoder.encoder.bias.set(parts.bias);
    for (const [slot, row] of parts.rows.entries()) {
      must('length of a row', row.length, row.length === dimensions);
      model.#memory.rows.set(row, slot * dimensions);
      model.#memory.codes.set(parts.codes[slot] ?? [], slot * 2 * dimensions);
    }
    model.#memory.adopt(parts.rows.length);
    model.#isPublished = true;
    model.#beta = parts.beta;
    model.#phase = RUNNING;
    model.#measured();
    return model;
  }

  get isWarm(): boolean {
    return this.#phase === RUNNING;
  }

  /** What a vector may score at most to enter the memory; 0 until the model is warm. */
  get beta(): number {
    return this.#beta;
  }

  /** Vectors written to the memory since the model is warm. */
  get written(): number {
    return this.#written;
  }

  /** Mean distance in code space, 0 to `4 dimensions`; 0 before the first 8 vectors. */
  score(x: Float64Array): number {
    this.#isScored = false;
    if (this.#phase === FILLING && this.#memory.size < FIRST_ROWS) {
      return 0;
    }
    this.#normalise(x, 0);
    encode(this.#autoencoder.encoder, this.#normal, 0, this.#code, 0);
    this.#lastScore = this.#distance(-1);
    this.#scored.set(x);
    this.#isScored = true;
    return this.#lastScore;
  }

  learn(x: Float64Array): void {
    if (this.#phase === RUNNING) {
      this.#update(x);
    } else if (this.#phase === TRAINING) {
      this.#isScored = false;
      this.#train();
    } else {
      this.#fill(x);
    }
  }

  /** Distance of each value from the nearest row of the memory, in standard deviations of the memory. */
  explain(x: Float64Array, weights: Float64Array): void {
    weights.fill(0);
    if (!this.#isSameAsScored(x)) {
      this.score(x);
    }
    if (!this.#isScored) {
      return;
    }
    const { means, rows, deviations, nearest } = this.#memory;
    for (let feature = 0; feature < this.dimensions; feature++) {
      const value = x[feature] ?? 0;
      const known = Number.isFinite(value) ? value : (means[feature] ?? 0);
      const distance = Math.abs(known - (rows[nearest * this.dimensions + feature] ?? 0));
      const deviation = deviations[feature] ?? 0;
      weights[feature] = deviation > 0 ? distance / deviation : distance > 0 ? REACH : 0;
    }
  }

  save(state: StateWriter): void {
    state.u32(this.dimensions);
    state.u32(this.#memory.capacity);
    state.u32(this.#k);
    state.u32(this.#isPublished ? 1 : 0);
    state.u32(this.#phase);
    state.u32(this.#training?.slicesDone ?? 0);
    state.u32(this.#oldest);
    state.u32(this.#stalest);
    state.u32(this.#written);
    state.u32(this.#random);
    state.f64(this.#beta);
    saveLayer(this.#autoencoder.encoder, state);
    saveLayer(this.#autoencoder.decoder, state);
    this.#memory.save(state);
  }

  /** A state saved during training is trained again up to where it was: the memory stands still meanwhile. */
  restore(state: StateReader): void {
    const { capacity } = this.#memory;
    for (const expected of [this.dimensions, capacity, this.#k, this.#isPublished ? 1 : 0]) {
      if (state.u32() !== expected) {
        state.fail('the state is of a MemStream with other parameters');
      }
    }
    const phase = state.u32(RUNNING);
    this.#phase = phase === FILLING ? FILLING : phase === TRAINING ? TRAINING : RUNNING;
    const slices = state.u32();
    this.#oldest = state.u32(capacity - 1);
    this.#stalest = state.u32(capacity - 1);
    this.#written = state.u32();
    this.#random = state.u32();
    this.#beta = state.f64();
    restoreLayer(this.#autoencoder.encoder, state);
    restoreLayer(this.#autoencoder.decoder, state);
    this.#memory.restore(state);
    const { size } = this.#memory;
    if (!(this.#beta >= 0) || this.#random === 0 || (phase !== FILLING && size === 0)) {
      state.fail('the state of a MemStream contradicts itself');
    }
    this.#isScored = false;
    this.#measured();
    this.#training = phase === TRAINING ? this.#newTraining() : undefined;
    if (slices > 0 && slices >= (this.#training?.slices ?? 0)) {
      state.fail('more training than there is');
    }
    for (let slice = 0; slice < slices; slice++) {
      this.#training?.runSlice();
    }
  }

  #fill(x: Float64Array): void {
    this.#isScored = false;
    const slot = this.#memory.size;
    this.#memory.put(slot, x);
    this.#measured();
    this.#encodeRow(slot);
    this.#refresh(REFRESHED_ROWS);
    if (this.#memory.size === this.#memory.capacity) {
      this.#refresh(this.#memory.size);
      this.#dropOutliers();
      this.#phase = TRAINING;
      this.#training = this.#newTraining();
      if (this.#training.isOver) {
        this.#train();
      }
    }
  }

  #train(): void {
    if (this.#training?.runSlice() === false) {
      return;
    }
    this.#training = undefined;
    this.#refresh(this.#memory.size);
    const scores = this.#scoresOfRows().sort();
    this.#beta = this.#bounded(scores[Math.floor(scores.length * this.#betaQuantile)] ?? 0);
    this.#phase = RUNNING;
  }

  #update(x: Float64Array): void {
    const score = this.#isSameAsScored(x) ? this.#lastScore : this.score(x);
    const isAccepted = score <= this.#beta;
    if (!this.#isPublished) {
      const step = isAccepted ? this.#betaQuantile - 1 : this.#betaQuantile;
      this.#beta = this.#bounded(this.#beta * Math.exp(BETA_RATE * step));
    }
    if (!isAccepted || (!this.#isPublished && (score === 0 || !this.#isDrawn()))) {
      return;
    }
    this.#isScored = false;
    const { size, capacity } = this.#memory;
    const slot = size < capacity ? size : this.#oldest;
    if (size === capacity) {
      this.#oldest = (this.#oldest + 1) % capacity;
    }
    this.#written = (this.#written + 1) >>> 0;
    this.#memory.codes.set(this.#code, slot * this.#code.length);
    this.#memory.put(slot, x);
    this.#measured();
    if (!this.#isPublished) {
      this.#refresh(REFRESHED_ROWS);
    }
  }

  /** Anomalies among the first rows would widen the spread and vouch for their like. */
  #dropOutliers(): void {
    const scores = this.#scoresOfRows();
    const sorted = scores.slice().sort();
    const median = sorted[sorted.length >>> 1] ?? 0;
    const most = sorted[Math.floor(sorted.length * (1 - MAX_OUTLIER_SHARE))] ?? 0;
    const limit = Math.max(OUTLIER_RATIO * median, most);
    this.#memory.retain((slot) => (scores[slot] ?? 0) <= limit);
    this.#measured();
    this.#refresh(this.#memory.size);
  }

  /** What each row of the memory scores against the others. */
  #scoresOfRows(): Float64Array {
    const scores = new Float64Array(this.#memory.size);
    for (let slot = 0; slot < scores.length; slot++) {
      const from = slot * this.#code.length;
      this.#code.set(this.#memory.codes.subarray(from, from + this.#code.length));
      scores[slot] = this.#distance(slot);
    }
    return scores;
  }

  #newTraining(): AutoencoderTraining {
    const { size, rows } = this.#memory;
    const normal = new Float64Array(size * this.dimensions);
    for (let at = 0; at < normal.length; at += this.dimensions) {
      this.#normalise(rows, at);
      normal.set(this.#normal, at);
    }
    return new AutoencoderTraining(this.#autoencoder, normal, this.#epochs, this.#learningRate);
  }

  /** The score of {@link #code}, leaving out the row of slot `skipped`. */
  #distance(skipped: number): number {
    const { size, capacity, distances } = this.#memory;
    const share = Math.max(FEWEST_NEIGHBOURS, Math.round((this.#k * size) / capacity));
    const found = this.#memory.findNearest(this.#code, Math.min(this.#k, share), skipped);
    let sum = 0;
    let weights = 0;
    let weight = 1;
    for (let at = 0; at < found; at++) {
      sum += weight * (distances[at] ?? 0);
      weights += weight;
      weight *= this.#gamma;
    }
    return weights > 0 ? sum / weights : 0;
  }

  #normalise(x: Float64Array, from: number): void {
    const { means } = this.#memory;
    for (let feature = 0; feature < this.dimensions; feature++) {
      const offset = (x[from + feature] ?? 0) - (means[feature] ?? 0);
      const inverse = this.#inverses[feature] ?? 0;
      let value = 0;
      if (Number.isFinite(offset)) {
        value = inverse > 0 || this.#isPublished ? offset * inverse : Math.sign(offset) * REACH;
      }
      this.#normal[feature] = this.#isPublished ? value : Math.min(MAX_NORMAL, Math.max(-MAX_NORMAL, value));
    }
  }

  /** The spread of the memory has moved. */
  #measured(): void {
    const { deviations, reaches } = this.#memory;
    for (let feature = 0; feature < this.dimensions; feature++) {
      const deviation = deviations[feature] ?? 0;
      const scale = this.#isPublished ? deviation : Math.max(deviation, (reaches[feature] ?? 0) / REACH);
      // a spread so small that its inverse is infinite is none
      this.#inverses[feature] = scale > Number.MIN_VALUE * 2 ** 52 ? 1 / scale : 0;
    }
  }

  #refresh(count: number): void {
    const { size } = this.#memory;
    for (let done = 0; done < Math.min(count, size); done++) {
      this.#stalest = this.#stalest + 1 < size ? this.#stalest + 1 : 0;
      this.#encodeRow(this.#stalest);
    }
  }

  #encodeRow(slot: number): void {
    this.#normalise(this.#memory.rows, slot * this.dimensions);
    encode(this.#autoencoder.encoder, this.#normal, 0, this.#memory.codes, slot * this.#code.length);
  }

  #bounded(beta: number): number {
    return Math.min(MAX_BETA * this.#code.length, Math.max(MIN_BETA * this.#code.length, beta));
  }

  #isSameAsScored(x: Float64Array): boolean {
    if (!this.#isScored) {
      return false;
    }
    for (let feature = 0; feature < this.dimensions; feature++) {
      if (x[feature] !== this.#scored[feature]) {
        return false;
      }
    }
    return true;
  }

  /** True once in `writeOneIn`, by xorshift32 (Marsaglia, 2003). */
  #isDrawn(): boolean {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random = (this.#random ^ (this.#random << 5)) >>> 0;
    return this.#random % this.#writeOneIn === 0;
  }
}

function mustBeWhole(name: string, value: number, lowest: number, highest: number): void {
  must(name, value, Number.isInteger(value) && value >= lowest && value <= highest);
}

function must(name: string, value: number, isRight: boolean): void {
  if (!isRight) {
    throw new RangeError(`${name} cannot be ${value}`);
  }
}
