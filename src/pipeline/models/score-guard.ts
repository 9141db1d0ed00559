/** Keeps a model from learning what it finds most anomalous. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const QUANTILE = 0.95;
/** Scores that are all admitted, and that the first threshold comes from. */
const FIRST_SCORES = 20;
const MIN_STEP = 0.02;
const FIRST_STEP = 5;
const SPREAD_RATE = 0.005;
const MIN_SPREAD = 1e-3;
const MAX_SPREAD = 1e9;

/**
 * Admits scores up to a running 0.95 quantile (Robbins and Monro's stochastic approximation).
 *
 * The threshold moves with every score, also those that are turned away: when a stream has changed for good its events
 * are let in again after some hundreds of them.
 */
export class ScoreGuard {
  /** Scores so far, threshold, and the mean distance between the two, which steps are in proportion to. */
  readonly #state = new Float64Array(3);

  /** Whether to learn the event with this score; takes the score into the threshold. Call it once an event. */
  admits(score: number): boolean {
    const state = this.#state;
    const scores = state[0] ?? 0;
    const threshold = state[1] ?? 0;
    const spread = state[2] ?? 0;
    state[0] = scores + 1;
    if (scores < FIRST_SCORES) {
      const highest = Math.max(threshold, score);
      state[1] = highest;
      state[2] = spread + (Math.abs(score - highest) - spread) / (scores + 1);
      return true;
    }
    const isAdmitted = score <= threshold;
    const step = Math.max(MIN_STEP, FIRST_STEP / (scores + 1)) * Math.max(spread, MIN_SPREAD);
    const next = threshold + step * (isAdmitted ? QUANTILE - 1 : QUANTILE);
    state[1] = next;
    state[2] = spread + SPREAD_RATE * (Math.abs(score - next) - spread);
    return isAdmitted;
  }

  save(state: StateWriter): void {
    state.array(this.#state);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`. */
  restore(state: StateReader): void {
    state.fill(this.#state);
    const [scores = 0, threshold = 0, spread = 0] = this.#state;
    if (!(scores >= 0 && Number.isFinite(threshold) && spread >= 0 && spread < MAX_SPREAD)) {
      state.fail('a score guard holds a value that cannot be');
    }
  }
}
