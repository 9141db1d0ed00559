/** MemStream: how far an event is from a memory of events taken for normal. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { type Autoencoder, AutoencoderTraining, drawAutoencoder } from './autoencoder.ts';
import { CodeMemory } from './code-memory.ts';
import { restoreLayer, saveLayer } from './dense-layer.ts';
import { MemoryGate } from './memory-gate.ts';
import { type MemStreamOptions, must, resolveOptions, type TrainedMemStream } from './memstream-options.ts';
import { MersenneTwister } from './mersenne-twister.ts';
import type { Model } from './model.ts';
import { VectorMemory } from './vector-memory.ts';

const FILLING = 0;
const TRAINING = 1;
const RUNNING = 2;

/** Before that many rows nothing is said. */
const FIRST_ROWS = 2;
/** Neighbours looked at while the memory fills up, at least. */
const FEWEST_NEIGHBOURS = 3;
/** The spread is measured once in so many writes. */
const WRITES_A_MEASURE = 4;
/** Rows that are then encoded anew, in turn. */
const REFRESHED_ROWS = 16;
/** Share of the first memory that is left out: the rows that score highest. */
const OUTLIER_SHARE = 1 / 32;
/** Bounds of beta per value of a code; two codes differ by 2 at most. */
const MIN_BETA = 1e-3;
const MAX_BETA = 2;

/**
 * Bhatia, Jain, Srivastava, Kawaguchi and Hooi, "MemStream: Memory-Based Streaming Anomaly Detection", WWW 2022, without
 * labels.
 *
 * As published: vectors are normalised by the memory, encoded as `tanh(W x + b)` of twice as many values, and scored by the
 * discounted mean of the L1 distances of the `k` nearest codes, `sum gamma^i d_i / sum gamma^i`; a vector that scores at most
 * beta replaces the oldest. {@link trained} does exactly that. Otherwise no label says which vectors are normal, and:
 *
 * - `k` is large and all neighbours count alike, so that a few anomalies in the memory do not vouch for each other; while
 *   the memory fills up, `k` grows with it, so that scores keep their scale. The worst of the first rows are dropped.
 * - Features are normalised robustly, see {@link VectorMemory}.
 * - Beta follows a quantile of the scores, see {@link MemoryGate}: after a shift of level the memory takes in what is new
 *   from about `ln(new score / beta) / 0.0018` events on, whereas a fixed beta freezes it for ever.
 * - One in `writeOneIn` of what may enter does, by chance: a burst does not wash out the memory. A vector that scores 0 is
 *   in it `k` times already and is not written: repetition cannot fill the memory and blind the model.
 * - The first vectors are learnt until the memory is full. The training that follows is cut into slices, one in each
 *   {@link learn}, which learns nothing else meanwhile; {@link isWarm} is true after it. The first weights score until then.
 *
 * A value that is not finite counts as the mean.
 */
export class MemStream implements Model {
  readonly dimensions: number;
  readonly #k: number;
  readonly #gamma: number;
  readonly #epochs: number;
  readonly #learningRate: number;
  readonly #autoencoder: Autoencoder;
  readonly #memory: VectorMemory;
  readonly #gate: MemoryGate;
  readonly #codes: CodeMemory;
  /** True for the authors' way: see {@link trained}. */
  #isPublished = false;
  #phase: 0 | 1 | 2 = FILLING;
  #training: AutoencoderTraining | undefined;
  /** The slot that is written next, once all are in use. */
  #oldest = 0;
  /** The row that is encoded anew next. */
  #stalest = 0;
  /** Vectors written since the memory was full, modulo 2^32. */
  #written = 0;
  /** The vector that {@link #lastScore}, the current code and the nearest slot belong to, if {@link #isScored}. */
  readonly #scored: Float64Array;
  #lastScore = 0;
  #isScored = false;

