/** Recognises an event that is already written the one way we write it, straight from its bytes. */

/*
 * canonical = '{"event_id":' string ',"ts_unix_nano":' digits ',"hostname":' string ',"pod":' string
 *             ',"namespace":' string ',"container_id":' string ',"event_type":' string
 *             ',"data":[' [ string *( ',' string ) ] '],"attributes":{' [ member *( ',' member ) ] '}}'
 * member    = string ':' string
 * digits    = '0' / %x31-39 0*18DIGIT                  ; below 2^64 whatever the digits are
 * string    = '"' *( %x20-21 / %x23-5B / %x5D-7F / escape ) '"'
 * escape    = '\' ( '"' / '\' / '/' / 'b' / 'f' / 'n' / 'r' / 't' / 'u' 4HEXDIG )
 *
 * It is a subset of JSON: what matches needs no other parser to be known as valid.
 */
const EVENT_ID = literal('{"event_id":"');
const TIME = literal(',"ts_unix_nano":');
const STRING_MEMBERS = ['hostname', 'pod', 'namespace', 'container_id', 'event_type'].map((key) =>
  literal(`,"${key}":"`),
);
const DATA = literal(',"data":[');
const ATTRIBUTES = literal('],"attributes":{');

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
const MAX_DIGITS = 19;
const NO_MATCH = -1;

/** 1 for the hexadecimal digits. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9a-fA-F]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
/** 1 for what may follow a backslash, `u` aside. */
const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/**
 * True when bytes `start` to `end` are exactly one event of the first generation as compact ASCII JSON, keys in our order.
 *
 * False says nothing about validity: such a text needs a real parser. Neither allocates nor throws.
 */
export function isCanonicalEnvelope(view: DataView, start: number, end: number): boolean {
  let at = matchLiteral(view, start, end, EVENT_ID);
  at = skipString(view, at, end);
  at = matchLiteral(view, at, end, TIME);
  at = skipDigits(view, at, end);
  for (const member of STRING_MEMBERS) {
    at = skipString(view, matchLiteral(view, at, end, member), end);
  }
  at = skipStrings(view, matchLiteral(view, at, end, DATA), end);
  at = skipMembers(view, matchLiteral(view, at, end, ATTRIBUTES), end);
  return (
    at !== NO_MATCH &&
    at + 2 === end &&
    view.getUint8(at) === CLOSE_BRACE &&
    view.getUint8(at + 1) === CLOSE_BRACE
  );
}

// Each function below takes the place to look at, or NO_MATCH, and gives the place after what it matched, or NO_MATCH.

function matchLiteral(view: DataView, from: number, end: number, expected: Literal): number {
  if (from === NO_MATCH || from + expected.length > end) {
    return NO_MATCH;
  }
  let at = from;
  for (const word of expected.words) {
    if (view.getInt32(at, true) !== word) {
      return NO_MATCH;
    }
    at += 4;
  }
  for (const byte of expected.tail) {
    if (view.getUint8(at) !== byte) {
      return NO_MATCH;
    }
    at++;
  }
  return at;
}

/** From after the opening quote to after the closing one. */
function skipString(view: DataView, from: number, end: number): number {
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
    } else if (byte < 0x20 || byte > 0x7f) {
      return NO_MATCH;
    } else {
      at++;
    }
  }
  return NO_MATCH;
}

/**
 * The top bit of each of the four bytes of `word` that cannot stand for itself in a string: control characters, the
 * quote, the backslash, non-ASCII. The lowest bit set is exact; above it a borrow may set more.
 */
function specialBytes(word: number): number {
  const quotes = (word ^ 0x22222222) - 0x01010101;
  const backslashes = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (word | (word - 0x20202020) | quotes | backslashes) & 0x80808080;
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

function skipDigits(view: DataView, from: number, end: number): number {
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

/** The cells of `data`, up to the closing bracket. */
function skipStrings(view: DataView, from: number, end: number): number {
  if (from === NO_MATCH || from >= end || view.getUint8(from) === CLOSE_BRACKET) {
    return from;
  }
  let at = from;
  for (;;) {
    if (view.getUint8(at) !== QUOTE) {
      return NO_MATCH;
    }
    at = skipString(view, at + 1, end);
    if (at === NO_MATCH || at >= end || view.getUint8(at) !== COMMA) {
      return at;
    }
    at++;
    if (at >= end) {
      return NO_MATCH;
    }
  }
}

/** The members of `attributes`, up to the closing brace. */
function skipMembers(view: DataView, from: number, end: number): number {
  if (from === NO_MATCH || from >= end || view.getUint8(from) === CLOSE_BRACE) {
    return from;
  }
  let at = from;
  for (;;) {
    if (at + 1 >= end || view.getUint8(at) !== QUOTE) {
      return NO_MATCH;
    }
    at = skipString(view, at + 1, end);
    if (at === NO_MATCH || at + 1 >= end || view.getUint8(at) !== COLON || view.getUint8(at + 1) !== QUOTE) {
      return NO_MATCH;
    }
    at = skipString(view, at + 2, end);
    if (at === NO_MATCH || at >= end || view.getUint8(at) !== COMMA) {
      return at;
    }
    at++;
  }
}

interface Literal {
  readonly length: number;
  /** The text by four bytes, little-endian. */
  readonly words: Int32Array;
  /** The bytes left over. */
  readonly tail: Uint8Array;
}

function literal(text: string): Literal {
  const bytes = Buffer.from(text, 'latin1');
  const words = Int32Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32LE(index * 4));
  return { length: bytes.length, words, tail: bytes.subarray(words.length * 4) };
}
