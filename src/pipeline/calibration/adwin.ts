/** ADWIN: a window of a stream that keeps as many recent values as have one mean. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/** Buckets of one size before the two oldest become one of twice the size; M of the paper. */
const BUCKETS = 5;
const SLOTS = BUCKETS + 1;
const ROWS = 40;
/** Looking for a cut costs a walk over all buckets, so it is done after this many values only. */
const CHECK_EVERY = 32;
/** No part of a cut is shorter. */
const MIN_PART = 8;
/** A window shorter than this is not cut. */
const MIN_WINDOW = 64;

/**
 * Change detector of Bifet & Gavaldà, "Learning from time-changing data with adaptive windowing" (SDM 2007), ADWIN2: an
 * exponential histogram of values from 0 to 1. Whenever it falls into two parts W0 W1 with
 *
 *   |mean W0 - mean W1| > sqrt(2/m var(W) ln(2/d)) + 2/(3m) ln(2/d),   1/m = 1/|W0| + 1/|W1|,  d = delta / ln |W|
 *
 * (section 4, the bound for small variance), the oldest values are dropped. Memory and time are logarithmic in the window; no allocation.
 */
export class Adwin {
  readonly #delta: number;
  /** `ROWS x SLOTS`, row-major: row r holds sums of 2^r values each, oldest first; variances are sums of squared deviations. */
  readonly #sums = new Float64Array(ROWS * SLOTS);
  readonly #deviations = new Float64Array(ROWS * SLOTS);
  readonly #filled = new Uint8Array(ROWS);
  #rows = 1;
  #width = 0;
  #sum = 0;
  #deviation = 0;
  #sinceCheck = 0;
  #before = 0;

  /**
   * @param delta Chance of a false alarm at a check, above 0 and below 1.
   * @throws {RangeError} If it is not.
   */
  constructor(delta = 0.002) {
    if (!(delta > 0 && delta < 1)) {
      throw new RangeError(`not a chance: ${delta}`);
    }
    this.#delta = delta;
  }

  /** Values in the window. */
  get width(): number {
    return this.#width;
  }

  /** Mean of the window, 0 when it is empty. */
  get mean(): number {
    return this.#width === 0 ? 0 : this.#sum / this.#width;
  }

  /** The mean before the cut that {@link update} last found. */
  get meanBefore(): number {
    return this.#before;
  }

  /**
   * Takes one value; what is outside 0 to 1 counts as the nearer of the two, NaN not at all.
   *
   * @returns True when the mean has changed and the window was cut.
   */
  update(value: number): boolean {
    if (Number.isNaN(value)) {
      return false;
    }
    this.#insert(Math.min(1, Math.max(0, value)));
    this.#sinceCheck++;
    if (this.#sinceCheck < CHECK_EVERY || this.#width < MIN_WINDOW) {
      return false;
    }
    this.#sinceCheck = 0;
    const before = this.mean;
    let isCut = false;
    while (this.#width >= MIN_WINDOW && this.#hasCut()) {
      this.#dropOldest();
      isCut = true;
    }
    if (isCut) {
      this.#before = before;
    }
    return isCut;
  }

  /** Forgets everything. */
  reset(): void {
    this.#filled.fill(0);
    this.#rows = 1;
    this.#width = 0;
    this.#sum = 0;
    this.#deviation = 0;
    this.#sinceCheck = 0;
    this.#before = 0;
  }

