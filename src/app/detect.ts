/** `detect`: events from probes, a pipe or a file through the models. */
import type { Config } from '../core/config/schema.ts';
import { SentinelError } from '../core/errors.ts';
import type { Event } from '../core/event.ts';
import { whenAborted } from '../core/when-aborted.ts';
import type { Detector } from '../pipeline/detector/detector.ts';
import type { GrpcSource } from '../sources/grpc.ts';
import type { EventJudge, Verdict } from '../sources/source.ts';
import { type DetectionContext, detectionSummary } from './detection/detection-context.ts';
import { DetectionOutput } from './detection/detection-output.ts';
import { makeDetector } from './detection/make-detector.ts';
import { openRecording, runRecorded } from './detection/recorded-run.ts';
import { restoreDetector, StateKeeper } from './detection/state-keeper.ts';

const DRAIN_DEADLINE_MS = 5000;
const SUMMARY_INTERVAL_MS = 60_000;

/**
 * Detects until the signal, the end of the input, or the reader of the output ends it.
 *
 * @returns How many detections there were.
 * @throws {SentinelError} `SNT_CONFIG_INVALID`, `SNT_USAGE` or `SNT_INPUT_CORRUPT`.
 */
export async function runDetect(config: Config, context: DetectionContext): Promise<number> {
  const { log } = context;
  const { source } = config.detect;
  if (source === 'file' && config.detect.file === undefined) {
    throw new SentinelError('SNT_USAGE', 'The file source needs a file', { hint: 'give it with --file' });
  }
  await using disposer = new AsyncDisposableStack();
  const detector = await openDetector(config, context, disposer);
  const gone = new AbortController();
  const output = new DetectionOutput(context.output, context.render, (error) => gone.abort(error));
  const signal = AbortSignal.any([context.signal, gone.signal]);
  const run: Run = { config, context: { ...context, signal }, detector, output };
  if (config.detect.replay_log !== undefined) {
    await readRecording(run, config.detect.replay_log);
  }
  if (source === 'grpc') {
    await serve(run);
  } else {
    context.onState?.('ready');
    await readRecording(run, source === 'stdin' ? '-' : (config.detect.file ?? '-'));
  }
  context.onState?.('stopping');
  await output.flush();
  const counts = detector.counts();
  log.debug({ counts }, 'account');
  context.stderr.write(`sentinel: ${detectionSummary(counts)}\n`);
  if (output.counts.dropped > 0 && !gone.signal.aborted) {
    context.stderr.write(`sentinel: ${output.counts.dropped} detections dropped: the output was too slow\n`);
  }
  return counts.detections;
}

interface Run {
  readonly config: Config;
  readonly context: DetectionContext;
  readonly detector: Detector;
  readonly output: DetectionOutput;
}

/** A detector, with its state when there is a folder for it; saved when `disposer` is disposed of. */
export async function openDetector(
  config: Config,
  { log }: Pick<DetectionContext, 'log'>,
  disposer: AsyncDisposableStack,
): Promise<Detector> {
  const { dir, save_interval_ms: intervalMs } = config.state;
  if (dir === undefined) {
    return makeDetector(config);
  }
  const options = { dir, intervalMs, log };
  const detector = await restoreDetector(() => makeDetector(config), options);
  disposer.use(new StateKeeper(detector, options));
  return detector;
}

async function readRecording({ config, context, detector, output }: Run, path: string): Promise<void> {
  const { detect } = config;
  const { log } = context;
  await using recording = await openRecording(path, context.stdin, context.signal);
  const end = await runRecorded(
    recording.input,
    {
      pace: detect.replay_pace,
      startMs: detect.replay_start_ms,
      endMs: detect.replay_end_ms,
      skip: 0,
      maxEvents: Number.POSITIVE_INFINITY,
      signal: context.signal,
      onInvalid: (error, offset) => log.warn({ error, offset }, 'a record holds no event'),
      onPiece: () => output.flush(),
    },
    (event) => {
      const detection = detector.process(event);
      if (detection !== undefined) {
        output.write(detection);
      }
    },
  );
  if (end.isTorn) {
    log.warn({ path }, 'the recording ends in the middle of a record: everything before was read');
  }
}

async function serve({ config, context, detector, output }: Run): Promise<void> {
  const { log, signal } = context;
  const { GrpcSource } = await import('../sources/grpc.ts');
  const { grpc } = config.sources;
  const { tls_cert: cert, tls_key: key, tls_ca: ca } = grpc;
  await using source: GrpcSource = await GrpcSource.listen({
    address: `${grpc.host.includes(':') ? `[${grpc.host}]` : grpc.host}:${grpc.port}`,
    tls: {
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ca === undefined ? {} : { ca }),
    },
    allowPlaintext: grpc.allow_plaintext,
    maxMessageBytes: grpc.max_message_bytes,
    onReport: (report) => log.info({ report }, 'a peer reports an anomaly'),
    onJudgeError: (error) => log.error({ error }, 'cannot score an event'),
  });
  source.start(new DetectorJudge(detector, output, config.detect.threshold));
  log.info({ address: source.address, models: detector.name }, 'listening');
  context.onState?.('ready');
  const summary = setInterval(() => log.info(detectionSummary(detector.counts())), SUMMARY_INTERVAL_MS);
  await whenAborted(signal);
  clearInterval(summary);
  await source.drain(DRAIN_DEADLINE_MS);
  log.debug({ counts: source.counts() }, 'gRPC');
}

/** Answers peers with what the detector says. */
class DetectorJudge implements EventJudge {
  readonly #detector: Detector;
  readonly #output: DetectionOutput;
  readonly #threshold: number | undefined;

  constructor(detector: Detector, output: DetectionOutput, threshold: number | undefined) {
    this.#detector = detector;
    this.#output = output;
    this.#threshold = threshold;
  }

  judge(event: Event): Verdict {
    const detection = this.#detector.process(event);
    const rawScore = this.#detector.lastScore;
    // Calibrated, a peer gets what it can compare: how sure it is that this is no normal event.
    const score =
      this.#threshold === undefined ? 1 - this.#detector.lastPvalue : Math.min(Math.max(rawScore, 0), 1);
    if (detection === undefined) {
      return { anomaly: false, reason: '', score, rawScore };
    }
    this.#output.write(detection);
    const reason =
      this.#threshold === undefined
        ? detection.title
        : `${detection.model} anomaly score ${rawScore.toFixed(3)} exceeds threshold ${this.#threshold}`;
    return { anomaly: true, reason, score, rawScore };
  }

  onBatch(): void {}
}