  /** @throws {RangeError} If an option is out of its range. */
  constructor(dimensions: number, options: MemStreamOptions = {}) {
    const { memory, k, gamma, betaQuantile, writeOneIn, epochs, learningRate, seed } = resolveOptions(
      dimensions,
      options,
    );
    this.dimensions = dimensions;
    this.#k = k;
    this.#gamma = gamma;
    this.#epochs = epochs;
    this.#learningRate = learningRate;
    this.#autoencoder = drawAutoencoder(dimensions, MersenneTwister.fromWord(seed));
    this.#memory = new VectorMemory(dimensions, memory);
    this.#codes = new CodeMemory(dimensions, memory, k);
    this.#codes.useEncoder(this.#autoencoder.encoder);
    this.#gate = new MemoryGate({
      quantile: betaQuantile,
      writeOneIn,
      lowest: MIN_BETA * 2 * dimensions,
      highest: MAX_BETA * 2 * dimensions,
      seed,
    });
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
      model.#memory.put(slot, row);
      model.#codes.set(slot, parts.codes[slot] ?? new Float64Array(0));
    }
    model.#codes.useEncoder(model.#autoencoder.encoder);
    model.#memory.normalising = 'plain';
    model.#memory.measure();
    model.#gate.fix(parts.beta);
    model.#isPublished = true;
    model.#phase = RUNNING;
    return model;
  }

  get isWarm(): boolean {
    return this.#phase === RUNNING;
  }

  /** What a vector may score at most to enter the memory; 0 until the model is warm. */
  get beta(): number {
    return this.#gate.beta;
  }

  /** Vectors written to the memory since the model is warm. */
  get written(): number {
    return this.#written;
  }

  /** Mean of each feature over the memory, as last measured; changes with the model. */
  get means(): Float64Array {
    return this.#memory.means;
  }

  /** Sample standard deviation of each feature over the memory, as last measured; changes with the model. */
  get deviations(): Float64Array {
    return this.#memory.deviations;
  }

  /** Mean distance in code space, 0 to `4 dimensions`; 0 before the first 2 vectors. */
  score(x: Float64Array): number {
    this.#isScored = false;
    if (this.#phase === FILLING && this.#memory.size < FIRST_ROWS) {
      return 0;
    }
    this.#memory.normalise(x, 0, this.#codes.input);
    this.#codes.encode();
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
    this.#memory.compare(x, this.#codes.nearest, weights);
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
    this.#gate.save(state);
    saveLayer(this.#autoencoder.encoder, state);
    saveLayer(this.#autoencoder.decoder, state);
    this.#memory.save(state);
    this.#codes.save(this.#memory.size, state);
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
    this.#gate.restore(state);
    restoreLayer(this.#autoencoder.encoder, state);
    restoreLayer(this.#autoencoder.decoder, state);
    this.#memory.restore(state);
    const { size } = this.#memory;
    this.#codes.restore(size, state);
    this.#codes.useEncoder(this.#autoencoder.encoder);
    if (phase !== FILLING && size === 0) {
      state.fail('the state of a MemStream contradicts itself');
    }
    this.#isScored = false;
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
    this.#memory.measure();
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
    this.#codes.useEncoder(this.#autoencoder.encoder);
    this.#refresh(this.#memory.size);
    this.#gate.start(this.#scoresOfRows().sort());
    this.#phase = RUNNING;
  }

  #update(x: Float64Array): void {
    const score = this.#isSameAsScored(x) ? this.#lastScore : this.score(x);
    if (!this.#gate.admits(score)) {
      return;
    }
    this.#isScored = false;
    const { size, capacity } = this.#memory;
    const slot = size < capacity ? size : this.#oldest;
    if (size === capacity) {
      this.#oldest = (this.#oldest + 1) % capacity;
    }
    this.#written = (this.#written + 1) >>> 0;
    this.#memory.put(slot, x);
    this.#codes.store(slot);
    if (this.#isPublished) {
      this.#memory.measure();
    } else if (this.#written % WRITES_A_MEASURE === 0) {
      this.#memory.measure();
      this.#refresh(REFRESHED_ROWS);
    }
  }

  /** Anomalies among the first rows would widen the spread and vouch for their like. */
  #dropOutliers(): void {
    const scores = this.#scoresOfRows();
    const sorted = scores.slice().sort();
    const limit = sorted[Math.ceil(sorted.length * (1 - OUTLIER_SHARE)) - 1] ?? 0;
    this.#memory.retain((slot) => (scores[slot] ?? 0) <= limit);
    this.#memory.measure();
    this.#refresh(this.#memory.size);
  }

  /** What each row of the memory scores against the others. */
  #scoresOfRows(): Float64Array {
    const scores = new Float64Array(this.#memory.size);
    for (let slot = 0; slot < scores.length; slot++) {
      this.#codes.load(slot);
      scores[slot] = this.#distance(slot);
    }
    return scores;
  }

  #newTraining(): AutoencoderTraining {
    const { size, rows } = this.#memory;
    const normal = new Float64Array(size * this.dimensions);
    for (let at = 0; at < normal.length; at += this.dimensions) {
      this.#memory.normalise(rows, at, this.#codes.input);
      normal.set(this.#codes.input.subarray(0, this.dimensions), at);
    }
    return new AutoencoderTraining(this.#autoencoder, normal, this.#epochs, this.#learningRate);
  }

  /** The score of the current code, leaving out the row of slot `skipped`. */
  #distance(skipped: number): number {
    const { size, capacity } = this.#memory;
    const { distances } = this.#codes;
    const share = Math.max(FEWEST_NEIGHBOURS, Math.round((this.#k * size) / capacity));
    const found = this.#codes.findNearest(size, Math.min(this.#k, share), skipped);
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

  #refresh(count: number): void {
    const { size } = this.#memory;
    for (let done = 0; done < Math.min(count, size); done++) {
      this.#stalest = this.#stalest + 1 < size ? this.#stalest + 1 : 0;
      this.#encodeRow(this.#stalest);
    }
  }

  #encodeRow(slot: number): void {
    this.#memory.normalise(this.#memory.rows, slot * this.dimensions, this.#codes.input);
    this.#codes.encode();
    this.#codes.store(slot);
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
}
