/** numpy's `default_rng(seed).normal()`, bit for bit. */
import {
  ZIGGURAT_TAIL,
  ZIGGURAT_TAIL_INVERSE,
  type ZigguratTables,
  zigguratTables,
} from './ziggurat-tables.ts';

const POOL_WORDS = 4;
const INIT_A = 0x43b0d7e5;
const MULT_A = 0x931e8875;
const INIT_B = 0x8b51f9dd;
const MULT_B = 0x58f38ded;
const MIX_LEFT = 0xca01f9dd;
const MIX_RIGHT = 0x4973f715;

const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/**
 * PCG XSL-RR 128/64 (O'Neill 2014), seeded by numpy's SeedSequence, with its ziggurat for normal draws.
 *
 * Made for setting models up: a draw costs about a microsecond.
 */
export class Pcg64 {
  readonly #tables: ZigguratTables = zigguratTables();
  readonly #increment: bigint;
  #state = 0n;

  /**
   * @param seed What numpy's `default_rng` is given: an integer from 0 to 2^53 - 1.
   * @throws {RangeError} If it is not.
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`not a seed: ${seed}`);
    }
    const words = seedWords(seed, 8);
    const wide = (high: number): bigint => {
      let value = 0n;
      for (const at of [high + 3, high + 2, high + 1, high]) {
        value = (value << 32n) | BigInt(words[at] ?? 0);
      }
      return ((value & MASK_64) << 64n) | (value >> 64n);
    };
    this.#increment = ((wide(4) << 1n) | 1n) & MASK_128;
    this.#step();
    this.#state = (this.#state + wide(0)) & MASK_128;
    this.#step();
  }

  /** 64 random bits. */
  next64(): bigint {
    this.#step();
    const high = this.#state >> 64n;
    const mixed = (high ^ this.#state) & MASK_64;
    const turn = high >> 58n;
    return ((mixed >> turn) | (mixed << (64n - turn))) & MASK_64;
  }

  /** Uniform in [0, 1), 53 bits: numpy's `random()`. */
  uniform(): number {
    return Number(this.next64() >> 11n) / 2 ** 53;
  }

  /** Standard normal: numpy's `normal()` and `standard_normal()`. */
  normal(): number {
    const { inside, width, height } = this.#tables;
    for (;;) {
      const bits = this.next64();
      const layer = Number(bits & 0xffn);
      const isNegative = ((bits >> 8n) & 1n) === 1n;
      const magnitude = (bits >> 9n) & 0xf_ffff_ffff_ffffn;
      const distance = Number(magnitude) * at(width, layer);
      if (Number(magnitude) < at(inside, layer)) {
        return isNegative ? -distance : distance;
      }
      if (layer === 0) {
        return this.#tail(((magnitude >> 8n) & 1n) === 1n);
      }
      const above = at(height, layer - 1) - at(height, layer);
      if (above * this.uniform() + at(height, layer) < Math.exp(-0.5 * distance * distance)) {
        return isNegative ? -distance : distance;
      }
    }
  }

  #tail(isNegative: boolean): number {
    for (;;) {
      const beyond = -ZIGGURAT_TAIL_INVERSE * Math.log1p(-this.uniform());
      const limit = -Math.log1p(-this.uniform());
      if (limit + limit > beyond * beyond) {
        return isNegative ? -(ZIGGURAT_TAIL + beyond) : ZIGGURAT_TAIL + beyond;
      }
    }
  }

  #step(): void {
    this.#state = (this.#state * MULTIPLIER + this.#increment) & MASK_128;
  }
}

/** numpy's SeedSequence without a spawn key: hashes the seed into a pool of four words, and the pool into `count`. */
function seedWords(seed: number, count: number): Uint32Array {
  const entropy = seed > 0xffff_ffff ? [seed >>> 0, Math.floor(seed / 2 ** 32)] : [seed];
  const pool = new Uint32Array(POOL_WORDS);
  let hash = INIT_A;
  const stir = (value: number): number => {
    const before = value ^ hash;
    hash = Math.imul(hash, MULT_A);
    const mixed = Math.imul(before, hash);
    return mixed ^ (mixed >>> 16);
  };
  for (let word = 0; word < POOL_WORDS; word++) {
    pool[word] = stir(entropy[word] ?? 0);
  }
  for (let from = 0; from < POOL_WORDS; from++) {
    for (let to = 0; to < POOL_WORDS; to++) {
      if (from !== to) {
        const mixed = Math.imul(MIX_LEFT, pool[to] ?? 0) - Math.imul(MIX_RIGHT, stir(pool[from] ?? 0));
        pool[to] = mixed ^ (mixed >>> 16);
      }
    }
  }
  const words = new Uint32Array(count);
  hash = INIT_B;
  for (let word = 0; word < count; word++) {
    const before = (pool[word % POOL_WORDS] ?? 0) ^ hash;
    hash = Math.imul(hash, MULT_B);
    const mixed = Math.imul(before, hash);
    words[word] = mixed ^ (mixed >>> 16);
  }
  return words;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
