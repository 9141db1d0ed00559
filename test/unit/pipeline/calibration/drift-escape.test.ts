import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { DriftEscape } from '../../../../src/pipeline/calibration/drift-escape.ts';
import { ScoreCalibrator } from '../../../../src/pipeline/calibration/score-calibrator.ts';
import { normal, uniform } from './random-scores.ts';

function feed(hatch: DriftEscape, share: number, count: number, seed: number): void {
  const next = uniform(seed);
  for (let index = 0; index < count; index++) {
    hatch.update(next() < share);
  }
}

describe('DriftEscape', () => {
  test('stays shut at the ordinary share of flagged events', () => {
    const hatch = new DriftEscape();
    feed(hatch, 0.001, 300_000, 1);
    expect(hatch.openings).toBe(0);
  });

  test('stays shut at an attack of 200 events among many', () => {
    const hatch = new DriftEscape();
    feed(hatch, 1e-5, 100_000, 2);
    const next = uniform(3);
    let left = 200;
    while (left > 0) {
      const isAttack = next() < 0.01;
      left -= isAttack ? 1 : 0;
      hatch.update(isAttack);
    }
    feed(hatch, 1e-5, 100_000, 4);
    expect(hatch.openings).toBe(0);
  });

  test.each([0.1, 0.5, 1])('opens soon when the share rises to %p, and shuts after it fell', (share) => {
    const hatch = new DriftEscape();
    feed(hatch, 1e-4, 50_000, 5);
    feed(hatch, share, 1000, 6);
    expect(hatch.isOpen).toBe(true);
    expect(hatch.openings).toBe(1);
    feed(hatch, 0, 30_000, 7);
    expect(hatch.isOpen).toBe(false);
    expect(hatch.openings).toBe(1);
  });

  test.each([true, false])('lets a calibrator learn a new normal (with it: %p)', (isUsed) => {
    const next = normal(8);
    const calibrator = new ScoreCalibrator();
    const hatch = new DriftEscape();
    let flagged = 0;
    for (let index = 0; index < 80_000; index++) {
      const score = next() + (index < 30_000 ? 0 : 12);
      const isFlagged = calibrator.pvalue(score) <= 1e-4;
      flagged += isFlagged && index >= 60_000 ? 1 : 0;
      if (!isFlagged || (hatch.update(isFlagged) && isUsed)) {
        calibrator.observe(score);
      } else {
        calibrator.leaveOut(score, 1e-4);
      }
      if (!isFlagged) {
        hatch.update(false);
      }
    }
    expect(flagged < 50).toBe(isUsed);
  });

  test('goes on from a state exactly as before', () => {
    const original = new DriftEscape();
    feed(original, 0, 20_000, 9);
    feed(original, 0.3, 500, 10);
    const state = new StateWriter();
    original.save(state);
    const restored = new DriftEscape();
    restored.restore(new StateReader(Uint8Array.from(state.bytes())));
    const next = uniform(11);
    let isSame = true;
    for (let index = 0; index < 20_000; index++) {
      const isFlagged = next() < 0.01;
      isSame &&= restored.update(isFlagged) === original.update(isFlagged);
    }
    expect(isSame).toBe(true);
    expect([restored.openings, restored.flaggedShare]).toEqual([original.openings, original.flaggedShare]);
  });

  test('refuses a share that is none', () => {
    expect(() => new DriftEscape({ minShare: 0 })).toThrow(RangeError);
  });
});
