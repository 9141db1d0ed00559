/** From a model's raw scores to p-values: how rare a score is among the recent normal ones. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { ExceedanceClusters } from './exceedance-clusters.ts';
import {
  fitGeneralisedPareto,
  type GeneralisedPareto,
  paretoExcess,
  paretoSurvival,
} from './generalised-pareto.ts';
import { countBelow, ScoreWindow } from './score-window.ts';

/** How a {@link ScoreCalibrator} is built; a saved state needs the same. */
export interface CalibratorSettings {
  /** Scores to see before p-values are given, at least 100. */
  readonly warmup?: number;
  /** How many past normal scores the body of the distribution looks back, at least 4,096. */
  readonly bodyHorizon?: number;
  /** The same for its tail, at least 40,960; longer, as high scores are few. */
  readonly tailHorizon?: number;
  /**
   * The largest score that the model can give, when there is one (1 for halfspacetrees). Scores crowd below it, and
   * the distance to it is what has a scale: the tail is fitted to -log(bound - score).
   */
  readonly upperBound?: number;
}

/** No p-value is below this. */
export const MIN_PVALUE = 1e-12;

const BODY_SLOTS = 4096;
const TAIL_SLOTS = 2048;
/** Share of scores that go into the tail's window, and share that the tail is fitted to; the gap is for a falling body. */
const ENTRY_SHARE = 0.05;
const TAIL_SHARE = 0.025;
const MIN_EXCESSES = 20;
/** The same, counting a cluster of exceedances as one. */
const MIN_INDEPENDENT = 10;
/** Fewer different values are steps of a discrete score: nothing to extrapolate. */
const MIN_DISTINCT = 10;
/** The tail forgets nothing while fewer than this would be left: about twice as many as a fit goes by. */
const MIN_KEPT = 128;
const MAX_EXCESS_RATIO = 1e9;
const MAX_SCORE = 1e300;
const BOUND_GAP = 1e-12;
/** How many times the flagged scores that chance gives are taken in. At 1 any threshold would confirm itself. */
const CREDIT_FACTOR = 3;
const MAX_CREDIT = 3;

/**
 * Streaming p-values of scores, high = anomalous: P(a normal score >= this one).
 *
 * Body: ranks in a window of past scores, (count(>= s) + 1) / (n + 1), the conformal p-value (Laxhammar & Falkman
 * 2014). Tail, above the body's 97.5 % quantile u: P(> u) times the larger of the share of past tail scores >= s and a
 * generalised Pareto tail fitted to them (peaks over threshold; Siffer et al., KDD 2017, eq. 1, with moving u as in
 * their DSPOT). The larger of the two, so that a value which does recur is never rare, whatever the fit says. Where there is no tail
 * to fit (constant or coarse scores, or a few clusters of high ones) no p-value is below the conformal one of a score above all in the tail.
 *
 * A stream begins with what it will not have again: at first everything is new. So each time the stream has doubled, the tail forgets the scores of
 * before the last doubling, until it is full; kept, they would stand for the highest scores for as long as a full horizon lasts.
 *
 * Constant memory (about 100 KB), no allocation per score; sorting and fitting happen once in half a body window.
 */
export class ScoreCalibrator {
  readonly #warmup: number;
  readonly #upperBound: number | undefined;
  readonly #body: ScoreWindow;
  readonly #tail: ScoreWindow;
  readonly #pareto: GeneralisedPareto = { shape: 0, scale: 1 };
  readonly #clusters = new ExceedanceClusters();
  #observed = 0;
  #sinceRefresh = 0;
  /** When the tail last forgot its first half, by scores observed, and how many it had then. */
  #halvedAt = 0;
  #tailAtHalving = 0;
  #entry = Number.POSITIVE_INFINITY;
  #threshold = Number.POSITIVE_INFINITY;
  #tailShare = 0;
  /** Index of the first sorted tail score above the threshold. */
  #tailFrom = 0;
  #hasTail = false;
  /** No p-value is below this: without a fit, that of a score above all in the tail. */
  #least = 1;
  #seenSinceCredit = 0;
  #credit = 0;
  #leftOut = 0;

  /** @throws {RangeError} If a horizon or the warm-up is below its least value, or the bound is not finite. */
  constructor(settings: CalibratorSettings = {}) {
    const { warmup = 1000, bodyHorizon = 16_384, tailHorizon = 262_144, upperBound } = settings;
    if (!(warmup >= 100) || !(bodyHorizon >= BODY_SLOTS) || !(tailHorizon * ENTRY_SHARE >= TAIL_SLOTS)) {
      throw new RangeError('a calibrator needs warmup >= 100, bodyHorizon >= 4096, tailHorizon >= 40960');
    }
    if (upperBound !== undefined && !Number.isFinite(upperBound)) {
      throw new RangeError(`not a bound of scores: ${upperBound}`);
    }
    this.#warmup = warmup;
    this.#upperBound = upperBound;
    this.#body = new ScoreWindow(BODY_SLOTS, Math.round(bodyHorizon / BODY_SLOTS));
    this.#tail = new ScoreWindow(TAIL_SLOTS, Math.round((tailHorizon * ENTRY_SHARE) / TAIL_SLOTS));
  }

