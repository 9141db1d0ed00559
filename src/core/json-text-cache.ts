/** The texts of JSON strings, kept so that the same bytes are decoded once. */

const SLOTS = 8192;
/** Longer texts are command lines and argument lists, which rarely repeat. */
const MAX_CACHED_BYTES = 512;

interface Entry {
  readonly text: string;
  readonly length: number;
  /** The bytes by four, little-endian, the last word filled up with zeros. */
  readonly words: Int32Array;
}

/** A direct-mapped cache: {@link SLOTS} texts of at most {@link MAX_CACHED_BYTES} bytes, newest wins. */
export class JsonTextCache {
  readonly #slots: (Entry | undefined)[] = new Array<Entry | undefined>(SLOTS).fill(undefined);

  /**
   * The text of what stands between the quotes of a valid JSON string of ASCII bytes.
   *
   * @param view The memory of `bytes`, with at least three bytes after `end`.
   */
  get(bytes: Buffer, view: DataView, start: number, end: number): string {
    const length = end - start;
    if (length === 0) {
      return '';
    }
    if (length > MAX_CACHED_BYTES) {
      return decode(bytes, start, end);
    }
    const last = start + ((length - 1) & ~3);
    const lastMask = -1 >>> (((4 - (length & 3)) & 3) * 8);
    let hash = length;
    for (let at = start; at < last; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193); // FNV-1a
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (view.getInt32(last, true) & lastMask), 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const cached = this.#slots[slot];
    if (
      cached !== undefined &&
      cached.length === length &&
      holds(cached.words, view, start, last, lastMask)
    ) {
      return cached.text;
    }
    const text = decode(bytes, start, end);
    const words = new Int32Array((last - start) / 4 + 1);
    for (let at = start; at < last; at += 4) {
      words[(at - start) >> 2] = view.getInt32(at, true);
    }
    words[words.length - 1] = view.getInt32(last, true) & lastMask;
    this.#slots[slot] = { text, length, words };
    return text;
  }
}

function holds(words: Int32Array, view: DataView, start: number, last: number, lastMask: number): boolean {
  let index = 0;
  for (let at = start; at < last; at += 4) {
    if (view.getInt32(at, true) !== words[index++]) {
      return false;
    }
  }
  return (view.getInt32(last, true) & lastMask) === words[index];
}

function decode(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('latin1', start, end);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw; // a string in quotes is a string
}
