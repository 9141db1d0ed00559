/** Counts of symbol sequences in a table of fixed size that forgets. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const WAYS = 4;
/** A count that has faded below this is gone. */
const LEAST_COUNT = 0.2;

/**
 * Counts by 32-bit hash, set-associative: four places for a hash, told apart by a tag of all its bits. When all four are
 * taken the smallest count makes room. Every count halves once in `halfLife` additions, a few places at each addition, so
 * that no addition is slow.
 */
export class NgramTable {
  readonly #tags: Uint32Array;
  readonly #counts: Float32Array;
  readonly #followers: Float32Array;
  readonly #mask: number;
  readonly #agedPerAddition: number;
  #toAge = 0;
  #cursor = 0;

  /**
   * @param places How many counts fit; a power of two, at least 1,024.
   * @param halfLife Additions in which a count halves.
   */
  constructor(places: number, halfLife: number) {
    this.#tags = new Uint32Array(places);
    this.#counts = new Float32Array(places);
    this.#followers = new Float32Array(places);
    this.#mask = places / WAYS - 1;
    this.#agedPerAddition = places / halfLife;
  }

  /** The place of a hash, -1 when it has no count. */
  find(hash: number): number {
    const first = (hash & this.#mask) * WAYS;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#tags[place] === hash && (this.#counts[place] ?? 0) > 0) {
        return place;
      }
    }
    return -1;
  }

  /** The count at a place; 0 for -1. */
  count(place: number): number {
    return place < 0 ? 0 : (this.#counts[place] ?? 0);
  }

  /** How many different symbols have come after the sequence at a place; 0 for -1. */
  followers(place: number): number {
    return place < 0 ? 0 : (this.#followers[place] ?? 0);
  }

  /** Counts a sequence. @returns Its place, negative minus one (`~place`) when it is new. */
  add(hash: number): number {
    this.#age();
    const first = (hash & this.#mask) * WAYS;
    let smallest = first;
    for (let place = first; place < first + WAYS; place++) {
      const count = this.#counts[place] ?? 0;
      if (this.#tags[place] === hash && count > 0) {
        this.#counts[place] = count + 1;
        return place;
      }
      if (count < (this.#counts[smallest] ?? 0)) {
        smallest = place;
      }
    }
    this.#tags[smallest] = hash;
    this.#counts[smallest] = 1;
    this.#followers[smallest] = 0;
    return ~smallest;
  }

  /** Notes that one more different symbol has come after the sequence at `place`, 0 or more. */
  addFollower(place: number): void {
    this.#followers[place] = (this.#followers[place] ?? 0) + 1;
  }

  save(state: StateWriter): void {
    state.array(this.#tags);
    state.array(this.#counts);
    state.array(this.#followers);
    state.u32(this.#cursor);
    state.f64(this.#toAge);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`; the table is unusable then. */
  restore(state: StateReader): void {
    state.fill(this.#tags);
    state.fill(this.#counts);
    state.fill(this.#followers);
    this.#cursor = state.u32(this.#tags.length - 1);
    this.#toAge = state.f64();
    if (
      !(this.#toAge >= 0 && this.#toAge <= this.#tags.length) ||
      !isCounts(this.#counts) ||
      !isCounts(this.#followers)
    ) {
      state.fail('counts that cannot be');
    }
  }

  #age(): void {
    this.#toAge += this.#agedPerAddition;
    while (this.#toAge >= 1) {
      this.#toAge--;
      const place = this.#cursor;
      this.#cursor = place + 1 === this.#counts.length ? 0 : place + 1;
      const half = (this.#counts[place] ?? 0) / 2;
      this.#counts[place] = half < LEAST_COUNT ? 0 : half;
      this.#followers[place] = (this.#followers[place] ?? 0) / 2;
    }
  }
}

function isCounts(values: Float32Array): boolean {
  return values.every((value) => value >= 0 && value < Number.POSITIVE_INFINITY);
}
