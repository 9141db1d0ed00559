/** Which of the names known so far stands at a place in JSON, told from the bytes alone. */
import { type Literal, literal, matchLiteral, NO_MATCH, skipPlainString } from './json-bytes.ts';

/** More names than we and all writers known to us have together. */
export const MAX_NAMES = 1024;

/** What {@link JsonNameTable.find} gives for no name of the table. */
export const NO_NAME = -1;

const MAX_NAME_BYTES = 128;
const MAX_WORDS = 16 * 1024;
const BUCKETS = 4 * MAX_NAMES;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Names in JSON strings, each with a small number, and with the text that follows all of them.
 *
 * To compare bytes with the name that is expected costs less than to look up what they are: who can guess asks
 * {@link match} first, and {@link find} only if that was wrong.
 */
export class JsonNameTable {
  /** Where the name ends that {@link find} found, what follows included. */
  foundEnd = NO_MATCH;
  /** True once a name could not be taken in for want of room. */
  isFull = false;
  readonly #suffixText: string;
  readonly #suffix: Literal;
  readonly #isOpen: boolean;
  readonly #names: string[] = [];
  readonly #idByName = new Map<string, number>();
  /** Each name with its suffix by four bytes, little-endian, the last word filled up with zeros. */
  readonly #words = new Int32Array(MAX_WORDS);
  /** By id: the first word, the bytes, and the bits that count in the last word. */
  readonly #firstWord = new Int32Array(MAX_NAMES + 1);
  readonly #bytes = new Int32Array(MAX_NAMES);
  readonly #lastMask = new Int32Array(MAX_NAMES);
  /** Open addressing by hash: id + 1, or 0 for none. */
  readonly #buckets = new Uint16Array(BUCKETS);

  /**
   * @param suffix What follows each name, its closing quote first.
   * @param names Those that are known from the start: ASCII, nothing that JSON escapes.
   * @param isOpen True to take in the other names that {@link find} meets.
   */
  constructor(suffix: string, names: readonly string[], isOpen: boolean) {
    this.#suffixText = suffix;
    this.#suffix = literal(suffix);
    this.#isOpen = isOpen;
    for (const name of names) {
      const bytes = Uint8Array.from(Buffer.from(name, 'latin1'));
      this.#add(name, hashOf(new DataView(bytes.buffer), 0, bytes.length));
    }
  }

  /** The number of `name`, undefined when it is not in the table. */
  idOf(name: string): number | undefined {
    return this.#idByName.get(name);
  }

  /** The name with number `id`. */
  nameOf(id: number): string {
    return this.#names[id] as string; // ids are ours
  }

  /**
   * The place after name and suffix if they stand at `from`, else NO_MATCH.
   *
   * @param end Where the record ends; a match leaves at least three bytes to it.
   */
  match(view: DataView, from: number, end: number, id: number): number {
    // Ids are below the number of names, so no index below is out of range.
    const length = this.#bytes[id] as number;
    if (from + length + 3 > end) {
      return NO_MATCH;
    }
    const words = this.#words;
    const last = (this.#firstWord[id + 1] as number) - 1;
    let at = from;
    for (let word = this.#firstWord[id] as number; word < last; word++) {
      if (view.getInt32(at, true) !== words[word]) {
        return NO_MATCH;
      }
      at += 4;
    }
    const difference = view.getInt32(at, true) ^ (words[last] as number);
    return (difference & (this.#lastMask[id] as number)) === 0 ? from + length : NO_MATCH;
  }

  /**
   * The number of the name that stands at `from`, after its opening quote; {@link NO_NAME} for one that is not in the
   * table and cannot be taken in. Sets {@link foundEnd}.
   *
   * Never found: names with escapes, so that each name has one spelling, and names that begin with a digit, which
   * JavaScript may give another place among an object's keys.
   */
  find(view: DataView, from: number, end: number): number {
    const nameEnd = skipPlainString(view, from, end) - 1;
    this.foundEnd = nameEnd < from ? NO_MATCH : matchLiteral(view, nameEnd, end, this.#suffix);
    if (this.foundEnd === NO_MATCH || nameEnd - from > MAX_NAME_BYTES) {
      return NO_NAME;
    }
    const hash = hashOf(view, from, nameEnd);
    for (let bucket = hash; this.#buckets[bucket] !== 0; bucket = (bucket + 1) & (BUCKETS - 1)) {
      const id = (this.#buckets[bucket] as number) - 1; // the bucket is in range
      if (this.match(view, from, end, id) !== NO_MATCH) {
        return id;
      }
    }
    const first = view.getUint8(from);
    if (!this.#isOpen || (first >= ZERO && first <= NINE)) {
      return NO_NAME;
    }
    const bytes = Buffer.from(view.buffer, view.byteOffset + from, nameEnd - from);
    return this.#add(bytes.toString('latin1'), hash);
  }

  #add(name: string, hash: number): number {
    const id = this.#names.length;
    const text = Buffer.from(name + this.#suffixText, 'latin1');
    const firstWord = this.#firstWord[id] ?? 0;
    const nextWord = firstWord + Math.ceil(text.length / 4);
    if (id === MAX_NAMES || nextWord > MAX_WORDS) {
      this.isFull = true;
      return NO_NAME;
    }
    // Known and still no match: it stands too near to the end of a record that is none.
    if (this.#idByName.has(name)) {
      return NO_NAME;
    }
    text.forEach((byte, index) => {
      this.#words[firstWord + (index >> 2)] =
        (this.#words[firstWord + (index >> 2)] ?? 0) | (byte << ((index & 3) * 8));
    });
    this.#firstWord[id + 1] = nextWord;
    this.#bytes[id] = text.length;
    this.#lastMask[id] = text.length % 4 === 0 ? -1 : (1 << ((text.length % 4) * 8)) - 1;
    this.#names.push(name);
    this.#idByName.set(name, id);
    let bucket = hash;
    while (this.#buckets[bucket] !== 0) {
      bucket = (bucket + 1) & (BUCKETS - 1);
    }
    this.#buckets[bucket] = id + 1;
    return id;
  }
}

function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ view.getUint8(at), 0x01000193); // FNV-1a
  }
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
}
