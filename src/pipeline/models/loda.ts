/** LODA: the lightweight on-line detector of anomalies (T. Pevný, Machine Learning 102, 2016). */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { BirgeRozenholcHistograms } from './birge-rozenholc.ts';
import { FeatureStandardizer } from './feature-standardizer.ts';
import { GridHistograms } from './grid-histograms.ts';
import { weighFeatures } from './loda-explanation.ts';
import type { Model } from './model.ts';
import type { ProjectionHistograms } from './projection-histograms.ts';
import { ScoreGuard } from './score-guard.ts';
import { drawProjections, projectionsFrom, type SparseProjections } from './sparse-projections.ts';

/** How a {@link Loda} is built. */
export interface LodaOptions {
  /** Random projections, 1 or more; 32 unless given. */
  readonly projections?: number;
  /** Events of a histogram's window, 2 or more; 256 unless given. */
  readonly windowEvents?: number;
  /** Of the projections; 42 unless given. */
  readonly seed?: number;
  /** The projections themselves, rows of `dimensions` values, in place of drawn ones. */
  readonly matrix?: readonly (readonly number[])[];
  /**
   * True for the paper's two histograms on the vectors as they are: no standardisation, no guard, nothing scored
   * within the first window. Slower, and worse wherever scales differ or streams are short; false unless given.
   */
  readonly isPlain?: boolean;
}

/** Keeps squares, and sums of them, finite. */
const MAX_VALUE = 1e100;

/**
 * Sparse random projections, a histogram of each: `score = -1/k sum_i ln p_i(w_i . x)`, in nats (Pevný, eq. 2).
 *
 * Beyond the paper: features are standardised as they come ({@link FeatureStandardizer}), histograms carry a prior and
 * score from the second event on ({@link GridHistograms}), and what scores among the highest 5 % is not learnt
 * ({@link ScoreGuard}), so that a long attack does not become the norm. Projections of which a feature is missing (NaN;
 * infinities count as missing) are left out; with none left the score is 0.
 */
export class Loda implements Model {
  readonly dimensions: number;
  readonly #projections: SparseProjections;
  readonly #histograms: ProjectionHistograms;
  readonly #standardizer: FeatureStandardizer | undefined;
  readonly #guard: ScoreGuard | undefined;
  /** The vector that was scored last, and what became of it. */
  readonly #scored: Float64Array;
  readonly #standard: Float64Array;
  /** Its score, in an array: a number that is a field is boxed anew at each event. */
  readonly #score = new Float64Array(1);
  /** False when the model changed since, so that the score of the same vector may be another. */
  #isCurrent = false;

  /** @throws {RangeError} If an option is out of its range or does not fit `dimensions`. */
  constructor(dimensions: number, options: LodaOptions = {}) {
    const rows = options.matrix?.length ?? options.projections ?? 32;
    const windowEvents = options.windowEvents ?? 256;
    mustBeWithin('dimensions', dimensions, 1, 65_536);
    mustBeWithin('projections', rows, 1, 65_536);
    mustBeWithin('windowEvents', windowEvents, 2, 1 << 20);
    this.dimensions = dimensions;
    this.#projections =
      options.matrix === undefined
        ? drawProjections(rows, dimensions, options.seed ?? 42)
        : projectionsFrom(options.matrix, dimensions);
    if (options.isPlain === true) {
      this.#histograms = new BirgeRozenholcHistograms(this.#projections, windowEvents);
    } else {
      this.#histograms = new GridHistograms(this.#projections, windowEvents);
      this.#standardizer = new FeatureStandardizer(dimensions);
      this.#guard = new ScoreGuard();
    }
    this.#scored = new Float64Array(dimensions);
    this.#standard = this.#standardizer === undefined ? this.#scored : new Float64Array(dimensions);
  }

  /** True once the first window is full. */
  get isWarm(): boolean {
    return this.#histograms.isReady;
  }

  score(x: Float64Array): number {
    if (!this.#isSame(x)) {
      this.#evaluate(x);
    }
    return this.#score[0] ?? 0;
  }

  learn(x: Float64Array): void {
    if (!this.#isSame(x)) {
      this.#evaluate(x);
    }
    if (this.#guard === undefined || this.#guard.admits(this.#score[0] ?? 0)) {
      this.#standardizer?.learn(this.#scored);
      this.#histograms.learn();
    } else {
      this.#histograms.skip();
    }
    this.#isCurrent = false;
  }

  /** One-tailed two-sample t of each feature (Pevný, section 3.3); see {@link weighFeatures}. */
  explain(x: Float64Array, weights: Float64Array): void {
    this.score(x);
    weighFeatures(this.#projections, this.#histograms.surprisals(), weights);
  }

  save(state: StateWriter): void {
    this.#standardizer?.save(state);
    this.#guard?.save(state);
    this.#histograms.save(state);
  }

  restore(state: StateReader): void {
    this.#isCurrent = false;
    this.#standardizer?.restore(state);
    this.#guard?.restore(state);
    this.#histograms.restore(state);
  }

  #isSame(x: Float64Array): boolean {
    if (!this.#isCurrent) {
      return false;
    }
    const scored = this.#scored;
    for (let feature = 0; feature < scored.length; feature++) {
      if (x[feature] !== scored[feature]) {
        return false;
      }
    }
    return true;
  }

  #evaluate(x: Float64Array): void {
    const scored = this.#scored;
    for (let feature = 0; feature < scored.length; feature++) {
      const given = x[feature] ?? Number.NaN;
      scored[feature] = given >= -MAX_VALUE && given <= MAX_VALUE ? given : Number.NaN;
    }
    this.#standardizer?.transform(scored, this.#standard);
    this.#score[0] = this.#histograms.score(this.#standard);
    this.#isCurrent = true;
  }
}

function mustBeWithin(option: string, given: number, min: number, max: number): void {
  if (!Number.isInteger(given) || given < min || given > max) {
    throw new RangeError(`not ${option} of a LODA: ${given}, but an integer from ${min} to ${max}`);
  }
}
