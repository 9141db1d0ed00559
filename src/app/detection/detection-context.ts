/** What detect, replay and probe need of the process they run in. */
import type { ModelDetection } from '../../core/detection.ts';
import type { Log } from '../../core/log.ts';
import type { DetectorCounts } from '../../pipeline/detector/detector.ts';
import type { ByteOutput } from '../byte-output.ts';

/** Streams and the stop request of one run. */
export interface DetectionContext {
  /** Aborted when the run should drain and end. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly stdin: NodeJS.ReadableStream;
  /** Takes the detections. */
  readonly output: ByteOutput;
  /** Takes the summary. */
  readonly stderr: NodeJS.WritableStream;
  /** A detection as a line without its newline. */
  readonly render: (detection: ModelDetection) => string;
  /** Called when events begin to be taken, and when the run begins to stop. */
  readonly onState?: (state: 'ready' | 'stopping') => void;
}

/** One sentence about a run: `1,000 events, 3 detections (4.8 a day), …`. */
export function detectionSummary(counts: DetectorCounts): string {
  const parts = [
    `${counts.seen.toLocaleString('en')} events`,
    `${counts.detections.toLocaleString('en')} detections${rateText(counts.achievedPerDay)}`,
  ];
  if (counts.suppressed > 0) {
    parts.push(`${counts.suppressed.toLocaleString('en')} more held back to keep the budget`);
  }
  if (counts.leftOut > 0) {
    parts.push(`${counts.leftOut.toLocaleString('en')} not learnt`);
  }
  if (counts.driftOpenings > 0) {
    parts.push(`drift ${counts.driftOpenings} times`);
  }
  const warming = counts.warming.map(({ group, eventsLeft }) =>
    eventsLeft > 0 ? `${group} (${eventsLeft.toLocaleString('en')} events to go)` : group,
  );
  if (warming.length > 0) {
    parts.push(`still warming up: ${warming.join(', ')}`);
  }
  return parts.join(', ');
}

function rateText(perDay: number): string {
  return Number.isNaN(perDay) ? '' : ` (${perDay < 10 ? perDay.toFixed(1) : Math.round(perDay)} a day)`;
}
