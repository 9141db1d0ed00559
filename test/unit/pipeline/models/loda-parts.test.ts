/** What LODA is put together from. */
import { FeatureStandardizer } from '../../../../src/pipeline/models/feature-standardizer.ts';
import { weighFeatures } from '../../../../src/pipeline/models/loda-explanation.ts';
import { Pcg64 } from '../../../../src/pipeline/models/pcg64.ts';
import { ScoreGuard } from '../../../../src/pipeline/models/score-guard.ts';
import {
  drawProjections,
  project,
  projectionsFrom,
} from '../../../../src/pipeline/models/sparse-projections.ts';

describe('drawProjections()', () => {
  test('gives each row floor(sqrt(d)) features, and each feature as many rows', () => {
    const { rows, perRow, features, weights } = drawProjections(60, 30, 7);
    const uses = new Map<number, number>();
    for (let row = 0; row < rows; row++) {
      const used = new Set<number>();
      for (let entry = row * perRow; entry < (row + 1) * perRow; entry++) {
        if (weights[entry] !== 0) {
          used.add(features[entry] ?? -1);
        }
      }
      expect(used.size).toBe(5);
      used.forEach((feature) => {
        uses.set(feature, (uses.get(feature) ?? 0) + 1);
      });
    }
    expect([...uses.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, at) => at));
    expect(Math.max(...uses.values()) - Math.min(...uses.values())).toBeLessThanOrEqual(2);
  });
});

describe('project()', () => {
  test('is the matrix product, and NaN for the rows of a missing feature', () => {
    const matrix = [
      [2, 0, -1],
      [0, 3, 0],
      [0, 0, 0],
    ];
    const out = new Float64Array(3);
    project(projectionsFrom(matrix, 3), Float64Array.of(5, 7, 11), out);
    expect([...out]).toEqual([-1, 21, 0]);
    project(projectionsFrom(matrix, 3), Float64Array.of(5, 7, Number.NaN), out);
    expect([...out]).toEqual([Number.NaN, 21, 0]);
  });
});

describe('weighFeatures()', () => {
  test('is the two-sample t of the surprisals with and without a feature', () => {
    const projections = projectionsFrom(
      [
        [1, 0, 1],
        [1, 0, 1],
        [0, 1, 1],
        [0, 1, 1],
      ],
      3,
    );
    const weights = new Float64Array(3);
    weighFeatures(projections, Float64Array.of(5, 7, 1, 2), weights);
    // with: mean 6, s2 2; without: mean 1.5, s2 0.5
    const t = 4.5 / Math.sqrt(2 / 2 + 0.5 / 2);
    expect(weights[0]).toBeCloseTo(t, 12);
    expect(weights[1]).toBeCloseTo(-t, 12);
    expect(weights[2]).toBeCloseTo(15 / 4, 12);
  });

  test('leaves out the projections that are not known', () => {
    const projections = projectionsFrom(
      [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      2,
    );
    const weights = new Float64Array(2);
    weighFeatures(projections, Float64Array.of(4, 4, Number.NaN), weights);
    expect([...weights]).toEqual([4, 0]);
  });
});

describe('FeatureStandardizer', () => {
  test('brings values without order in time to mean 0 and deviation 1', () => {
    const random = new Pcg64(1);
    const standardizer = new FeatureStandardizer(1);
    const out = new Float64Array(1);
    let sum = 0;
    let squares = 0;
    for (let event = 0; event < 4000; event++) {
      const x = Float64Array.of(300 + 5 * random.normal());
      if (event >= 1000) {
        standardizer.transform(x, out);
        sum += out[0] ?? 0;
        squares += (out[0] ?? 0) ** 2;
      }
      standardizer.learn(x);
    }
    expect(sum / 3000).toBeCloseTo(0, 1);
    expect(squares / 3000).toBeCloseTo(1, 1);
  });

  test('follows a value that climbs, and only that one', () => {
    const standardizer = new FeatureStandardizer(2);
    const random = new Pcg64(1);
    const x = new Float64Array(2);
    const out = new Float64Array(2);
    for (let event = 0; event < 3000; event++) {
      x[0] = event + random.normal();
      x[1] = random.normal();
      standardizer.transform(x, out);
      standardizer.learn(x);
    }
    expect(Math.abs(out[0] ?? 0)).toBeLessThan(3);
    expect(Math.abs(out[1] ?? 0)).toBeLessThan(4);
    standardizer.transform(Float64Array.of(2900, 3), out);
    expect(out[0]).toBeLessThan(-5);
    expect(out[1]).toBeGreaterThan(2.5);
  });

  test('takes the first change of a constant for far out, and keeps NaN', () => {
    const standardizer = new FeatureStandardizer(2);
    for (let event = 0; event < 10; event++) {
      standardizer.learn(Float64Array.of(1, Number.NaN));
    }
    const out = new Float64Array(2);
    standardizer.transform(Float64Array.of(0, Number.NaN), out);
    expect([...out]).toEqual([-8, Number.NaN]);
    standardizer.transform(Float64Array.of(1, 123), out);
    expect([...out]).toEqual([0, 0]);
  });
});

describe('ScoreGuard', () => {
  test('turns about 5 % of a steady stream away', () => {
    const random = new Pcg64(4);
    const guard = new ScoreGuard();
    let refused = 0;
    for (let event = 0; event < 20_000; event++) {
      refused += Number(!guard.admits(3 + random.normal()));
    }
    expect(refused / 20_000).toBeGreaterThan(0.035);
    expect(refused / 20_000).toBeLessThan(0.065);
  });

  test('turns a burst away, and lets it in once it has stayed', () => {
    const random = new Pcg64(4);
    const guard = new ScoreGuard();
    for (let event = 0; event < 1000; event++) {
      guard.admits(3 + 0.2 * random.normal());
    }
    const admitted = Array.from({ length: 3000 }, () => guard.admits(6 + 0.2 * random.normal()));
    expect(admitted.slice(0, 50)).not.toContain(true);
    expect(admitted.slice(-200).filter(Boolean).length).toBeGreaterThan(150);
  });
});
