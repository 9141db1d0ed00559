/** Texts that are made of a number, kept so that a number that comes again costs nothing. */

const SLOTS = 256;

/**
 * `textOf` with a direct-mapped cache of {@link SLOTS} texts in front, newest wins.
 *
 * @param textOf Pure: the same text for the same number, always.
 * @returns Takes integers of 0 to 2^53 - 1, as `textOf` must.
 */
export function keepTexts<T extends string | undefined>(textOf: (value: number) => T): (value: number) => T {
  // -1 is no number that is asked for: every slot begins as somebody else's.
  const values = new Float64Array(SLOTS).fill(-1);
  const texts = new Array<T>(SLOTS);
  return (value) => {
    const low = value | 0;
    const slot = (low ^ (low >>> 8) ^ (low >>> 16) ^ (value / 0x1_0000_0000)) & (SLOTS - 1);
    if (values[slot] !== value) {
      texts[slot] = textOf(value);
      values[slot] = value;
    }
    return texts[slot] as T; // written with `values[slot]`
  };
}
