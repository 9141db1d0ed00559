/** Strings from kernel bytes, kept so that the same path or name is decoded and quoted once. */
import { escapeJson } from '../core/json.ts';

/** One text of a record. */
export interface Text {
  /** UTF-8 decoded; a byte sequence that is not UTF-8 shows as U+FFFD. */
  readonly text: string;
  /** `text` as it stands between the quotes of a JSON literal, in ASCII. */
  readonly escaped: Uint8Array;
  /** The exact bytes in hexadecimal, only when they are not UTF-8. */
  readonly hex: string | undefined;
}

interface Entry extends Text {
  readonly bytes: DataView;
}

/** The absent text. */
export const NO_TEXT: Text = { text: '', escaped: new Uint8Array(0), hex: undefined };

const SLOTS = 8192;
/** Longer texts are argument blocks, which rarely repeat. */
const MAX_CACHED_BYTES = 512;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A direct-mapped cache: {@link SLOTS} entries of at most {@link MAX_CACHED_BYTES} bytes, newest wins. */
export class TextCache {
  readonly #slots: (Entry | undefined)[] = new Array<Entry | undefined>(SLOTS).fill(undefined);

  /**
   * The text of `length` bytes at `offset`; {@link NO_TEXT} for 0.
   *
   * @param view Of all of `source`.
   */
  get(source: Buffer, view: DataView, offset: number, length: number): Text {
    if (length === 0) {
      return NO_TEXT;
    }
    if (length > MAX_CACHED_BYTES) {
      return decodeText(source, offset, length);
    }
    const hash = hashOf(view, offset, length);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const cached = this.#slots[slot];
    if (cached !== undefined && holds(cached.bytes, view, offset, length)) {
      return cached;
    }
    const { text, escaped, hex } = decodeText(source, offset, length);
    const bytes = new DataView(new Uint8Array(source.subarray(offset, offset + length)).buffer);
    const entry: Entry = { text, escaped, hex, bytes };
    this.#slots[slot] = entry;
    return entry;
  }
}

// Four bytes at a time: these two see every byte of every text.

/** FNV-1a over words, then over the bytes that are left. */
function hashOf(view: DataView, offset: number, length: number): number {
  const end = offset + length;
  let hash = length;
  let at = offset;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193);
    hash ^= hash >>> 13;
  }
  for (; at < end; at++) {
    hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  }
  return hash;
}

function holds(bytes: DataView, source: DataView, offset: number, length: number): boolean {
  if (bytes.byteLength !== length) {
    return false;
  }
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    if (bytes.getInt32(index, true) !== source.getInt32(offset + index, true)) {
      return false;
    }
  }
  for (; index < length; index++) {
    if (bytes.getUint8(index) !== source.getUint8(offset + index)) {
      return false;
    }
  }
  return true;
}

function decodeText(source: Buffer, offset: number, length: number): Text {
  const bytes = source.subarray(offset, offset + length);
  let text: string;
  let hex: string | undefined;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    text = lenientUtf8.decode(bytes);
    hex = bytes.toString('hex');
  }
  return { text, escaped: Buffer.from(escapeJson(text), 'latin1'), hex };
}
