import { StateReader, StateWriter } from '../../../../src/core/state-codec.ts';
import { AlertBudget, type AlertDecision } from '../../../../src/pipeline/calibration/alert-budget.ts';
import { DriftEscape } from '../../../../src/pipeline/calibration/drift-escape.ts';
import { ScoreCalibrator } from '../../../../src/pipeline/calibration/score-calibrator.ts';
import { autoregressive, normal, uniform } from './random-scores.ts';

const { exp, log, max } = Math;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Runs `days` of evenly spaced events, each with the next p-value; alerts of each day. */
function run(budget: AlertBudget, next: () => number, days: number, eventsADay: number): number[] {
  const alerts: number[] = [];
  for (let day = 0; day < days; day++) {
    const before = budget.alerts;
    for (let index = 0; index < eventsADay; index++) {
      budget.decide((day + index / eventsADay) * DAY_MS, next());
    }
    alerts.push(budget.alerts - before);
  }
  return alerts;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A day of scores through calibrator, budget and escape, as the pipeline joins them; event rates differ by 50 in bursts. */
function simulateDay(
  next: (dayShare: number) => number,
  seed: number,
  onDecision: (score: number, decision: AlertDecision) => void = () => {},
): AlertBudget {
  const chance = uniform(seed);
  const calibrator = new ScoreCalibrator();
  const budget = new AlertBudget({ perDay: 5 });
  const hatch = new DriftEscape();
  let isBusy = false;
  for (let timeMs = 0; timeMs < DAY_MS; ) {
    if (chance() < 1e-4) {
      isBusy = !isBusy;
    }
    timeMs += -log(chance()) * (isBusy ? 40 : 2000);
    const score = next(timeMs / DAY_MS);
    const pvalue = calibrator.pvalue(score);
    const decision = budget.decide(timeMs, pvalue);
    onDecision(score, decision);
    const isFlagged = decision !== 'quiet';
    if (hatch.update(isFlagged) || !isFlagged) {
      calibrator.observe(score);
    } else {
      calibrator.leaveOut(score, budget.flagThreshold);
    }
  }
  return budget;
}

describe('AlertBudget', () => {
  test('takes the rate of events for the p-value that gives the budget', () => {
    const budget = new AlertBudget({ perDay: 5 });
    run(budget, () => 1, 1, 200_000);
    expect(budget.eventsPerDay).toBeGreaterThan(199_000);
    expect(budget.eventsPerDay).toBeLessThan(201_000);
    expect(budget.flagThreshold).toBeGreaterThanOrEqual(5 / 201_000);
    expect(budget.threshold / budget.flagThreshold).toBeGreaterThan(0.99);
  });

  test('meets the budget on p-values that are right', () => {
    const alerts = run(new AlertBudget({ perDay: 5 }), uniform(1), 30, 10_000);
    expect(sum(alerts) / 30).toBeGreaterThan(4);
    expect(sum(alerts) / 30).toBeLessThan(6);
    expect(max(...alerts)).toBeLessThanOrEqual(15);
  });

  test('meets the budget in the long run on p-values that are far too small', () => {
    const next = uniform(2);
    const alerts = run(new AlertBudget({ perDay: 5 }), () => next() ** 2, 30, 10_000);
    expect(alerts[0]).toBeLessThanOrEqual(25);
    expect(sum(alerts.slice(1)) / 29).toBeGreaterThan(4);
    expect(sum(alerts.slice(1)) / 29).toBeLessThan(6);
  });

  test('loosens by no more than four times on p-values that are too large', () => {
    const next = uniform(3);
    const budget = new AlertBudget({ perDay: 5 });
    const alerts = run(budget, () => next() ** 0.5, 10, 20_000);
    expect(sum(alerts)).toBeLessThan(10);
    expect(budget.threshold).toBeLessThan((4.1 * 5) / 20_000);
    expect(budget.threshold).toBeGreaterThan((3.9 * 5) / 20_000);
  });

  test('reports an attack of 20 rare events in a minute whole', () => {
    const budget = new AlertBudget({ perDay: 5 });
    run(budget, uniform(4), 2, 100_000);
    const before = budget.alerts;
    for (let index = 0; index < 20; index++) {
      expect(budget.decide(2 * DAY_MS + index * 3000, 1e-9)).toBe('alert');
    }
    expect(budget.alerts - before).toBe(20);
  });

  test('reports less than 30 of a flood of whatever rarity, and counts the rest', () => {
    const budget = new AlertBudget({ perDay: 5 });
    run(budget, () => 1, 1, 100_000);
    for (let index = 0; index < 10_000; index++) {
      budget.decide(DAY_MS + index * 10, 1e-12);
    }
    expect(budget.alerts).toBeGreaterThanOrEqual(20);
    expect(budget.alerts).toBeLessThan(30);
    expect(budget.alerts + budget.suppressed).toBe(10_000);
  });

  test('recovers from a flood', () => {
    const budget = new AlertBudget({ perDay: 5 });
    run(budget, () => 1, 1, 10_000);
    for (let index = 0; index < 1000; index++) {
      budget.decide(DAY_MS + index * 10, 1e-12);
    }
    expect(budget.decide(DAY_MS + 20_000, 1e-6)).toBe('suppressed');
    for (let index = 0; index < 60_000; index++) {
      budget.decide(DAY_MS * (1.001 + index / 10_000), 1);
    }
    expect(budget.decide(DAY_MS * 7.1, 1e-6)).toBe('alert');
  });

  test.each([1, 2, 3])('gives 0 to 15 alerts on a day of clustered scores in bursts (seed %p)', (seed) => {
    const clustered = autoregressive(seed, 0.95);
    const noise = normal(seed + 100);
    const { alerts, eventsPerDay } = simulateDay(() => exp(0.5 * clustered() + 0.3 * noise()), seed);
    expect(eventsPerDay).toBeGreaterThan(50_000);
    expect(alerts).toBeLessThanOrEqual(15);
  });

  test('gives 0 to 15 alerts in the mean of days whose scores climb by three times their spread', () => {
    const alerts = [1, 2, 3, 4, 5, 6].map((seed) => {
      const next = normal(seed);
      return simulateDay((share) => next() + 3 * share, seed).alerts;
    });
    expect(sum(alerts) / alerts.length).toBeLessThanOrEqual(15);
    expect(max(...alerts)).toBeLessThanOrEqual(20);
  });

  test.each([6, 7, 8])('reports 20 attack events one after another in such a day (seed %p)', (seed) => {
    const clustered = autoregressive(seed, 0.95);
    let attack = 0;
    const decisions: AlertDecision[] = [];
    simulateDay(
      (share) => (share > 0.7 && attack++ < 20 ? 15 : clustered()),
      seed,
      (score, decision) => {
        if (score === 15) {
          decisions.push(decision);
        }
      },
    );
    expect(decisions).toEqual(new Array(20).fill('alert'));
  });

  test('does not extrapolate a first burst to a day, nor wait for a day to end', () => {
    const budget = new AlertBudget({ perDay: 24 });
    for (let index = 0; index < 2000; index++) {
      budget.decide(index / 10, 1);
    }
    expect(budget.eventsPerDay).toBeLessThan(2001 * 1440);
    for (let index = 0; index < 36_000; index++) {
      budget.decide(1000 + index * 100, 1);
    }
    expect(budget.eventsPerDay).toBeGreaterThan(800_000);
    expect(budget.eventsPerDay).toBeLessThan(1_000_000);
  });

  test('stands still while time goes back, and gives no budget for gaps and jumps', () => {
    const budget = new AlertBudget({ perDay: 5 });
    budget.decide(10 * HOUR_MS, 1);
    for (let index = 0; index < 5000; index++) {
      budget.decide(10 * HOUR_MS + (index % 2) * 1000, 1);
    }
    expect(budget.elapsedMs).toBe(1000);
    budget.decide(1000 * DAY_MS, 1);
    expect(budget.elapsedMs).toBe(1000 + HOUR_MS);
    budget.decide(5 * HOUR_MS, 1);
    expect(budget.elapsedMs).toBe(1000 + HOUR_MS);
    budget.decide(5 * HOUR_MS + 2000, 1);
    expect(budget.elapsedMs).toBe(3000 + HOUR_MS);
  });

  test('survives times and p-values that are no numbers', () => {
    const budget = new AlertBudget({ perDay: 5 });
    for (const timeMs of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1e308]) {
      expect(budget.decide(timeMs, Number.NaN)).toBe('quiet');
    }
    run(budget, uniform(7), 3, 20_000);
    expect(budget.alerts).toBeGreaterThan(0);
    expect(budget.threshold).toBeGreaterThan(0);
    expect(budget.threshold).toBeLessThanOrEqual(0.01);
  });

  test('reports what it achieved in a day', () => {
    const budget = new AlertBudget({ perDay: 5 });
    run(budget, uniform(8), 10, 10_000);
    expect(budget.achievedPerDay).toBeGreaterThan(1);
    expect(budget.achievedPerDay).toBeLessThan(12);
  });

  test('leaves a fixed p-value as it is', () => {
    const budget = new AlertBudget({ pvalue: 0.001 });
    run(budget, uniform(9), 1, 100_000);
    expect(budget.alerts).toBeGreaterThan(60);
    expect(budget.alerts).toBeLessThan(140);
    expect([budget.threshold, budget.flagThreshold, budget.suppressed]).toEqual([0.001, 0.001, 0]);
  });

  test('goes on from a state exactly as before, and anew at another budget', () => {
    const next = uniform(10);
    const original = new AlertBudget({ perDay: 5 });
    run(original, () => next() ** 2, 2, 10_000);
    const state = new StateWriter();
    original.save(state);
    const bytes = Uint8Array.from(state.bytes());
    const restored = new AlertBudget({ perDay: 5 });
    restored.restore(new StateReader(bytes));
    let isSame = true;
    for (let index = 0; index < 20_000; index++) {
      const pvalue = next() ** 2;
      const timeMs = DAY_MS * (2 + index / 10_000);
      isSame &&= restored.decide(timeMs, pvalue) === original.decide(timeMs, pvalue);
    }
    expect(isSame).toBe(true);
    expect(restored.threshold).toBe(original.threshold);
    expect(restored.achievedPerDay).toBe(original.achievedPerDay);
    const larger = new AlertBudget({ perDay: 50 });
    larger.restore(new StateReader(bytes));
    expect(larger.threshold).toBeGreaterThan(40 / 10_000);
  });

  test('refuses a state with impossible values', () => {
    const state = new StateWriter();
    new AlertBudget({ perDay: 5 }).save(state);
    const bytes = Uint8Array.from(state.bytes());
    new DataView(bytes.buffer).setFloat64(8 * 4, Number.NaN, true);
    expect(() => new AlertBudget({ perDay: 5 }).restore(new StateReader(bytes))).toThrow('is below 0');
  });

  test.each([{ perDay: 0 }, { perDay: Number.NaN }, { pvalue: 1 }, { pvalue: 0 }])(
    'refuses %p',
    (settings) => {
      expect(() => new AlertBudget(settings)).toThrow(RangeError);
    },
  );
});
