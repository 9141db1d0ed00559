/** What LODA needs of its projections and their histograms. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Projects vectors and holds one histogram a projection: one is built by {@link learn}, another scores. */
export interface ProjectionHistograms {
  /** True once a first window is full. */
  readonly isReady: boolean;
  /** -ln density of each projection of the vector scored last, in nats; NaN where a feature of it was missing. */
  readonly surprisals: Float64Array;
  /** Mean of the {@link surprisals} of `x` that are not NaN; 0 when there are none. Does not change the histograms. */
  score(x: Float64Array): number;
  /** Counts the vector scored last. */
  learn(): void;
  /** Lets the vector scored last pass without counting it. */
  skip(): void;
  save(state: StateWriter): void;
  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`. */
  restore(state: StateReader): void;
}
