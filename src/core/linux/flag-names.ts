/** Bit masks as names. */

/** Flag names with their bits, in the order in which they are printed. */
export type FlagTable = readonly (readonly [bits: number, name: string])[];

/**
 * Names of the flags set in `value`, joined by `|`; bits without a name follow as one hexadecimal number.
 *
 * An entry of several bits matches when all of them are set, and takes them from the entries behind it.
 *
 * @param value A non-negative integer below 2^53.
 * @returns `'0'` when nothing is set.
 */
export function flagNames(value: number, table: FlagTable): string {
  let names = '';
  let low = value >>> 0;
  const high = Math.floor(value / 4294967296);
  for (const [bits, name] of table) {
    const mask = bits >>> 0;
    if ((low & mask) >>> 0 === mask && mask !== 0) {
      names += names === '' ? name : `|${name}`;
      low = (low & ~mask) >>> 0;
    }
  }
  const rest = high * 4294967296 + low;
  if (rest !== 0) {
    names += `${names === '' ? '' : '|'}0x${rest.toString(16)}`;
  }
  return names === '' ? '0' : names;
}
