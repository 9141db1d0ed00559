/** Vectors into the unit box by rolling median and quartiles, so that one extreme value spoils nothing. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const VERSION = 1;
/** Values of each feature that are kept, sorted. */
const WINDOW = 256;
/** Once the window is full every eighth vector is taken: it then spans 2048. */
const TAKE_EVERY = 8;

/**
 * `u = 1/2 + z / (2 (1 + |z|))` with `z = (x - median) / spread`: the quartiles of a symmetric feature come to 1/3 and
 * 2/3, and also far values stay apart. The spread is the interquartile range; where that is 0 (flags, rare events) the
 * range of the middle 90 %, then of all values, then 1.
 *
 * Median and quantiles are exact over a window of 256 vectors: all of the first 256, then every eighth.
 */
export class RobustScaler {
  readonly dimensions: number;
  /** Values in order of arrival, `dimensions x WINDOW` row-major; NaN is none. */
  readonly #arrived: Float64Array;
  /** The same, each row sorted, {@link #sizes} of them. */
  readonly #sorted: Float64Array;
  readonly #sizes: Uint32Array;
  readonly #medians: Float64Array;
  readonly #spreads: Float64Array;
  #learned = 0;
  #next = 0;

  /** @param dimensions Features of a vector, 1 or more. */
  constructor(dimensions: number) {
    if (!(Number.isInteger(dimensions) && dimensions > 0)) {
      throw new RangeError(`a vector must have a feature: ${dimensions}`);
    }
    this.dimensions = dimensions;
    this.#arrived = new Float64Array(dimensions * WINDOW).fill(Number.NaN);
    this.#sorted = new Float64Array(dimensions * WINDOW);
    this.#sizes = new Uint32Array(dimensions);
    this.#medians = new Float64Array(dimensions);
    this.#spreads = new Float64Array(dimensions).fill(1);
  }

  /** Writes the scaled vector; NaN stays NaN. `out` may be `x`. Does not change the scaling. */
  transform(x: Float64Array, out: Float64Array): void {
    for (let feature = 0; feature < this.dimensions; feature++) {
      const z = ((x[feature] ?? 0) - (this.#medians[feature] ?? 0)) / (this.#spreads[feature] ?? 1);
      out[feature] =
        z === Number.POSITIVE_INFINITY
          ? 1
          : z === Number.NEGATIVE_INFINITY
            ? 0
            : 0.5 + (0.5 * z) / (1 + Math.abs(z));
    }
  }

  /** Takes a vector in; infinities and NaN are left out. */
  learn(x: Float64Array): void {
    this.#learned++;
    if (this.#learned > WINDOW && this.#learned % TAKE_EVERY !== 0) {
      return;
    }
    for (let feature = 0; feature < this.dimensions; feature++) {
      this.#take(feature, x[feature] ?? Number.NaN);
    }
    this.#next = (this.#next + 1) % WINDOW;
  }

  save(state: StateWriter): void {
    state.u32(VERSION);
    state.u32(this.dimensions);
    state.f64(this.#learned);
    state.u32(this.#next);
    state.array(this.#arrived);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the scaling is unusable then. */
  restore(state: StateReader): void {
    if (state.u32() !== VERSION || state.u32() !== this.dimensions) {
      state.fail('a scaling of another version or of other vectors');
    }
    this.#learned = state.f64();
    this.#next = state.u32(WINDOW - 1);
    if (!(Number.isSafeInteger(this.#learned) && this.#learned >= 0)) {
      state.fail('a number of vectors that cannot be');
    }
    state.fill(this.#arrived);
    for (let feature = 0; feature < this.dimensions; feature++) {
      const row = this.#arrived.subarray(feature * WINDOW, (feature + 1) * WINDOW);
      const values = row.filter((value) => !Number.isNaN(value)).sort();
      if (values.some((value) => !Number.isFinite(value))) {
        state.fail('an infinite value');
      }
      this.#sizes[feature] = values.length;
      this.#sorted.fill(0, feature * WINDOW, (feature + 1) * WINDOW);
      this.#sorted.set(values, feature * WINDOW);
      this.#measure(feature);
    }
  }

  #take(feature: number, value: number): void {
    const base = feature * WINDOW;
    const place = base + this.#next;
    const leaving = this.#arrived[place] ?? Number.NaN;
    const taken = Number.isFinite(value) ? value + 0 : Number.NaN; // + 0: there is no -0 to look for
    this.#arrived[place] = taken;
    if (Number.isNaN(leaving) && Number.isNaN(taken)) {
      return;
    }
    if (!Number.isNaN(leaving)) {
      const at = this.#lowerBound(base, leaving);
      const end = base + (this.#sizes[feature] ?? 0);
      this.#sorted.copyWithin(at, at + 1, end);
      this.#sizes[feature] = end - base - 1;
    }
    if (!Number.isNaN(taken)) {
      const end = base + (this.#sizes[feature] ?? 0);
      this.#sizes[feature] = end - base + 1;
      const at = this.#lowerBound(base, taken, end);
      this.#sorted.copyWithin(at + 1, at, end);
      this.#sorted[at] = taken;
    }
    this.#measure(feature);
  }

  /** The first place of a row with a value not below `value`. */
  #lowerBound(base: number, value: number, end = base + (this.#sizes[base / WINDOW] ?? 0)): number {
    let low = base;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? 0) < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #measure(feature: number): void {
    const size = this.#sizes[feature] ?? 0;
    if (size === 0) {
      this.#medians[feature] = 0;
      this.#spreads[feature] = 1;
      return;
    }
    this.#medians[feature] = this.#quantile(feature, size, 0.5);
    for (const tail of TAILS) {
      const spread = this.#quantile(feature, size, 1 - tail) - this.#quantile(feature, size, tail);
      if (spread > 0 && spread < Number.POSITIVE_INFINITY) {
        this.#spreads[feature] = spread;
        return;
      }
    }
    this.#spreads[feature] = 1;
  }

  /** The value at the nearest rank. */
  #quantile(feature: number, size: number, share: number): number {
    return this.#sorted[feature * WINDOW + Math.round(share * (size - 1))] ?? 0;
  }
}

/** What the spread leaves out at each end: the first that gives one is taken. */
const TAILS = [0.25, 0.05, 0];
