/** JSON members that many events share, kept by the few numbers that they were made from. */

const SLOTS = 256;

interface Entry<Value> {
  readonly keys: Int32Array;
  readonly members: Value;
}

/**
 * A direct-mapped cache of {@link SLOTS} entries, newest wins.
 *
 * To be used as: {@link key} for each number, then {@link find}, and {@link keep} when there was nothing.
 */
export class MemberCache<Value = Uint8Array> {
  readonly #keys: Int32Array;
  readonly #slots: (Entry<Value> | undefined)[] = new Array<Entry<Value> | undefined>(SLOTS).fill(undefined);
  #count = 0;
  #hash = 0;

  /** @param keys How many numbers make up a key. */
  constructor(keys: number) {
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
    this.#count = 0;
    const entry = this.#slots[this.#slot()];
    if (entry !== undefined) {
      for (let index = 0; index < this.#keys.length; index++) {
        if (entry.keys[index] !== this.#keys[index]) {
          return undefined;
        }
      }
      this.#hash = 0;
    }
    return entry?.members;
  }

  /** Keeps `members` for the key that {@link find} just looked for. */
  keep(members: Value): Value {
    this.#slots[this.#slot()] = { keys: this.#keys.slice(), members };
    this.#hash = 0;
    return members;
  }

  #slot(): number {
    return (this.#hash ^ (this.#hash >>> 15)) & (SLOTS - 1);
  }
}
