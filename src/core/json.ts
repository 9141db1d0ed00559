/** JSON text as Python's `json.dumps` writes it (ASCII only), and parsing that keeps every digit of a number. */

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LAST_PLAIN = 0x7e;
/** What cannot stand for itself. A search flattens a joined string once; a loop over its characters was slower on those. */
const NOT_PLAIN = /[^ !#-[\]-~]/;

/**
 * `text` as a JSON string literal with its quotes, byte for byte what Python's `json.dumps(text)` gives: all that is
 * not printable ASCII becomes a short escape or `\uXXXX`, one for each UTF-16 unit, lone surrogates too.
 */
export function quoteJson(text: string): string {
  return `"${escapeJson(text)}"`;
}

/** What stands between the quotes of {@link quoteJson}: `text` itself, not a copy, when nothing needs an escape. */
export function escapeJson(text: string): string {
  const first = text.search(NOT_PLAIN);
  return first < 0 ? text : escapeFrom(text, first);
}

/**
 * An equal string in one piece, for text that is joined once and written many times: a joined string is a tree of its
 * pieces, which every string made of it has to walk again.
 *
 * @param latin1 No character above U+00FF.
 */
export function inOnePiece(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1');
}

/** A number that a JavaScript number cannot hold exactly, as the digits that stood in the text. */
export interface RawNumber {
  readonly rawJSON: string;
}

/** What {@link parseExactJson} gives. */
export type ExactJson =
  | null
  | boolean
  | number
  | string
  | RawNumber
  | ExactJson[]
  | { [key: string]: ExactJson };

/**
 * Parses JSON; a number whose text is not what JavaScript would print for it comes back as a {@link RawNumber}, so
 * that printing the value again loses nothing. About five times slower than `JSON.parse`.
 *
 * @throws {SyntaxError} If `text` is not JSON.
 */
export function parseExactJson(text: string): ExactJson {
  return parseWithSource(text, keepDigits);
}

/** True for a number that {@link parseExactJson} kept as digits. */
export function isRawNumber(value: unknown): value is RawNumber {
  return rawJson.isRawJSON(value);
}

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

function escapeFrom(text: string, first: number): string {
  let escaped = text.slice(0, first);
  let plainStart = first;
  for (let index = first; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= SPACE && unit <= LAST_PLAIN && unit !== QUOTE && unit !== BACKSLASH) {
      continue;
    }
    const written = SHORT_ESCAPES[unit] ?? `\\u${unit.toString(16).padStart(4, '0')}`;
    escaped += text.slice(plainStart, index) + written;
    plainStart = index + 1;
  }
  return escaped + text.slice(plainStart);
}

type SourceReviver = (
  this: unknown,
  key: string,
  value: unknown,
  context: { readonly source?: string },
) => unknown;

// The runtime has the "JSON.parse source text access" functions; the compiler's library does not name them yet.
const rawJson = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => ExactJson;

function keepDigits(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value === 'number' && context.source !== undefined && String(value) !== context.source) {
    return rawJson.rawJSON(context.source);
  }
  return value;
}
