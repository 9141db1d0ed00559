/** What every model of feature vectors can do. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/**
 * An unsupervised online model of fixed-length vectors.
 *
 * Prequential: `score` an event first, then `learn` it, or leave it out. Both are synchronous and allocate nothing. A
 * vector is a `Float64Array` of `dimensions` values; NaN is a value that is not known. The caller may reuse it at once.
 */
export interface Model {
  readonly dimensions: number;
  /** True once scores mean something: the first window is full, the memory is trained. */
  readonly isWarm: boolean;
  /** How anomalous `x` is, on the model's own scale: higher is more, never NaN. Does not change the model. */
  score(x: Float64Array): number;
  /** Takes `x` for normal. */
  learn(x: Float64Array): void;
  /**
   * Writes how much each feature of the vector scored last weighed in its score.
   *
   * @param x The vector that was scored last.
   * @param weights Where to, `dimensions` values: the model's own scale, higher weighs more, 0 or less not at all.
   */
  explain(x: Float64Array, weights: Float64Array): void;
  /** Writes all that later scores depend on: a restored model scores exactly as this one. */
  save(state: StateWriter): void;
  /**
   * Becomes the model that was saved; it must have been built with the same parameters.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT`; the model is unusable then.
   */
  restore(state: StateReader): void;
}
