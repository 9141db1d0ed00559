/** Half-space trees with River's semantics. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { HalfSpaceForest } from './half-space-forest.ts';
import { MassTrees } from './mass-trees.ts';
import type { Model } from './model.ts';

const INFINITY = Number.POSITIVE_INFINITY;
const MAX_WINDOW = 65_535;
const MAX_DIMENSIONS = 65_535;
const MAX_CUTS = 2 ** 23;
const MAX_WINDOW_VALUES = 2 ** 24;

/** How {@link HalfSpaceTrees} are made. */
export interface HalfSpaceTreesOptions {
  readonly trees?: number;
  /** Levels of cuts. */
  readonly height?: number;
  /** Vectors that are learnt before they are scored against. */
  readonly windowSize?: number;
  readonly seed?: number;
  /** Lower and upper limit of each value, in the order of the vector: cuts are drawn between them. (0, 1) unless given. */
  readonly limits?: readonly (readonly [number, number])[];
}

/**
 * River's `anomaly.HalfSpaceTrees` (after Tan, Ting and Liu, "Fast anomaly detection for streaming data", IJCAI 2011),
 * score for score.
 *
 * The trees are drawn at the first vector learnt, over the features that it has (a vector without any is passed over);
 * features that come up later are never cut. River takes the features in the order of that first event's keys, here it
 * is their order in the vector. Values below a threshold go left; a value that is not known goes to the child with more
 * of the current window. With `m(k)` the mass of the window before at depth `k` of the way, up to the first node below a
 * tenth of a window,
 *
 *     score = 1 - sum over trees of (sum over k of m(k) * 2^k) / (trees * windowSize * (2^(height + 1) - 1))
 *
 * and 0 until the first window is full. Scores crowd near 1, so only their order means something.
 */
export class HalfSpaceTrees implements Model {
  readonly dimensions: number;
  readonly #trees: number;
  readonly #height: number;
  readonly #windowSize: number;
  readonly #seed: number;
  readonly #limits: readonly (readonly [number, number])[];
  readonly #fullSum: number;
  #forest: HalfSpaceForest | undefined;
  /** The window that is being learnt. */
  #learning: MassTrees;
  /** The window before, sealed once there was one. */
  #reference: MassTrees;
  #isWarm = false;

