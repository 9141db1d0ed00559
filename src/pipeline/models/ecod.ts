/** ECOD on a stream: how far out in its own tail each feature is (Li et al., IEEE TKDE 35, 2023). */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import type { Model } from './model.ts';

/** How an {@link Ecod} is built; a saved state needs the same. */
export interface EcodOptions {
  /**
   * For each feature, true where it counts; then only high values are unusual, as of a surprisal. All features count, with both
   * their tails, unless given.
   */
  readonly rising?: readonly boolean[] | undefined;
  /** Learnt events in which a count halves; 65,536 unless given. */
  readonly halfLife?: number;
  /** Events to learn before scores mean something; 256 unless given. */
  readonly warmup?: number;
}

const BINS = 2048;
/** Values are counted on the scale asinh(4 v): steps of 0.004 around 0, of 1.6 % from 1 on, and 1e6 is within. */
const STEEPNESS = 4;
const RANGE = Math.asinh(STEEPNESS * 1e6);
const BINS_PER_UNIT = BINS / (2 * RANGE);
/** Learnt events after which tails are summed up anew; fewer at first. */
const REFRESH_EVENTS = 256;
/** In place of a bin. */
const UNKNOWN = 0xffff;

/**
 * Sum over features of `-ln P(a value at least as extreme)`, in nats (Li et al., algorithm 1). A feature whose
 * value is unknown adds nothing.
 *
 * Of the paper's three sums we take one: for features of which only high values are unusual the right tail, and else of each
 * feature the smaller of twice its tails, where the paper goes by the skewness of the feature. Tails are those of decayed
 * histograms of what was learnt, with one more event beyond all: the first event to have a value never seen is as rare as 1 in
 * the events seen. Unlike a density, which an unusually *ordinary* value makes small as well, and unlike LODA's projections, which
 * mix features, one surprising pair is seen among many ordinary ones, and several add up.
 */
export class Ecod implements Model {
  readonly dimensions: number;
  readonly #features: Uint16Array;
  readonly #isRising: boolean;
  readonly #keep: number;
  readonly #warmup: number;
  /** `features x BINS`, row-major: decayed counts of learnt values, each event weighing `weight`. */
  readonly #counts: Float64Array;
  /** The same: `-ln` of the tail from that bin on, as of the last refresh. */
  readonly #surprise: Float32Array;
  /** In an array: a number that is a field is boxed anew at each event. */
  readonly #weight = new Float64Array([1]);
  /** Of each feature the value that was looked at last, and its bin. */
  readonly #values: Float64Array;
  readonly #bins: Uint16Array;
  #learnt = 0;
  #sinceRefresh = 0;

