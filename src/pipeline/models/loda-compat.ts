/** The LODA variant of the first upstream detector, number for number. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { Model } from './model.ts';
import { Pcg64 } from './pcg64.ts';

/** How a {@link LodaCompat} is built; the defaults are upstream's. */
export interface LodaCompatOptions {
  /** What each place of the vector holds. Upstream sorts names; without them the places count as sorted already. */
  readonly features?: readonly string[];
  /** Random projections, 1 or more; 20 unless given. */
  readonly projections?: number;
  /** Bins of each histogram, 2 or more; 64 unless given. */
  readonly bins?: number;
  /** Standard deviations that a histogram covers on either side, more than 0; 3 unless given. */
  readonly range?: number;
  /** Weight of an event in the moving mean and variance, in (0, 1]; 0.01 unless given. */
  readonly emaAlpha?: number;
  /** What all counts are multiplied by before an event is counted, in (0, 1]; 1 unless given. */
  readonly histDecay?: number;
  /** Of the projections; 42 unless given. */
  readonly seed?: number;
  /** `projections x dimensions`, row-major, columns by sorted name; drawn from {@link seed} unless given. */
  readonly weights?: Float32Array;
}

const VARIANCE_FLOOR = 1e-6;
/** Keeps the square of a projection finite in single precision; upstream's features lie between 0 and 1. */
const MAX_VALUE = 1e12;
const { fround, max, min, sqrt, trunc } = Math;

/**
 * Upstream's online LODA: dense Gaussian projections, standardised by moving moments, counted in one histogram each.
 *
 * `score = 1 - exp(-mean_i(-ln p_i))` with `p_i = (count of the bin + 1) / (all counts + bins)`, in single precision.
 * Upstream learns an event before it scores it; here {@link score} works out the score that upstream would return and
 * leaves the model alone, and {@link learn} takes the step. Scores crowd just below 1 for any event: calibrate them.
 * A value that is not finite counts as 0, which is what upstream's features have for what they do not know.
 */
export class LodaCompat implements Model {
  readonly dimensions: number;
  readonly #projections: number;
  readonly #bins: number;
  readonly #range: number;
  readonly #alpha: number;
  readonly #decay: number;
  readonly #warmEvents: number;
  /** `projections x dimensions`, row-major, columns in the order of the vector. */
  readonly #weights: Float32Array;
  readonly #means: Float32Array;
  readonly #variances: Float32Array;
  /** `projections x bins`, row-major. */
  readonly #counts: Float32Array;
  /** Sum of each projection's counts. */
  readonly #totals: Float64Array;
  /** Moving mean of each feature; by linearity its projection is {@link #means}. Only {@link explain} reads it. */
  readonly #featureMeans: Float64Array;
  #learnt = 0;
  /** What {@link #place} worked out last. */
  readonly #newMeans: Float32Array;
  readonly #newVariances: Float32Array;
  readonly #cells: Int32Array;
  /** The vector placed last, in single precision. */
  readonly #input: Float32Array;

  /** @throws {RangeError} If an option is out of its range or does not fit `dimensions`. */
  constructor(dimensions: number, options: LodaCompatOptions = {}) {
    const projections = options.projections ?? 20;
    const bins = options.bins ?? 64;
    const range = options.range ?? 3;
    const alpha = options.emaAlpha ?? 0.01;
    const decay = options.histDecay ?? 1;
    must(Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= 65_536, 'dimensions', dimensions);
    must(
      Number.isInteger(projections) && projections >= 1 && projections <= 65_536,
      'projections',
      projections,
    );
    must(Number.isInteger(bins) && bins >= 2 && bins <= 65_536, 'bins', bins);
    must(range > 0 && range <= 1e6, 'range', range);
    must(alpha > 0 && alpha <= 1, 'emaAlpha', alpha);
    must(decay > 0 && decay <= 1, 'histDecay', decay);
    this.dimensions = dimensions;
    this.#projections = projections;
    this.#bins = bins;
    this.#range = range;
    this.#alpha = alpha;
    this.#decay = decay;
    this.#warmEvents = Math.ceil(1 / alpha);
    this.#weights = weightsInPlace(dimensions, projections, options);
    this.#means = new Float32Array(projections);
    this.#variances = new Float32Array(projections).fill(1);
    this.#counts = new Float32Array(projections * bins);
    this.#totals = new Float64Array(projections);
    this.#featureMeans = new Float64Array(dimensions);
    this.#newMeans = new Float32Array(projections);
    this.#newVariances = new Float32Array(projections);
    this.#cells = new Int32Array(projections);
    this.#input = new Float32Array(dimensions);
  }

  /** True after as many events as the moving mean remembers, `1 / emaAlpha`; upstream has no warm-up. */
  get isWarm(): boolean {
    return this.#learnt >= this.#warmEvents;
  }

