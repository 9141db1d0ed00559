/** From what a detector said to figures. */
import { BENIGN, type Label } from '../../corpus/capture.ts';
import { averagePrecision, rocAuc } from '../models/ranking.ts';
import type { DetectionRun, Verdicts } from './run.ts';

/** False alarms on the ordinary capture that a threshold may cost. */
export const ALARM_LEVELS = [1, 5, 20] as const;

/** How well a detector did. Sessions are runs of techniques; one is found if at least one of its events is flagged. */
export interface Figures {
  readonly events: number;
  readonly attackEvents: number;
  readonly sessions: number;
  /** Of events, by p-value and by raw score. */
  readonly rocAuc: number;
  readonly prAuc: number;
  readonly scoreRocAuc: number;
  readonly scorePrAuc: number;
  /** Sessions whose least p-value is below all but so many of the ordinary capture, by {@link ALARM_LEVELS}. */
  readonly sessionsAtAlarms: readonly number[];
  /** At the budget, or the fixed score: what was reported, and what was flagged, so held back as well. */
  readonly reported: AtThreshold;
  readonly flagged: AtThreshold;
  readonly usPerEvent: number;
  /** Groups that were not warm after learning. */
  readonly cold: readonly string[];
}

/** What came of a decision made on each event. */
export interface AtThreshold {
  readonly precision: number;
  /** Share of the attacks' events. */
  readonly recall: number;
  readonly sessions: number;
  /** On the attacked capture, of ordinary events. */
  readonly falseAlarms: number;
  /** On the ordinary capture. */
  readonly falseAlarmsOrdinary: number;
  readonly falseAlarmsPerDay: number;
  /** Share of the ordinary capture's events. */
  readonly ordinaryShare: number;
}

const DAY_MS = 86_400_000;

/** @param labels One for each event of the attacked capture. */
export function figuresOf(run: DetectionRun, labels: readonly Label[]): Figures {
  const { ordinary, attacked } = run;
  const isAttack = Uint8Array.from(labels, ({ label }) => (label === BENIGN ? 0 : 1));
  const rarity = attacked.pvalues.map((p) => -Math.log(p));
  const sessions = leastBySession(attacked.pvalues, labels);
  const sorted = ordinary.pvalues.toSorted();
  return {
    events: labels.length,
    attackEvents: isAttack.reduce((sum, one) => sum + one, 0),
    sessions: sessions.size,
    rocAuc: rocAuc(rarity, isAttack),
    prAuc: averagePrecision(rarity, isAttack),
    scoreRocAuc: rocAuc(attacked.scores, isAttack),
    scorePrAuc: averagePrecision(attacked.scores, isAttack),
    sessionsAtAlarms: ALARM_LEVELS.map((level) => {
      // The first p-value that would be an alarm too many.
      const limit = sorted[level] ?? 1;
      return [...sessions.values()].filter((least) => least < limit).length;
    }),
    reported: atThreshold(run, labels, 2),
    flagged: atThreshold(run, labels, 1),
    usPerEvent: run.usPerEvent,
    cold: run.cold,
  };
}

/** The least p-value of each technique's run. */
export function leastBySession(pvalues: Float64Array, labels: readonly Label[]): Map<string, number> {
  const least = new Map<string, number>();
  for (const [index, { label, session }] of labels.entries()) {
    if (label !== BENIGN) {
      least.set(session, Math.min(least.get(session) ?? 1, pvalues[index] ?? 1));
    }
  }
  return least;
}

function atThreshold(
  { ordinary, attacked }: DetectionRun,
  labels: readonly Label[],
  from: number,
): AtThreshold {
  const found = new Set<string>();
  let hits = 0;
  let falseAlarms = 0;
  let attackEvents = 0;
  for (const [index, { label, session }] of labels.entries()) {
    const isFlagged = (attacked.decisions[index] ?? 0) >= from;
    if (label === BENIGN) {
      falseAlarms += isFlagged ? 1 : 0;
      continue;
    }
    attackEvents++;
    if (isFlagged) {
      hits++;
      found.add(session);
    }
  }
  const falseAlarmsOrdinary = countFrom(ordinary, from);
  return {
    precision: hits + falseAlarms === 0 ? Number.NaN : hits / (hits + falseAlarms),
    recall: hits / attackEvents,
    sessions: found.size,
    falseAlarms,
    falseAlarmsOrdinary,
    falseAlarmsPerDay: (falseAlarmsOrdinary * DAY_MS) / ordinary.spanMs,
    ordinaryShare: falseAlarmsOrdinary / ordinary.decisions.length,
  };
}

function countFrom({ decisions }: Verdicts, from: number): number {
  return decisions.reduce((count, decision) => count + (decision >= from ? 1 : 0), 0);
}
