/** The far end of a network event: address, port, scope, and the hashes of its prefixes. */
import { MAX_STEPS } from './prefix-counts.ts';
import { hashText, hashUnit } from './text-hash.ts';

const MAX_UNITS = 255;
const COLON = 58;
const DOT = 46;

/** How far away an address is. */
export const SCOPE = { local: 0, private: 1, public: 2 } as const;

/** The current end; {@link readEndpoint}, {@link readAddress} and {@link readName} make it the next one. */
export class Endpoint {
  /**
   * Hashes of the prefixes, shortest first, the whole last: of an IPv4 address /16, /24, /32; of an IPv6 address its
   * first two and four groups as written, then all; of a name its labels from the top down.
   */
  readonly prefixes = new Int32Array(MAX_STEPS);
  steps = 0;
  /** The address or name; '' when there is none. */
  text = '';
  /** NaN when unknown. */
  port = Number.NaN;
  /** A value of {@link SCOPE}, NaN for names. */
  scope = Number.NaN;
  readonly #start: number;

  /** @param hashStart As text-hash.ts gives it. */
  constructor(hashStart: number) {
    this.#start = hashStart;
  }

  clear(): void {
    this.steps = 0;
    this.text = '';
    this.port = Number.NaN;
    this.scope = Number.NaN;
  }

  /** `203.0.113.7:443`, `[2001:db8::1]:443`. @returns False for anything else. */
  readEndpoint(text: string): boolean {
    this.clear();
    const colon = text.lastIndexOf(':');
    const port = colon < 0 ? Number.NaN : portOf(text, colon + 1);
    if (Number.isNaN(port)) {
      return false;
    }
    const isBracketed = text.charCodeAt(0) === 91 && text.charCodeAt(colon - 1) === 93;
    if (!this.readAddress(isBracketed ? text.slice(1, colon - 1) : text.slice(0, colon))) {
      return false;
    }
    this.port = port === 0 ? Number.NaN : port;
    return true;
  }

  /** An address without port. @returns False when it is none. */
  readAddress(text: string): boolean {
    this.clear();
    const isV6 = text.includes(':');
    if (text.length > MAX_UNITS || !(isV6 ? /^[0-9a-f:.]+$/i : /^\d{1,3}(?:\.\d{1,3}){3}$/).test(text)) {
      return false;
    }
    const separator = isV6 ? COLON : DOT;
    let hash = this.#start;
    let seen = 0;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit === separator) {
        seen++;
        if (isV6 ? seen === 2 || seen === 4 : seen >= 2) {
          this.prefixes[this.steps++] = hash;
        }
      }
      hash = hashUnit(hash, unit);
    }
    this.prefixes[this.steps++] = hash;
    this.text = text;
    this.scope = scopeOf(text, isV6);
    return true;
  }

  /** A host name. */
  readName(name: string): void {
    this.clear();
    const text = name.slice(0, MAX_UNITS);
    let hash = this.#start;
    let end = text.endsWith('.') ? text.length - 1 : text.length;
    while (end > 0 && this.steps < MAX_STEPS) {
      const dot = text.lastIndexOf('.', end - 1);
      const isLast = this.steps === MAX_STEPS - 1;
      hash = hashText(hashUnit(hash, DOT), text, isLast ? 0 : dot + 1, end);
      this.prefixes[this.steps++] = hash;
      end = isLast ? 0 : dot;
    }
    if (this.steps === 0) {
      this.prefixes[this.steps++] = hash;
    }
    this.text = text;
  }
}

function portOf(text: string, start: number): number {
  const digits = text.length - start;
  if (digits < 1 || digits > 5) {
    return Number.NaN;
  }
  let port = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) {
      return Number.NaN;
    }
    port = port * 10 + digit;
  }
  return port <= 0xffff ? port : Number.NaN;
}

function scopeOf(address: string, isV6: boolean): number {
  if (isV6) {
    const mapped = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : '';
    if (mapped.includes('.')) {
      return scopeOf(mapped, false);
    }
    if (address === '::1' || address === '::') {
      return SCOPE.local;
    }
    return /^(?:f[cd]|fe[89ab])/i.test(address) ? SCOPE.private : SCOPE.public;
  }
  if (address.startsWith('127.') || address === '0.0.0.0') {
    return SCOPE.local;
  }
  return /^(?:10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
    address,
  )
    ? SCOPE.private
    : SCOPE.public;
}
