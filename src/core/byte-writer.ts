/** A growing buffer that JSON is written into piece by piece, fast for pieces that come again and again. */
import { escapeJson } from './json.ts';

const FIRST_BYTES = 16 * 1024;
const MAX_KEPT_TEXTS = 8192;
const MAX_KEPT_CHARACTERS = 2 << 20;
/** Texts seen once that are remembered, a power of two. */
const CANDIDATES = 4096;
/** Characters at either end of a text that its hash is of: where texts of one kind differ. */
const HASHED = 64;
/** Longer texts are whole command lines and such: too rare to keep. */
const MAX_TEXT = 8192;
const ZERO = 0x30;

/**
 * Texts with their bytes: copying kept bytes takes a third of the time that turning a string into bytes does.
 *
 * A text is kept when it comes a second time soon after the first. When the map is full it is emptied: what is in use is
 * soon back, and nothing has to be kept in order.
 */
class KeptTexts {
  readonly #toBytes: (text: string) => Uint8Array;
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #seenOnce = new Array<string>(CANDIDATES).fill('');
  #characters = 0;

  constructor(toBytes: (text: string) => Uint8Array) {
    this.#toBytes = toBytes;
  }

  /** Undefined for a text that is not worth keeping yet. */
  get(text: string): Uint8Array | undefined {
    return this.#bytes.get(text) ?? this.#consider(text);
  }

  #consider(text: string): Uint8Array | undefined {
    const { length } = text;
    const slot = hashOf(text) & (CANDIDATES - 1);
    if (this.#seenOnce[slot] !== text) {
      this.#seenOnce[slot] = text;
      return undefined;
    }
    const bytes = this.#toBytes(text);
    if (this.#bytes.size >= MAX_KEPT_TEXTS || this.#characters > MAX_KEPT_CHARACTERS) {
      this.#bytes.clear();
      this.#characters = 0;
    }
    this.#bytes.set(text, bytes);
    this.#characters += length;
    return bytes;
  }
}

/** Texts of one kind must not share a place: taking turns there, none of them would ever be kept. */
function hashOf(text: string): number {
  const { length } = text;
  let hash = length;
  for (let index = Math.min(length, HASHED) - 1; index >= 0; index--) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193); // FNV-1a
  }
  for (let index = Math.max(HASHED, length - HASHED); index < length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}

// Shared: every sink writes the same events.
const plainTexts = new KeptTexts((text) => Buffer.from(text, 'latin1'));
const escapedTexts = new KeptTexts((text) => Buffer.from(escapeJson(text), 'latin1'));

/** Appends bytes, texts and numbers; keeps its memory when cleared. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param bytes What it will hold at most, or so: growing costs a copy. */
  constructor(bytes = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Bytes written since the last {@link clear}. */
  get length(): number {
    return this.#length;
  }

  /** What was written, without a copy: valid until the next write or {@link clear}. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes it empty. */
  clear(): void {
    this.#length = 0;
  }

  /** Takes back what was written after `length` bytes. */
  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Appends bytes as they are, from `start` on; without a view of them for each call. */
  rawFrom(bytes: Buffer, start: number): void {
    const at = this.#take(bytes.length - start);
    bytes.copy(this.#bytes, at, start);
  }

  /** Appends a text that is not likely to come again; one byte a character, none may be above U+00FF. */
  latin1(text: string): void {
    const at = this.#take(text.length);
    this.#bytes.write(text, at, 'latin1');
  }

  /** As {@link latin1}, for a text that will come again. */
  repeated(text: string): void {
    const kept = text.length > MAX_TEXT ? undefined : plainTexts.get(text);
    if (kept === undefined) {
      this.latin1(text);
    } else {
      this.raw(kept);
    }
  }

  /** Appends what stands between the quotes of a JSON string; for a text that will come again. */
  escaped(text: string): void {
    const kept = text.length > MAX_TEXT ? undefined : escapedTexts.get(text);
    if (kept === undefined) {
      this.latin1(escapeJson(text));
    } else {
      this.raw(kept);
    }
  }

  /** Appends a text in UTF-8. */
  utf8(text: string): void {
    const at = this.#take(text.length * 3);
    this.#length = at + this.#bytes.write(text, at, 'utf8');
  }

  /** Appends a number as JavaScript prints it. */
  number(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
      let width = 1;
      for (let limit = 10; value >= limit; limit *= 10) {
        width++;
      }
      this.digits(value, width);
    } else {
      this.latin1(String(value));
    }
  }

  /**
   * Appends an integer with leading zeros.
   *
   * @param value 0 or more and less than 10^width, at most 2^53.
   */
  digits(value: number, width: number): void {
    const start = this.#take(width);
    let rest = value;
    for (let at = start + width - 1; at >= start; at--) {
      const next = Math.floor(rest / 10);
      this.#bytes[at] = ZERO + (rest - next * 10);
      rest = next;
    }
  }

  /** Appends an unsigned 32-bit integer, little-endian. */
  u32(value: number): void {
    this.#bytes.writeUInt32LE(value, this.#take(4));
  }

  /** Overwrites the four bytes at `offset`. */
  setU32(offset: number, value: number): void {
    if (offset + 4 > this.#length) {
      throw new RangeError(`nothing was written at ${offset}`);
    }
    this.#bytes.writeUInt32LE(value, offset);
  }

  #take(bytes: number): number {
    const at = this.#length;
    this.#length = at + bytes;
    if (this.#length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    return at;
  }
}
