/** Vectors into the unit box by the least and greatest values so far, as River's MinMaxScaler. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const VERSION = 1;

/**
 * `(x - min) / (max - min)`, 0 where they are the same (River `preprocessing.MinMaxScaler`). Learn, then transform, for
 * values in 0 to 1; the other way round a new extreme lies outside.
 */
export class MinMaxScaler {
  readonly dimensions: number;
  readonly #min: Float64Array;
  readonly #max: Float64Array;

  /** @param dimensions Features of a vector, 1 or more. */
  constructor(dimensions: number) {
    if (!(Number.isInteger(dimensions) && dimensions > 0)) {
      throw new RangeError(`a vector must have a feature: ${dimensions}`);
    }
    this.dimensions = dimensions;
    this.#min = new Float64Array(dimensions).fill(Number.POSITIVE_INFINITY);
    this.#max = new Float64Array(dimensions).fill(Number.NEGATIVE_INFINITY);
  }

  /** Writes the scaled vector; NaN stays NaN, and what was never learnt is 0. `out` may be `x`. Does not change the scaling. */
  transform(x: Float64Array, out: Float64Array): void {
    for (let feature = 0; feature < this.dimensions; feature++) {
      const value = x[feature] ?? 0;
      const min = this.#min[feature] ?? 0;
      const range = (this.#max[feature] ?? 0) - min;
      out[feature] = Number.isNaN(value) ? value : range > 0 ? (value - min) / range : 0;
    }
  }

  /** Takes a vector in; infinities and NaN are left out. */
  learn(x: Float64Array): void {
    for (let feature = 0; feature < this.dimensions; feature++) {
      const value = x[feature] ?? Number.NaN;
      if (!Number.isFinite(value)) {
        continue;
      }
      if (value < (this.#min[feature] ?? 0)) {
        this.#min[feature] = value;
      }
      if (value > (this.#max[feature] ?? 0)) {
        this.#max[feature] = value;
      }
    }
  }

  save(state: StateWriter): void {
    state.u32(VERSION);
    state.array(this.#min);
    state.array(this.#max);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the scaling is unusable then. */
  restore(state: StateReader): void {
    if (state.u32() !== VERSION) {
      state.fail('a scaling of another version');
    }
    state.fill(this.#min);
    state.fill(this.#max);
    for (let feature = 0; feature < this.dimensions; feature++) {
      const min = this.#min[feature] ?? 0;
      const max = this.#max[feature] ?? 0;
      const isUntouched = min === Number.POSITIVE_INFINITY && max === Number.NEGATIVE_INFINITY;
      if (!isUntouched && !(Number.isFinite(min) && Number.isFinite(max) && min <= max)) {
        state.fail('a least value above the greatest');
      }
    }
  }
}
