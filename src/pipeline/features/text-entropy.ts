/** Shannon entropy of short texts. */

const MAX_UNITS = 512;
const BINS = 128;

/** n ln n for n = 0 to {@link MAX_UNITS}. */
const N_LOG_N = Float64Array.from({ length: MAX_UNITS + 1 }, (_, n) => (n === 0 ? 0 : n * Math.log(n)));
const counts = new Uint16Array(BINS);

/**
 * Bits per character of the units from `start` up to `end`, of which the first 512 count; 0 for fewer than two.
 * Characters beyond ASCII count by their low seven bits.
 */
export function entropyOf(text: string, start = 0, end = text.length): number {
  const stop = Math.min(end, start + MAX_UNITS);
  const units = stop - start;
  if (units < 2) {
    return 0;
  }
  let sum = 0;
  for (let index = start; index < stop; index++) {
    const bin = text.charCodeAt(index) & (BINS - 1);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  for (let index = start; index < stop; index++) {
    const bin = text.charCodeAt(index) & (BINS - 1);
    const count = counts[bin] ?? 0; // 0 once summed, so that the bins are empty again
    sum += N_LOG_N[count] ?? 0;
    counts[bin] = 0;
  }
  return Math.max(0, (Math.log(units) - sum / units) / Math.LN2);
}
