/** CPython's `random.Random`, as far as River's models draw from it: the same seed gives the same numbers, to the bit. */

const WORDS = 624;
const MIDDLE = 397;
const UPPER_BIT = 0x8000_0000;
const LOWER_BITS = 0x7fff_ffff;
const MATRIX = 0x9908_b0df;

/**
 * MT19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998), seeded by `init_by_array` with the 32-bit words of the
 * absolute seed, as CPython does.
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(WORDS);
  #next = WORDS;

  /** @throws {RangeError} If `seed` is not an integer that a number holds exactly. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`not a seed: ${seed}`);
    }
    const magnitude = Math.abs(seed);
    const high = Math.floor(magnitude / 2 ** 32);
    this.#seedByArray(high === 0 ? [magnitude >>> 0] : [magnitude >>> 0, high]);
  }

  /**
   * Seeded by `init_genrand`, as torch's generator for the processor is.
   *
   * @throws {RangeError} If `seed` is not an integer of 32 bits without sign.
   */
  static fromWord(seed: number): MersenneTwister {
    if (seed >>> 0 !== seed) {
      throw new RangeError(`not a seed of 32 bits: ${seed}`);
    }
    const twister = new MersenneTwister(0);
    twister.#seedByWord(seed);
    return twister;
  }

  /** The next 32 bits. */
  uint32(): number {
    if (this.#next === WORDS) {
      this.#twist();
    }
    let word = this.#state[this.#next] ?? 0;
    this.#next += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  /** `random()`: uniform in [0, 1), 53 bits of two words. */
  random(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** `uniform(a, b)`. */
  uniform(a: number, b: number): number {
    return a + (b - a) * this.random();
  }

  /**
   * `choices(range(n), weights)[0]`, with the sums of the weights up to each choice instead of the weights.
   *
   * @param cumulative Sums that never fall, the last more than 0.
   * @returns The first place whose sum is above `random() * last`; the last place if there is none.
   */
  choice(cumulative: Float64Array): number {
    const last = cumulative.length - 1;
    const drawn = this.random() * (cumulative[last] ?? 0);
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (drawn < (cumulative[middle] ?? 0)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  #seedByWord(word: number): void {
    const state = this.#state;
    state[0] = word;
    for (let at = 1; at < WORDS; at++) {
      state[at] = Math.imul(1_812_433_253, mixed(state[at - 1])) + at;
    }
  }

  #seedByArray(key: readonly number[]): void {
    this.#seedByWord(19_650_218);
    const state = this.#state;
    let at = 1;
    for (let round = 0; round < WORDS; round++) {
      const place = round % key.length;
      state[at] = ((state[at] ?? 0) ^ Math.imul(mixed(state[at - 1]), 1_664_525)) + (key[place] ?? 0) + place;
      at = this.#step(at);
    }
    for (let round = 0; round < WORDS - 1; round++) {
      state[at] = ((state[at] ?? 0) ^ Math.imul(mixed(state[at - 1]), 1_566_083_941)) - at;
      at = this.#step(at);
    }
    state[0] = UPPER_BIT;
  }

  /** The place after `at`, from 1 again at the end, with what the seeding then carries over. */
  #step(at: number): number {
    if (at + 1 < WORDS) {
      return at + 1;
    }
    this.#state[0] = this.#state[WORDS - 1] ?? 0;
    return 1;
  }

  #twist(): void {
    const state = this.#state;
    for (let at = 0; at < WORDS; at++) {
      const word = ((state[at] ?? 0) & UPPER_BIT) | ((state[(at + 1) % WORDS] ?? 0) & LOWER_BITS);
      const odd = (word & 1) === 0 ? 0 : MATRIX;
      state[at] = (state[(at + MIDDLE) % WORDS] ?? 0) ^ (word >>> 1) ^ odd;
    }
    this.#next = 0;
  }
}

function mixed(word = 0): number {
  return word ^ (word >>> 30);
}
