/** Event time as counts see it: never runs back, and no single time stamp can make it leap. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Events this near to the last one are on time; late ones within it change nothing. */
const ON_TIME_MS = 15 * 60_000;
/** So many events in a row off time mean that the time has really changed: a pause, a clock that was set. */
const STRAYS_UNTIL_BELIEVED = 32;
/** The most that such a change ages the counts. */
const MAX_LEAP_MS = 60 * 60_000;
/** The scale is brought up to date in steps of so much. */
const STEP_MS = 1000;
const MAX_SCALE = 2 ** 40;

/**
 * Forward decay (Cormode et al., ICDE'09): instead of ageing every count, what is added now weighs
 * `2^(now / half-life)`, and a count is its stored weight over the same. The weights are divided by it before they get
 * too large: {@link advance} says when.
 */
export class DecayClock {
  readonly #halfLifeMs: number;
  #lastMs = Number.NaN;
  #nowMs = 0;
  #originMs = 0;
  #scaleMs = 0;
  #strays = 0;
  #scale = 1;

  /** @param halfLifeMs Event time in which a count halves, more than 0. */
  constructor(halfLifeMs: number) {
    if (!(halfLifeMs > 0)) {
      throw new RangeError(`a half-life must be above 0: ${halfLifeMs}`);
    }
    this.#halfLifeMs = halfLifeMs;
  }

  /** What an event adds to a stored weight now; 1 or more. */
  get scale(): number {
    return this.#scale;
  }

  /** Milliseconds on this clock at which an event with that time stamp would be; does not change the clock. */
  timeOf(eventMs: number): number {
    const elapsed = eventMs - this.#lastMs;
    return elapsed > 0 && elapsed <= ON_TIME_MS ? this.#nowMs + elapsed : this.#nowMs;
  }

  /**
   * Goes on to an event's time.
   *
   * @param eventMs Milliseconds since 1970.
   * @returns By what all stored weights are to be multiplied now; 1 nearly always.
   */
  advance(eventMs: number): number {
    const elapsed = eventMs - this.#lastMs;
    if (elapsed > 0 && elapsed <= ON_TIME_MS) {
      this.#nowMs += elapsed;
      this.#lastMs = eventMs;
      this.#strays = 0;
    } else if (elapsed <= 0 && elapsed >= -ON_TIME_MS) {
      this.#strays = 0;
      return 1;
    } else if (Number.isNaN(this.#lastMs)) {
      this.#lastMs = eventMs;
    } else if (++this.#strays >= STRAYS_UNTIL_BELIEVED) {
      this.#nowMs += Math.max(0, Math.min(elapsed, MAX_LEAP_MS));
      this.#lastMs = eventMs;
      this.#strays = 0;
    }
    return this.#nowMs - this.#scaleMs >= STEP_MS ? this.#rescale() : 1;
  }

  save(state: StateWriter): void {
    state.f64(this.#lastMs);
    state.f64(this.#nowMs);
    state.f64(this.#originMs);
    state.f64(this.#scaleMs);
    state.u32(this.#strays);
  }

  restore(state: StateReader): void {
    this.#lastMs = state.f64();
    this.#nowMs = state.f64();
    this.#originMs = state.f64();
    this.#scaleMs = state.f64();
    this.#strays = state.u32(STRAYS_UNTIL_BELIEVED);
    this.#scale = 2 ** ((this.#scaleMs - this.#originMs) / this.#halfLifeMs);
    const isOrdered = this.#originMs >= 0 && this.#originMs <= this.#scaleMs && this.#scaleMs <= this.#nowMs;
    if (!isOrdered || !(this.#scale <= MAX_SCALE) || !Number.isFinite(this.#nowMs)) {
      state.fail('a decay clock whose times cannot be');
    }
  }

  #rescale(): number {
    this.#scaleMs = this.#nowMs;
    this.#scale = 2 ** ((this.#nowMs - this.#originMs) / this.#halfLifeMs);
    if (this.#scale < MAX_SCALE) {
      return 1;
    }
    const factor = 1 / this.#scale;
    this.#originMs = this.#nowMs;
    this.#scale = 1;
    return factor;
  }
}