  save(state: StateWriter): void {
    state.array(this.#sums);
    state.array(this.#deviations);
    state.array(this.#filled);
    state.u32(this.#rows);
    state.u32(this.#sinceCheck);
    for (const value of [this.#width, this.#sum, this.#deviation, this.#before]) {
      state.f64(value);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the detector is unusable then. */
  restore(state: StateReader): void {
    state.fill(this.#sums);
    state.fill(this.#deviations);
    state.fill(this.#filled);
    this.#rows = state.u32(ROWS);
    this.#sinceCheck = state.u32(MIN_WINDOW); // a short window is not checked however many values came
    this.#width = state.f64();
    this.#sum = state.f64();
    this.#deviation = state.f64();
    this.#before = state.f64();
    let width = 0;
    let sum = 0;
    for (let row = 0; row < ROWS; row++) {
      const filled = this.#filled[row] ?? 0;
      width += filled * 2 ** row;
      if (filled > BUCKETS || (filled > 0 && row >= this.#rows)) {
        state.fail('a window with too many buckets');
      }
      for (let slot = row * SLOTS; slot < row * SLOTS + filled; slot++) {
        sum += this.#sums[slot] ?? 0;
        if (!isWithin(this.#sums[slot], 2 ** row) || !isWithin(this.#deviations[slot], 2 ** row)) {
          state.fail('a bucket with an impossible sum');
        }
      }
    }
    const isSum = Math.abs(sum - this.#sum) <= 1e-6 * (1 + width) && this.#deviation >= 0;
    if (width !== this.#width || this.#rows === 0 || !isSum || !Number.isFinite(this.#before)) {
      state.fail('a window that does not add up');
    }
  }

  #insert(value: number): void {
    if (this.#width > 0) {
      const distance = value - this.#sum / this.#width;
      this.#deviation += (distance * distance * this.#width) / (this.#width + 1);
    }
    this.#width++;
    this.#sum += value;
    this.#append(0, value, 0);
    for (let row = 0; (this.#filled[row] ?? 0) > BUCKETS; row++) {
      if (row === ROWS - 1) {
        this.#dropOldest();
        return;
      }
      this.#mergeOldest(row);
    }
  }

  #append(row: number, sum: number, deviation: number): void {
    const slot = row * SLOTS + (this.#filled[row] ?? 0);
    this.#sums[slot] = sum;
    this.#deviations[slot] = deviation;
    this.#filled[row] = (this.#filled[row] ?? 0) + 1;
    this.#rows = Math.max(this.#rows, row + 1);
  }

  /** Moves the two oldest buckets of a row as one into the next. */
  #mergeOldest(row: number): void {
    const slot = row * SLOTS;
    const first = this.#sums[slot] ?? 0;
    const second = this.#sums[slot + 1] ?? 0;
    const size = 2 ** row;
    const distance = (first - second) / size;
    const deviation =
      (this.#deviations[slot] ?? 0) + (this.#deviations[slot + 1] ?? 0) + (distance * distance * size) / 2;
    this.#remove(row, 2);
    this.#append(row + 1, first + second, deviation);
  }

  #remove(row: number, count: number): void {
    const left = (this.#filled[row] ?? 0) - count;
    const first = row * SLOTS;
    // A loop, as copyWithin() of so few values made update() take twice as long.
    for (let slot = first; slot < first + left; slot++) {
      this.#sums[slot] = this.#sums[slot + count] ?? 0;
      this.#deviations[slot] = this.#deviations[slot + count] ?? 0;
    }
    this.#filled[row] = left;
  }

  #dropOldest(): void {
    const row = this.#rows - 1;
    const size = 2 ** row;
    const sum = this.#sums[row * SLOTS] ?? 0;
    this.#width -= size;
    this.#sum -= sum;
    if (this.#width > 0) {
      const distance = sum / size - this.#sum / this.#width;
      const between = (distance * distance * size * this.#width) / (size + this.#width);
      this.#deviation = Math.max(0, this.#deviation - (this.#deviations[row * SLOTS] ?? 0) - between);
    } else {
      this.#deviation = 0;
      this.#sum = 0;
    }
    this.#remove(row, 1);
    while (this.#rows > 1 && this.#filled[this.#rows - 1] === 0) {
      this.#rows--;
    }
  }

  /** Whether some boundary between buckets parts the window in two of different means. */
  #hasCut(): boolean {
    const width = this.#width;
    const logTerm = Math.log((2 * Math.log(width)) / this.#delta);
    const spread = (2 * this.#deviation * logTerm) / width;
    let count = 0;
    let sum = 0;
    for (let row = this.#rows - 1; row >= 0; row--) {
      const size = 2 ** row;
      const end = row * SLOTS + (this.#filled[row] ?? 0);
      for (let slot = row * SLOTS; slot < end; slot++) {
        count += size;
        sum += this.#sums[slot] ?? 0;
        const rest = width - count;
        if (rest < MIN_PART) {
          return false;
        }
        if (count < MIN_PART) {
          continue;
        }
        const inverse = 1 / count + 1 / rest;
        const bound = Math.sqrt(spread * inverse) + (2 / 3) * logTerm * inverse;
        if (Math.abs(sum / count - (this.#sum - sum) / rest) > bound) {
          return true;
        }
      }
    }
    return false;
  }
}

/** Sums and squared deviations of a bucket cannot be more than its size; rounding may leave a trace. */
function isWithin(value: number | undefined, size: number): boolean {
  return value !== undefined && value >= 0 && value <= size * (1 + 1e-9);
}
