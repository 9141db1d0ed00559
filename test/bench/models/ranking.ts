/** How well scores rank anomalies above the rest. */

/**
 * Area under the ROC curve: the chance that an anomaly scores above a normal event, ties counted half.
 *
 * @param labels 1 for an anomaly, else 0; as many as `scores`.
 * @returns NaN if all labels are the same.
 */
export function rocAuc(scores: Float64Array, labels: Uint8Array): number {
  let anomalies = 0;
  let normals = 0;
  let won = 0;
  for (const { positives, negatives } of groupsDescending(scores, labels)) {
    won += negatives * (anomalies + positives / 2);
    anomalies += positives;
    normals += negatives;
  }
  return won / (anomalies * normals);
}

/**
 * Area under the precision-recall curve as average precision: the sum over distinct scores, from the highest, of the
 * recall gained times the precision there, not interpolated (as `sklearn.metrics.average_precision_score`).
 *
 * @returns NaN if there is no anomaly.
 */
export function averagePrecision(scores: Float64Array, labels: Uint8Array): number {
  let found = 0;
  let seen = 0;
  let sum = 0;
  for (const { positives, negatives } of groupsDescending(scores, labels)) {
    found += positives;
    seen += positives + negatives;
    sum += positives * (found / seen);
  }
  return sum / found;
}

/** The events of one score. */
interface ScoreGroup {
  readonly positives: number;
  readonly negatives: number;
}

function* groupsDescending(scores: Float64Array, labels: Uint8Array): Generator<ScoreGroup> {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  let at = 0;
  while (at < order.length) {
    const score = scores[order[at] ?? 0];
    let positives = 0;
    let size = 0;
    for (; at < order.length && scores[order[at] ?? 0] === score; at++) {
      positives += labels[order[at] ?? 0] ?? 0;
      size += 1;
    }
    if (size === 0) {
      throw new RangeError('a score is NaN');
    }
    yield { positives, negatives: size - positives };
  }
}

/** Mean, and standard deviation of the samples (0 of a single one). */
export function meanAndSd(values: readonly number[]): { mean: number; sd: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
