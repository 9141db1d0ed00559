/** Per-process sequences: how surprising is what a process does next, given what it did last. */
import type { StateReader, StateWriter } from '../../core/state-codec.ts';
import { NgramTable } from './ngram-table.ts';
import { SequenceWindows } from './sequence-windows.ts';

/** How an {@link NgramModel} is built; a saved state needs the same. */
export interface NgramSettings {
  /** Length of the longest sequences that are counted, 2 to 8. */
  readonly order?: number;
  /** Counts that are kept, a power of two from 1,024. Twelve bytes each. */
  readonly places?: number;
  /** Learnt symbols in which a count halves. */
  readonly halfLife?: number;
  /** Sequences (processes or threads) whose latest symbols are kept. */
  readonly sequences?: number;
  /** Symbols of a sequence over which surprisal is averaged. */
  readonly window?: number;
  /** Symbols to learn before scores mean something. */
  readonly warmup?: number;
}

const MAX_SYMBOLS = 4096;
const MAX_NAME_LENGTH = 128;
/** Symbol numbers: before the first of a sequence; all names after the table of names is full; a name not learnt yet. */
const START = 0;
const OTHER = 1;
const UNSEEN = 2;
const FIRST_NAMED = 3;
const SEED = 0x811c9dc5;
/** A window counts as if it had this many more symbols of ordinary surprisal: one odd first symbol is not a trend. */
const PRIOR_SYMBOLS = 2;
const MEAN_MEMORY = 10_000;

/**
 * Conditional surprisal of the next symbol (an event type, a system call) with back-off, averaged over the last symbols of its sequence.
 *
 * Sequences of 1 to `order` symbols are counted (Forrest et al., "A sense of self for Unix processes", S&P 1996, count whether they occur). The
 * chance of a symbol is interpolated over the lengths of its context by Witten & Bell (IEEE Trans. Inf. Theory 37, 1991, method C):
 *
 *   P_k(s) = (c(context_k s) + T(context_k) P_(k-1)(s)) / (c(context_k) + T(context_k)),   P_0 = 1 / (symbols + 1)
 *
 * c: count, T: how many different symbols followed. A context that was never seen leaves P_(k-1). Surprisal is `-ln P`, in nats; the score is its mean over the
 * latest `window` symbols of the sequence and two more of ordinary surprisal. Memory is bounded and constant but for the keys; nothing is
 * allocated for a sequence and a symbol that are known.
 */
