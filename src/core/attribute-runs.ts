/** The attributes that all events of a process end in, kept so that they are gone through once and not in every event. */

const SLOTS = 1024;
const MIN_BYTES = 64;
const MAX_BYTES = 8192;
const WORD = 8;

/** Attributes one after the other, up to the closing brace; offsets are from the first. */
export interface AttributeRun {
  readonly key: number;
  readonly length: number;
  /**
   * The bytes by eight, as doubles: two that are equal are the same bytes, for no eight bytes of ASCII are a NaN, and
   * none without a NUL are 0.
   */
  readonly words: Float64Array;
  /** The last eight bytes. */
  readonly lastWord: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly nameIds: Int16Array;
  /** Filled in by the reader as it decodes them. */
  readonly texts: (string | undefined)[];
}

/** A direct-mapped cache of {@link SLOTS} runs, newest wins; a run is kept when it comes a second time. */
export class AttributeRuns {
  readonly #runs = new Array<AttributeRun | undefined>(SLOTS).fill(undefined);
  /** Key and length of what each slot was last asked for in vain. */
  readonly #missedKeys = new Float64Array(SLOTS).fill(-1);
  readonly #missedLengths = new Int32Array(SLOTS);
  #slot = 0;

  /**
   * The run that bytes `start` to `end` are, if it is kept.
   *
   * @param key What tells runs of equal length apart in most cases: the pid.
   */
  find(view: DataView, start: number, end: number, key: number): AttributeRun | undefined {
    const length = end - start;
    const hash = Math.imul(Math.imul(key, 0x01000193) ^ length, 0x01000193); // FNV-1a
    this.#slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const run = this.#runs[this.#slot];
    return run !== undefined && run.key === key && run.length === length && holds(run, view, start)
      ? run
      : undefined;
  }

  /**
   * True when the run that {@link find} just looked for in vain is to be given to {@link keep}.
   *
   * @param length Of the run in bytes.
   */
  isWanted(key: number, length: number): boolean {
    const slot = this.#slot;
    const isSecond = this.#missedKeys[slot] === key && this.#missedLengths[slot] === length;
    this.#missedKeys[slot] = key;
    this.#missedLengths[slot] = length;
    return isSecond && length >= MIN_BYTES && length <= MAX_BYTES;
  }

  /**
   * Keeps a run of places `first` to `last` of the arrays.
   *
   * @param view Bytes `start` to `end` are the run, ASCII without control characters.
   */
  keep(
    key: number,
    view: DataView,
    start: number,
    end: number,
    places: { starts: Int32Array; ends: Int32Array; nameIds: Int16Array; first: number; last: number },
  ): void {
    const { first, last } = places;
    const words = new Float64Array((end - start) >> 3);
    for (let index = 0; index < words.length; index++) {
      words[index] = view.getFloat64(start + index * WORD, true);
    }
    this.#runs[this.#slot] = {
      key,
      length: end - start,
      words,
      lastWord: view.getFloat64(end - WORD, true),
      starts: places.starts.slice(first, last).map((at) => at - start),
      ends: places.ends.slice(first, last).map((at) => at - start),
      nameIds: places.nameIds.slice(first, last),
      texts: new Array<string | undefined>(last - first).fill(undefined),
    };
  }
}

function holds({ words, lastWord, length }: AttributeRun, view: DataView, start: number): boolean {
  let at = start;
  for (let index = 0; index < words.length; index++, at += WORD) {
    if (view.getFloat64(at, true) !== words[index]) {
      return false;
    }
  }
  return view.getFloat64(start + length - WORD, true) === lastWord;
}
