import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import {
  type CalibratorSettings,
  ScoreCalibrator,
} from '../../../../src/pipeline/calibration/score-calibrator.ts';
import { DISTRIBUTIONS, normal, uniform } from './random-scores.ts';

function calibrated(next: () => number, count: number, settings: CalibratorSettings = {}): ScoreCalibrator {
  const calibrator = new ScoreCalibrator(settings);
  for (let index = 0; index < count; index++) {
    calibrator.observe(next());
  }
  return calibrator;
}

/** Largest distance of the p-values' distribution from the uniform one. */
function distanceFromUniform(pvalues: Float64Array): number {
  pvalues.sort();
  let most = 0;
  for (const [index, p] of pvalues.entries()) {
    most = Math.max(most, Math.abs(p - index / pvalues.length), Math.abs(p - (index + 1) / pvalues.length));
  }
  return most;
}

describe('ScoreCalibrator', () => {
  test.each(Object.entries(DISTRIBUTIONS))('gives uniform p-values to %s scores', (_name, stream) => {
    const next = stream(11);
    const calibrator = calibrated(next, 20_000);
    const pvalues = new Float64Array(50_000);
    for (let index = 0; index < pvalues.length; index++) {
      const score = next();
      pvalues[index] = calibrator.pvalue(score);
      calibrator.observe(score);
    }
    // Kolmogorov-Smirnov at 1 % for the smaller of the samples that meet, the body's 4,096 scores, is 0.025.
    expect(distanceFromUniform(pvalues)).toBeLessThan(0.025);
  });

  test.each([
    ['normal', {}],
    ['exponential', {}],
    ['pareto', {}],
    ['crowding below 1', { upperBound: 1 }],
    ['uniform', { upperBound: 1 }],
  ])(
    'is right about 1 in 10,000 of a million %s scores after 20,000',
    (name, settings) => {
      let exceedances = 0;
      for (const seed of [1, 2, 3, 4, 5]) {
        const next = (DISTRIBUTIONS[name] ?? normal)(seed);
        const calibrator = calibrated(next, 20_000, settings);
        const threshold = calibrator.scoreAt(1e-4);
        expect(calibrator.pvalue(threshold + 1e-9)).toBeLessThanOrEqual(1e-4);
        for (let index = 0; index < 200_000; index++) {
          exceedances += next() > threshold ? 1 : 0;
        }
      }
      // 100 would be exact; the tail is cautious by a standard error of its shape.
      expect(exceedances).toBeGreaterThan(15);
      expect(exceedances).toBeLessThan(200);
    },
    20_000,
  );

  test('resolves p-values below 1e-8', () => {
    const calibrator = calibrated(normal(1), 20_000);
    expect(calibrator.pvalue(30)).toBeLessThan(1e-8);
    expect(calibrator.scoreAt(1e-8)).toBeLessThan(30);
  });

  test('never finds anything in constant scores', () => {
    const calibrator = calibrated(() => 0.97, 20_000, { upperBound: 1 });
    expect(calibrator.pvalue(0.97)).toBe(1);
    expect(calibrator.pvalue(0.98)).toBeGreaterThan(1 / 5000);
    expect(calibrator.scoreAt(1e-6)).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not extrapolate the steps of a coarse score', () => {
    const next = uniform(4);
    const calibrator = calibrated(() => Math.floor(next() * 5) / 10 + (next() < 0.01 ? 0.5 : 0), 50_000);
    expect(calibrator.pvalue(0.9)).toBeGreaterThan(5e-4);
    expect(calibrator.pvalue(1)).toBeGreaterThan(1 / 100_000);
    expect(calibrator.scoreAt(1e-6)).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not take a value that recurs for rare, however far out it is', () => {
    const next = normal(5);
    const chance = uniform(6);
    const calibrator = calibrated(() => (chance() < 0.002 ? 1000 : next()), 50_000);
    expect(calibrator.pvalue(1000)).toBeGreaterThan(5e-4);
    expect(calibrator.pvalue(1001)).toBeLessThan(calibrator.pvalue(999));
  });

  test('does not extrapolate from few clusters of high scores', () => {
    const next = normal(7);
    let index = 0;
    const calibrator = calibrated(() => next() + (index++ % 4000 < 200 ? 6 : 0), 15_000);
    expect(calibrator.pvalue(20)).toBeGreaterThan(1 / 30_000);
    expect(calibrator.scoreAt(1e-6)).toBe(Number.POSITIVE_INFINITY);
    const scattered = uniform(8);
    const other = calibrated(() => next() + (scattered() < 0.05 ? 6 : 0), 15_000);
    expect(other.pvalue(20)).toBeLessThan(1e-5);
  });

  test('never gives a higher score a higher p-value', () => {
    const score = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, 1));
    const stream = fc.array(score, { minLength: 100, maxLength: 600 });
    fc.assert(
      fc.property(stream, score, score, fc.boolean(), (scores, one, other, isBounded) => {
        const settings: CalibratorSettings = { warmup: 100, ...(isBounded ? { upperBound: 1 } : {}) };
        const calibrator = new ScoreCalibrator(settings);
        for (const value of scores) {
          calibrator.observe(value);
        }
        const [low, high] = [
          calibrator.pvalue(Math.min(one, other)),
          calibrator.pvalue(Math.max(one, other)),
        ];
        return low >= high && high > 0 && low <= 1;
      }),
    );
  });

  test('gives 1 until warm, and says how long that is', () => {
    const calibrator = new ScoreCalibrator({ warmup: 100 });
    for (let index = 0; index < 99; index++) {
      calibrator.observe(index);
    }
    expect([calibrator.isWarm, calibrator.warmupLeft]).toEqual([false, 1]);
    expect(calibrator.pvalue(1e9)).toBe(1);
    expect(calibrator.scoreAt(0.5)).toBe(Number.POSITIVE_INFINITY);
    calibrator.observe(99);
    expect([calibrator.isWarm, calibrator.warmupLeft]).toEqual([true, 0]);
    expect(calibrator.pvalue(1e9)).toBeLessThan(0.05);
  });

  test('takes NaN for no evidence and endless scores for very large ones', () => {
    const next = normal(8);
    const calibrator = calibrated(next, 5000);
    calibrator.observe(Number.NaN);
    calibrator.leaveOut(Number.NaN, 0.1);
    for (let index = 0; index < 2; index++) {
      calibrator.observe(Number.POSITIVE_INFINITY);
      calibrator.observe(Number.NEGATIVE_INFINITY);
    }
    for (let index = 0; index < 10_000; index++) {
      calibrator.observe(next());
    }
    expect(calibrator.pvalue(Number.NaN)).toBe(1);
    expect(calibrator.pvalue(Number.NEGATIVE_INFINITY)).toBe(1);
    expect(calibrator.pvalue(Number.POSITIVE_INFINITY)).toBeGreaterThan(1e-5);
    expect(calibrator.pvalue(0)).toBeCloseTo(0.5, 1);
    expect(calibrator.pvalue(4)).toBeLessThan(1e-3);
  });

  test('is not moved by a flood of flagged scores', () => {
    const calibrator = calibrated(normal(9), 50_000);
    const before = calibrator.scoreAt(1e-5);
    for (let index = 0; index < 20_000; index++) {
      calibrator.leaveOut(12, 1e-5);
    }
    expect(calibrator.leftOut).toBeGreaterThanOrEqual(19_995);
    expect(calibrator.scoreAt(1e-5)).toBe(before);
  });

  test('does not cut its own tail shorter and shorter by leaving out what it flags', () => {
    const next = normal(10);
    const calibrator = calibrated(next, 5000);
    let flagged = 0;
    for (let index = 0; index < 200_000; index++) {
      const score = next();
      if (calibrator.pvalue(score) <= 0.005) {
        calibrator.leaveOut(score, 0.005);
        flagged += index >= 100_000 ? 1 : 0;
      } else {
        calibrator.observe(score);
      }
    }
    expect(flagged / 100_000).toBeGreaterThan(0.0025);
    expect(flagged / 100_000).toBeLessThan(0.0075);
  });

  test('follows scores that move', () => {
    const next = normal(12);
    const calibrator = calibrated(next, 20_000);
    for (let index = 0; index < 40_000; index++) {
      calibrator.observe(next() + 5);
    }
    expect(calibrator.pvalue(5)).toBeCloseTo(0.5, 1);
    expect(calibrator.pvalue(20)).toBeLessThan(1e-4);
  });

  test.each([50, 1500, 30_000])('goes on from a state after %p scores exactly as before', (count) => {
    const next = normal(13);
    const original = calibrated(next, count, { warmup: 1000 });
    const restored = new ScoreCalibrator({ warmup: 1000 });
    const state = new StateWriter();
    original.save(state);
    const reader = new StateReader(Uint8Array.from(state.bytes()));
    restored.restore(reader);
    expect(reader.remaining).toBe(0);
    for (let index = 0; index < 30_000; index++) {
      const score = next() * 1.5;
      const p = original.pvalue(score);
      if (restored.pvalue(score) !== p) {
        throw new Error(`score ${index} differs`);
      }
      for (const calibrator of [original, restored]) {
        if (p < 1e-4) {
          calibrator.leaveOut(score, 1e-4);
        } else {
          calibrator.observe(score);
        }
      }
    }
    expect(restored.leftOut).toBe(original.leftOut);
  });

  test('refuses a state of other settings, a cut one and one with impossible values', () => {
    const state = new StateWriter();
    calibrated(normal(1), 2000).save(state);
    const bytes = Uint8Array.from(state.bytes());
    const read =
      (changed: Uint8Array, settings: CalibratorSettings = {}) =>
      () =>
        new ScoreCalibrator(settings).restore(new StateReader(changed));
    expect(read(bytes, { upperBound: 1 })).toThrow('other settings');
    expect(read(bytes, { bodyHorizon: 65_536 })).toThrow('another horizon');
    expect(read(bytes.subarray(0, bytes.length - 1))).toThrow('the state ends');
    const impossible = bytes.slice();
    new DataView(impossible.buffer).setFloat64(20, Number.NaN, true);
    expect(read(impossible)).toThrow('no numbers');
  });

  test.each([{ warmup: 10 }, { bodyHorizon: 100 }, { tailHorizon: 1000 }, { upperBound: Number.NaN }])(
    'refuses %p',
    (settings) => {
      expect(() => new ScoreCalibrator(settings)).toThrow(RangeError);
    },
  );
});
