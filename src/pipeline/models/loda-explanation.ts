/** Which features made a LODA score high. */
import type { SparseProjections } from './sparse-projections.ts';

/** Surprisals closer together than this, in nats, count as equal: keeps t finite. */
const MIN_DEVIATION = 1e-3;

/**
 * Writes, for each feature, the t statistic of the surprisals with it against those without it (Pevný 2016, eq. 5):
 * `(mean_in - mean_out) / sqrt(s2_in / n_in + s2_out / n_out)`, one-tailed: 0 or less says nothing.
 *
 * A feature that is in all projections has nothing to be compared with, and weighs their mean surprisal; one that is in
 * none, or in none that is known, weighs 0.
 *
 * @param surprisals -ln p of each projection; NaN where it was left out.
 * @param weights Where to, one a feature.
 */
export function weighFeatures(
  projections: SparseProjections,
  surprisals: Float64Array,
  weights: Float64Array,
): void {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const surprisal of surprisals) {
    if (!Number.isNaN(surprisal)) {
      count++;
      sum += surprisal;
      squares += surprisal * surprisal;
    }
  }
  for (let feature = 0; feature < projections.dimensions; feature++) {
    weights[feature] = weigh(projections, surprisals, feature, count, sum, squares);
  }
}

function weigh(
  projections: SparseProjections,
  surprisals: Float64Array,
  feature: number,
  count: number,
  sum: number,
  squares: number,
): number {
  let countIn = 0;
  let sumIn = 0;
  let squaresIn = 0;
  for (let row = 0; row < projections.rows; row++) {
    const surprisal = surprisals[row] ?? 0;
    if (!Number.isNaN(surprisal) && uses(projections, row, feature)) {
      countIn++;
      sumIn += surprisal;
      squaresIn += surprisal * surprisal;
    }
  }
  const countOut = count - countIn;
  if (countIn === 0) {
    return 0;
  }
  if (countOut === 0) {
    return sumIn / countIn;
  }
  const spread =
    variance(countIn, sumIn, squaresIn) / countIn +
    variance(countOut, sum - sumIn, squares - squaresIn) / countOut;
  return (sumIn / countIn - (sum - sumIn) / countOut) / Math.max(MIN_DEVIATION, Math.sqrt(spread));
}

function uses(projections: SparseProjections, row: number, feature: number): boolean {
  const { perRow, features, weights } = projections;
  for (let entry = row * perRow; entry < (row + 1) * perRow; entry++) {
    if (features[entry] === feature && weights[entry] !== 0) {
      return true;
    }
  }
  return false;
}

/** Of a sample; 0 for fewer than two. */
function variance(count: number, sum: number, squares: number): number {
  return count < 2 ? 0 : Math.max(0, (squares - (sum * sum) / count) / (count - 1));
}
