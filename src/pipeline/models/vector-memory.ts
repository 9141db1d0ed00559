/** The memory of MemStream: rows, their codes, and the search for the nearest. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** No value further out is stored: its square would not fit. */
const MAX_VALUE = 1e100;

/**
 * Up to `capacity` vectors with their codes, and mean and spread of each feature over them.
 *
 * All arrays are flat and row-major. A code is stale once the spread has moved; who owns the memory refreshes it.
 */
export class VectorMemory {
  /** `capacity x dimensions`, raw values. */
  readonly rows: Float64Array;
  /** `capacity x width`. */
  readonly codes: Float64Array;
  /** Mean of each feature. */
  readonly means: Float64Array;
  /** Sample standard deviation of each feature; exactly 0 where all rows agree. */
  readonly deviations: Float64Array;
  /** Largest distance of a row from the mean, by feature. */
  readonly reaches: Float64Array;
  /** The smallest distances that {@link findNearest} found, ascending. */
  readonly distances: Float64Array;
  /** The slot that {@link distances} starts with, -1 if none. */
  nearest = -1;
  readonly capacity: number;
  readonly #dimensions: number;
  readonly #width: number;
  #size = 0;

  /** @param neighbours The most that {@link findNearest} will be asked for. */
  constructor(dimensions: number, width: number, capacity: number, neighbours: number) {
    this.capacity = capacity;
    this.#dimensions = dimensions;
    this.#width = width;
    this.rows = new Float64Array(capacity * dimensions);
    this.codes = new Float64Array(capacity * width);
    this.means = new Float64Array(dimensions);
    this.deviations = new Float64Array(dimensions);
    this.reaches = new Float64Array(dimensions);
    this.distances = new Float64Array(neighbours);
  }

  /** Slots in use, from 0 on. */
  get size(): number {
    return this.#size;
  }

  /**
   * Writes a row to a slot in use or the first free one; a value that is not finite becomes the feature's mean.
   *
   * Takes `O(size x dimensions)` to measure the spread anew, so that no rounding error outlives the row that made it.
   */
  put(slot: number, x: Float64Array): void {
    const from = slot * this.#dimensions;
    for (let feature = 0; feature < this.#dimensions; feature++) {
      const value = x[feature] ?? 0;
      this.rows[from + feature] = Number.isFinite(value)
        ? Math.min(MAX_VALUE, Math.max(-MAX_VALUE, value))
        : (this.means[feature] ?? 0);
    }
    this.#size = Math.max(this.#size, slot + 1);
    this.measure();
  }

  /** Takes what was written to the first rows and codes from outside as the memory. */
  adopt(size: number): void {
    this.#size = Math.min(size, this.capacity);
    this.measure();
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
    this.measure();
  }

  /** Works out {@link means}, {@link deviations} and {@link reaches}. */
  measure(): void {
    for (let feature = 0; feature < this.#dimensions; feature++) {
      this.#measureFeature(feature);
    }
  }

  /**
   * Finds the `count` codes with the smallest L1 distance from `code`, at most as many as there are.
   *
   * @param skipped A slot to leave out, -1 for none.
   * @returns How many were found.
   */
  findNearest(code: Float64Array, count: number, skipped: number): number {
    const { codes, distances } = this;
    const width = this.#width;
    const last = count - 1;
    let limit = Number.POSITIVE_INFINITY;
    let found = 0;
    this.nearest = -1;
    for (let slot = 0; slot < this.#size; slot++) {
      if (slot === skipped) {
        continue;
      }
      const distance = boundedDistance(code, codes, slot * width, width, limit);
      if (found === count && !(distance < limit)) {
        continue;
      }
      let at = found < count ? found : last;
      while (at > 0 && (distances[at - 1] ?? 0) > distance) {
        distances[at] = distances[at - 1] ?? 0;
        at -= 1;
      }
      distances[at] = distance;
      if (at === 0) {
        this.nearest = slot;
      }
      if (found < count) {
        found += 1;
      }
      if (found === count) {
        limit = distances[last] ?? 0;
      }
    }
    return found;
  }

  save(state: StateWriter): void {
    state.u32(this.#size);
    state.array(this.rows.subarray(0, this.#size * this.#dimensions));
    state.array(this.codes.subarray(0, this.#size * this.#width));
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT` if it does not fit, or a value is not finite. */
  restore(state: StateReader): void {
    this.#size = state.u32(this.capacity);
    const rows = this.rows.subarray(0, this.#size * this.#dimensions);
    const codes = this.codes.subarray(0, this.#size * this.#width);
    state.fill(rows);
    state.fill(codes);
    if (!rows.every((value) => Math.abs(value) <= MAX_VALUE) || !codes.every(Number.isFinite)) {
      state.fail('a row of the memory is not finite');
    }
    this.measure();
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

/** L1 distance, or some number of at least `limit` once it is sure not to be below. */
function boundedDistance(
  code: Float64Array,
  codes: Float64Array,
  from: number,
  width: number,
  limit: number,
): number {
  let sum = 0;
  let at = 0;
  for (; at + 4 <= width; at += 4) {
    // four at a time, so that the comparison with the limit costs little
    const base = from + at;
    const first = Math.abs((codes[base] ?? 0) - (code[at] ?? 0));
    const second = Math.abs((codes[base + 1] ?? 0) - (code[at + 1] ?? 0));
    const third = Math.abs((codes[base + 2] ?? 0) - (code[at + 2] ?? 0));
    const fourth = Math.abs((codes[base + 3] ?? 0) - (code[at + 3] ?? 0));
    sum += first + second + (third + fourth);
    if (sum >= limit) {
      return sum;
    }
  }
  for (; at < width; at++) {
    sum += Math.abs((codes[from + at] ?? 0) - (code[at] ?? 0));
  }
  return sum;
}
