/** Running standardisation of features that may drift. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const SLOW_FLOOR = 1e-4;
const FAST_RATE = 0.1;
const ERROR_FLOOR = 1e-3;
/** The fast centre has to explain this much of a feature's variance before it is used: iid values never get there. */
const FAST_EXPLAINS = 0.75;
/** A value that leaves what was constant until now counts as this many deviations. */
const FIRST_CHANGE = 8;
/** From here on an event is learnt by some of the features only, in turn: bounds the cost of wide vectors. */
const SETTLED_EVENTS = 256;
/** Values of a feature before the fast centre may be used. */
const MIN_FAST_EVENTS = 16;
const FEATURES_PER_EVENT = 8;
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
  #learnt = 0;

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
    if (this.#learnt < SETTLED_EVENTS || dimensions <= FEATURES_PER_EVENT) {
      this.#learnt = Math.min(SETTLED_EVENTS, this.#learnt + 1);
      this.#learnSome(x, 0, dimensions);
      return;
    }
    const end = Math.min(dimensions, this.#next + FEATURES_PER_EVENT);
    this.#learnSome(x, this.#next, end);
    this.#next = end === dimensions ? 0 : end;
  }

  #learnSome(x: Float64Array, start: number, end: number): void {
    const slow = this.#slow;
    const fast = this.#fast;
    const slowErrors = this.#slowErrors;
    const fastErrors = this.#fastErrors;
    const seen = this.#seen;
    let cached = -1;
    let slowRate = 1;
    let fastRate = 1;
    let errorRate = 1;
    for (let feature = start; feature < end; feature++) {
      const given = x[feature] ?? 0;
      if (Number.isNaN(given)) {
        continue;
      }
      const before = seen[feature] ?? 0;
      if (before !== cached) {
        const first = 1 / (before + 1);
        cached = before;
        slowRate = Math.max(SLOW_FLOOR, first);
        fastRate = Math.max(FAST_RATE, first);
        errorRate = Math.max(ERROR_FLOOR, first);
      }
      seen[feature] = before + 1;
      const slowAway = given - (slow[feature] ?? 0);
      const fastAway = given - (fast[feature] ?? 0);
      const slowMean = (slow[feature] ?? 0) + slowRate * slowAway;
      const fastMean = (fast[feature] ?? 0) + fastRate * fastAway;
      const slowError = (1 - errorRate) * ((slowErrors[feature] ?? 0) + errorRate * slowAway * slowAway);
      const fastError =
        before === 0 ? 0 : (1 - errorRate) * (fastErrors[feature] ?? 0) + errorRate * fastAway * fastAway;
      slow[feature] = slowMean;
      fast[feature] = fastMean;
      slowErrors[feature] = slowError;
      fastErrors[feature] = fastError;
      const isFast = fastError < (1 - FAST_EXPLAINS) * slowError && before >= MIN_FAST_EVENTS;
      const variance = isFast ? fastError : slowError;
      this.#centres[feature] = isFast ? fastMean : slowMean;
      this.#inverses[feature] = variance > MIN_VARIANCE ? 1 / Math.sqrt(variance) : 0;
    }
  }

  save(state: StateWriter): void {
    state.u32(this.#next);
    state.u32(this.#learnt);
    for (const values of this.#arrays()) {
      state.array(values);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`. */
  restore(state: StateReader): void {
    this.#next = state.u32(this.#slow.length - 1);
    this.#learnt = state.u32();
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

  #constant(feature: number, away: number): number {
    if (Number.isNaN(away)) {
      return away;
    }
    return (this.#seen[feature] ?? 0) > 0 ? Math.sign(away) * FIRST_CHANGE : 0;
  }
}