export class NgramModel {
  readonly #order: number;
  readonly #warmup: number;
  readonly #table: NgramTable;
  readonly #sequences: SequenceWindows;
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];
  #learnt = 0;
  #mean = 0;
  /** What was scored last, as it is most often what is learnt next; the symbol is undefined once the model has changed. */
  #scoredKey = '';
  #scoredSymbol: string | undefined;
  #scored = 0;

  /** @throws {RangeError} If a setting is outside its range. */
  constructor(settings: NgramSettings = {}) {
    const {
      order = 5,
      places = 2 ** 18,
      halfLife = 2 ** 22,
      sequences = 8192,
      window = 64,
      warmup = 10_000,
    } = settings;
    const isRight =
      isBetween(order, 2, 8) &&
      isBetween(places, 1024, 2 ** 26) &&
      Number.isInteger(Math.log2(places)) &&
      isBetween(halfLife, 1024, 2 ** 40) &&
      isBetween(sequences, 1, 2 ** 20) &&
      isBetween(window, 1, 4096) &&
      isBetween(warmup, 0, 2 ** 32);
    if (!isRight) {
      throw new RangeError(`not settings of an n-gram model: ${JSON.stringify(settings)}`);
    }
    this.#order = order;
    this.#warmup = warmup;
    this.#table = new NgramTable(places, halfLife * order);
    this.#sequences = new SequenceWindows(sequences, order - 1, window);
  }

  /** True once enough was learnt for scores to mean something. */
  get isWarm(): boolean {
    return this.#learnt >= this.#warmup;
  }

  /** Symbols learnt. */
  get learnt(): number {
    return this.#learnt;
  }

  /** Sequences that are followed now. */
  get sequences(): number {
    return this.#sequences.size;
  }

  /** Sequences that were forgotten because others came. */
  get evictions(): number {
    return this.#sequences.evictions;
  }

  /**
   * How surprising the sequence is with `symbol` as its next: mean surprisal in nats, 0 or more. Does not change the model.
   *
   * @param key The sequence, such as a process's entity id; its first 256 characters count.
   * @param symbol What happens, such as an event type; its first 128 characters count.
   */
  score(key: string, symbol: string): number {
    const slot = this.#sequences.find(key);
    const surprisal = this.#surprisal(slot, this.#idOf(symbol));
    this.#scoredKey = key;
    this.#scoredSymbol = symbol;
    this.#scored = surprisal;
    const sum = this.#sequences.sumBeforeNext(slot) + surprisal + PRIOR_SYMBOLS * this.#mean;
    return Math.max(0, sum / (this.#sequences.countWithNext(slot) + PRIOR_SYMBOLS));
  }

  /** Surprisal of this symbol alone, in nats. Does not change the model. */
  surprisal(key: string, symbol: string): number {
    return this.#surprisal(this.#sequences.find(key), this.#idOf(symbol));
  }

  /** The sequence went on with `symbol`, and that was normal. */
  learn(key: string, symbol: string): void {
    const surprisal = this.#scoredOrNow(key, symbol);
    const slot = this.#sequences.touch(key);
    const id = this.#intern(symbol);
    this.#learnt++;
    this.#mean += (surprisal - this.#mean) / Math.min(this.#learnt, MEAN_MEMORY);
    this.#count(slot, id);
    this.#sequences.push(slot, id, surprisal);
  }

  /** The sequence went on with `symbol`, which was flagged: remembered of the sequence, not counted as normal. */
  skip(key: string, symbol: string): void {
    const surprisal = this.#scoredOrNow(key, symbol);
    this.#sequences.push(this.#sequences.touch(key), this.#idOf(symbol), surprisal);
  }

  /**
   * Says what is odd about `symbol` as the next: "after read, write: connect never seen". Before it is learnt.
   *
   * @returns One line; the names in it are as they were given, cut to 128 characters.
   */
  explain(key: string, symbol: string): string {
    const slot = this.#sequences.find(key);
    const id = this.#idOf(symbol);
    const name = shortened(symbol);
    let hash = mix(SEED, id);
    let context = SEED;
    if (this.#table.count(this.#table.find(hash)) === 0) {
      return `${name} never seen`;
    }
    let rarest = '';
    let least = Number.POSITIVE_INFINITY;
    let after = '';
    for (let length = 1; length < this.#order; length++) {
      const back = this.#sequences.symbol(slot, length);
      context = mix(context, back);
      hash = mix(hash, back);
      const place = this.#table.find(context);
      if (place < 0) {
        break;
      }
      after = after === '' ? this.#nameOf(back) : `${this.#nameOf(back)}, ${after}`;
      const total = this.#table.count(place);
      const count = this.#table.count(this.#table.find(hash));
      if (count === 0) {
        return `after ${after}: ${name} never seen (in ${rounded(total)})`;
      }
      if (count / total < least) {
        least = count / total;
        rarest = `after ${after}: ${name} seen ${rounded(count)} times in ${rounded(total)}`;
      }
      if (back === START) {
        break;
      }
    }
    return rarest === '' ? `${name} in a context never seen` : rarest;
  }

  /** Writes all that later scores depend on: a restored model scores exactly as this one. */
  save(state: StateWriter): void {
    state.u32(this.#order);
    state.u32(this.#names.length);
    for (const name of this.#names) {
      state.text(name);
    }
    state.f64(this.#learnt);
    state.f64(this.#mean);
    this.#table.save(state);
    this.#sequences.save(state);
  }

  /** @throws {SentinelError} `SNT_INPUT_CORRUPT`, also for a state of other settings; the model is unusable then. */
  restore(state: StateReader): void {
    if (state.u32() !== this.#order) {
      state.fail('an n-gram model of another order');
    }
    this.#scoredSymbol = undefined;
    this.#ids.clear();
    this.#names.length = 0;
    const names = state.u32(MAX_SYMBOLS);
    for (let index = 0; index < names; index++) {
      this.#intern(state.text(MAX_NAME_LENGTH * 3));
    }
    this.#learnt = state.f64();
    this.#mean = state.f64();
    if (
      this.#names.length !== names ||
      !Number.isSafeInteger(this.#learnt) ||
      this.#learnt < 0 ||
      !(this.#mean >= 0 && this.#mean < 1e6)
    ) {
      state.fail('an n-gram model that cannot be');
    }
    this.#table.restore(state);
    this.#sequences.restore(state, FIRST_NAMED + names);
  }

  /** The surprisal of what happens now; forgets what was scored, as the model is about to change. */
  #scoredOrNow(key: string, symbol: string): number {
    const isScored = this.#scoredSymbol === symbol && this.#scoredKey === key;
    this.#scoredSymbol = undefined;
    return isScored ? this.#scored : this.#surprisal(this.#sequences.find(key), this.#idOf(symbol));
  }

  #surprisal(slot: number, id: number): number {
    let chance = 1 / (this.#names.length + 1);
    let hash = mix(SEED, id);
    let context = SEED;
    let isSeen = true;
    for (let length = 1; length <= this.#order; length++) {
      const place = this.#table.find(context);
      if (place < 0) {
        break;
      }
      const total = this.#table.count(place);
      const followers = Math.max(1, this.#table.followers(place));
      const count: number = isSeen ? Math.min(total, this.#table.count(this.#table.find(hash))) : 0;
      isSeen = count > 0;
      chance = (count + followers * chance) / (total + followers);
      if (length === this.#order) {
        break;
      }
      const back = this.#sequences.symbol(slot, length);
      if (length > 1 && this.#sequences.symbol(slot, length - 1) === START) {
        break;
      }
      context = mix(context, back);
      hash = mix(hash, back);
    }
    return -Math.log(chance);
  }

  /** Counts the sequences of each length that end with `id`. */
  #count(slot: number, id: number): void {
    let context = SEED;
    let hash = mix(SEED, id);
    this.#table.add(SEED);
    if (this.#sequences.symbol(slot, 1) === START) {
      this.#table.add(mix(SEED, START));
    }
    for (let length = 1; ; length++) {
      if (this.#table.add(hash) < 0) {
        const place = this.#table.find(context);
        if (place >= 0) {
          this.#table.addFollower(place);
        }
      }
      if (length === this.#order || (length > 1 && this.#sequences.symbol(slot, length - 1) === START)) {
        return;
      }
      const back = this.#sequences.symbol(slot, length);
      context = mix(context, back);
      hash = mix(hash, back);
    }
  }

  #idOf(symbol: string): number {
    const known = this.#ids.get(symbol);
    if (known !== undefined) {
      return known;
    }
    if (symbol.length > MAX_NAME_LENGTH) {
      return this.#idOf(shortened(symbol));
    }
    return FIRST_NAMED + this.#names.length < MAX_SYMBOLS ? UNSEEN : OTHER;
  }

  #intern(symbol: string): number {
    const known = this.#idOf(symbol);
    if (known !== UNSEEN) {
      return known;
    }
    const id = FIRST_NAMED + this.#names.length;
    const name = shortened(symbol);
    this.#ids.set(name, id);
    this.#names.push(name);
    return id;
  }

  #nameOf(id: number): string {
    if (id === START) {
      return 'its start';
    }
    return this.#names[id - FIRST_NAMED] ?? 'something new';
  }
}

/** One more symbol into a hash (the finaliser of MurmurHash3, Appleby). */
function mix(hash: number, symbol: number): number {
  let mixed = (Math.imul(hash, 0x01000193) ^ (symbol + 0x9e3779b9)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function shortened(symbol: string): string {
  return symbol.length > MAX_NAME_LENGTH ? symbol.slice(0, MAX_NAME_LENGTH) : symbol;
}

function rounded(count: number): string {
  return String(Math.max(1, Math.round(count)));
}

function isBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
