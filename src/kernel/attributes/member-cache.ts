/** JSON members that many events share, kept by the few numbers that they were made from. */

const DEFAULT_SLOTS = 256;

/**
 * A direct-mapped cache, newest wins.
 *
 * To be used as: {@link key} for each number, then {@link find}, and {@link keep} when there was nothing.
 */
export class MemberCache<Value = Buffer> {
  readonly #width: number;
  readonly #mask: number;
  /** `slots` x `width`: the keys of each entry. */
  readonly #keptKeys: Int32Array;
  readonly #kept: (Value | undefined)[];
  readonly #keys: Int32Array;
  #count = 0;
  #hash = 0;
  #slot = 0;

  /**
   * @param keys How many numbers make up a key.
   * @param slots How many entries there are, a power of two.
   */
  constructor(keys: number, slots = DEFAULT_SLOTS) {
    this.#width = keys;
    this.#mask = slots - 1;
    this.#keptKeys = new Int32Array(slots * keys);
    this.#kept = new Array<Value | undefined>(slots).fill(undefined);
    this.#keys = new Int32Array(keys);
  }

  /** Adds the low 32 bits of `value` to the key that is looked for next. */
  key(value: number): void {
    const low = value | 0;
    this.#keys[this.#count++] = low;
    this.#hash = Math.imul(this.#hash ^ low, 0x01000193); // FNV-1a
  }

  /** The members kept for the key, undefined when there are none. */
  find(): Value | undefined {
    const hash = this.#hash;
    const width = this.#width;
    this.#slot = (hash ^ (hash >>> 15)) & this.#mask;
    this.#count = 0;
    this.#hash = 0;
    const start = this.#slot * width;
    for (let index = 0; index < width; index++) {
      if (this.#keptKeys[start + index] !== this.#keys[index]) {
        return undefined;
      }
    }
    return this.#kept[this.#slot];
  }

  /** Keeps `members` for the key that {@link find} just looked for. */
  keep(members: Value): Value {
    this.#keptKeys.set(this.#keys, this.#slot * this.#width);
    this.#kept[this.#slot] = members;
    return members;
  }
}
