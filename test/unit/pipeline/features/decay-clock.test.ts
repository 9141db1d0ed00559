import fc from 'fast-check';
import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { DecayClock } from '../../../../src/pipeline/features/decay-clock.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = 1_700_000_000_000;

describe('DecayClock', () => {
  test('doubles its scale in a half-life', () => {
    const clock = new DecayClock(DAY);
    for (let minute = 0; minute <= 1440; minute++) {
      expect(clock.advance(START + minute * MINUTE)).toBe(1);
    }
    expect(clock.scale).toBeCloseTo(2, 9);
  });

  test('is not moved by one event with a wrong time, far ahead or behind', () => {
    const clock = new DecayClock(DAY);
    clock.advance(START);
    clock.advance(START + 365 * DAY);
    clock.advance(0);
    clock.advance(START + 1000);
    expect(clock.timeOf(START + 2000)).toBe(2000);
    expect(clock.timeOf(START + 365 * DAY)).toBe(1000);
  });

  test('does not run faster on events of two hosts whose clocks differ', () => {
    const clock = new DecayClock(DAY);
    for (let second = 0; second < 1000; second++) {
      clock.advance(START + second * 1000);
      clock.advance(START + second * 1000 + 5 * MINUTE);
    }
    expect(clock.timeOf(START)).toBeLessThanOrEqual(1000 * 1000 + 5 * MINUTE);
  });

  test('goes on after a pause, ageing an hour at most', () => {
    const clock = new DecayClock(DAY);
    clock.advance(START);
    for (let event = 0; event < 40; event++) {
      clock.advance(START + 7 * DAY + event);
    }
    expect(clock.timeOf(START + 7 * DAY)).toBeGreaterThanOrEqual(60 * MINUTE);
    expect(clock.timeOf(START + 7 * DAY)).toBeLessThan(61 * MINUTE);
  });

  test('asks for smaller weights before the scale gets too large', () => {
    const clock = new DecayClock(MINUTE);
    let weight = 1;
    for (let minute = 0; minute <= 100; minute++) {
      weight *= clock.advance(START + minute * MINUTE);
      expect(clock.scale).toBeLessThan(2 ** 41);
    }
    expect(Math.log2(weight / clock.scale)).toBeCloseTo(-100, 6);
  });

  test('goes on after a restore as before, whatever times come', () => {
    const times = fc.array(fc.oneof(fc.integer({ min: START, max: START + DAY }), fc.nat()), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(times, times, (before, after) => {
        const clock = new DecayClock(MINUTE);
        before.forEach((time) => {
          clock.advance(time);
        });
        const state = new StateWriter();
        clock.save(state);
        const restored = new DecayClock(MINUTE);
        restored.restore(new StateReader(state.bytes()));
        for (const time of after) {
          expect(restored.timeOf(time)).toBe(clock.timeOf(time));
          expect(restored.advance(time)).toBe(clock.advance(time));
          expect(restored.scale).toBe(clock.scale);
        }
      }),
    );
  });

  test('refuses a state with impossible times', () => {
    const state = new StateWriter();
    for (const value of [0, Number.NaN, 0, 0]) {
      state.f64(value);
    }
    state.u32(0);
    expect(() => new DecayClock(DAY).restore(new StateReader(state.bytes()))).toThrow('cannot be');
  });

  test('refuses a half-life of nothing', () => {
    expect(() => new DecayClock(0)).toThrow(RangeError);
  });
});