  /** @throws {RangeError} If an option is outside its range, or names more or fewer features than there are. */
  constructor(dimensions: number, { rising, halfLife = 65_536, warmup = 256 }: EcodOptions = {}) {
    const isRight =
      Number.isInteger(dimensions) &&
      dimensions >= 1 &&
      dimensions <= 4096 &&
      (rising === undefined || (rising.length === dimensions && rising.includes(true))) &&
      halfLife >= REFRESH_EVENTS &&
      warmup >= 1;
    if (!isRight) {
      throw new RangeError(`not options of ECOD in ${dimensions} dimensions`);
    }
    this.dimensions = dimensions;
    this.#isRising = rising !== undefined;
    this.#features = Uint16Array.from(
      Array.from({ length: dimensions }, (_, feature) => feature).filter(
        (feature) => rising?.[feature] ?? true,
      ),
    );
    this.#keep = 0.5 ** (1 / halfLife);
    this.#warmup = warmup;
    this.#counts = new Float64Array(this.#features.length * BINS);
    this.#surprise = new Float32Array(this.#features.length * BINS);
    this.#values = new Float64Array(this.#features.length).fill(Number.NaN);
    this.#bins = new Uint16Array(this.#features.length).fill(UNKNOWN);
  }

  get isWarm(): boolean {
    return this.#learnt >= this.#warmup;
  }

  score(x: Float64Array): number {
    this.#place(x);
    const bins = this.#bins;
    const surprise = this.#surprise;
    let sum = 0;
    for (let row = 0; row < bins.length; row++) {
      const bin = bins[row] ?? UNKNOWN;
      if (bin !== UNKNOWN) {
        sum += surprise[row * BINS + bin] ?? 0;
      }
    }
    return sum;
  }

  learn(x: Float64Array): void {
    this.#place(x);
    const bins = this.#bins;
    const counts = this.#counts;
    // Later events weigh more, which is what decay does to earlier ones.
    this.#weight[0] = (this.#weight[0] ?? 1) / this.#keep;
    const weight = this.#weight[0] ?? 1;
    for (let row = 0; row < bins.length; row++) {
      const bin = bins[row] ?? UNKNOWN;
      if (bin !== UNKNOWN) {
        const at = row * BINS + bin;
        counts[at] = (counts[at] ?? 0) + weight;
      }
    }
    this.#learnt++;
    this.#sinceRefresh++;
    if (this.#sinceRefresh >= REFRESH_EVENTS || this.#sinceRefresh * 8 >= this.#learnt) {
      this.#refresh();
    }
  }

  /** What each feature adds to the score. */
  explain(x: Float64Array, weights: Float64Array): void {
    this.#place(x);
    weights.fill(0);
    for (const [row, feature] of this.#features.entries()) {
      const bin = this.#bins[row] ?? UNKNOWN;
      weights[feature] = bin === UNKNOWN ? 0 : (this.#surprise[row * BINS + bin] ?? 0);
    }
  }

  save(state: StateWriter): void {
    state.u32(this.dimensions);
    state.u32(this.#isRising ? 1 : 0);
    state.array(this.#features);
    state.f64(this.#keep);
    state.f64(this.#warmup);
    state.array(this.#weight);
    state.f64(this.#learnt);
    state.u32(this.#sinceRefresh);
    state.array(this.#counts);
    state.array(this.#surprise);
  }

  restore(state: StateReader): void {
    const features = new Uint16Array(this.#features.length);
    const isSame = state.u32() === this.dimensions && (state.u32() === 1) === this.#isRising;
    if (isSame) {
      state.fill(features);
    }
    if (
      !isSame ||
      this.#features.some((feature, row) => features[row] !== feature) ||
      state.f64() !== this.#keep ||
      state.f64() !== this.#warmup
    ) {
      state.fail('an ECOD of another shape');
    }
    state.fill(this.#weight);
    this.#learnt = state.f64();
    this.#sinceRefresh = state.u32(REFRESH_EVENTS);
    state.fill(this.#counts);
    state.fill(this.#surprise);
    const weight = this.#weight[0] ?? Number.NaN;
    const isRight =
      weight >= 1 &&
      Number.isFinite(weight) &&
      Number.isSafeInteger(this.#learnt) &&
      this.#learnt >= 0 &&
      this.#counts.every((count) => count >= 0 && count < Number.POSITIVE_INFINITY) &&
      this.#surprise.every((nats) => nats >= 0 && nats < Number.POSITIVE_INFINITY);
    if (!isRight) {
      state.fail('counts of ECOD that cannot be');
    }
  }

  #refresh(): void {
    this.#sinceRefresh = 0;
    const counts = this.#counts;
    const scale = 1 / (this.#weight[0] ?? 1);
    this.#weight[0] = 1;
    for (let row = 0; row < this.#features.length; row++) {
      const from = row * BINS;
      let total = 0;
      for (let at = from; at < from + BINS; at++) {
        const count = (counts[at] ?? 0) * scale;
        counts[at] = count;
        total += count;
      }
      this.#sumTails(from, total);
    }
  }

  #sumTails(from: number, total: number): void {
    const counts = this.#counts;
    const surprise = this.#surprise;
    let below = 0;
    let before = -1;
    let nats = 0;
    for (let at = from; at < from + BINS; at++) {
      const count = counts[at] ?? 0;
      // Of most bins nothing was learnt: what is beyond them is what was beyond the bin before.
      if (count > 0 || before !== 0) {
        const right = (Math.max(0, total - below) + 1) / (total + 1);
        const left = (below + count + 1) / (total + 1);
        nats = -Math.log(this.#isRising ? Math.min(1, right) : Math.min(1, 2 * right, 2 * left));
      }
      surprise[at] = nats;
      below += count;
      before = count;
    }
  }

  #place(x: Float64Array): void {
    const features = this.#features;
    const values = this.#values;
    const bins = this.#bins;
    for (let row = 0; row < features.length; row++) {
      const value = x[features[row] ?? 0] ?? Number.NaN;
      if (value !== values[row]) {
        values[row] = value;
        bins[row] = Number.isNaN(value) ? UNKNOWN : binOf(value);
      }
    }
  }
}

function binOf(value: number): number {
  const bin = Math.floor((Math.asinh(STEEPNESS * value) + RANGE) * BINS_PER_UNIT);
  return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}