  score(x: Float64Array): number {
    this.#place(x);
    let sum = 0;
    for (let i = 0; i < this.#projections; i++) {
      sum += this.#surprisal(i);
    }
    return 1 - Math.exp(-sum / this.#projections);
  }

  learn(x: Float64Array): void {
    this.#place(x);
    const counts = this.#counts;
    if (this.#decay !== 1) {
      for (let cell = 0; cell < counts.length; cell++) {
        counts[cell] = value(counts, cell) * this.#decay;
      }
    }
    for (let i = 0; i < this.#projections; i++) {
      const cell = this.#cells[i] ?? 0;
      const before = value(counts, cell);
      counts[cell] = before + 1;
      this.#totals[i] = (this.#totals[i] ?? 0) * this.#decay + value(counts, cell) - before;
    }
    this.#means.set(this.#newMeans);
    this.#variances.set(this.#newVariances);
    for (let feature = 0; feature < this.dimensions; feature++) {
      const mean = this.#featureMeans[feature] ?? 0;
      this.#featureMeans[feature] = mean + this.#alpha * (known(x, feature) - mean);
    }
    this.#learnt++;
  }

  /**
   * Shares each projection's surprisal, in nats, among the features by how far they moved it from its mean.
   *
   * Ours: upstream has no explanation. The weights add up to the mean surprisal when any feature left its mean.
   */
  explain(x: Float64Array, weights: Float64Array): void {
    this.#place(x);
    weights.fill(0);
    const { dimensions } = this;
    for (let i = 0; i < this.#projections; i++) {
      let all = 0;
      for (let feature = 0; feature < dimensions; feature++) {
        all += this.#push(x, i, feature);
      }
      if (all === 0) {
        continue;
      }
      const share = this.#surprisal(i) / all / this.#projections;
      for (let feature = 0; feature < dimensions; feature++) {
        weights[feature] = (weights[feature] ?? 0) + share * this.#push(x, i, feature);
      }
    }
  }

  save(state: StateWriter): void {
    state.f64(this.#learnt);
    state.array(this.#means);
    state.array(this.#variances);
    state.array(this.#counts);
    state.array(this.#totals);
    state.array(this.#featureMeans);
  }

  restore(state: StateReader): void {
    this.#learnt = state.f64();
    for (const values of [this.#means, this.#variances, this.#counts, this.#totals, this.#featureMeans]) {
      state.fill(values);
      if (!values.every(Number.isFinite)) {
        state.fail('a model holds a value that is not finite');
      }
    }
    if (!Number.isSafeInteger(this.#learnt) || this.#learnt < 0) {
      state.fail(`a model cannot have learnt ${this.#learnt} events`);
    }
    if (this.#variances.some(isNegative) || this.#counts.some(isNegative) || this.#totals.some(isNegative)) {
      state.fail('a model holds a negative count or variance');
    }
  }

  /** Works out, for every projection, the moments that `x` would leave behind and the cell it falls into then. */
  #place(x: Float64Array): void {
    const { dimensions } = this;
    const input = this.#input;
    for (let feature = 0; feature < dimensions; feature++) {
      input[feature] = known(x, feature);
    }
    const alpha = fround(this.#alpha);
    const keep = fround(1 - this.#alpha);
    const floor = fround(VARIANCE_FLOOR);
    const range = this.#range;
    for (let i = 0; i < this.#projections; i++) {
      let sum = 0;
      const row = i * dimensions;
      for (let feature = 0; feature < dimensions; feature++) {
        sum += value(this.#weights, row + feature) * value(input, feature);
      }
      const projected = fround(sum);
      const mean = fround(fround(keep * value(this.#means, i)) + fround(alpha * projected));
      const away = fround(projected - mean);
      const square = fround(alpha * fround(away * away));
      const variance = fround(fround(keep * value(this.#variances, i)) + square);
      const z = fround(away / fround(sqrt(fround(variance + floor))));
      const clipped = max(-range, min(range, z));
      const within = fround(fround(clipped + range) / (2 * range));
      const bin = trunc(fround(within * this.#bins));
      this.#newMeans[i] = mean;
      this.#newVariances[i] = variance;
      this.#cells[i] = i * this.#bins + (bin < this.#bins ? bin : this.#bins - 1);
    }
  }

  /** -ln p of the placed event in projection `i`, in nats. */
  #surprisal(i: number): number {
    const count = Math.fround(value(this.#counts, this.#cells[i] ?? 0) * this.#decay) + 1;
    const total = (this.#totals[i] ?? 0) * this.#decay + 1;
    return Math.log((total + this.#bins) / (count + 1));
  }

  #push(x: Float64Array, i: number, feature: number): number {
    const moved = known(x, feature) - (this.#featureMeans[feature] ?? 0);
    return Math.abs(value(this.#weights, i * this.dimensions + feature) * moved);
  }
}

/** Draws or takes the weights, and brings the columns from the order of sorted names to that of the vector. */
function weightsInPlace(dimensions: number, projections: number, options: LodaCompatOptions): Float32Array {
  const names = options.features;
  must(names === undefined || names.length === dimensions, 'features', names?.length);
  must(names === undefined || new Set(names).size === dimensions, 'features', 'a name twice');
  const given = options.weights;
  must(given === undefined || given.length === projections * dimensions, 'weights', given?.length);
  const sorted = given ?? drawn(projections * dimensions, options.seed ?? 42);
  const order = names === undefined ? undefined : [...names].sort(byCodeUnits);
  const weights = new Float32Array(projections * dimensions);
  for (let feature = 0; feature < dimensions; feature++) {
    const column = order === undefined ? feature : order.indexOf(names?.[feature] ?? '');
    for (let i = 0; i < projections; i++) {
      weights[i * dimensions + feature] = value(sorted, i * dimensions + column);
    }
  }
  return weights;
}

function drawn(count: number, seed: number): Float32Array {
  const random = new Pcg64(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function known(x: Float64Array, feature: number): number {
  const given = x[feature] ?? 0;
  return given - given === 0 ? max(-MAX_VALUE, min(MAX_VALUE, given)) : 0;
}

function value(values: Float32Array, index: number): number {
  return values[index] ?? 0;
}

function isNegative(given: number): boolean {
  return given < 0;
}

function must(isTrue: boolean, option: string, given: unknown): void {
  if (!isTrue) {
    throw new RangeError(`not a ${option} of a LODA: ${given}`);
  }
}
