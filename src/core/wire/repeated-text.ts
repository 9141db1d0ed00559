/** Short texts that come again and again, decoded once. */

const SLOTS = 4096;
/** Names and container ids are no longer; of longer texts, paths for one, too many never come again. */
const MAX_CACHED_BYTES = 64;

/** A direct-mapped cache from bytes to text: {@link SLOTS} entries of at most {@link MAX_CACHED_BYTES} bytes, newest wins. */
export class RepeatedText {
  readonly #slots = new Array<Entry | undefined>(SLOTS).fill(undefined);

  /** The UTF-8 text from `start` to `end`; U+FFFD for what is not UTF-8. */
  get(source: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > MAX_CACHED_BYTES) {
      return source.toString('utf8', start, end);
    }
    let hash = length;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ (source[at] as number), 0x01000193); // FNV-1a; `at` is in range
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const cached = this.#slots[slot];
    if (cached !== undefined && cached.length === length && holds(cached.bytes, source, start)) {
      return cached.text;
    }
    const text = source.toString('utf8', start, end);
    this.#slots[slot] = { text, length, bytes: Uint8Array.prototype.slice.call(source, start, end) };
    return text;
  }
}

interface Entry {
  readonly text: string;
  readonly length: number;
  readonly bytes: Uint8Array;
}

function holds(bytes: Uint8Array, source: Uint8Array, start: number): boolean {
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== source[start + index]) {
      return false;
    }
  }
  return true;
}
