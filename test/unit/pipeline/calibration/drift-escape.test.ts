import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { DriftEscape } from '../../../../src/pipeline/calibration/drift-escape.ts';
import { ScoreCalibrator } from '../../../../src/pipeline/calibration/score-calibrator.ts';
import { normal, uniform } from './random-scores.ts';

function feed(escape: DriftEscape, share: number, count: number, seed: number): void {
  const next = uniform(seed);
  for (let index = 0; index < count; index++) {
    escape.update(next() < share);
  }
}

describe('DriftEscape', () => {
  test('stays shut at the ordinary share of flagged events', () => {
    const escape = new DriftEscape();
    feed(escape, 0.001, 300_000, 1);
    expect(escape.openings).toBe(0);
  });

  test('stays shut at an attack of 200 events among many', () => {
    const escape = new DriftEscape();
    feed(escape, 1e-5, 100_000, 2);
    const next = uniform(3);
    let left = 200;
    while (left > 0) {
      const isAttack = next() < 0.01;
      left -= isAttack ? 1 : 0;
      escape.update(isAttack);
    }
    feed(escape, 1e-5, 100_000, 4);
    expect(escape.openings).toBe(0);
  });

  test.each([0.1, 0.5, 1])('opens soon when the share rises to %p, and shuts after it fell', (share) => {
    const escape = new DriftEscape();
    feed(escape, 1e-4, 50_000, 5);
    feed(escape, share, 1000, 6);
    expect(escape.isOpen).toBe(true);
    expect(escape.openings).toBe(1);
    feed(escape, 0, 30_000, 7);
    expect(escape.isOpen).toBe(false);
    expect(escape.openings).toBe(1);
  });

  test.each([true, false])('lets a calibrator learn a new normal (with it: %p)', (isUsed) => {
    const next = normal(8);
    const calibrator = new ScoreCalibrator();
    const escape = new DriftEscape();
    let flagged = 0;
    for (let index = 0; index < 80_000; index++) {
      const score = next() + (index < 30_000 ? 0 : 12);
      const isFlagged = calibrator.pvalue(score) <= 1e-4;
      flagged += isFlagged && index >= 60_000 ? 1 : 0;
      if (!isFlagged || (escape.update(isFlagged) && isUsed)) {
        calibrator.observe(score);
      } else {
        calibrator.leaveOut(score, 1e-4);
      }
      if (!isFlagged) {
        escape.update(false);
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
    for (let index = 0; index < 20_000; index++) {
      const isFlagged = next() < 0.01;
      expect(restored.update(isFlagged)).toBe(original.update(isFlagged));
    }
    expect([restored.openings, restored.flaggedShare]).toEqual([original.openings, original.flaggedShare]);
  });

  test('refuses a share that is none', () => {
    expect(() => new DriftEscape({ minShare: 0 })).toThrow(RangeError);
  });
});