  /** True once p-values mean something; until then they are 1. */
  get isWarm(): boolean {
    return this.#observed >= this.#warmup;
  }

  /** Scores still to observe before that. */
  get warmupLeft(): number {
    return Math.max(0, this.#warmup - this.#observed);
  }

  /** How many flagged scores were left out of the distribution. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** The chance that a normal score is at least `score`: above 0, at most 1, 1 until warm and for NaN. */
  pvalue(score: number): number {
    if (!this.isWarm || Number.isNaN(score)) {
      return 1;
    }
    const value = this.#toValue(score);
    const body = this.#body.sorted;
    if (!(value > this.#threshold)) {
      return (body.length - countBelow(body, value) + 1) / (body.length + 1);
    }
    const tail = this.#tail.sorted;
    const above = tail.length - this.#tailFrom;
    const seen = above === 0 ? 0 : (tail.length - Math.max(this.#tailFrom, countBelow(tail, value))) / above;
    const fitted = this.#hasTail ? paretoSurvival(this.#pareto, value - this.#threshold) : 0;
    return Math.max(this.#least, this.#tailShare * Math.min(1, Math.max(seen, fitted)));
  }

  /**
   * The score whose p-value is `p`: scores above it have at most this p-value. Infinity until warm and where no score
   * can be that rare.
   */
  scoreAt(p: number): number {
    if (!this.isWarm || !(p >= MIN_PVALUE)) {
      return Number.POSITIVE_INFINITY;
    }
    const body = this.#body.sorted;
    if (p >= this.#tailShare) {
      const above = Math.min(body.length, Math.ceil(p * (body.length + 1)));
      return this.#toScore(body[body.length - above] ?? Number.POSITIVE_INFINITY);
    }
    if (p < this.#least) {
      return Number.POSITIVE_INFINITY;
    }
    const share = p / this.#tailShare;
    const tail = this.#tail.sorted;
    const rank = Math.floor(share * (tail.length - this.#tailFrom));
    const seen = tail[tail.length - 1 - rank] ?? this.#threshold;
    const fitted = this.#hasTail
      ? this.#threshold + paretoExcess(this.#pareto, share)
      : Number.NEGATIVE_INFINITY;
    return this.#toScore(Math.max(this.#threshold, seen, fitted));
  }

  /** Takes a score for normal. NaN is left out. */
  observe(score: number): void {
    if (Number.isNaN(score)) {
      return;
    }
    this.#seenSinceCredit++;
    this.#add(this.#toValue(score));
  }

  /**
   * Takes note of a score that was flagged, and leaves it out of the distribution, except for about as many as chance alone
   * would flag: of `1/p` scores up to three are taken in, cut to the threshold. Without them each window would be cut
   * shorter than the one before, and the share of flagged scores would grow by itself.
   *
   * @param p The p-value up to which scores were flagged.
   */
  leaveOut(score: number, p: number): void {
    if (Number.isNaN(score)) {
      return;
    }
    this.#credit = Math.min(
      MAX_CREDIT,
      this.#credit + ++this.#seenSinceCredit * Math.max(0, p) * CREDIT_FACTOR,
    );
    this.#seenSinceCredit = 0;
    if (this.#credit >= 1) {
      this.#credit--;
      this.#add(this.#toValue(Math.min(score, this.scoreAt(p))));
    } else {
      this.#leftOut++;
    }
  }

  save(state: StateWriter): void {
    state.f64(this.#warmup);
    state.f64(this.#upperBound ?? Number.NaN);
    this.#body.save(state);
    this.#tail.save(state);
    this.#clusters.save(state);
    for (const value of [
      this.#pareto.shape,
      this.#pareto.scale,
      this.#observed,
      this.#sinceRefresh,
      this.#entry,
      this.#threshold,
      this.#tailShare,
      this.#tailFrom,
      this.#seenSinceCredit,
      this.#credit,
      this.#leftOut,
      this.#least,
      this.#halvedAt,
      this.#tailAtHalving,
    ]) {
      state.f64(value);
    }
    state.u32(this.#hasTail ? 1 : 0);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`, also for a state of other settings; the calibrator is unusable then. */
  restore(state: StateReader): void {
    if (state.f64() !== this.#warmup || !Object.is(state.f64(), this.#upperBound ?? Number.NaN)) {
      state.fail('a calibrator of other settings');
    }
    this.#body.restore(state);
    this.#tail.restore(state);
    this.#clusters.restore(state);
    this.#pareto.shape = within(state, -1, 1);
    this.#pareto.scale = within(state, Number.MIN_VALUE, Number.MAX_VALUE);
    this.#observed = within(state, 0, Number.MAX_SAFE_INTEGER);
    this.#sinceRefresh = within(state, 0, Number.MAX_SAFE_INTEGER);
    this.#entry = within(state, -MAX_SCORE, Number.POSITIVE_INFINITY);
    this.#threshold = within(state, -MAX_SCORE, Number.POSITIVE_INFINITY);
    this.#tailShare = within(state, 0, 1);
    this.#tailFrom = within(state, 0, this.#tail.sorted.length);
    this.#seenSinceCredit = within(state, 0, Number.MAX_SAFE_INTEGER);
    this.#credit = within(state, 0, MAX_CREDIT);
    this.#leftOut = within(state, 0, Number.MAX_SAFE_INTEGER);
    this.#least = within(state, MIN_PVALUE, 1);
    this.#halvedAt = within(state, 0, Number.MAX_SAFE_INTEGER);
    this.#tailAtHalving = within(state, 0, TAIL_SLOTS);
    this.#hasTail = state.u32(1) === 1;
    if (!Number.isInteger(this.#tailFrom) || (this.isWarm && this.#body.sorted.length === 0)) {
      state.fail('a calibrator that cannot be');
    }
  }

  #add(value: number): void {
    this.#observed++;
    this.#clusters.add(value > this.#threshold);
    this.#body.add(value);
    if (value > this.#entry) {
      this.#tail.add(value);
    }
    this.#sinceRefresh++;
    const isGrowing = this.#body.isFilling && this.#sinceRefresh * 4 >= this.#body.length;
    if (this.#observed >= 2 * Math.max(this.#warmup, this.#halvedAt)) {
      this.#forgetFirstHalf();
    }
    if (this.#observed === this.#warmup || (this.isWarm && (isGrowing || this.#body.isHalfNew))) {
      this.#refresh();
    }
  }

  /** While the tail fills, it goes back over the later half of the stream, or more until the stream has doubled. */
  #forgetFirstHalf(): void {
    this.#halvedAt = this.#observed;
    const later = this.#tail.length - this.#tailAtHalving;
    if (this.#tail.isFilling && later >= MIN_KEPT) {
      this.#tail.keepLatest(later);
    }
    this.#tailAtHalving = this.#tail.length;
  }

  #refresh(): void {
    const isFirst = this.#entry === Number.POSITIVE_INFINITY;
    this.#sinceRefresh = 0;
    this.#body.refresh();
    const body = this.#body.sorted;
    const last = body.length - 1;
    const threshold = body[Math.max(0, Math.ceil(body.length * (1 - TAIL_SHARE)) - 1)] ?? 0;
    this.#entry = body[Math.max(0, Math.ceil(body.length * (1 - ENTRY_SHARE)) - 1)] ?? 0;
    if (isFirst) {
      for (let index = countBelow(body, this.#entry); index <= last; index++) {
        const value = body[index] ?? 0;
        if (value > this.#entry) {
          this.#tail.add(value);
        }
      }
      for (const value of this.#body.inOrder()) {
        this.#clusters.add(value > threshold);
      }
    }
    this.#threshold = threshold;
    this.#tail.refresh();
    this.#tailShare = (countAbove(body, threshold) + 1) / (body.length + 1);
    this.#tailFrom = this.#tail.sorted.length - countAbove(this.#tail.sorted, threshold);
    this.#fit();
  }

  #fit(): void {
    const tail = this.#tail.sorted;
    const from = this.#tailFrom;
    const quartile = (tail[from + ((tail.length - from) >> 2)] ?? 0) - this.#threshold;
    let to = tail.length;
    while (to > from && (tail[to - 1] ?? 0) - this.#threshold > quartile * MAX_EXCESS_RATIO) {
      to--;
    }
    // Of each score in the window, as many as it stands for have gone by: the more, the less they are of one cluster.
    const independence = Math.min(1, this.#clusters.extremalIndex * this.#tail.represents);
    this.#hasTail =
      to - from >= MIN_EXCESSES &&
      (to - from) * independence >= MIN_INDEPENDENT &&
      hasDistinct(tail, from, to) &&
      fitGeneralisedPareto(tail, from, to, this.#threshold, independence, this.#pareto);
    const above = (tail.length - from) * this.#tail.represents;
    this.#least = this.#hasTail ? MIN_PVALUE : this.#tailShare / (above + 1);
  }

  #toValue(score: number): number {
    if (this.#upperBound === undefined) {
      return Math.max(-MAX_SCORE, Math.min(MAX_SCORE, score));
    }
    return -Math.log(Math.max(BOUND_GAP, Math.min(MAX_SCORE, this.#upperBound - score)));
  }

  #toScore(value: number): number {
    return this.#upperBound === undefined ? value : this.#upperBound - Math.exp(-value);
  }
}

function countAbove(sorted: Float64Array, value: number): number {
  let count = 0;
  for (let index = sorted.length - 1; index >= 0 && (sorted[index] ?? 0) > value; index--) {
    count++;
  }
  return count;
}

function hasDistinct(sorted: Float64Array, from: number, to: number): boolean {
  let distinct = 1;
  for (let index = from + 1; index < to && distinct < MIN_DISTINCT; index++) {
    distinct += sorted[index] === sorted[index - 1] ? 0 : 1;
  }
  return distinct >= MIN_DISTINCT;
}

function within(state: StateReader, least: number, most: number): number {
  const value = state.f64();
  return value >= least && value <= most ? value : state.fail(`${value} is not from ${least} to ${most}`);
}
