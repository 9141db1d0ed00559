/** Weights by key in fixed memory, where a flood of new keys cannot drive out what is established. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const WAY_BITS = 3;
const WAYS = 1 << WAY_BITS;
/** The upper bits of a key say at which place of its bucket to begin: most entries are found at once. */
const PLACE_SHIFT = 32 - WAY_BITS;

/**
 * A set-associative table: a key has one bucket of eight places. A new key takes an empty place, else that of the
 * lightest entry whose first lane is no more than one event's weight; where all are heavier, it finds no room. So an
 * entry that was seen twice lately stays however many new keys come.
 *
 * Keys are hashes: two that are equal are taken for one, which for a table of n entries happens to a new key with
 * probability n / 2^32.
 */
export class DecayedTable {
  readonly capacity: number;
  readonly lanes: number;
  /** Shape `capacity x lanes`, row-major; lane 0 decides what stays. */
  readonly weights: Float64Array;
  readonly #keys: Int32Array;
  readonly #bucketMask: number;

  /**
   * @param capacity Entries, a power of two, 8 or more.
   * @param lanes Weights of an entry.
   */
  constructor(capacity: number, lanes: number) {
    if (capacity < WAYS || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`the capacity of a table must be a power of two from ${WAYS}: ${capacity}`);
    }
    this.capacity = capacity;
    this.lanes = lanes;
    this.weights = new Float64Array(capacity * lanes);
    this.#keys = new Int32Array(capacity);
    this.#bucketMask = capacity / WAYS - 1;
  }

  /** Bytes that the table occupies, full or empty. */
  get sizeBytes(): number {
    return this.weights.byteLength + this.#keys.byteLength;
  }

  /** Entries in use. */
  get entries(): number {
    let entries = 0;
    for (const key of this.#keys) {
      entries += key === 0 ? 0 : 1;
    }
    return entries;
  }

  /** @returns Index of the entry's first weight in {@link weights}, -1 when there is none. */
  find(key: number): number {
    const wanted = key | 0 || 1;
    const first = (wanted & this.#bucketMask) * WAYS;
    const start = wanted >>> PLACE_SHIFT;
    for (let way = 0; way < WAYS; way++) {
      const place = first + ((start + way) & (WAYS - 1));
      if (this.#keys[place] === wanted) {
        return place * this.lanes;
      }
    }
    return -1;
  }

  /** {@link find}, where the entry was at `slot` a moment ago, or -1. */
  findAt(slot: number, key: number): number {
    return slot >= 0 && this.#keys[slot / this.lanes] === (key | 0 || 1) ? slot : this.find(key);
  }

  /** {@link take}, where the entry was at `slot` a moment ago, or -1. */
  takeAt(slot: number, key: number, eventWeight: number): number {
    return slot >= 0 && this.#keys[slot / this.lanes] === (key | 0 || 1) ? slot : this.take(key, eventWeight);
  }

  /**
   * Finds the entry or makes one with all weights 0.
   *
   * @param eventWeight What one event weighs now.
   * @returns As {@link find}; -1 when there is no room.
   */
  take(key: number, eventWeight: number): number {
    const wanted = key | 0 || 1;
    const first = (wanted & this.#bucketMask) * WAYS;
    const start = wanted >>> PLACE_SHIFT;
    let free = -1;
    let lightest = eventWeight;
    for (let way = 0; way < WAYS; way++) {
      const place = first + ((start + way) & (WAYS - 1));
      const found = this.#keys[place];
      if (found === wanted) {
        return place * this.lanes;
      }
      const weight = this.weights[place * this.lanes] ?? 0; // 0 where empty
      if (weight < lightest || (weight === lightest && free < 0)) {
        lightest = weight;
        free = place;
      }
    }
    if (free < 0) {
      return -1;
    }
    this.#keys[free] = wanted;
    const slot = free * this.lanes;
    this.weights.fill(0, slot, slot + this.lanes);
    return slot;
  }

  /** Multiplies all weights. */
  scale(factor: number): void {
    const { weights } = this;
    for (let index = 0; index < weights.length; index++) {
      weights[index] = (weights[index] ?? 0) * factor;
    }
  }

  /** Writes the entries in use with their places, so that a young table is short. */
  save(state: StateWriter): void {
    const places = new Uint32Array(this.entries);
    let entry = 0;
    for (let place = 0; place < this.capacity; place++) {
      if (this.#keys[place] !== 0) {
        places[entry++] = place;
      }
    }
    const weights = new Float64Array(places.length * this.lanes);
    places.forEach((place, index) => {
      const first = place * this.lanes;
      weights.set(this.weights.subarray(first, first + this.lanes), index * this.lanes);
    });
    state.u32(places.length);
    state.array(places);
    state.array(Int32Array.from(places, (place) => this.#keys[place] ?? 0));
    state.array(weights);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the table is unusable then. */
  restore(state: StateReader): void {
    const entries = state.u32(this.capacity);
    const places = new Uint32Array(entries);
    const keys = new Int32Array(entries);
    const weights = new Float64Array(entries * this.lanes);
    state.fill(places);
    state.fill(keys);
    state.fill(weights);
    this.#keys.fill(0);
    this.weights.fill(0);
    for (let entry = 0; entry < entries; entry++) {
      const place = places[entry] ?? 0;
      const key = keys[entry] ?? 0;
      const isInOrder = entry === 0 || place > (places[entry - 1] ?? 0);
      if (!isInOrder || key === 0 || place >>> WAY_BITS !== (key & this.#bucketMask)) {
        state.fail('an entry at a place that is not its own');
      }
      this.#keys[place] = key;
    }
    for (const weight of weights) {
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        state.fail('a weight that is below 0 or no number');
      }
    }
    places.forEach((place, index) => {
      this.weights.set(weights.subarray(index * this.lanes, (index + 1) * this.lanes), place * this.lanes);
    });
  }
}
