/** How the vectors of one window spread over the nodes of a forest. */
import type { HalfSpaceForest } from './half-space-forest.ts';

/** Vectors are laid into the trees this many at a time: cheap per vector, and no long pause in a large window. */
const BATCH = 250;
/** Vectors that go in faster one by one. */
const FEW = 8;
const INFINITY = Number.POSITIVE_INFINITY;
const NAN = Number.NaN;
/** Those that went left, those that went right, and those of an opened node's list. */
const ROWS_A_LEVEL = 3;

/** What {@link MassTrees} hold at most. */
export interface MassShape {
  readonly trees: number;
  readonly height: number;
  /** Vectors of a window, 1 to 65,535. */
  readonly windowSize: number;
  /** Values of a vector. */
  readonly dimensions: number;
}

/**
 * The masses of one window, first while it is learnt, then, sealed, as what scores are taken from.
 *
 * A score stops at the first node with less than a tenth of the window, so nothing below such a node is counted: it
 * keeps a list of its vectors, in the order of arrival, and hands them on to its children if it grows past that (it
 * opens). At most ten nodes of a level can, so a window fits into the processor's cache however high the trees are. What
 * is counted is what counting every node would have found.
 *
 * Nodes lie in flat arrays, the roots first; the children of an open node lie side by side.
 */
export class MassTrees {
  /** Vectors of the window, feature by feature: value `f` of vector `v` is at `f * windowSize + v`. */
  readonly vectors: Float64Array;
  /** How many vectors there are. */
  count = 0;

  readonly #shape: MassShape;
  readonly #minMass: number;
  /** Vectors that {@link #lay} has seen. */
  #laid = 0;
  #size: number;
  /** First of the two children; 0 while the node is not open. */
  readonly #children: Int32Array;
  readonly #masses: Int32Array;
  /** Of an open node. */
  readonly #features: Uint16Array;
  /** Of an open node. */
  readonly #thresholds: Float64Array;
  /** Place in the forest. */
  readonly #places: Int32Array;
  /** Half the cuts below the node, itself included, rounded up; 0 of a leaf. */
  readonly #halves: Int32Array;
  /** 1 + the last vector of the node's list, 0 when it has none; a list is a ring, the last leads to the first. */
  readonly #tails: Int32Array;
  /** `trees x windowSize`: the vector after each in the list that it is on. */
  readonly #next: Uint16Array;
  /** `(height + 1) x ROWS_A_LEVEL x windowSize`: vectors on their way down. */
  readonly #order: Uint16Array;
  /** When sealed: sum of `mass * 2^depth` from the root to the node. */
  readonly #sums: Float64Array;

