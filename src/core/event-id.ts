/** Event ids: UUID version 7, sorted by time, unique across hosts and restarts. */
import { randomBytes } from 'node:crypto';
import type { ByteWriter } from './byte-writer.ts';

/*
 * Layout (RFC 9562 section 5.7, method 3 for rand_a and method 1 for the counter):
 *
 *   48 bits  milliseconds since 1970
 *    4 bits  version 7
 *   12 bits  1/4096 of a millisecond (244 ns)
 *    2 bits  variant 10
 *   14 bits  counter within those 244 ns
 *   48 bits  random, fixed for the life of the generator
 */
const TICKS_PER_MS = 4096;
const NS_PER_MS = 1_000_000;
const COUNTERS_PER_TICK = 0x4000;
const MAX_MS = 2 ** 48 - 1;
/** A clock that goes back further than this was set: ids follow it, under a new random part. */
const CLOCK_SET_MS = 10_000;

/** Where the parts begin in the 36 characters; the `7` and the hyphens stay. */
const AT = { msHigh: 0, msLow: 9, fraction: 15, variant: 19, counter: 20, node: 24 } as const;
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** Makes event ids; each is greater than the one before it, also when times repeat or go back a little. */
export class EventIdGenerator {
  readonly #random: (size: number) => Uint8Array;
  readonly #id = Buffer.from('00000000-0000-7000-8000-000000000000', 'latin1');
  #ms = 0;
  #tick = 0;
  #counter = -1;
  #writtenMs = 0;

  /** @param random Gives `size` random bytes; the default is the system's generator. */
  constructor(random: (size: number) => Uint8Array = randomBytes) {
    this.#random = random;
    this.#renewNode();
  }

  /**
   * The id of an event.
   *
   * @param timeUnixNs Nanoseconds since 1970, 0 or more.
   * @returns 36 lower-case characters.
   */
  next(timeUnixNs: bigint): string {
    const ms = timeUnixNs / 1_000_000n;
    this.advance(Number(ms), Number(timeUnixNs - ms * 1_000_000n));
    return this.text();
  }

  /**
   * Moves on to the id of the next event, which {@link text} and {@link writeTo} give.
   *
   * @param timeMs Milliseconds since 1970, an integer, 0 or more.
   * @param restNs Nanoseconds within that millisecond, 0 to 999,999.
   */
  advance(timeMs: number, restNs: number): void {
    const ms = Math.min(timeMs, MAX_MS);
    const tick = Math.floor((restNs * TICKS_PER_MS) / NS_PER_MS);
    if (ms > this.#ms || (ms === this.#ms && tick > this.#tick)) {
      this.#moveTo(ms, tick);
    } else if (ms < this.#ms - CLOCK_SET_MS) {
      this.#moveTo(ms, tick);
      this.#renewNode();
    } else if (++this.#counter === COUNTERS_PER_TICK) {
      this.#moveTo(this.#tick + 1 < TICKS_PER_MS ? this.#ms : this.#ms + 1, (this.#tick + 1) % TICKS_PER_MS);
    }
    this.#write();
  }

  /** The current id. */
  text(): string {
    return this.#id.toString('latin1');
  }

  /** Appends the current id. */
  writeTo(out: ByteWriter): void {
    out.raw(this.#id);
  }

  #moveTo(ms: number, tick: number): void {
    this.#ms = ms;
    this.#tick = tick;
    this.#counter = 0;
  }

  #write(): void {
    if (this.#ms !== this.#writtenMs) {
      this.#writtenMs = this.#ms;
      this.#writeHex(AT.msHigh, Math.floor(this.#ms / 0x10000), 8);
      this.#writeHex(AT.msLow, this.#ms % 0x10000, 4);
    }
    this.#writeHex(AT.fraction, this.#tick, 3);
    this.#writeHex(AT.variant, 8 + (this.#counter >> 12), 1);
    this.#writeHex(AT.counter, this.#counter & 0xfff, 3);
  }

  #writeHex(at: number, value: number, width: number): void {
    let rest = value;
    for (let index = at + width - 1; index >= at; index--) {
      this.#id[index] = DIGITS[rest & 15] as number; // 16 digits
      rest >>>= 4;
    }
  }

  #renewNode(): void {
    this.#id.write(Buffer.from(this.#random(6)).toString('hex'), AT.node, 'latin1');
  }
}
