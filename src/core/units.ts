/** Quantities as people write them: `10s`, `8MiB`, `100k`. */

/** What a number counts; decides which unit suffixes a text may have. */
export type UnitKind = 'duration_ms' | 'bytes' | 'count' | 'integer';

const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

// k, M and G of bytes are powers of 1024, as in dd, tail and fallocate; the two-letter SI forms are powers of 1000.
const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
};

const COUNT: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6 };

interface Notation {
  readonly pattern: RegExp;
  readonly factors: Readonly<Record<string, number>>;
  readonly expected: string;
}

// Lengths are bounded so that a hostile text costs nothing: 15 digits are exact in a double.
const NOTATIONS: Readonly<Record<UnitKind, Notation>> = {
  duration_ms: {
    pattern: /^(\d{1,15}(?:\.\d{1,6})?) ?(ms|s|m|h|d)$/,
    factors: DURATION_MS,
    expected: 'a duration with its unit, such as 500ms, 10s or 2m',
  },
  bytes: {
    pattern: /^(\d{1,15}(?:\.\d{1,6})?) ?(|b|[kmg]|[kmg]i?b)$/i,
    factors: BYTES,
    expected: 'a size in bytes, such as 65536, 64k or 8MiB',
  },
  count: {
    pattern: /^(\d{1,15}(?:\.\d{1,6})?)([km]?)$/i,
    factors: COUNT,
    expected: 'a count, such as 1000, 50k or 2M',
  },
  integer: { pattern: /^(\d{1,15})()$/, factors: { '': 1 }, expected: 'a whole number' },
};

/** What {@link parseQuantity} wants to read, for a message: `a duration with its unit, such as …`. */
export function quantityExpectation(kind: UnitKind): string {
  return NOTATIONS[kind].expected;
}

/**
 * Reads a quantity.
 *
 * @param text What a person wrote; surrounding space is ignored.
 * @returns A whole number of milliseconds, bytes or things; undefined when `text` is not one or is beyond 2^53.
 */
export function parseQuantity(text: string, kind: UnitKind): number | undefined {
  const { pattern, factors } = NOTATIONS[kind];
  const match = pattern.exec(text.trim());
  const factor = factors[match?.[2]?.toLowerCase() ?? ''];
  if (match === null || factor === undefined) {
    return undefined;
  }
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}

const RATE = /^(\d{1,9}(?:\.\d{1,6})?)(?: ?\/ ?(hour|h|day|d|week|w))?$/;
const DAYS_TO_UNIT: Readonly<Record<string, number>> = { h: 24, d: 1, w: 1 / 7 };

/** Reads a rate such as `5`, `5/day`, `1/hour` or `10/week`: how often in a day. Undefined when it is none. */
export function parseRatePerDay(text: string): number | undefined {
  const match = RATE.exec(text.trim().toLowerCase());
  return match === null ? undefined : Number(match[1]) * (DAYS_TO_UNIT[match[2]?.[0] ?? 'd'] ?? 1);
}

const NUMBER = /^-?\d{1,17}(?:\.\d{1,17})?(?:e[+-]?\d{1,3})?$/i;

/** Reads a decimal number such as `0.5` or `1e-6`; undefined when it is none. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Bytes for people: `512 B`, `8 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${units[unit]}`;
}
