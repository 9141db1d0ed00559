/** `replay`: a recording through the models, or to a detector, on its own time. */

import type { Config } from '../core/config/schema.ts';
import { encodeDetection } from '../core/detection.ts';
import { SentinelError } from '../core/errors.ts';
import { openDetector } from './detect.ts';
import { type DetectionContext, detectionSummary } from './detection/detection-context.ts';
import { DetectionOutput } from './detection/detection-output.ts';
import { Expectation } from './detection/expectation.ts';
import { openRecording, runRecorded } from './detection/recorded-run.ts';
import { type ReplayOptions, recordedRunOptions, reportEnd } from './detection/replay-options.ts';

/** What a replay did. */
export interface ReplayResult {
  readonly detections: number;
  /** What differs from the expectation, for people; undefined when nothing does or nothing was expected. */
  readonly difference: string | undefined;
}

/**
 * Replays to the end of the input, or until the signal.
 *
 * @throws {SentinelError} `SNT_USAGE`, `SNT_CONFIG_INVALID`, `SNT_INPUT_CORRUPT` or `SNT_PEER_UNAVAILABLE`.
 */
export async function runReplay(
  config: Config,
  options: ReplayOptions,
  context: DetectionContext,
): Promise<ReplayResult> {
  if (options.target !== undefined && options.expect !== undefined) {
    throw new SentinelError('SNT_USAGE', 'A replay to a target has no detections here to compare', {
      hint: 'leave --target or --expect out',
    });
  }
  const expectation = options.expect === undefined ? undefined : await Expectation.read(options.expect);
  const gone = new AbortController();
  const signal = AbortSignal.any([context.signal, gone.signal]);
  await using recording = await openRecording(options.file, context.stdin, signal);
  if (options.target !== undefined) {
    const { sendRecording } = await import('./detection/send-recording.ts');
    await sendRecording(config, options, recording, context);
    return { detections: 0, difference: undefined };
  }
  await using disposer = new AsyncDisposableStack();
  const detector = await openDetector(config, context, disposer);
  const output = new DetectionOutput(context.output, context.render, (error) => gone.abort(error));
  const end = await runRecorded(
    recording.input,
    {
      ...recordedRunOptions(config, options, context),
      signal,
      onPiece: async () => {
        options.onProgress(recording);
        await output.flush();
      },
    },
    (event) => {
      const detection = detector.process(event);
      if (detection === undefined) {
        return;
      }
      if (expectation === undefined) {
        output.write(detection);
      } else {
        expectation.meet(encodeDetection(detection));
      }
    },
  );
  await output.flush();
  reportEnd(end, context);
  const counts = detector.counts();
  context.stderr.write(`sentinel: ${detectionSummary(counts)}\n`);
  return { detections: counts.detections, difference: expectation?.difference() };
}
