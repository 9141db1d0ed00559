/** Times of the kernel (nanoseconds since boot) as times of day, without a bigint for each. */

const NS_PER_SECOND = 1_000_000_000;
const BIG_NS_PER_SECOND = 1_000_000_000n;
/** 2^32 ns are 4 s and this many nanoseconds. */
const HIGH_SECONDS = 4;
const HIGH_NS = 294_967_296;
/** Up to this high word all products stay exact in a double: four years after boot. */
const MAX_EXACT_HIGH = 30_000_000;

/** One reused moment: {@link set} it, then read `seconds` and `nanoseconds`. */
export class WallTime {
  /** Whole seconds since 1970. */
  seconds = 0;
  /** Within the second, 0 to 999,999,999. */
  nanoseconds = 0;
  readonly #bootOffsetNs: bigint;
  readonly #offsetSeconds: number;
  readonly #offsetNs: number;

  /** @param bootOffsetNs Nanoseconds from the epoch to boot, 0 or more. */
  constructor(bootOffsetNs: bigint) {
    this.#bootOffsetNs = bootOffsetNs;
    this.#offsetSeconds = Number(bootOffsetNs / BIG_NS_PER_SECOND);
    this.#offsetNs = Number(bootOffsetNs % BIG_NS_PER_SECOND);
  }

  /** Nanoseconds since 1970 of `sinceBootNs`. */
  toUnixNs(sinceBootNs: bigint): bigint {
    return sinceBootNs + this.#bootOffsetNs;
  }

  /** Becomes the moment `high` x 2^32 + `low` nanoseconds after boot. */
  set(low: number, high: number): void {
    if (high > MAX_EXACT_HIGH) {
      const unixNs = this.toUnixNs((BigInt(high) << 32n) + BigInt(low));
      this.seconds = Number(unixNs / BIG_NS_PER_SECOND);
      this.nanoseconds = Number(unixNs % BIG_NS_PER_SECOND);
      return;
    }
    const rest = high * HIGH_NS + low + this.#offsetNs;
    const carry = Math.floor(rest / NS_PER_SECOND);
    this.seconds = high * HIGH_SECONDS + carry + this.#offsetSeconds;
    this.nanoseconds = rest - carry * NS_PER_SECOND;
  }
}
