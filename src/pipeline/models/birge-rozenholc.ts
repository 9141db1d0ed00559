/** LODA's alternating histograms as published: equal bins over the range of a window. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { ProjectionHistograms } from './projection-histograms.ts';
import { project, type SparseProjections } from './sparse-projections.ts';

const MAX_BINS = 30;
/** How far from a constant projection a value may lie and still be that value. */
const SAME_VALUE = 1e-9;

/**
 * Histograms of the last full window (Pevny 2016, section 3.1), each with as many equal bins between the smallest and
 * the largest value as Birgé and Rozenholc's penalised likelihood has it:
 * `b` of at most 30 that maximises `sum_j n_j ln(b n_j / N) - (b - 1 + (ln b)^2.5)`.
 *
 * An empty bin, and all outside the range, has density `1 / N^2`, which is also added to the others; a projection that
 * was constant over the window is one point. Every score is 0 until the first window is full.
 */
export class BirgeRozenholcHistograms implements ProjectionHistograms {
  readonly #current: Float64Array;
  readonly #projections: SparseProjections;
  readonly #projected: Float64Array;
  readonly #rows: number;
  readonly #windowEvents: number;
  readonly #floor: number;
  /** `rows x windowEvents`, row-major; NaN where the projection was not known. */
  readonly #window: Float64Array;
  readonly #lows: Float64Array;
  readonly #highs: Float64Array;
  readonly #bins: Int32Array;
  /** `rows x MAX_BINS`, row-major: -ln density. */
  readonly #surprisals: Float64Array;
  readonly #trial = new Float64Array(MAX_BINS);
  #isReady = false;
  #learnt = 0;

  /** @param windowEvents Events of a window, 1 or more. */
  constructor(projections: SparseProjections, windowEvents: number) {
    const { rows } = projections;
    this.#projections = projections;
    this.#projected = new Float64Array(rows);
    this.#current = new Float64Array(rows);
    this.#rows = rows;
    this.#windowEvents = windowEvents;
    this.#floor = 1 / windowEvents / windowEvents;
    this.#window = new Float64Array(rows * windowEvents);
    this.#lows = new Float64Array(rows);
    this.#highs = new Float64Array(rows);
    this.#bins = new Int32Array(rows);
    this.#surprisals = new Float64Array(rows * MAX_BINS);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  score(x: Float64Array): number {
    project(this.#projections, x, this.#projected);
    let sum = 0;
    let known = 0;
    for (let row = 0; row < this.#rows; row++) {
      const surprisal = this.#surprisal(row, this.#projected[row] ?? 0);
      this.#current[row] = surprisal;
      if (!Number.isNaN(surprisal)) {
        sum += surprisal;
        known++;
      }
    }
    return known === 0 ? 0 : sum / known;
  }

  surprisals(): Float64Array {
    return this.#current;
  }

  learn(): void {
    for (let row = 0; row < this.#rows; row++) {
      this.#window[row * this.#windowEvents + this.#learnt] = this.#projected[row] ?? 0;
    }
    this.#learnt++;
    if (this.#learnt === this.#windowEvents) {
      this.#learnt = 0;
      this.#isReady = true;
      for (let row = 0; row < this.#rows; row++) {
        this.#build(row);
      }
    }
  }

  skip(): void {
    // a window is as many events as are learnt
  }

  save(state: StateWriter): void {
    state.u32(this.#isReady ? 1 : 0);
    state.u32(this.#learnt);
    state.array(this.#bins);
    for (const values of [this.#window, this.#lows, this.#highs, this.#surprisals]) {
      state.array(values);
    }
  }

  restore(state: StateReader): void {
    this.#isReady = state.u32(1) === 1;
    this.#learnt = state.u32(this.#windowEvents - 1);
    state.fill(this.#bins);
    if (this.#bins.some((bins) => bins < 0 || bins > MAX_BINS)) {
      state.fail('a histogram has an impossible number of bins');
    }
    for (const values of [this.#window, this.#lows, this.#highs, this.#surprisals]) {
      state.fill(values);
    }
    if (!this.#surprisals.every(Number.isFinite)) {
      state.fail('a model holds a value that is not finite');
    }
  }

  #surprisal(row: number, value: number): number {
    const low = this.#lows[row] ?? 0;
    const high = this.#highs[row] ?? 0;
    const bins = this.#bins[row] ?? 0;
    if (Number.isNaN(value) || !this.#isReady) {
      return Number.isNaN(value) ? value : 0;
    }
    if (high <= low) {
      return -Math.log((Math.abs(value - low) < SAME_VALUE ? 1 : 0) + this.#floor);
    }
    const bin = value === high ? bins - 1 : Math.floor(((value - low) / (high - low)) * bins);
    return bin >= 0 && bin < bins ? (this.#surprisals[row * MAX_BINS + bin] ?? 0) : -Math.log(this.#floor);
  }

  #build(row: number): void {
    const from = row * this.#windowEvents;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let events = 0;
    for (let at = from; at < from + this.#windowEvents; at++) {
      const value = this.#window[at] ?? 0;
      if (!Number.isNaN(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
        events++;
      }
    }
    this.#lows[row] = low;
    this.#highs[row] = high;
    if (!(high > low)) {
      return;
    }
    let best = Number.NEGATIVE_INFINITY;
    for (let bins = 1; bins <= MAX_BINS; bins++) {
      const likelihood = this.#count(row, bins, events);
      if (likelihood > best) {
        best = likelihood;
        this.#bins[row] = bins;
        for (let bin = 0; bin < bins; bin++) {
          const mass = (this.#trial[bin] ?? 0) / events;
          this.#surprisals[row * MAX_BINS + bin] = -Math.log(mass + this.#floor);
        }
      }
    }
  }

  /** Counts the window of `row` into `bins` equal bins; returns their penalised likelihood. */
  #count(row: number, bins: number, events: number): number {
    const low = this.#lows[row] ?? 0;
    const span = (this.#highs[row] ?? 0) - low;
    const trial = this.#trial.fill(0);
    const from = row * this.#windowEvents;
    for (let at = from; at < from + this.#windowEvents; at++) {
      const value = this.#window[at] ?? 0;
      if (!Number.isNaN(value)) {
        const bin = Math.min(bins - 1, Math.trunc(((value - low) / span) * bins));
        trial[bin] = (trial[bin] ?? 0) + 1;
      }
    }
    let likelihood = -(bins - 1 + Math.log(bins) ** 2.5);
    for (let bin = 0; bin < bins; bin++) {
      const count = trial[bin] ?? 0;
      likelihood += count > 0 ? count * Math.log((bins * count) / events) : 0;
    }
    return likelihood;
  }
}
