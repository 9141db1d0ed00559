/** What LODA needs of its projections and their histograms. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Projects vectors and holds one histogram a projection: one is built by {@link learn}, another scores. */
export interface ProjectionHistograms {
  /** True once a first window is full. */
  readonly isReady: boolean;
  /** Mean of -ln density over the projections of `x` that are known, in nats; 0 when none is. Changes no histogram. */
  score(x: Float64Array): number;
  /**
   * -ln density of each projection of the vector scored last, NaN where a feature of it is missing; valid until the
   * next call of anything.
   */
  surprisals(): Float64Array;
  /** Counts the vector scored last. */
  learn(): void;
  /** Lets the vector scored last pass without counting it. */
  skip(): void;
  save(state: StateWriter): void;
  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`. */
  restore(state: StateReader): void;
}
