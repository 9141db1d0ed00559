/** The paper's two histograms, projections given, and upstream's variant. */
import { Loda } from '../../../../src/pipeline/models/loda.ts';
import { LodaCompat } from '../../../../src/pipeline/models/loda-compat.ts';
import type { Model } from '../../../../src/pipeline/models/model.ts';
import { testWith } from '../../../support/needs.ts';
import { scaleOnline } from '../../../support/online-min-max.ts';
import { sharedFile } from '../../../support/shared-file.ts';

interface GoldenCase {
  readonly input_rows: readonly (readonly number[])[];
  readonly scores: readonly number[];
  readonly projections?: readonly (readonly number[])[];
  readonly weights?: readonly (readonly number[])[];
}

const GOLDEN = sharedFile('golden-loda', 'golden/loda_golden.json.gz');

/** The case that has `key`, and how far the model that `build` makes of it is from its scores. */
function furthest(
  key: 'projections' | 'weights',
  build: (matrix: readonly (readonly number[])[], dimensions: number) => Model,
): number {
  const golden = (JSON.parse(GOLDEN.read()) as GoldenCase[]).find((entry) => entry[key] !== undefined); // README beside it
  const matrix = golden?.[key];
  if (golden === undefined || matrix === undefined) {
    throw new Error(`no golden case with ${key}`);
  }
  const dimensions = golden.input_rows[0]?.length ?? 0;
  const scaled = scaleOnline(Float64Array.from(golden.input_rows.flat()), dimensions);
  const model = build(matrix, dimensions);
  const scores = golden.input_rows.map((_, row) => {
    const x = scaled.subarray(row * dimensions, (row + 1) * dimensions);
    const score = model.score(x);
    model.learn(x);
    return score;
  });
  expect(scores).toHaveLength(1500);
  return Math.max(...scores.map((score, row) => Math.abs(score - (golden.scores[row] ?? Number.NaN))));
}

describe('LODA against golden scores', () => {
  testWith(GOLDEN.need, 'Loda, plain, with the projections given', () => {
    const worst = furthest('projections', (matrix, dimensions) => {
      return new Loda(dimensions, { matrix, isPlain: true });
    });
    expect(worst).toBeLessThan(1e-12);
  });

  testWith(GOLDEN.need, 'LodaCompat with the weights given', () => {
    const worst = furthest('weights', (matrix, dimensions) => {
      return new LodaCompat(dimensions, { weights: Float32Array.from(matrix.flat()) });
    });
    expect(worst).toBeLessThan(1e-7);
  });

  testWith(GOLDEN.need, 'LodaCompat with weights drawn from its own seed', () => {
    expect(furthest('weights', (_, dimensions) => new LodaCompat(dimensions))).toBeLessThan(1e-7);
  });
});
