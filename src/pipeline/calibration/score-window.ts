/** A window of recent scores with a sorted copy that is renewed now and then. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

/**
 * The last scores, first all of them, and once it is full one of every `stride`.
 *
 * Which one of a stride is taken is random (seeded, saved), so that a period in the stream cannot hide in it.
 */
export class ScoreWindow {
  readonly #stride: number;
  readonly #ring: Float64Array;
  readonly #order: Float64Array;
  /** `#order` cut to what it holds; made anew only when that changes. */
  #sorted: Float64Array;
  #length = 0;
  #next = 0;
  #offered = 0;
  #sinceRefresh = 0;
  #position = 0;
  #taken = 0;
  #random = 0x9e3779b9;

  /**
   * @param slots How many scores it holds.
   * @param stride A whole number from 1.
   */
  constructor(slots: number, stride: number) {
    this.#stride = Math.max(1, stride);
    this.#ring = new Float64Array(slots);
    this.#order = new Float64Array(slots);
    this.#sorted = this.#order.subarray(0, 0);
  }

  /** The scores as they were at the last {@link refresh}, ascending. */
  get sorted(): Float64Array {
    return this.#sorted;
  }

  get length(): number {
    return this.#length;
  }

  /** How many scores of the stream each one in the window stands for, on average: 1 to the stride. */
  get represents(): number {
    return this.#length === 0 ? 1 : Math.min(this.#stride, this.#offered / this.#length);
  }

  get isFilling(): boolean {
    return this.#length < this.#ring.length;
  }

  /** True once half of the slots were written since the last {@link refresh}. */
  get isHalfNew(): boolean {
    return this.#sinceRefresh * 2 >= this.#ring.length;
  }

  /** @param value Not NaN. */
  add(value: number): void {
    this.#offered++;
    if (this.isFilling) {
      this.#length++;
    } else if (!this.#isTaken()) {
      return;
    }
    this.#ring[this.#next] = value;
    this.#next = this.#next + 1 === this.#ring.length ? 0 : this.#next + 1;
    this.#sinceRefresh++;
  }

  /** The scores since the window began to fill, oldest first; only while it is filling. */
  inOrder(): Float64Array {
    return this.#ring.subarray(0, this.#length);
  }

  /** Forgets all but the latest `count` scores; only while it is filling. */
  keepLatest(count: number): void {
    const kept = Math.min(this.#length, count);
    this.#ring.copyWithin(0, this.#length - kept, this.#length);
    this.#length = kept;
    this.#next = kept;
    this.#offered = kept;
  }

  /** Sorts what is in the window. */
  refresh(): void {
    this.#order.set(this.#ring);
    if (this.#sorted.length !== this.#length) {
      this.#sorted = this.#order.subarray(0, this.#length);
    }
    this.#sorted.sort();
    this.#sinceRefresh = 0;
  }

  save(state: StateWriter): void {
    state.array(this.#ring);
    state.array(this.#order);
    state.f64(this.#offered);
    for (const value of [
      this.#stride,
      this.#sorted.length,
      this.#length,
      this.#next,
      this.#sinceRefresh,
      this.#position,
      this.#taken,
      this.#random,
    ]) {
      state.u32(value);
    }
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the window is unusable then. */
  restore(state: StateReader): void {
    state.fill(this.#ring);
    state.fill(this.#order);
    this.#offered = state.f64();
    if (state.u32() !== this.#stride) {
      state.fail('a window of another horizon');
    }
    const sorted = state.u32(this.#ring.length);
    this.#length = state.u32(this.#ring.length);
    this.#next = state.u32(this.#ring.length - 1);
    this.#sinceRefresh = state.u32();
    this.#position = state.u32(this.#stride - 1);
    this.#taken = state.u32(this.#stride - 1);
    this.#random = state.u32();
    this.#sorted = this.#order.subarray(0, sorted);
    if (!(this.#offered >= this.#length) || this.#offered > Number.MAX_SAFE_INTEGER) {
      state.fail('a window that holds more than it was given');
    }
    if (!isAscending(this.#sorted) || !this.#ring.every((value) => Number.isFinite(value))) {
      state.fail('scores that are not sorted, or no numbers');
    }
  }

  #isTaken(): boolean {
    if (this.#position === 0) {
      // xorshift32 (Marsaglia 2003)
      let random = this.#random;
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      this.#random = random >>> 0;
      this.#taken = this.#random % this.#stride;
    }
    const isTaken = this.#position === this.#taken;
    this.#position = this.#position + 1 === this.#stride ? 0 : this.#position + 1;
    return isTaken;
  }
}

/** How many of `sorted` are below `value`. */
export function countBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function isAscending(values: Float64Array): boolean {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NaN;
    if (!Number.isFinite(value) || (index > 0 && value < (values[index - 1] ?? 0))) {
      return false;
    }
  }
  return true;
}
