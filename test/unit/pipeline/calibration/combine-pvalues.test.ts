import fc from 'fast-check';
import { combinePvalues } from '../../../../src/pipeline/calibration/combine-pvalues.ts';
import { countBelow } from '../../../../src/pipeline/calibration/score-window.ts';
import { normal } from './random-scores.ts';

const { sqrt } = Math;
const pvalue = fc.double({ min: 1e-12, max: 1, noNaN: true });

describe('combinePvalues()', () => {
  test.each([1e-11, 1e-6, 0.01, 0.4])('gives back what all models agree on (%p)', (p) => {
    expect(combinePvalues(Float64Array.of(p, p, p)) / p).toBeCloseTo(1, 9);
    expect(combinePvalues(Float64Array.of(p)) / p).toBeCloseTo(1, 9);
  });

  test('takes one small p-value of three ordinary ones times three', () => {
    expect(combinePvalues(Float64Array.of(1e-6, 0.6, 0.9)) / 3e-6).toBeCloseTo(1, 6);
  });

  test('does not let a model that is sure of nothing wrong outweigh another', () => {
    expect(combinePvalues(Float64Array.of(1e-6, 1, 1))).toBe(combinePvalues(Float64Array.of(1e-6, 0.5, 0.5)));
  });

  test('weighs models', () => {
    const weights = Float64Array.of(3, 1, 0);
    expect(combinePvalues(Float64Array.of(1e-6, 1, 1e-9), weights) / (1e-6 / 0.75)).toBeCloseTo(1, 6);
  });

  test('leaves out models without a p-value', () => {
    expect(combinePvalues(Float64Array.of(Number.NaN, 1e-6, Number.NaN)) / 1e-6).toBeCloseTo(1, 9);
    expect(combinePvalues(Float64Array.of(Number.NaN))).toBe(1);
    expect(combinePvalues(Float64Array.of())).toBe(1);
  });

  test('stays above 0 for p-values that are not', () => {
    expect(combinePvalues(Float64Array.of(0, 0))).toBe(1e-12);
    expect(combinePvalues(Float64Array.of(-1, Number.NEGATIVE_INFINITY))).toBe(1e-12);
    expect(combinePvalues(Float64Array.of(2, Number.POSITIVE_INFINITY))).toBe(0.5);
  });

  test('grows with each p-value and stays within 0 to 1', () => {
    fc.assert(
      fc.property(fc.array(pvalue, { minLength: 1, maxLength: 5 }), pvalue, (rest, other) => {
        const [first = 1, ...others] = rest;
        const low = combinePvalues(Float64Array.of(Math.min(first, other), ...others));
        const high = combinePvalues(Float64Array.of(Math.max(first, other), ...others));
        return low > 0 && low <= high * (1 + 1e-12) && high <= 1;
      }),
    );
  });

  test.each([0, 0.5, 0.95])('keeps to its level for models whose scores correlate by %p', (correlation) => {
    const next = normal(3);
    const scores = new Float64Array(3 * 200_000);
    for (let event = 0; event < scores.length; event += 3) {
      const common = next();
      for (let model = 0; model < 3; model++) {
        scores[event + model] = sqrt(correlation) * common + sqrt(1 - correlation) * next();
      }
    }
    const order = Float64Array.from(scores).sort();
    const pvalues = scores.map((score) => (order.length - countBelow(order, score)) / order.length);
    let flagged = 0;
    for (let event = 0; event < pvalues.length; event += 3) {
      flagged += combinePvalues(pvalues.subarray(event, event + 3)) <= 1e-3 ? 1 : 0;
    }
    expect(flagged).toBeGreaterThan(150);
    expect(flagged).toBeLessThan(250);
  });

  test('refuses weights that do not match', () => {
    expect(() => combinePvalues(Float64Array.of(0.1), Float64Array.of(1, 1))).toThrow(RangeError);
  });
});
