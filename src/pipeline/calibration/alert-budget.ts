/** From an alert budget to the p-value below which an event is reported. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { MIN_PVALUE } from './score-calibrator.ts';

/** What a person asked for: alerts in a day, or a fixed p-value. */
export type AlertSettings =
  | {
      /** Alerts in a day of event time that the operator is ready to look at, above 0. */
      readonly perDay: number;
    }
  | {
      /** Every p-value up to this is reported; nothing is adapted or suppressed. 0 to 1, both excluded. */
      readonly pvalue: number;
    };

/**
 * `quiet`: ordinary. `alert`: to be reported. `suppressed`: rare enough for the plain budget, held back because the
 * budget is overspent. The last two are flagged: a model does not learn them.
 */
export type AlertDecision = 'quiet' | 'alert' | 'suppressed';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Event time moves the rates and the controller in steps of this. */
const STEP_MS = 1000;
/** A longer gap counts as this long: a suspended machine or a jumping clock earns no budget. */
const MAX_GAP_MS = HOUR_MS;
/** The rate of events is not taken from less time than this, so that a first burst is not extrapolated to a day. */
const MIN_SPAN_MS = 60_000;
const MAX_PVALUE = 0.01;
/** How far one alert moves the log of the threshold. */
const STEP = 0.7;
/** log of how far the threshold may go above what the budget alone gives. */
const MAX_LOOSENING = Math.log(4);
/** Alerts closer than about this belong to one burst. */
const BURST_MS = 600_000;
/** So many of them are cheap, all after that dear. */
const BURST_ALERTS = 20;

/**
 * Decides which p-values are reported, so that about `perDay` are in a day of event time, whatever the p-values are worth.
 *
 * Nominal threshold: `perDay / events in a day`, at most 0.01; the rate of events is averaged over the last day, or the time seen.
 *
 * Feedback, as p-values of autocorrelated or drifting scores are not exact: the threshold is multiplied by `exp(a)`, where
 * `a` grows by `0.7 perDay` in a day and falls by `0.7 c` at an alert. That is adaptive conformal inference (Gibbs & Candès,
 * NeurIPS 2021, eq. 2) on the log of the level and in event time: while `a` is within its bounds, alerts weighted by c come at
 * `perDay` in the long run. Bounds: at most 4 times the nominal threshold; down to below the smallest p-value, where
 * nothing is reported until the debt is paid.
 *
 * Bursts: an alert that comes alone costs c = 1; the k-th of a burst (k: alerts before it, fading within ten minutes, plus one) costs
 * 1/sqrt(k) up to k = 20, then 1 + (k - 20). 20 alerts in a minute cost 7.6: by the last the threshold is 1/200 of what it was at the first,
 * which an attack that is really rare passes. Of a flood of whatever rarity less than 30 are reported. What the nominal threshold would have reported and the
 * tightened one did not is counted in `suppressed`.
 */
export class AlertBudget {
  readonly #perDay: number;
  readonly #fixed: number | undefined;
  #nowMs = Number.NaN;
  #steppedMs = 0;
  #pending = 0;
  /** Sums that fade within a day: time, events, alerts. */
  #spanMs = 0;
  #events = 0;
  #recent = 0;
  #log = 0;
  #nominal = 0;
  #threshold = 0;
  #applied = 0;
  #burst = 0;
  #burstMs = 0;
  #elapsedMs = 0;
  #alerts = 0;
  #suppressed = 0;

  /** @throws {RangeError} If the setting is outside its range. */
  constructor(settings: AlertSettings) {
    this.#fixed = 'pvalue' in settings ? settings.pvalue : undefined;
    this.#perDay = 'pvalue' in settings ? 0 : settings.perDay;
    const isRight =
      this.#fixed === undefined
        ? this.#perDay > 0 && this.#perDay <= 1e9
        : this.#fixed > 0 && this.#fixed < 1;
    if (!isRight) {
      throw new RangeError(`not a budget or p-value: ${JSON.stringify(settings)}`);
    }
    this.#setThreshold();
  }

  /** p-values up to this are reported now. */
  get threshold(): number {
    return this.#threshold;
  }

