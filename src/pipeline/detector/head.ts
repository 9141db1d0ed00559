/** One model on its way from an event to a p-value. */
import type { Event } from '../../core/event.ts';
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { ScoreCalibrator } from '../calibration/score-calibrator.ts';
import type { Model } from '../models/model.ts';

/** Brings feature values to the range that a model wants. */
export interface Scaler {
  /** Does not change the scaler; NaN stays NaN. */
  transform(x: Float64Array, out: Float64Array): void;
  learn(x: Float64Array): void;
  save(state: StateWriter): void;
  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the scaler is unusable then. */
  restore(state: StateReader): void;
}

/** A scorer of events, calibrated. Score an event, then either learn it or leave it out. */
export interface Head {
  /** The model's name. */
  readonly name: string;
  /** True once its p-values mean something. */
  readonly isWarm: boolean;
  /** Events still to come before that, as far as it can be told. */
  readonly warmupLeft: number;
  /** Of the event scored last, on the model's own scale. */
  readonly lastScore: number;
  /** Of the event scored last: above 0, at most 1, and 1 until warm. */
  readonly lastPvalue: number;
  /** Scores the event; `x` is its vector. */
  score(event: Event, x: Float64Array): void;
  /** Takes the event scored last for normal. */
  learn(event: Event, x: Float64Array): void;
  /** The event scored last was flagged, as its p-value was at most `pvalue`: it is not taken for normal. */
  leaveOut(event: Event, pvalue: number): void;
  /** The score from which p-values are at most `pvalue`. */
  scoreAt(pvalue: number): number;
  /** Writes what each feature weighed in the score of the event scored last; NaN for all if features have no part. */
  explain(x: Float64Array, weights: Float64Array): void;
  /** What is unusual apart from features, '' for nothing. */
  explainInWords(event: Event): string;
  save(state: StateWriter): void;
  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the head is unusable then. */
  restore(state: StateReader): void;
}

/** A {@link Model} of feature vectors as a head. */
export class VectorHead implements Head {
  readonly name: string;
  lastScore = 0;
  lastPvalue = 1;
  readonly #model: Model;
  readonly #calibrator: ScoreCalibrator;
  readonly #scaler: Scaler | undefined;
  readonly #scaled: Float64Array;

  constructor(name: string, model: Model, calibrator: ScoreCalibrator, scaler?: Scaler) {
    this.name = name;
    this.#model = model;
    this.#calibrator = calibrator;
    this.#scaler = scaler;
    this.#scaled = new Float64Array(model.dimensions);
  }

  get isWarm(): boolean {
    return this.#model.isWarm && this.#calibrator.isWarm;
  }

  get warmupLeft(): number {
    return this.#calibrator.warmupLeft;
  }

  score(_event: Event, x: Float64Array): void {
    this.lastScore = this.#model.score(this.#scale(x));
    this.lastPvalue = this.#model.isWarm ? this.#calibrator.pvalue(this.lastScore) : 1;
  }

  learn(_event: Event, x: Float64Array): void {
    if (this.#model.isWarm) {
      this.#calibrator.observe(this.lastScore);
    }
    this.#model.learn(this.#scaler === undefined ? x : this.#scaled);
    this.#scaler?.learn(x);
  }

  leaveOut(_event: Event, pvalue: number): void {
    this.#calibrator.leaveOut(this.lastScore, pvalue);
  }

  scoreAt(pvalue: number): number {
    return this.#calibrator.scoreAt(pvalue);
  }

  explain(x: Float64Array, weights: Float64Array): void {
    this.#model.explain(this.#scaler === undefined ? x : this.#scaled, weights);
  }

  explainInWords(): string {
    return '';
  }

  save(state: StateWriter): void {
    this.#model.save(state);
    this.#calibrator.save(state);
    this.#scaler?.save(state);
  }

  restore(state: StateReader): void {
    this.#model.restore(state);
    this.#calibrator.restore(state);
    this.#scaler?.restore(state);
  }

  #scale(x: Float64Array): Float64Array {
    if (this.#scaler === undefined) {
      return x;
    }
    this.#scaler.transform(x, this.#scaled);
    return this.#scaled;
  }
}
