/** What may enter MemStream's memory. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Step of beta for one score, in its logarithm. */
const BETA_RATE = 0.002;

/** How a {@link MemoryGate} is built. */
export interface MemoryGateOptions {
  /** Share of recent scores that are at most beta, in (0, 1). */
  readonly quantile: number;
  /** One in how many of them enters, 1 or more. */
  readonly writeOneIn: number;
  /** Beta never falls below, more than 0: from 0 it could not rise again. */
  readonly lowest: number;
  readonly highest: number;
  /** Of the draws, 32 bits. */
  readonly seed: number;
}

/**
 * Beta of MemStream as a running quantile, and the draw of what is written among what it lets in.
 *
 * After each score `ln beta` moves by 0.002 times `quantile` (the score was above) or `quantile - 1` (it was not): it comes
 * to rest where that share of the scores is below. One number, no window; how fast it follows does not depend on the scale.
 */
export class MemoryGate {
  readonly #options: MemoryGateOptions;
  readonly #rise: number;
  readonly #fall: number;
  #beta = 0;
  #isFixed = false;
  #random: number;

  constructor(options: MemoryGateOptions) {
    this.#options = options;
    this.#rise = Math.exp(BETA_RATE * options.quantile);
    this.#fall = Math.exp(BETA_RATE * (options.quantile - 1));
    // xorshift32 stays at 0 for ever
    this.#random = options.seed >>> 0 || 1;
  }

  /** What a vector may score at most to enter the memory. */
  get beta(): number {
    return this.#beta;
  }

  /** Lets in all that score at most `beta`, now and later. */
  fix(beta: number): void {
    this.#beta = beta;
    this.#isFixed = true;
  }

  /** Starts with the quantile of `scores`, ascending. */
  start(scores: Float64Array): void {
    this.#beta = this.#bounded(scores[Math.floor(scores.length * this.#options.quantile)] ?? 0);
  }

  /** Whether a vector with that score is to be written; beta moves. */
  admits(score: number): boolean {
    const isBelow = score <= this.#beta;
    if (this.#isFixed) {
      return isBelow;
    }
    this.#beta = this.#bounded(this.#beta * (isBelow ? this.#fall : this.#rise));
    return isBelow && score > 0 && this.#isDrawn();
  }

  save(state: StateWriter): void {
    state.u32(this.#random);
    state.f64(this.#beta);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT` */
  restore(state: StateReader): void {
    this.#random = state.u32();
    this.#beta = state.f64();
    if (this.#random === 0 || !(this.#beta >= 0)) {
      state.fail('beta of MemStream or the state of its draws cannot be');
    }
  }

  #bounded(beta: number): number {
    return Math.min(this.#options.highest, Math.max(this.#options.lowest, beta));
  }

  /** True once in `writeOneIn`, by xorshift32 (Marsaglia, Journal of Statistical Software 8(14), 2003). */
  #isDrawn(): boolean {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random = (this.#random ^ (this.#random << 5)) >>> 0;
    return this.#random % this.#options.writeOneIn === 0;
  }
}
