/** What each sequence did last: its latest symbols and their surprisals, for a bounded number of sequences. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';

const MAX_KEY_LENGTH = 256;
const NONE = 0xffff_ffff;

/** The latest of each sequence; the sequence that was quiet longest makes room for a new one. */
export class SequenceWindows {
  readonly #capacity: number;
  readonly #depth: number;
  readonly #window: number;
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  /** `capacity x depth`, row-major: the latest symbols, newest first; 0 before the first. */
  readonly #symbols: Uint16Array;
  /** `capacity x window`, row-major, a ring each. */
  readonly #values: Float64Array;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;
  /** Doubly linked list of slots from the latest used to the longest unused. */
  readonly #newer: Uint32Array;
  readonly #older: Uint32Array;
  #newest = NONE;
  #oldest = NONE;
  #evictions = 0;

  /**
   * @param capacity Sequences.
   * @param depth Symbols to keep of each.
   * @param window Values to keep of each.
   */
  constructor(capacity: number, depth: number, window: number) {
    this.#capacity = capacity;
    this.#depth = depth;
    this.#window = window;
    this.#symbols = new Uint16Array(capacity * depth);
    this.#values = new Float64Array(capacity * window);
    this.#sums = new Float64Array(capacity);
    this.#counts = new Float64Array(capacity);
    this.#newer = new Uint32Array(capacity).fill(NONE);
    this.#older = new Uint32Array(capacity).fill(NONE);
  }

  get size(): number {
    return this.#keys.length;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** The slot of a sequence, -1 when it is not known. */
  find(key: string): number {
    return this.#slots.get(bounded(key)) ?? -1;
  }

  /** The slot of a sequence, made when it is not known; it is the latest used then. */
  touch(key: string): number {
    const name = bounded(key);
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.#take();
      this.#slots.set(name, slot);
      this.#keys[slot] = name;
      this.#symbols.fill(0, slot * this.#depth, (slot + 1) * this.#depth);
      this.#sums[slot] = 0;
      this.#counts[slot] = 0;
      this.#pushNewest(slot);
    } else if (slot !== this.#newest) {
      this.#unlink(slot);
      this.#pushNewest(slot);
    }
    return slot;
  }

  /** The symbol `back` places before the next, from 1; 0 before the first, and for slot -1. */
  symbol(slot: number, back: number): number {
    return slot < 0 ? 0 : (this.#symbols[slot * this.#depth + back - 1] ?? 0);
  }

  /** How many values the window would hold with one more. */
  countWithNext(slot: number): number {
    return slot < 0 ? 1 : Math.min(this.#window, (this.#counts[slot] ?? 0) + 1);
  }

  /** Sum of the window's values without the one that the next would push out. */
  sumBeforeNext(slot: number): number {
    if (slot < 0) {
      return 0;
    }
    const count = this.#counts[slot] ?? 0;
    const leaving =
      count < this.#window ? 0 : (this.#values[slot * this.#window + (count % this.#window)] ?? 0);
    return (this.#sums[slot] ?? 0) - leaving;
  }

  /** @param value Finite. */
  push(slot: number, symbol: number, value: number): void {
    const first = slot * this.#depth;
    for (let index = first + this.#depth - 1; index > first; index--) {
      this.#symbols[index] = this.#symbols[index - 1] ?? 0;
    }
    this.#symbols[first] = symbol;
    const sum = this.sumBeforeNext(slot) + value;
    const count = this.#counts[slot] ?? 0;
    const start = slot * this.#window;
    this.#values[start + (count % this.#window)] = value;
    this.#counts[slot] = count + 1;
    const isRound = (count + 1) % this.#window === 0;
    this.#sums[slot] = isRound ? sumOf(this.#values, start, start + this.#window) : sum;
  }

  save(state: StateWriter): void {
    state.u32(this.#keys.length);
    for (let slot = this.#oldest; slot !== NONE; slot = this.#newer[slot] ?? NONE) {
      state.text(this.#keys[slot] ?? '');
      state.array(this.#symbols.subarray(slot * this.#depth, (slot + 1) * this.#depth));
      state.array(this.#values.subarray(slot * this.#window, (slot + 1) * this.#window));
      state.f64(this.#sums[slot] ?? 0);
      state.f64(this.#counts[slot] ?? 0);
    }
    state.u32(this.#evictions);
  }

  /**
   * @param symbols How many symbols there are; a larger one is an error.
   * @throws {SentinelError} `SNT_INPUT_CORRUPT`; the windows are unusable then.
   */
  restore(state: StateReader, symbols: number): void {
    this.#slots.clear();
    this.#keys.length = 0;
    this.#newest = NONE;
    this.#oldest = NONE;
    const count = state.u32(this.#capacity);
    for (let index = 0; index < count; index++) {
      const key = state.text(MAX_KEY_LENGTH * 3);
      if (this.#slots.has(key) || key.length > MAX_KEY_LENGTH) {
        state.fail('a sequence that cannot be');
      }
      const slot = this.touch(key);
      const kept = this.#symbols.subarray(slot * this.#depth, (slot + 1) * this.#depth);
      const values = this.#values.subarray(slot * this.#window, (slot + 1) * this.#window);
      state.fill(kept);
      state.fill(values);
      const sum = state.f64();
      const pushed = state.f64();
      this.#sums[slot] = sum;
      this.#counts[slot] = pushed;
      if (
        !Number.isSafeInteger(pushed) ||
        pushed < 0 ||
        !Number.isFinite(sum) ||
        kept.some((symbol) => symbol >= symbols) ||
        values.some((value) => !Number.isFinite(value))
      ) {
        state.fail('a sequence with impossible values');
      }
    }
    this.#evictions = state.u32();
  }

  #take(): number {
    if (this.#keys.length < this.#capacity) {
      return this.#keys.length;
    }
    const slot = this.#oldest;
    this.#slots.delete(this.#keys[slot] ?? '');
    this.#unlink(slot);
    this.#evictions = (this.#evictions + 1) >>> 0;
    return slot;
  }

  #pushNewest(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest !== NONE) {
      this.#newer[this.#newest] = slot;
    }
    this.#newest = slot;
    if (this.#oldest === NONE) {
      this.#oldest = slot;
    }
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot] ?? NONE;
    const older = this.#older[slot] ?? NONE;
    if (newer === NONE) {
      this.#newest = older;
    } else {
      this.#older[newer] = older;
    }
    if (older === NONE) {
      this.#oldest = newer;
    } else {
      this.#newer[older] = newer;
    }
  }
}

function bounded(key: string): string {
  return key.length > MAX_KEY_LENGTH ? key.slice(0, MAX_KEY_LENGTH) : key;
}

/** Summed anew once a round, so that rounding does not add up. */
function sumOf(values: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let index = start; index < end; index++) {
    sum += values[index] ?? 0;
  }
  return sum;
}
