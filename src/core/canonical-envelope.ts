/** Recognises an event that is already written the one way we write it, straight from its bytes. */
import { literal, matchLiteral, NO_MATCH, skipDigits, skipString } from './json-bytes.ts';

/*
 * canonical = '{"event_id":' string ',"ts_unix_nano":' digits ',"hostname":' string ',"pod":' string
 *             ',"namespace":' string ',"container_id":' string ',"event_type":' string
 *             ',"data":[' [ string *( ',' string ) ] '],"attributes":{' [ member *( ',' member ) ] '}}'
 * member    = string ':' string
 * digits    = '0' / %x31-39 0*18DIGIT                  ; below 2^64 whatever the digits are
 * string    = '"' *( %x20-21 / %x23-5B / %x5D-7E / escape ) '"'
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
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

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
