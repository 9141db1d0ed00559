/** What a replay is told, and what it says at its end. */
import type { Config } from '../../core/config/schema.ts';
import type { SentinelError } from '../../core/errors.ts';
import type { DetectionContext } from './detection-context.ts';
import type { OpenRecording, RecordedRunEnd } from './recorded-run.ts';

/** What to replay, and where to. */
export interface ReplayOptions {
  /** `-` is standard input. */
  readonly file: string;
  readonly skip: number;
  readonly maxEvents: number;
  /** A detector elsewhere instead of models here. */
  readonly target: string | undefined;
  /** NDJSON file of the detections that should come. */
  readonly expect: string | undefined;
  /** Told how much of the input was read, now and then. */
  readonly onProgress: (recording: OpenRecording) => void;
}

/** The part of a recorded run that configuration and options decide. */
export function recordedRunOptions(
  { detect }: Config,
  { skip, maxEvents }: ReplayOptions,
  { log, signal }: DetectionContext,
) {
  return {
    pace: detect.replay_pace,
    startMs: detect.replay_start_ms,
    endMs: detect.replay_end_ms,
    skip,
    maxEvents,
    signal,
    onInvalid: (error: SentinelError, offset: number) =>
      log.warn({ error, offset }, 'a record holds no event'),
  };
}

/** Says what was left out and that the input was cut. */
export function reportEnd(end: RecordedRunEnd, { log, stderr }: DetectionContext): void {
  if (end.leftOut > 0) {
    stderr.write(
      `sentinel: ${end.leftOut.toLocaleString('en')} events left out by --start-ms, --end-ms or --skip\n`,
    );
  }
  if (end.isTorn) {
    log.warn('the recording ends in the middle of a record: everything before was read');
  }
}