  /** p-values up to this are flagged: the threshold without tightening for what was overspent. */
  get flagThreshold(): number {
    return Math.max(this.#nominal, this.#threshold);
  }

  /** What the p-value decided about last was held against. */
  get appliedThreshold(): number {
    return this.#applied;
  }

  /** Alerts so far. */
  get alerts(): number {
    return this.#alerts;
  }

  /** Events held back so far that the plain budget would have reported. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** Event time seen so far, gaps cut to an hour. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Alerts in a day at the rate of the last day; taken from an hour at least. */
  get achievedPerDay(): number {
    return (this.#recent * DAY_MS) / Math.max(HOUR_MS, this.#spanMs);
  }

  /** Events in a day at the rate of the last day. */
  get eventsPerDay(): number {
    return ((this.#events + this.#pending) * DAY_MS) / Math.max(MIN_SPAN_MS, this.#spanMs);
  }

  /**
   * Takes an event into account and decides about it.
   *
   * @param timeMs Event time in milliseconds. Time that goes back stands still until it has caught up, or, if it went back by
   *   more than an hour, goes on from there.
   * @param pvalue 0 to 1; NaN is quiet.
   */
  decide(timeMs: number, pvalue: number): AlertDecision {
    this.#pending++;
    this.#advance(timeMs);
    this.#applied = this.#threshold;
    if (pvalue <= this.#threshold) {
      this.#spend();
      return 'alert';
    }
    if (pvalue <= this.#nominal) {
      this.#suppressed++;
      return 'suppressed';
    }
    return 'quiet';
  }

  save(state: StateWriter): void {
    for (const value of [
      this.#perDay,
      this.#fixed ?? 0,
      this.#nowMs,
      this.#steppedMs,
      this.#pending,
      this.#spanMs,
      this.#events,
      this.#recent,
      this.#log,
      this.#nominal,
      this.#threshold,
      this.#burst,
      this.#burstMs,
      this.#elapsedMs,
      this.#alerts,
      this.#suppressed,
    ]) {
      state.f64(value);
    }
  }

  /**
   * Goes on from what was saved, at the budget it has now: event rate and counts stay, the controller starts anew if the
   * budget is another.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT`; the budget is unusable then.
   */
  restore(state: StateReader): void {
    const perDay = state.f64();
    const fixed = state.f64();
    this.#nowMs = state.f64();
    this.#steppedMs = atLeast(state, Number.NEGATIVE_INFINITY);
    this.#pending = atLeast(state);
    this.#spanMs = atLeast(state);
    this.#events = atLeast(state);
    this.#recent = atLeast(state);
    this.#log = atLeast(state, -1e6);
    this.#nominal = atLeast(state);
    this.#threshold = atLeast(state);
    this.#burst = atLeast(state);
    this.#burstMs = atLeast(state, Number.NEGATIVE_INFINITY);
    this.#elapsedMs = atLeast(state);
    this.#alerts = atLeast(state);
    this.#suppressed = atLeast(state);
    if (perDay !== this.#perDay || fixed !== (this.#fixed ?? 0)) {
      this.#log = 0;
      this.#setThreshold();
    }
  }

  #advance(timeMs: number): void {
    if (Number.isNaN(this.#nowMs) || this.#nowMs - timeMs > HOUR_MS) {
      if (Number.isFinite(timeMs)) {
        this.#burstMs += timeMs - (Number.isNaN(this.#nowMs) ? timeMs : this.#nowMs);
        this.#nowMs = timeMs;
        this.#steppedMs = timeMs;
      }
    } else if (timeMs > this.#nowMs && timeMs < Number.POSITIVE_INFINITY) {
      this.#nowMs = timeMs;
    }
    const stepMs = this.#nowMs - this.#steppedMs;
    if (stepMs >= STEP_MS) {
      this.#step(Math.min(stepMs, MAX_GAP_MS));
      this.#steppedMs = this.#nowMs;
    } else if (this.#spanMs < MIN_SPAN_MS && this.#pending >= 1024) {
      this.#step(0);
    }
  }

  #step(stepMs: number): void {
    const keep = Math.exp(-stepMs / DAY_MS);
    this.#spanMs = this.#spanMs * keep + DAY_MS * (1 - keep);
    this.#events = this.#events * keep + this.#pending;
    this.#recent *= keep;
    this.#pending = 0;
    this.#elapsedMs += stepMs;
    this.#log = Math.min(MAX_LOOSENING, this.#log + (STEP * this.#perDay * stepMs) / DAY_MS);
    this.#setThreshold();
  }

  #spend(): void {
    const sinceMs = Math.max(0, this.#nowMs - this.#burstMs);
    this.#burst = this.#burst * Math.exp(-(this.#alerts === 0 ? 0 : sinceMs) / BURST_MS) + 1;
    this.#burstMs = this.#nowMs;
    this.#alerts++;
    this.#recent++;
    const over = this.#burst - BURST_ALERTS;
    this.#log -= STEP * (over <= 0 ? 1 / Math.sqrt(this.#burst) : 1 + over);
    this.#setThreshold();
  }

  #setThreshold(): void {
    if (this.#fixed !== undefined) {
      this.#nominal = this.#fixed;
      this.#threshold = this.#fixed;
      return;
    }
    const events = this.eventsPerDay;
    this.#nominal = events > 0 ? Math.min(MAX_PVALUE, this.#perDay / events) : 0;
    if (this.#nominal > 0) {
      this.#log = Math.max(this.#log, Math.log(MIN_PVALUE / 2 / this.#nominal));
    }
    this.#threshold = Math.min(MAX_PVALUE, this.#nominal * Math.exp(this.#log));
  }
}

function atLeast(state: StateReader, least = 0): number {
  const value = state.f64();
  return value >= least ? value : state.fail(`${value} is below ${least}`);
}
