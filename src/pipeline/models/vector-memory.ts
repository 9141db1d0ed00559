/** Vectors, and how each of their features is spread. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** No value further out is stored: its square would not fit. */
const MAX_VALUE = 1e100;

/** Where the furthest row lies after robust normalising, and a value that differs from all rows that agree. */
const REACH = 3;
/** No value is larger after robust normalising. */
const MAX_ROBUST = 6;
/** Nor after plain normalising, so that it fits single precision. */
const MAX_PLAIN = 1e30;

/**
 * What a feature is divided by after its mean was taken off.
 *
 * `plain` is its standard deviation, and a feature that all rows agree on becomes 0, as MemStream's authors have it.
 * `robust` divides by a third of the feature's reach where that is more, so that a flag that few rows have does not drown
 * the rest; a value that differs from what all rows agree on becomes 3 or -3; no value is beyond 6 or -6.
 */
export type Normalising = 'plain' | 'robust';

/** Up to `capacity` vectors, with mean and spread of each feature as they were when last measured. */
export class VectorMemory {
  /** `capacity x dimensions`, row-major. */
  readonly rows: Float64Array;
  /** Mean of each feature. */
  readonly means: Float64Array;
  /** Sample standard deviation of each feature; exactly 0 where all rows agree. */
  readonly deviations: Float64Array;
  /** Largest distance of a row from the mean, by feature. */
  readonly reaches: Float64Array;
  readonly capacity: number;
  /** How {@link normalise} works. */
  normalising: Normalising = 'robust';
  /** 1 over what a feature is divided by, 0 for a constant. */
  readonly #inverses: Float64Array;
  readonly #dimensions: number;
  #size = 0;

  constructor(dimensions: number, capacity: number) {
    this.capacity = capacity;
    this.#dimensions = dimensions;
    this.rows = new Float64Array(capacity * dimensions);
    this.means = new Float64Array(dimensions);
    this.deviations = new Float64Array(dimensions);
    this.reaches = new Float64Array(dimensions);
    this.#inverses = new Float64Array(dimensions);
  }

  /** Slots in use, from 0 on. */
  get size(): number {
    return this.#size;
  }

  /** Writes a row to a slot in use or the first free one; a value that is not finite becomes the feature's mean. */
  put(slot: number, x: Float64Array): void {
    const from = slot * this.#dimensions;
    for (let feature = 0; feature < this.#dimensions; feature++) {
      const value = x[feature] ?? 0;
      this.rows[from + feature] = Number.isFinite(value)
        ? Math.min(MAX_VALUE, Math.max(-MAX_VALUE, value))
        : (this.means[feature] ?? 0);
    }
    this.#size = Math.max(this.#size, slot + 1);
  }

  /** Keeps the slots that `isKept` names, in their order. */
  retain(isKept: (slot: number) => boolean): void {
    let kept = 0;
    for (let slot = 0; slot < this.#size; slot++) {
      if (isKept(slot)) {
        const from = slot * this.#dimensions;
        this.rows.copyWithin(kept * this.#dimensions, from, from + this.#dimensions);
        kept += 1;
      }
    }
    this.#size = kept;
  }

  /**
   * Works out {@link means}, {@link deviations} and {@link reaches}.
   *
   * From all rows each time: with running sums the rounding error of one large value would outlive it.
   */
  measure(): void {
    for (let feature = 0; feature < this.#dimensions; feature++) {
      this.#measureFeature(feature);
    }
    this.#invert();
  }

  /**
   * Writes the vector that starts at `from` in `x` to `out`, normalised; a value that is not finite becomes 0, the mean.
   */
  normalise(x: Float64Array, from: number, out: Float32Array): void {
    const isRobust = this.normalising === 'robust';
    const limit = isRobust ? MAX_ROBUST : MAX_PLAIN;
    for (let feature = 0; feature < this.#dimensions; feature++) {
      const offset = (x[from + feature] ?? 0) - (this.means[feature] ?? 0);
      const inverse = this.#inverses[feature] ?? 0;
      let value = 0;
      if (Number.isFinite(offset)) {
        value = inverse === 0 && isRobust ? Math.sign(offset) * REACH : offset * inverse;
      }
      out[feature] = Math.min(limit, Math.max(-limit, value));
    }
  }

  /** Writes how far each value of `x` is from the row of `slot`, in standard deviations. */
  compare(x: Float64Array, slot: number, out: Float64Array): void {
    for (let feature = 0; feature < this.#dimensions; feature++) {
      const value = x[feature] ?? 0;
      const known = Number.isFinite(value) ? value : (this.means[feature] ?? 0);
      const distance = Math.abs(known - (this.rows[slot * this.#dimensions + feature] ?? 0));
      const deviation = this.deviations[feature] ?? 0;
      out[feature] = deviation > 0 ? distance / deviation : distance > 0 ? REACH : 0;
    }
  }

  save(state: StateWriter): void {
    state.u32(this.#size);
    state.array(this.rows.subarray(0, this.#size * this.#dimensions));
    for (const values of [this.means, this.deviations, this.reaches]) {
      state.array(values);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT` if it does not fit, or a value is not finite. */
  restore(state: StateReader): void {
    this.#size = state.u32(this.capacity);
    const rows = this.rows.subarray(0, this.#size * this.#dimensions);
    for (const values of [rows, this.means, this.deviations, this.reaches]) {
      state.fill(values);
      if (!values.every(Number.isFinite)) {
        state.fail('a value of the memory is not finite');
      }
    }
    this.#invert();
  }

  #invert(): void {
    for (let feature = 0; feature < this.#dimensions; feature++) {
      const deviation = this.deviations[feature] ?? 0;
      const reach = this.normalising === 'robust' ? (this.reaches[feature] ?? 0) / REACH : 0;
      const inverse = 1 / Math.max(deviation, reach);
      // infinite for 0, and for a spread too small to divide by
      this.#inverses[feature] = Number.isFinite(inverse) ? inverse : 0;
    }
  }

  #measureFeature(feature: number): void {
    const { rows } = this;
    const dimensions = this.#dimensions;
    const end = this.#size * dimensions;
    let sum = 0;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (let at = feature; at < end; at += dimensions) {
      const value = rows[at] ?? 0;
      sum += value;
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
    // the mean of equal numbers can round to another number
    const mean = lowest === highest || this.#size === 0 ? (rows[feature] ?? 0) : sum / this.#size;
    let squares = 0;
    for (let at = feature; at < end; at += dimensions) {
      const deviation = (rows[at] ?? 0) - mean;
      squares += deviation * deviation;
    }
    this.means[feature] = mean;
    this.deviations[feature] = this.#size > 1 ? Math.sqrt(squares / (this.#size - 1)) : 0;
    this.reaches[feature] = Math.max(0, highest - mean, mean - lowest);
  }
}
