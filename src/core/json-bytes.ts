/** Matches the pieces of compact ASCII JSON in bytes. Nothing here allocates or throws. */

/** What a matcher gives, and takes, for no match: it does nothing then, so that a chain of them needs one look. */
export const NO_MATCH = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MAX_DIGITS = 19;

/** 1 for the hexadecimal digits. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9a-fA-F]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
/** 1 for what may follow a backslash, `u` aside. */
const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** A text to look for. */
export interface Literal {
  readonly length: number;
  /** The text by four bytes, little-endian. */
  readonly words: Int32Array;
  /** The bytes left over. */
  readonly tail: Uint8Array;
}

/** Takes ASCII only. */
export function literal(text: string): Literal {
  const bytes = Buffer.from(text, 'latin1');
  const words = Int32Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32LE(index * 4));
  return { length: bytes.length, words, tail: bytes.subarray(words.length * 4) };
}

// Each matcher takes the place to look at, or NO_MATCH, and gives the place after what it matched, or NO_MATCH.

/** The text `expected`. */
export function matchLiteral(view: DataView, from: number, end: number, expected: Literal): number {
  if (from === NO_MATCH || from + expected.length > end) {
    return NO_MATCH;
  }
  const { words, tail } = expected;
  let at = from;
  for (let index = 0; index < words.length; index++, at += 4) {
    if (view.getInt32(at, true) !== words[index]) {
      return NO_MATCH;
    }
  }
  for (let index = 0; index < tail.length; index++, at++) {
    if (view.getUint8(at) !== tail[index]) {
      return NO_MATCH;
    }
  }
  return at;
}

/** A string, from after the opening quote to after the closing one. */
export function skipString(view: DataView, from: number, end: number): number {
  if (from === NO_MATCH) {
    return NO_MATCH;
  }
  let at = from;
  while (at < end) {
    if (at + 4 <= end) {
      const special = specialBytes(view.getInt32(at, true));
      if (special === 0) {
        at += 4;
        continue;
      }
      at += (31 - Math.clz32(special & -special)) >> 3;
    }
    const byte = view.getUint8(at);
    if (byte === QUOTE) {
      return at + 1;
    }
    if (byte === BACKSLASH) {
      at = skipEscape(view, at + 1, end);
      if (at === NO_MATCH) {
        return NO_MATCH;
      }
    } else if (byte < 0x20 || byte > 0x7e) {
      return NO_MATCH;
    } else {
      at++;
    }
  }
  return NO_MATCH;
}

/** A string without escapes, from after the opening quote to after the closing one. */
export function skipPlainString(view: DataView, from: number, end: number): number {
  if (from === NO_MATCH) {
    return NO_MATCH;
  }
  let at = from;
  while (at + 4 <= end) {
    const special = specialBytes(view.getInt32(at, true));
    if (special !== 0) {
      at += (31 - Math.clz32(special & -special)) >> 3;
      return view.getUint8(at) === QUOTE ? at + 1 : NO_MATCH;
    }
    at += 4;
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte === QUOTE) {
      return at + 1;
    }
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) {
      return NO_MATCH;
    }
  }
  return NO_MATCH;
}

/**
 * The top bit of each of the four bytes of `word` that cannot stand for itself in a string: control characters, the
 * quote, the backslash, delete, non-ASCII. The lowest bit set is exact; above it a borrow or carry may set more.
 */
function specialBytes(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (word | (word + 0x01010101) | (word - 0x20202020) | quotes | backslashes) & 0x80808080;
}

function skipEscape(view: DataView, at: number, end: number): number {
  if (at >= end) {
    return NO_MATCH;
  }
  const byte = view.getUint8(at);
  if (ESCAPED[byte] === 1) {
    return at + 1;
  }
  if (byte !== 0x75 || at + 5 > end) {
    return NO_MATCH;
  }
  for (let index = at + 1; index < at + 5; index++) {
    if (HEX[view.getUint8(index)] !== 1) {
      return NO_MATCH;
    }
  }
  return at + 5;
}

/** A number of up to 19 digits without a leading zero. */
export function skipDigits(view: DataView, from: number, end: number): number {
  if (from === NO_MATCH) {
    return NO_MATCH;
  }
  let at = from;
  while (at < end && view.getUint8(at) >= 0x30 && view.getUint8(at) <= 0x39) {
    at++;
  }
  const count = at - from;
  const isNumber = count === 1 || (count > 1 && count <= MAX_DIGITS && view.getUint8(from) !== 0x30);
  return isNumber ? at : NO_MATCH;
}
