/**
 * The generalised Pareto distribution of excesses over a high threshold (Pickands-Balkema-de Haan):
 * P(X > x) = (1 + shape x / scale)^(-1/shape), exp(-x / scale) at shape 0, for x >= 0.
 */

/** Its two parameters; `scale` above 0 is in the unit of the excesses. */
export interface GeneralisedPareto {
  shape: number;
  scale: number;
}

/** Below this the tail would end so soon after the largest value seen that a small drift passes the end. */
const MIN_SHAPE = -0.1;
/** Above this not even the mean exists. */
const MAX_SHAPE = 1;
const NEAR_ZERO = 1e-9;

/**
 * Fits the distribution to excesses by the quasi-Bayesian estimator of Zhang & Stephens ("A new and efficient
 * estimation method for the generalized Pareto distribution", Technometrics 51, 2009, eq. 2-8): a weighted mean of
 * theta = -shape/scale over a fixed grid, so there is nothing that could fail to converge.
 *
 * The shape then gets one standard error of the likelihood estimate, (1 + shape)/sqrt(n), on top, n being the number of
 * independent values: what was estimated from few must not be extrapolated as if it were known. It is held within -0.1 and 1.
 *
 * @param sorted Ascending; the values above index `from` count.
 * @param from Index of the first value above the threshold.
 * @param to Index after the last.
 * @param threshold What excesses are over; below `sorted[from]`.
 * @param independence Share of the values that are worth an independent one, above 0 and at most 1.
 * @param out Gets the parameters.
 * @returns False when nothing can be fitted, and `out` is as before: fewer than 2 values, or not finite.
 */
export function fitGeneralisedPareto(
  sorted: Float64Array,
  from: number,
  to: number,
  threshold: number,
  independence: number,
  out: GeneralisedPareto,
): boolean {
  const count = to - from;
  if (count < 2) {
    return false;
  }
  const largest = at(sorted, to - 1) - threshold;
  if (!(largest < Number.MAX_VALUE / 2)) {
    return false;
  }
  const quartile = at(sorted, from + Math.max(0, Math.floor(count / 4 + 0.5) - 1)) - threshold;
  const theta = posteriorMean(sorted, from, to, threshold, largest, quartile);
  const raw = meanLog(sorted, from, to, threshold, theta);
  if (!Number.isFinite(raw) || !Number.isFinite(theta)) {
    return false;
  }
  const mean = meanExcess(sorted, from, to, threshold);
  const scale = Math.abs(theta) * mean < NEAR_ZERO ? mean : -raw / theta;
  const shape = Math.min(
    MAX_SHAPE,
    Math.max(MIN_SHAPE, raw + Math.max(0, 1 + raw) / Math.sqrt(count * independence)),
  );
  // A shape that was held no longer fits the scale: the mean excess, scale / (1 - shape), is kept instead.
  const held = raw < MIN_SHAPE ? Math.max(mean * (1 - shape), -shape * largest) : scale;
  if (!(held > 0) || !Number.isFinite(held)) {
    return false;
  }
  out.shape = shape;
  out.scale = held;
  return true;
}

/** The chance that an excess is above `excess`; 0 beyond the end that a negative shape gives. */
export function paretoSurvival({ shape, scale }: GeneralisedPareto, excess: number): number {
  if (Math.abs(shape) < NEAR_ZERO) {
    return Math.exp(-excess / scale);
  }
  const base = 1 + (shape * excess) / scale;
  return base <= 0 ? 0 : Math.exp(-Math.log(base) / shape);
}

/** The excess that is passed with chance `survival`, above 0 and at most 1. */
export function paretoExcess({ shape, scale }: GeneralisedPareto, survival: number): number {
  const log = Math.log(survival);
  return Math.abs(shape) < NEAR_ZERO ? -scale * log : (scale / shape) * Math.expm1(-shape * log);
}

/** Mean of theta under its profile likelihood over the grid of the paper (prior constant 3, as the paper's). */
function posteriorMean(
  sorted: Float64Array,
  from: number,
  to: number,
  threshold: number,
  largest: number,
  quartile: number,
): number {
  const count = to - from;
  const points = 20 + Math.floor(Math.sqrt(count));
  let best = Number.NEGATIVE_INFINITY;
  let weights = 0;
  let sum = 0;
  for (let point = 1; point <= points; point++) {
    const theta = 1 / largest + (1 - Math.sqrt(points / (point - 0.5))) / (3 * quartile);
    const shape = meanLog(sorted, from, to, threshold, theta);
    const likelihood = count * (Math.log(-theta / shape) - shape - 1);
    if (!Number.isFinite(likelihood)) {
      continue;
    }
    if (likelihood > best) {
      const rescale = Math.exp(best - likelihood);
      weights *= rescale;
      sum *= rescale;
      best = likelihood;
    }
    const weight = Math.exp(likelihood - best);
    weights += weight;
    sum += weight * theta;
  }
  return sum / weights;
}

/** Mean of log(1 - theta x): the shape that goes with `theta`. */
function meanLog(sorted: Float64Array, from: number, to: number, threshold: number, theta: number): number {
  // Products of a few factors per logarithm: a logarithm costs as much as ten products.
  let sum = 0;
  let product = 1;
  for (let index = from; index < to; index++) {
    product *= 1 - theta * (at(sorted, index) - threshold);
    if (product < 1e-200 || product > 1e200) {
      sum += Math.log(product);
      product = 1;
    }
  }
  return (sum + Math.log(product)) / (to - from);
}

function meanExcess(sorted: Float64Array, from: number, to: number, threshold: number): number {
  let sum = 0;
  for (let index = from; index < to; index++) {
    sum += at(sorted, index) - threshold;
  }
  return sum / (to - from);
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? Number.NaN;
}
