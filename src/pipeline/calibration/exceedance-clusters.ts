/** How far high scores come in clusters, and so how many independent ones there are. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Exceedances after which an interval has faded to 1/e. */
const MEMORY = 1024;
/** An estimate from fewer intervals is pulled towards 1. */
const PRIOR_INTERVALS = 2;

/**
 * The extremal index of a stream: 1 over the mean size of a cluster of exceedances, 1 when they are independent.
 *
 * Intervals estimator of Ferro & Segers, "Inference for clusters of extreme values" (JRSS B 65, 2003, eq. 4): of the gaps T between
 * exceedances, `2 (sum (T-1))^2 / (N sum (T-1)(T-2))`, at most 1. It has no run length to choose. Sums fade over 1,024 gaps.
 */
export class ExceedanceClusters {
  #gap = 0;
  #count = 0;
  #sum = 0;
  #sumOfProducts = 0;

  /** Takes note of one score, in stream order. */
  add(isExceedance: boolean): void {
    this.#gap++;
    if (!isExceedance) {
      return;
    }
    const keep = 1 - 1 / MEMORY;
    this.#count = this.#count * keep + 1;
    this.#sum = this.#sum * keep + (this.#gap - 1);
    this.#sumOfProducts = this.#sumOfProducts * keep + (this.#gap - 1) * (this.#gap - 2);
    this.#gap = 0;
  }

  /** Above 0, at most 1. */
  get extremalIndex(): number {
    if (this.#count === 0 || !(this.#sumOfProducts > 0)) {
      return 1;
    }
    const estimate = Math.min(1, (2 * this.#sum * this.#sum) / (this.#count * this.#sumOfProducts));
    return Math.max(1e-6, (estimate * this.#count + PRIOR_INTERVALS) / (this.#count + PRIOR_INTERVALS));
  }

  save(state: StateWriter): void {
    state.f64(this.#gap);
    state.f64(this.#count);
    state.f64(this.#sum);
    state.f64(this.#sumOfProducts);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the estimate is unusable then. */
  restore(state: StateReader): void {
    this.#gap = state.f64();
    this.#count = state.f64();
    this.#sum = state.f64();
    this.#sumOfProducts = state.f64();
    const hasSums = Number.isFinite(this.#sum) && Number.isFinite(this.#sumOfProducts);
    if (!(this.#gap >= 0 && this.#count >= 0 && hasSums)) {
      state.fail('gaps that cannot be');
    }
  }
}
