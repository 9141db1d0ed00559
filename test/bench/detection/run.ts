/** One detector through the captures, and what it said of each event. */
import { makeDetector } from '../../../src/app/detection/make-detector.ts';
import type { Config } from '../../../src/core/config/schema.ts';
import type { Detector, DetectorCounts } from '../../../src/pipeline/detector/detector.ts';
import { type Captures, forEachEvent } from './captures.ts';

/** What a detector said of the events of one capture, in order. */
export interface Verdicts {
  readonly pvalues: Float64Array;
  readonly scores: Float64Array;
  /** 0 quiet, 1 flagged and held back for the budget, 2 reported. */
  readonly decisions: Uint8Array;
  /** Event time from the first to the last. */
  readonly spanMs: number;
}

/** A detector's way through the captures. */
export interface DetectionRun {
  readonly ordinary: Verdicts;
  readonly attacked: Verdicts;
  /** Groups whose p-values meant nothing yet when learning ended. */
  readonly cold: readonly string[];
  /** CPU time of one event, decoding included, while learning. */
  readonly usPerEvent: number;
  readonly counts: DetectorCounts;
}

/** What an alert budget never goes above: an event that is less rare was not held back. */
const NEVER_FLAGGED_ABOVE = 0.01;
const QUIET = 0;
const SUPPRESSED = 1;
const REPORTED = 2;

/**
 * Learns, then meets ordinary work, then attacks; it learns on all the while, as it would on a host.
 *
 * @param config Of the detector.
 */
export async function runDetection(config: Config, captures: Captures): Promise<DetectionRun> {
  const detector = makeDetector(config);
  const before = process.cpuUsage();
  let learnt = 0;
  await forEachEvent(captures.learnt.path, (event) => {
    detector.process(event);
    learnt++;
  });
  const { user, system } = process.cpuUsage(before);
  const cold = detector.counts().warming.map(({ group }) => group);
  const ordinary = await judge(detector, captures.ordinary.path);
  const attacked = await judge(detector, captures.attacked.path);
  return { ordinary, attacked, cold, usPerEvent: (user + system) / learnt, counts: detector.counts() };
}

async function judge(detector: Detector, path: string): Promise<Verdicts> {
  const pvalues: number[] = [];
  const scores: number[] = [];
  const decisions: number[] = [];
  let { suppressed } = detector.counts();
  let firstNs: bigint | undefined;
  let lastNs = 0n;
  await forEachEvent(path, (event) => {
    firstNs ??= event.timeUnixNs;
    lastNs = event.timeUnixNs;
    const isReported = detector.process(event) !== undefined;
    pvalues.push(detector.lastPvalue);
    scores.push(detector.lastScore);
    let decision = isReported ? REPORTED : QUIET;
    if (!isReported && detector.lastPvalue <= NEVER_FLAGGED_ABOVE) {
      const now = detector.counts().suppressed;
      decision = now > suppressed ? SUPPRESSED : QUIET;
      suppressed = now;
    }
    decisions.push(decision);
  });
  return {
    pvalues: Float64Array.from(pvalues),
    scores: Float64Array.from(scores),
    decisions: Uint8Array.from(decisions),
    spanMs: Number(lastNs - (firstNs ?? lastNs)) / 1e6,
  };
}
