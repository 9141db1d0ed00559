/** The exact bytes of a path that was put together from two texts of a record. */

const SLASH = 0x2f;
const SEPARATOR = Buffer.of(SLASH);

/**
 * The bytes of a joined path that is not UTF-8, in hexadecimal.
 *
 * @param directory What the path's directory was looked up as; undefined when `base` and `given` were only joined.
 */
export function hexOfJoined(directory: string | undefined, base: Buffer, given: Buffer): string {
  const isAbsolute = given[0] === SLASH || base.length === 0;
  if (directory === undefined) {
    return (isAbsolute ? given : Buffer.concat([base, SEPARATOR, given])).toString('hex');
  }
  let end = given.length;
  while (end > 0 && given[end - 1] === SLASH) {
    end--;
  }
  const name = given.subarray(given.lastIndexOf(SLASH, end - 1) + 1, end);
  return Buffer.concat([Buffer.from(directory), SEPARATOR, name]).toString('hex');
}
