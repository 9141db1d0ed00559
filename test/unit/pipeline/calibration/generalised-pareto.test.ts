import {
  fitGeneralisedPareto,
  paretoExcess,
  paretoSurvival,
} from '../../../../src/pipeline/calibration/generalised-pareto.ts';
import { uniform } from './random-scores.ts';

function sample(shape: number, scale: number, count: number, seed: number): Float64Array {
  const next = uniform(seed);
  return Float64Array.from({ length: count }, () => 7 + paretoExcess({ shape, scale }, next())).sort();
}

describe('fitGeneralisedPareto()', () => {
  test.each([
    [0.5, 2],
    [0.2, 0.01],
    [0, 1],
    [-0.05, 30],
  ])('finds shape %p and scale %p within three standard errors', (shape, scale) => {
    const out = { shape: 0, scale: 0 };
    const count = 4000;
    expect(fitGeneralisedPareto(sample(shape, scale, count, 3), 0, count, 7, 1, out)).toBe(true);
    const error = (1 + shape) / Math.sqrt(count);
    expect(out.shape).toBeGreaterThan(shape - 2 * error);
    expect(out.shape).toBeLessThan(shape + 4 * error);
    expect(out.scale / scale).toBeGreaterThan(0.9);
    expect(out.scale / scale).toBeLessThan(1.1);
  });

  test('adds one standard error of the independent values to the shape', () => {
    const values = sample(0.2, 1, 1000, 5);
    const independent = { shape: 0, scale: 0 };
    const clustered = { shape: 0, scale: 0 };
    fitGeneralisedPareto(values, 0, 1000, 7, 1, independent);
    fitGeneralisedPareto(values, 0, 1000, 7, 0.01, clustered);
    const raw = (independent.shape - 1 / Math.sqrt(1000)) / (1 + 1 / Math.sqrt(1000));
    expect(clustered.shape - raw).toBeCloseTo((1 + raw) / Math.sqrt(10), 6);
  });

  test('does not trust an early end of the tail', () => {
    const out = { shape: 0, scale: 0 };
    const values = Float64Array.from({ length: 1000 }, (_, index) => (index + 1) / 1000);
    expect(fitGeneralisedPareto(values, 0, 1000, 0, 1, out)).toBe(true);
    expect(out.shape).toBe(-0.1);
    expect(paretoSurvival(out, 1)).toBeGreaterThan(0.05);
  });

  test('fits nothing to one value, or to values without end', () => {
    const out = { shape: 0.5, scale: 3 };
    expect(fitGeneralisedPareto(Float64Array.of(1), 0, 1, 0, 1, out)).toBe(false);
    expect(fitGeneralisedPareto(Float64Array.of(1, 2, Number.POSITIVE_INFINITY), 0, 3, 0, 1, out)).toBe(
      false,
    );
    expect(out).toEqual({ shape: 0.5, scale: 3 });
  });
});

describe('paretoExcess()', () => {
  test.each([-0.1, 0, 1e-12, 0.3, 1])('is the inverse of paretoSurvival() at shape %p', (shape) => {
    for (const survival of [1, 0.5, 1e-3, 1e-9]) {
      const excess = paretoExcess({ shape, scale: 2.5 }, survival);
      expect(paretoSurvival({ shape, scale: 2.5 }, excess) / survival).toBeCloseTo(1, 6);
    }
  });
});