  /**
   * @param dimensions Values of a vector, 1 to 65,535.
   * @throws {RangeError} If an option cannot be, or the trees or windows would not fit into 128 MiB.
   */
  constructor(dimensions: number, options: HalfSpaceTreesOptions = {}) {
    const { trees = 25, height = 15, windowSize = 250, seed = 42, limits } = options;
    mustBeBetween('dimensions', dimensions, 1, MAX_DIMENSIONS);
    mustBeBetween('trees', trees, 1, MAX_CUTS);
    mustBeBetween('height', height, 1, 23);
    mustBeBetween('windowSize', windowSize, 1, MAX_WINDOW);
    mustBeBetween('cuts of all trees', trees * (2 ** height - 1), 1, MAX_CUTS);
    mustBeBetween('values of a window', windowSize * Math.max(dimensions, trees), 1, MAX_WINDOW_VALUES);
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`seed is not an integer: ${seed}`);
    }
    this.#limits = limits ?? Array.from({ length: dimensions }, () => [0, 1] as const);
    if (
      this.#limits.length !== dimensions ||
      !this.#limits.every(([low, high]) => low < high && Number.isFinite(high - low))
    ) {
      throw new RangeError('limits are not one finite, ascending pair for each value');
    }
    this.dimensions = dimensions;
    this.#trees = trees;
    this.#height = height;
    this.#windowSize = windowSize;
    this.#seed = seed;
    this.#fullSum = trees * windowSize * (2 ** (height + 1) - 1);
    const shape = { trees, height, windowSize, dimensions };
    this.#learning = new MassTrees(shape);
    this.#reference = new MassTrees(shape);
  }

  get isWarm(): boolean {
    return this.#isWarm;
  }

  score(x: Float64Array): number {
    if (!this.#isWarm || this.#forest === undefined) {
      return 0;
    }
    const sum = hasGap(x, this.dimensions)
      ? this.#reference.trace(x, this.#learning, this.#forest)
      : this.#reference.sum(x);
    return 1 - sum / this.#fullSum;
  }

  learn(x: Float64Array): void {
    this.#forest ??= this.#draw(knownIn(x, this.dimensions));
    if (this.#forest === undefined) {
      return;
    }
    this.#learning.add(x, this.#forest);
    if (this.#learning.count === this.#windowSize) {
      this.#turn(this.#forest);
    }
  }

  /**
   * The score itself, shared out to the features: at each cut on the way of `x`, the mass that went the other way, times
   * the sum of `2^depth` over the levels below; what was left where the way stopped short of a leaf goes to the last
   * cut. All divided as the score is, so the weights sum up to it. Zeros before the first window is full.
   */
  explain(x: Float64Array, weights: Float64Array): void {
    weights.fill(0, 0, this.dimensions);
    if (this.#isWarm && this.#forest !== undefined) {
      this.#reference.trace(x, this.#learning, this.#forest, weights);
      for (let feature = 0; feature < this.dimensions; feature++) {
        weights[feature] = (weights[feature] ?? 0) / this.#fullSum;
      }
    }
  }

  /*
   * u32 trees, height, window size, dimensions; f64 seed; array of limits, low and high by turns; array of u8, 1 for each
   * feature that is cut, else 0;
   * u32 isWarm; array of the vectors of the window before, if warm; u32 vectors of this window; array of them.
   *
   * Masses follow from the vectors, and cuts from seed and features: neither is stored. Vectors lie feature by feature.
   */
  save(state: StateWriter): void {
    state.u32(this.#trees);
    state.u32(this.#height);
    state.u32(this.#windowSize);
    state.u32(this.dimensions);
    state.f64(this.#seed);
    state.array(Float64Array.from(this.#limits.flat()));
    const isCut = new Uint8Array(this.dimensions);
    for (const feature of this.#forest?.shape.features ?? []) {
      isCut[feature] = 1;
    }
    state.array(isCut);
    state.u32(this.#isWarm ? 1 : 0);
    if (this.#isWarm) {
      state.array(this.#reference.vectors);
    }
    const { count, vectors } = this.#learning;
    state.u32(count);
    for (let feature = 0; feature < this.dimensions; feature++) {
      const first = feature * this.#windowSize;
      state.array(vectors.subarray(first, first + count));
    }
  }

  restore(state: StateReader): void {
    const isSame =
      state.u32() === this.#trees &&
      state.u32() === this.#height &&
      state.u32() === this.#windowSize &&
      state.u32() === this.dimensions &&
      state.f64() === this.#seed;
    const limits = new Float64Array(2 * this.dimensions);
    if (isSame) {
      state.fill(limits);
    }
    if (!isSame || this.#limits.flat().some((limit, index) => limits[index] !== limit)) {
      state.fail('half-space trees of another shape');
    }
    const isCut = new Uint8Array(this.dimensions);
    state.fill(isCut);
    const features = [...isCut.keys()].filter((feature) => isCut[feature] === 1);
    if (isCut.some((flag) => flag > 1)) {
      state.fail('neither a feature that is cut nor one that is not');
    }
    this.#forest = this.#draw(features);
    this.#isWarm = state.u32(1) === 1;
    this.#learning.clear();
    const window = new Float64Array(this.dimensions * this.#windowSize);
    if (this.#isWarm) {
      state.fill(window);
      this.#relearn(window, this.#windowSize, state);
    }
    const count = state.u32(this.#windowSize - 1);
    for (let feature = 0; feature < this.dimensions; feature++) {
      const first = feature * this.#windowSize;
      state.fill(window.subarray(first, first + count));
    }
    this.#relearn(window, count, state);
  }

  #relearn(window: Float64Array, count: number, state: StateReader): void {
    if (count > 0 && this.#forest === undefined) {
      state.fail('vectors learnt by trees that were never drawn');
    }
    const x = new Float64Array(this.dimensions);
    for (let vector = 0; vector < count; vector++) {
      for (let feature = 0; feature < this.dimensions; feature++) {
        x[feature] = window[feature * this.#windowSize + vector] ?? 0;
      }
      this.learn(x);
    }
  }

  /** River's pivot: what was learnt becomes what is scored against, and a new window begins. */
  #turn(forest: HalfSpaceForest): void {
    const before = this.#reference;
    this.#reference = this.#learning;
    this.#reference.seal(forest);
    before.clear();
    this.#learning = before;
    this.#isWarm = true;
  }

  #draw(features: readonly number[]): HalfSpaceForest | undefined {
    if (features.length === 0) {
      return undefined;
    }
    const drawn = this.#forest;
    if (drawn !== undefined && drawn.shape.features.join() === features.join()) {
      return drawn;
    }
    return new HalfSpaceForest({
      trees: this.#trees,
      height: this.#height,
      seed: this.#seed,
      features,
      limits: features.map((feature) => this.#limits[feature] ?? [0, 1]),
    });
  }
}

function hasGap(x: Float64Array, dimensions: number): boolean {
  for (let feature = 0; feature < dimensions; feature++) {
    if (!((x[feature] ?? 0) <= INFINITY)) {
      return true;
    }
  }
  return false;
}

function knownIn(x: Float64Array, dimensions: number): number[] {
  return Array.from({ length: dimensions }, (_, feature) => feature).filter(
    (feature) => !Number.isNaN(x[feature]),
  );
}

function mustBeBetween(name: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${name} not an integer from ${low} to ${high}: ${value}`);
  }
}
