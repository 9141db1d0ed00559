import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { Adwin } from '../../../../src/pipeline/calibration/adwin.ts';
import { uniform } from './random-scores.ts';

function feed(adwin: Adwin, next: () => number, count: number): number {
  let changes = 0;
  for (let index = 0; index < count; index++) {
    changes += adwin.update(next()) ? 1 : 0;
  }
  return changes;
}

describe('Adwin', () => {
  test.each([0.05, 0.2, 0.5])('seldom cuts a stream that does not change (share of ones %p)', (share) => {
    let changes = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const next = uniform(seed);
      const adwin = new Adwin(0.002);
      changes += feed(adwin, () => (next() < share ? 1 : 0), 10_000);
      expect(adwin.mean).toBeCloseTo(share, 1);
    }
    expect(changes).toBeLessThanOrEqual(3);
  });

  test.each([
    [0.2, 0.5],
    [0.5, 0.2],
    [0, 0.05],
  ])('finds a step from %p to %p and forgets what was before it', (before, after) => {
    const next = uniform(3);
    const adwin = new Adwin();
    expect(feed(adwin, () => (next() < before ? 1 : 0), 5000)).toBe(0);
    expect(adwin.width).toBe(5000);
    expect(feed(adwin, () => (next() < after ? 1 : 0), 1000)).toBeGreaterThan(0);
    expect(adwin.width).toBeLessThan(2000);
    feed(adwin, () => (next() < after ? 1 : 0), 5000);
    expect(adwin.mean).toBeCloseTo(after, 1);
  });

  test('finds a large step within 100 values', () => {
    const adwin = new Adwin();
    feed(adwin, () => 0.1, 2000);
    let delay = 1;
    while (!adwin.update(0.9) && delay < 1000) {
      delay++;
    }
    expect(delay).toBeLessThanOrEqual(100);
    expect(adwin.meanBefore).toBeLessThan(0.15);
  });

  test('follows a slow slope', () => {
    const next = uniform(5);
    const adwin = new Adwin();
    let index = 0;
    expect(feed(adwin, () => (next() < ++index / 20_000 ? 1 : 0), 20_000)).toBeGreaterThan(2);
    expect(adwin.mean).toBeGreaterThan(0.8);
  });

  test('knows the exact mean of what is in its window', () => {
    const adwin = new Adwin();
    const next = uniform(6);
    const values: number[] = [];
    feed(adwin, () => values[values.push(next()) - 1] ?? 0, 3000);
    const kept = values.slice(-adwin.width);
    expect(adwin.mean).toBeCloseTo(kept.reduce((sum, value) => sum + value, 0) / kept.length, 9);
  });

  test('takes what is outside 0 to 1 for the nearer end, and NaN for nothing', () => {
    const adwin = new Adwin();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -5, 2, Number.NEGATIVE_INFINITY]) {
      adwin.update(value);
    }
    expect(adwin.width).toBe(4);
    expect(adwin.mean).toBe(0.5);
  });

  test('goes on from a state exactly as before', () => {
    const next = uniform(7);
    const original = new Adwin();
    feed(original, next, 5000);
    const state = new StateWriter();
    original.save(state);
    const restored = new Adwin();
    restored.restore(new StateReader(Uint8Array.from(state.bytes())));
    let isSame = true;
    for (let index = 0; index < 5000; index++) {
      const value = next() ** 3;
      isSame &&= restored.update(value) === original.update(value);
    }
    expect(isSame).toBe(true);
    expect(restored.mean).toBe(original.mean);
    expect(restored.width).toBeLessThan(7000);
  });

  test('can be restored from what it saved at any moment, also while its window is too short to be cut', () => {
    const adwin = new Adwin(0.002);
    for (let index = 0; index < 2000; index++) {
      adwin.update(index < 1000 ? 0 : 1);
      const state = new StateWriter();
      adwin.save(state);
      const restored = new Adwin(0.002);
      restored.restore(new StateReader(state.bytes()));
      expect([restored.width, restored.mean]).toEqual([adwin.width, adwin.mean]);
    }
  });

  test('refuses a state that does not add up', () => {
    const state = new StateWriter();
    const adwin = new Adwin();
    feed(adwin, () => 0.5, 100);
    adwin.save(state);
    const bytes = Uint8Array.from(state.bytes());
    bytes[bytes.length - 26] = 0xff;
    expect(() => new Adwin().restore(new StateReader(bytes))).toThrow('does not add up');
  });

  test('starts anew when reset, and refuses a chance that is none', () => {
    const adwin = new Adwin();
    feed(adwin, () => 0.5, 100);
    adwin.reset();
    expect([adwin.width, adwin.mean]).toEqual([0, 0]);
    expect(feed(adwin, () => 1, 200)).toBe(0);
    expect(() => new Adwin(0)).toThrow(RangeError);
  });
});
