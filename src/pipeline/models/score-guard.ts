/** Keeps a model from learning what it finds most anomalous. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const QUANTILE = 0.95;
/** Scores that are all admitted, and that the first threshold comes from. */
const FIRST_SCORES = 20;
const MIN_STEP = 0.02;
const FIRST_STEP = 5;
const SPREAD_RATE = 0.005;

/**
 * Admits scores up to a running 0.95 quantile (Robbins and Monro's stochastic approximation).
 *
 * The threshold moves with every score, also those that are turned away: when a stream has changed for good its events
 * are let in again after some hundreds of them.
 */
export class ScoreGuard {
  #scores = 0;
  #threshold = 0;
  /** Mean distance between score and threshold; steps are in proportion. */
  #spread = 0;

  /** Whether to learn the event with this score; takes the score into the threshold. Call it once an event. */
  admits(score: number): boolean {
    const scores = this.#scores;
    this.#scores = scores + 1;
    if (scores < FIRST_SCORES) {
      this.#threshold = Math.max(this.#threshold, score);
      this.#spread += (Math.abs(score - this.#threshold) - this.#spread) / (scores + 1);
      return true;
    }
    const isAdmitted = score <= this.#threshold;
    const step = Math.max(MIN_STEP, FIRST_STEP / (scores + 1)) * Math.max(this.#spread, 1e-3);
    this.#threshold += step * (isAdmitted ? QUANTILE - 1 : QUANTILE);
    this.#spread += SPREAD_RATE * (Math.abs(score - this.#threshold) - this.#spread);
    return isAdmitted;
  }

  save(state: StateWriter): void {
    state.f64(this.#scores);
    state.f64(this.#threshold);
    state.f64(this.#spread);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`. */
  restore(state: StateReader): void {
    this.#scores = state.f64();
    this.#threshold = state.f64();
    this.#spread = state.f64();
    if (!(this.#scores >= 0 && Number.isFinite(this.#threshold) && this.#spread >= 0 && this.#spread < 1e9)) {
      state.fail('a score guard holds a value that cannot be');
    }
  }
}
