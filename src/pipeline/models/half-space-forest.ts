/** Where half-space trees cut: features and thresholds, drawn once, as River draws them. */
import { MersenneTwister } from './mersenne-twister.ts';

/** Share of a box at either end in which River never cuts. */
const PADDING = 0.15;

/** What a forest is drawn from. */
export interface ForestShape {
  readonly trees: number;
  /** Levels of cuts; a tree has `2^height - 1` of them. */
  readonly height: number;
  readonly seed: number;
  /** Places in the vector that may be cut, in ascending order; at least one. */
  readonly features: readonly number[];
  /** Lower and upper limit of each of `features`, in their order. */
  readonly limits: readonly (readonly [number, number])[];
}

/**
 * The cuts of all trees, one tree after another, each in pre-order: a node at `place` whose subtree has `2 * half - 1`
 * cuts has its left child at `place + 1` and its right child at `place + half`. Leaves are not stored.
 *
 * Tan, Ting and Liu, "Fast anomaly detection for streaming data", IJCAI 2011, as River varies it: the feature is drawn
 * with the widths of the box as weights, the cut uniformly within the middle 70 % of the chosen side.
 */
export class HalfSpaceForest {
  readonly shape: ForestShape;
  readonly features: Uint16Array;
  readonly thresholds: Float64Array;
  readonly #random: MersenneTwister;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #widthSums: Float64Array;

  constructor(shape: ForestShape) {
    const cuts = 2 ** shape.height - 1;
    this.shape = shape;
    this.features = new Uint16Array(shape.trees * cuts);
    this.thresholds = new Float64Array(shape.trees * cuts);
    this.#random = new MersenneTwister(shape.seed);
    this.#low = Float64Array.from(shape.limits, ([low]) => low);
    this.#high = Float64Array.from(shape.limits, ([, high]) => high);
    this.#widthSums = new Float64Array(shape.features.length);
    for (let tree = 0; tree < shape.trees; tree++) {
      this.#draw(tree * cuts, 2 ** (shape.height - 1));
    }
  }

  /** Node, whole left, whole right: the order in which the random numbers are used up. */
  #draw(place: number, half: number): void {
    const low = this.#low;
    const high = this.#high;
    let sum = 0;
    for (let feature = 0; feature < low.length; feature++) {
      sum += (high[feature] ?? 0) - (low[feature] ?? 0);
      this.#widthSums[feature] = sum;
    }
    const feature = this.#random.choice(this.#widthSums);
    const from = low[feature] ?? 0;
    const to = high[feature] ?? 0;
    const threshold = this.#random.uniform(from + PADDING * (to - from), to - PADDING * (to - from));
    this.features[place] = this.shape.features[feature] ?? 0;
    this.thresholds[place] = threshold;
    if (half > 1) {
      high[feature] = threshold;
      this.#draw(place + 1, half / 2);
      high[feature] = to;
      low[feature] = threshold;
      this.#draw(place + half, half / 2);
      low[feature] = from;
    }
  }
}
