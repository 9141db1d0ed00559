/** Running standardisation of features that may drift. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const SLOW_FLOOR = 1e-4;
const FAST_RATE = 0.1;
const ERROR_FLOOR = 1e-3;
/** The fast centre has to explain this much of a feature's variance before it is used: iid values never get there. */
const FAST_EXPLAINS = 0.75;
/** A value that leaves what was constant until now counts as this many deviations. */
const FIRST_CHANGE = 8;
/** From here on the scale of only some features is worked out anew at each event. */
const SETTLED_EVENTS = 256;
const SCALES_PER_EVENT = 2;
/** Below it a feature is constant; also keeps the inverse finite. */
const MIN_VARIANCE = 1e-200;

/**
 * Centres each feature on the better of two predictions of it, and divides by what that prediction is off by.
 *
 * The slow one is the mean of all values (later of about 10,000), the fast one an exponential average of about 10. For
 * values that do not depend on time the slow one is better; where a feature drifts or swings, the fast one is, and only
 * what it did not foresee remains. The choice is made per feature and may change at any event.
 */
export class FeatureStandardizer {
  readonly #slow: Float64Array;
  readonly #fast: Float64Array;
  readonly #slowErrors: Float64Array;
  readonly #fastErrors: Float64Array;
  /** Values seen of each feature. */
  readonly #seen: Float64Array;
  readonly #centres: Float64Array;
  /** 1 / deviation; 0 while the feature was constant. */
  readonly #inverses: Float64Array;
  #next = 0;

  constructor(dimensions: number) {
    this.#slow = new Float64Array(dimensions);
    this.#fast = new Float64Array(dimensions);
    this.#slowErrors = new Float64Array(dimensions);
    this.#fastErrors = new Float64Array(dimensions);
    this.#seen = new Float64Array(dimensions);
    this.#centres = new Float64Array(dimensions);
    this.#inverses = new Float64Array(dimensions);
  }

  /** Writes `x` standardised; NaN stays NaN, a feature never seen before is 0. */
  transform(x: Float64Array, out: Float64Array): void {
    const centres = this.#centres;
    const inverses = this.#inverses;
    for (let feature = 0; feature < out.length; feature++) {
      const away = (x[feature] ?? 0) - (centres[feature] ?? 0);
      const inverse = inverses[feature] ?? 0;
      out[feature] = inverse > 0 ? away * inverse : this.#constant(feature, away);
    }
  }

  /** Takes the values of `x` that are not NaN. */
  learn(x: Float64Array): void {
    const dimensions = this.#slow.length;
    const slow = this.#slow;
    const fast = this.#fast;
    const slowErrors = this.#slowErrors;
    const fastErrors = this.#fastErrors;
    const seen = this.#seen;
    let isSettled = true;
    let cached = 0;
    let first = 1;
    for (let feature = 0; feature < dimensions; feature++) {
      const given = x[feature] ?? 0;
      if (Number.isNaN(given)) {
        continue;
      }
      const before = seen[feature] ?? 0;
      if (before !== cached) {
        cached = before;
        first = 1 / (before + 1);
      }
      seen[feature] = before + 1;
      isSettled = isSettled && before >= SETTLED_EVENTS;
      const slowAway = given - (slow[feature] ?? 0);
      const slowMean = (slow[feature] ?? 0) + Math.max(SLOW_FLOOR, first) * slowAway;
      slow[feature] = slowMean;
      const fastAway = given - (fast[feature] ?? 0);
      const fastMean = (fast[feature] ?? 0) + Math.max(FAST_RATE, first) * fastAway;
      fast[feature] = fastMean;
      const rate = Math.max(ERROR_FLOOR, first);
      const slowError = (1 - rate) * ((slowErrors[feature] ?? 0) + rate * slowAway * slowAway);
      slowErrors[feature] = slowError;
      const fastError =
        before === 0 ? 0 : (fastErrors[feature] ?? 0) * (1 - rate) + rate * fastAway * fastAway;
      fastErrors[feature] = fastError;
      const isFast = fastError < (1 - FAST_EXPLAINS) * slowError && before >= 16;
      this.#centres[feature] = isFast ? fastMean : slowMean;
    }
    if (!isSettled) {
      for (let feature = 0; feature < dimensions; feature++) {
        this.#scale(feature);
      }
      return;
    }
    for (let turn = 0; turn < SCALES_PER_EVENT; turn++) {
      this.#next = this.#next + 1 < dimensions ? this.#next + 1 : 0;
      this.#scale(this.#next);
    }
  }

  save(state: StateWriter): void {
    state.u32(this.#next);
    for (const values of this.#arrays()) {
      state.array(values);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`. */
  restore(state: StateReader): void {
    this.#next = state.u32(this.#slow.length - 1);
    for (const values of this.#arrays()) {
      state.fill(values);
      if (!values.every(Number.isFinite)) {
        state.fail('a model holds a value that is not finite');
      }
    }
  }

  #arrays(): Float64Array[] {
    return [
      this.#slow,
      this.#fast,
      this.#slowErrors,
      this.#fastErrors,
      this.#seen,
      this.#centres,
      this.#inverses,
    ];
  }

  #scale(feature: number): void {
    const isFast = this.#centres[feature] === this.#fast[feature];
    const variance = (isFast ? this.#fastErrors : this.#slowErrors)[feature] ?? 0;
    this.#inverses[feature] = variance > MIN_VARIANCE ? 1 / Math.sqrt(variance) : 0;
  }

  #constant(feature: number, away: number): number {
    if (Number.isNaN(away)) {
      return away;
    }
    return (this.#seen[feature] ?? 0) > 0 ? Math.sign(away) * FIRST_CHANGE : 0;
  }
}