  constructor(shape: MassShape) {
    const { trees, height, windowSize, dimensions } = shape;
    this.#shape = shape;
    this.#minMass = minMassOf(windowSize);
    let open = 0;
    for (let depth = 0; depth < height; depth++) {
      open += Math.min(2 ** depth, Math.floor(windowSize / this.#minMass));
    }
    // Twice: a vector with gaps opens nodes that are open in the window before.
    const capacity = trees * (1 + 2 * 2 * open);
    this.vectors = new Float64Array(dimensions * windowSize);
    this.#children = new Int32Array(capacity);
    this.#masses = new Int32Array(capacity);
    this.#features = new Uint16Array(capacity);
    this.#thresholds = new Float64Array(capacity);
    this.#places = new Int32Array(capacity);
    this.#halves = new Int32Array(capacity);
    this.#tails = new Int32Array(capacity);
    this.#sums = new Float64Array(capacity);
    this.#next = new Uint16Array(trees * windowSize);
    this.#order = new Uint16Array((height + 1) * ROWS_A_LEVEL * windowSize);
    this.#size = trees;
    this.clear();
  }

  /** Forgets the window. */
  clear(): void {
    const { trees, height } = this.#shape;
    this.count = 0;
    this.#laid = 0;
    this.#size = 0;
    for (let tree = 0; tree < trees; tree++) {
      this.#addNode(tree * (2 ** height - 1), 2 ** (height - 1));
    }
  }

  /** Takes one more vector; `count` must be below the size of the window. */
  add(x: Float64Array, forest: HalfSpaceForest): void {
    const { dimensions, windowSize } = this.#shape;
    const { vectors, count } = this;
    for (let feature = 0; feature < dimensions; feature++) {
      vectors[feature * windowSize + count] = x[feature] ?? NAN;
    }
    this.count = count + 1;
    if (this.count - this.#laid >= BATCH) {
      this.lay(forest);
    }
  }

  /** Counts the vectors that were added since. */
  lay(forest: HalfSpaceForest): void {
    const { trees, windowSize } = this.#shape;
    const fresh = this.count - this.#laid;
    if (fresh === 0) {
      return;
    }
    for (let tree = 0; tree < trees; tree++) {
      if (fresh <= FEW) {
        for (let vector = this.#laid; vector < this.count; vector++) {
          this.#drop(forest, tree, vector);
        }
        continue;
      }
      for (let place = 0; place < fresh; place++) {
        this.#order[place] = this.#laid + place;
      }
      this.#masses[tree] = this.count;
      this.#pour(forest, tree, tree * windowSize, 0, fresh);
    }
    this.#laid = this.count;
  }

  /** Ends the learning: from now on {@link sum} and {@link trace} may be called. */
  seal(forest: HalfSpaceForest): void {
    this.lay(forest);
    const rootHalf = 2 ** (this.#shape.height - 1);
    for (let tree = 0; tree < this.#shape.trees; tree++) {
      this.#sums[tree] = this.#masses[tree] ?? 0;
    }
    // Children come after their parents.
    for (let node = 0; node < this.#size; node++) {
      const child = this.#children[node] ?? 0;
      if (child !== 0) {
        const scale = (2 * rootHalf) / (this.#halves[node] ?? 1); // 2^(depth of the children)
        const sum = this.#sums[node] ?? 0;
        this.#sums[child] = sum + scale * (this.#masses[child] ?? 0);
        this.#sums[child + 1] = sum + scale * (this.#masses[child + 1] ?? 0);
        if ((this.#masses[node] ?? 0) < this.#minMass) {
          this.#children[node] = 0;
        }
      }
    }
  }

  /** Sum over trees of `mass * 2^depth` from the root to where the way of `x` ends; every value of `x` is known. */
  sum(x: Float64Array): number {
    const children = this.#children;
    const features = this.#features;
    const thresholds = this.#thresholds;
    const trees = this.#shape.trees;
    let total = 0;
    for (let tree = 0; tree < trees; tree++) {
      let node = tree;
      let child = children[node] ?? 0;
      while (child !== 0) {
        node = child + ((x[features[node] ?? 0] ?? 0) < (thresholds[node] ?? 0) ? 0 : 1);
        child = children[node] ?? 0;
      }
      total += this.#sums[node] ?? 0;
    }
    return total;
  }

  /**
   * As {@link sum}, for any vector: where a value is not known, the way goes to the child that has more of the window
   * that is being learnt, and to the left one when both have the same.
   *
   * @param learning The window that is being learnt. Nodes open in it, which changes no later result.
   * @param lost When given, a tree's mass that a cut keeps from the end of the way is added to the place of the feature
   *   cut, times the sum of `2^depth` below the cut; all places together give what the sum lacks of
   *   `trees * windowSize * (2^(height + 1) - 1)`.
   */
  trace(x: Float64Array, learning: MassTrees, forest: HalfSpaceForest, lost?: Float64Array): number {
    learning.lay(forest);
    const full = 2 ** (this.#shape.height + 1);
    let total = 0;
    for (let tree = 0; tree < this.#shape.trees; tree++) {
      let node = tree;
      let twin = tree;
      let child = this.#children[node] ?? 0;
      while (child !== 0) {
        const feature = this.#features[node] ?? 0;
        const value = x[feature] ?? NAN;
        const twins = learning.#childrenOf(twin, tree, forest);
        const isLeft =
          value < (this.#thresholds[node] ?? 0) ||
          (!(value <= INFINITY) && (learning.#masses[twins] ?? 0) >= (learning.#masses[twins + 1] ?? 0));
        const scale = full / 2 / (this.#halves[node] ?? 1);
        const mass = this.#masses[node] ?? 0;
        node = isLeft ? child : child + 1;
        twin = isLeft ? twins : twins + 1;
        child = this.#children[node] ?? 0;
        if (lost !== undefined) {
          const left = this.#masses[node] ?? 0;
          const dropped = child === 0 ? left * (full - 2 * scale) : 0;
          lost[feature] = (lost[feature] ?? 0) + (mass - left) * (full - scale) + dropped;
        }
      }
      total += this.#sums[node] ?? 0;
    }
    return total;
  }

  /** Opens the node if it is not. */
  #childrenOf(node: number, tree: number, forest: HalfSpaceForest): number {
    if (this.#children[node] === 0) {
      const base = tree * this.#shape.windowSize;
      const start = this.#rowOfList(node);
      const end = this.#takeList(node, base, start);
      this.#open(node, forest);
      this.#handOn(forest, node, base, start, end);
    }
    return this.#children[node] ?? 0;
  }

  /** Lets one vector into a tree. */
  #drop(forest: HalfSpaceForest, tree: number, vector: number): void {
    const { vectors } = this;
    const masses = this.#masses;
    const features = this.#features;
    const thresholds = this.#thresholds;
    const children = this.#children;
    const { windowSize } = this.#shape;
    let node = tree;
    let mass = (masses[node] ?? 0) + 1;
    masses[node] = mass;
    while (children[node] !== 0 || (this.#halves[node] !== 0 && mass >= this.#minMass)) {
      const child = this.#childrenOf(node, tree, forest);
      const value = vectors[(features[node] ?? 0) * windowSize + vector] ?? 0;
      const lead = (masses[child] ?? 0) - (masses[child + 1] ?? 0);
      node = child + (value < (thresholds[node] ?? 0) || (!(value <= INFINITY) && lead >= 0) ? 0 : 1);
      mass = (masses[node] ?? 0) + 1;
      masses[node] = mass;
    }
    if (this.#halves[node] !== 0) {
      this.#order[0] = vector;
      this.#appendToList(node, tree * windowSize, 0, 1);
    }
  }

  /**
   * Lets vectors into a node whose mass has them already.
   *
   * @param base Start of the tree's part of `#next`.
   * @param from Where in `#order` they begin.
   * @param to Where they end.
   */
  #pour(forest: HalfSpaceForest, node: number, base: number, from: number, to: number): void {
    if (this.#halves[node] === 0) {
      return;
    }
    if (this.#children[node] !== 0) {
      this.#handOn(forest, node, base, from, to);
    } else if ((this.#masses[node] ?? 0) < this.#minMass) {
      this.#appendToList(node, base, from, to);
    } else {
      let [start, end] = [from, to];
      if (this.#tails[node] !== 0) {
        start = this.#rowOfList(node);
        end = this.#takeList(node, base, start);
        this.#order.copyWithin(end, from, to);
        end += to - from;
      }
      this.#open(node, forest);
      this.#handOn(forest, node, base, start, end);
    }
  }

  /** Shares vectors, in the order of arrival, out to the children of an open node. */
  #handOn(forest: HalfSpaceForest, node: number, base: number, from: number, to: number): void {
    const order = this.#order;
    const { vectors } = this;
    const child = this.#children[node] ?? 0;
    const threshold = this.#thresholds[node] ?? 0;
    const column = (this.#features[node] ?? 0) * this.#shape.windowSize;
    const lead = (this.#masses[child] ?? 0) - (this.#masses[child + 1] ?? 0);
    const leftRow = this.#rowBelow(node);
    const rightRow = leftRow + this.#shape.windowSize;
    let left = 0;
    let right = 0;
    for (let at = from; at < to; at++) {
      const vector = order[at] ?? 0;
      const value = vectors[column + vector] ?? 0;
      // Without branches, which nobody could predict. A value that is not known goes where more are, else left.
      const isUnknown = +!(value <= INFINITY);
      const goesLeft = +(value < threshold) | (isUnknown & +(lead + left >= right));
      order[leftRow + left] = vector;
      order[rightRow + right] = vector;
      left += goesLeft;
      right += 1 - goesLeft;
    }
    this.#masses[child] = (this.#masses[child] ?? 0) + left;
    this.#masses[child + 1] = (this.#masses[child + 1] ?? 0) + right;
    if (left > 0) {
      this.#pour(forest, child, base, leftRow, leftRow + left);
    }
    if (right > 0) {
      this.#pour(forest, child + 1, base, rightRow, rightRow + right);
    }
  }

  #open(node: number, forest: HalfSpaceForest): void {
    const place = this.#places[node] ?? 0;
    const half = this.#halves[node] ?? 0;
    this.#features[node] = forest.features[place] ?? 0;
    this.#thresholds[node] = forest.thresholds[place] ?? 0;
    this.#children[node] = this.#addNode(place + 1, half >>> 1);
    this.#addNode(place + half, half >>> 1);
  }

  #addNode(place: number, half: number): number {
    const node = this.#size;
    this.#size = node + 1;
    this.#places[node] = place;
    this.#halves[node] = half;
    this.#children[node] = 0;
    this.#masses[node] = 0;
    this.#tails[node] = 0;
    return node;
  }

  /** Start of the rows of `#order` for the vectors that the node's children get, first the left one's. */
  #rowBelow(node: number): number {
    const levelsBelow = 31 - Math.clz32(this.#halves[node] ?? 0);
    return (this.#shape.height - levelsBelow) * ROWS_A_LEVEL * this.#shape.windowSize;
  }

  /** Start of the row for the vectors of the node's own list. */
  #rowOfList(node: number): number {
    return this.#rowBelow(node) - this.#shape.windowSize;
  }

  #appendToList(node: number, base: number, from: number, to: number): void {
    const next = this.#next;
    let tail = this.#tails[node] ?? 0;
    for (let at = from; at < to; at++) {
      const vector = this.#order[at] ?? 0;
      if (tail === 0) {
        next[base + vector] = vector;
      } else {
        next[base + vector] = next[base + tail - 1] ?? 0;
        next[base + tail - 1] = vector;
      }
      tail = vector + 1;
    }
    this.#tails[node] = tail;
  }

  /** Moves the node's list to `start` of `#order`; gives its end. */
  #takeList(node: number, base: number, start: number): number {
    const tail = this.#tails[node] ?? 0;
    let end = start;
    if (tail !== 0) {
      let vector = tail - 1;
      do {
        vector = this.#next[base + vector] ?? 0;
        this.#order[end] = vector;
        end += 1;
      } while (vector !== tail - 1);
    }
    this.#tails[node] = 0;
    return end;
  }
}

/** The smallest mass at which River's scores go on to the children: a tenth of the window. */
function minMassOf(windowSize: number): number {
  return Math.max(1, Math.ceil(0.1 * windowSize));
}
