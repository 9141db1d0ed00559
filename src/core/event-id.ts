/** Event ids: UUID version 7, sorted by time, unique across hosts and restarts. */
import { randomBytes } from 'node:crypto';

/*
 * Layout (RFC 9562 section 5.7, method 3 for rand_a and method 1 for the counter):
 *
 *   48 bits  milliseconds since 1970
 *    4 bits  version 7
 *   12 bits  1/4096 of a millisecond (244 ns)
 *    2 bits  variant 10
 *   14 bits  counter within those 244 ns
 *   48 bits  random, fixed for the life of the generator
 *
 * Computed in doubles, which hold today's nanoseconds to within 128 ns: an event that close to a millisecond may get the
 * id of its neighbour. Exact bigint arithmetic would take half as long again.
 */
const TICKS_PER_MS = 4096;
const COUNTERS_PER_TICK = 0x4000;
const MAX_MS = 2 ** 48 - 1;
/** A clock that goes back further than this was set: ids follow it, under a new random part. */
const CLOCK_SET_MS = 10_000;
const HEX3 = Array.from({ length: 4096 }, (_, value) => value.toString(16).padStart(3, '0'));
const VARIANTS = ['8', '9', 'a', 'b'] as const;

/** Makes event ids; each is greater than the one before it, also when times repeat or go back a little. */
export class EventIdGenerator {
  readonly #random: (size: number) => Uint8Array;
  #node: string;
  #ms = 0;
  #tick = 0;
  #counter = -1;
  #prefixMs = -1;
  #prefix = '';

  /** @param random Gives `size` random bytes; the default is the system's generator. */
  constructor(random: (size: number) => Uint8Array = randomBytes) {
    this.#random = random;
    this.#node = this.#newNode();
  }

  /**
   * The id of an event.
   *
   * @param timeUnixNs Nanoseconds since 1970, 0 or more.
   * @returns 36 lower-case characters.
   */
  next(timeUnixNs: bigint): string {
    const timeMs = Number(timeUnixNs) / 1e6;
    const ms = Math.min(Math.floor(timeMs), MAX_MS);
    const tick = Math.floor((timeMs % 1) * TICKS_PER_MS);
    if (ms > this.#ms || (ms === this.#ms && tick > this.#tick)) {
      this.#moveTo(ms, tick);
    } else if (ms < this.#ms - CLOCK_SET_MS) {
      this.#moveTo(ms, tick);
      this.#node = this.#newNode();
    } else if (++this.#counter === COUNTERS_PER_TICK) {
      this.#moveTo(this.#tick + 1 < TICKS_PER_MS ? this.#ms : this.#ms + 1, (this.#tick + 1) % TICKS_PER_MS);
    }
    if (this.#ms !== this.#prefixMs) {
      const hex = this.#ms.toString(16).padStart(12, '0');
      this.#prefixMs = this.#ms;
      this.#prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
    }
    const fraction = HEX3[this.#tick];
    const counter = this.#counter;
    return `${this.#prefix}${fraction}-${VARIANTS[(counter >> 12) as 0 | 1 | 2 | 3]}${HEX3[counter & 0xfff]}-${this.#node}`; // counter < 0x4000
  }

  #moveTo(ms: number, tick: number): void {
    this.#ms = ms;
    this.#tick = tick;
    this.#counter = 0;
  }

  #newNode(): string {
    return Buffer.from(this.#random(6)).toString('hex');
  }
}
