/** How busy a process, a program or a host is, against how busy it was. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const WAYS = 8;
const FAST_MS = 10_000;
const SLOW_MS = 600_000;
/** A key counts for so old at least. */
const MIN_AGE_MS = 1000;
/** What one event moves the share of new things. */
const NEWS_STEP = 1 / 8;

/** One question to {@link ActivityTable} and its answer. */
export class ActivityQuery {
  /** Events a second, of the last ten seconds or so. */
  fastRate = 0;
  /** Events a second, of the last ten minutes or so. */
  slowRate = 0;
  /** Share of the latest events that brought something new, 0 to 1. */
  newShare = 0;
  key = 0;
  clockMs = 0;
  /** Decayed counts behind the rates. */
  fast = 0;
  slow = 0;
}

/**
 * Exponentially weighted event rates by key, in fixed memory; of the keys of a bucket the one that was quiet for the
 * longest makes room. A rate is the decayed count over the time that it covers: the time constant T, of a key that is
 * only `age` old `T age / (T + age)`, so that a new key is not taken for one that wakes up.
 */
export class ActivityTable {
  readonly #keys: Uint32Array;
  readonly #firstMs: Float64Array;
  readonly #lastMs: Float64Array;
  readonly #fast: Float64Array;
  readonly #slow: Float64Array;
  readonly #news: Float64Array;
  readonly #bucketMask: number;

  /** @param capacity Keys, a power of two, 8 or more. */
  constructor(capacity: number) {
    if (capacity < WAYS || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`the capacity of a table must be a power of two from ${WAYS}: ${capacity}`);
    }
    this.#keys = new Uint32Array(capacity);
    this.#firstMs = new Float64Array(capacity);
    this.#lastMs = new Float64Array(capacity);
    this.#fast = new Float64Array(capacity);
    this.#slow = new Float64Array(capacity);
    this.#news = new Float64Array(capacity);
    this.#bucketMask = capacity / WAYS - 1;
  }

  get sizeBytes(): number {
    return this.#keys.byteLength + 5 * this.#lastMs.byteLength;
  }

  /** Rates do not weigh by the decay clock. */
  scale(): void {}

  /** Answers `query` for the time before the event at `clockMs`. */
  look(query: ActivityQuery, key: number, clockMs: number): void {
    const place = this.#find(key >>> 0 || 1);
    query.key = key;
    query.clockMs = clockMs;
    if (place < 0) {
      query.fast = 0;
      query.slow = 0;
      query.fastRate = 0;
      query.slowRate = 0;
      query.newShare = 0;
      return;
    }
    const elapsed = Math.max(0, clockMs - (this.#lastMs[place] ?? 0));
    const age = Math.max(MIN_AGE_MS, clockMs - (this.#firstMs[place] ?? 0));
    query.fast = (this.#fast[place] ?? 0) * (elapsed === 0 ? 1 : Math.exp(-elapsed / FAST_MS));
    query.slow = (this.#slow[place] ?? 0) * (elapsed === 0 ? 1 : Math.exp(-elapsed / SLOW_MS));
    query.fastRate = (query.fast * 1000) / coveredMs(age, FAST_MS);
    query.slowRate = (query.slow * 1000) / coveredMs(age, SLOW_MS);
    query.newShare = this.#news[place] ?? 0;
  }

  /** Takes in the event that `query` was last asked about. */
  learn(query: ActivityQuery, isNovel: boolean): void {
    const key = query.key >>> 0 || 1;
    let place = this.#find(key);
    if (place < 0) {
      place = this.#quietest(key);
      this.#keys[place] = key;
      this.#firstMs[place] = query.clockMs;
      this.#lastMs[place] = query.clockMs;
      this.#news[place] = 0;
    }
    const news = this.#news[place] ?? 0;
    this.#fast[place] = query.fast + 1;
    this.#slow[place] = query.slow + 1;
    this.#lastMs[place] = Math.max(query.clockMs, this.#lastMs[place] ?? 0);
    this.#news[place] = news + NEWS_STEP * ((isNovel ? 1 : 0) - news);
  }

  save(state: StateWriter): void {
    state.array(this.#keys);
    for (const values of this.#lanes()) {
      state.array(values);
    }
  }

  restore(state: StateReader): void {
    state.fill(this.#keys);
    for (const values of this.#lanes()) {
      state.fill(values);
      for (const value of values) {
        if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
          state.fail('a rate that is below 0 or no number');
        }
      }
    }
  }

  #lanes(): readonly Float64Array[] {
    return [this.#firstMs, this.#lastMs, this.#fast, this.#slow, this.#news];
  }

  #find(key: number): number {
    const first = (key & this.#bucketMask) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#keys[place] === key) {
        return place;
      }
    }
    return -1;
  }

  #quietest(key: number): number {
    const first = (key & this.#bucketMask) * WAYS;
    let quietest = first;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#keys[place] === 0) {
        return place;
      }
      if ((this.#lastMs[place] ?? 0) < (this.#lastMs[quietest] ?? 0)) {
        quietest = place;
      }
    }
    return quietest;
  }
}

function coveredMs(age: number, constantMs: number): number {
  return (constantMs * age) / (constantMs + age);
}
