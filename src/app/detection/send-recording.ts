/** Sends a recording to a detector elsewhere. */
import type { Config } from '../../core/config/schema.ts';
import { SentinelError } from '../../core/errors.ts';
import type { Event } from '../../core/event.ts';
import { whenAborted } from '../../core/when-aborted.ts';
import { Delivery } from '../../sinks/delivery.ts';
import { makeGrpcSink } from '../make-grpc-sink.ts';
import type { DetectionContext } from './detection-context.ts';
import { type OpenRecording, runRecorded } from './recorded-run.ts';
import { type ReplayOptions, recordedRunOptions, reportEnd } from './replay-options.ts';

const CLOSE_DEADLINE_MS = 30_000;
/** After a signal: whoever gave it waits. */
const STOP_DEADLINE_MS = 5000;

/**
 * Sends each event and waits for the acknowledgement of all.
 *
 * @throws {SentinelError} `SNT_PEER_UNAVAILABLE` if the detector cannot be reached or did not take every event.
 */
export async function sendRecording(
  config: Config,
  options: ReplayOptions,
  recording: OpenRecording,
  context: DetectionContext,
): Promise<void> {
  const endpoint = options.target ?? config.sinks.grpc.endpoint;
  let flagged = 0;
  const sink = makeGrpcSink({ ...config.sinks.grpc, endpoint }, (detections) => {
    flagged += detections.length;
  });
  const delivery = new Delivery(sink, {
    onFailure: (error) => context.log.warn({ error, endpoint }, 'cannot send, trying again'),
  });
  try {
    await delivery.start();
  } catch (error) {
    throw error instanceof SentinelError
      ? error
      : new SentinelError('SNT_PEER_UNAVAILABLE', `Cannot reach the detector at ${endpoint}`, {
          cause: error,
        });
  }
  const aborted = whenAborted(context.signal);
  try {
    const end = await runRecorded(
      recording.input,
      {
        ...recordedRunOptions(config, options, context),
        onPiece: async () => {
          options.onProgress(recording);
          await Promise.race([delivery.flush(), aborted]);
        },
      },
      (event: Event) => {
        delivery.offer(event);
      },
    );
    await delivery.close(context.signal.aborted ? STOP_DEADLINE_MS : CLOSE_DEADLINE_MS);
    reportEnd(end, context);
  } finally {
    await delivery.destroy();
  }
  const { offered, delivered, dropped } = delivery.counters();
  context.stderr.write(
    `sentinel: ${delivered.toLocaleString('en')} of ${offered.toLocaleString('en')} events taken by ${endpoint}, which flagged ${flagged.toLocaleString('en')}\n`,
  );
  if (delivered < offered) {
    const reasons = Object.entries(dropped).filter(([, events]) => events > 0);
    throw new SentinelError(
      'SNT_PEER_UNAVAILABLE',
      `Cannot deliver ${offered - delivered} events to ${endpoint}: ${reasons.map(([reason, events]) => `${reason} ${events}`).join(', ')}`,
    );
  }
}
