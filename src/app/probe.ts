/** `probe` as a running agent: kernel source, pipeline and sinks joined, and taken apart in order. */
import { hostname, setPriority } from 'node:os';
import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config/schema.ts';
import type { ModelDetection } from '../core/detection.ts';
import type { Event } from '../core/event.ts';
import type { EventType } from '../core/event-types.ts';
import type { Log } from '../core/log.ts';
import type { Detector } from '../pipeline/detector/detector.ts';
import { HostEnricher } from '../pipeline/enrich/enricher.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { FORWARD_ALL, type ForwardingRules } from '../pipeline/rules/forwarding.ts';
import { Delivery } from '../sinks/delivery.ts';
import { evt1Sink } from '../sinks/evt1.ts';
import { lineFormat, ndjsonFormat } from '../sinks/record-format.ts';
import type { Sink } from '../sinks/sink.ts';
import { type OutputStream, stdoutSink } from '../sinks/stdout.ts';
import { KernelSource } from '../sources/kernel.ts';
import { detectionSummary } from './detection/detection-context.ts';
import type { DetectionOutput } from './detection/detection-output.ts';
import { forwardableEvents } from './event-selection.ts';
import { loadForwardingRules } from './forwarding-rules.ts';
import { type ProbeAccount, sumKernelCounters, summaryLine } from './probe-summary.ts';
import { quickFilter } from './quick-filter.ts';

/** What the agent needs of the process it runs in. */
export interface ProbeContext {
  /** Aborted when the agent should drain and end. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly stdout: OutputStream & { readonly isTTY?: boolean };
  /** Takes the one line at the end. */
  readonly stderr: NodeJS.WritableStream;
  /** Renders an event for a terminal. */
  readonly renderCompact: (event: Event) => string;
  /** A detection as a line without its newline. */
  readonly renderDetection: (detection: ModelDetection) => string;
  /** Called when events begin to flow, and when the agent begins to stop. */
  readonly onState?: (state: 'ready' | 'stopping') => void;
}

const WAKE_INTERVAL_NS = 200_000;
const CLOSE_DEADLINE_MS = 5_000;
/** Nice value of the thread that empties the ring: what is watched must not starve the watcher. */
const EVENT_PATH_NICE = -10;

/**
 * Watches the host until the signal, `--duration`, `--count`, or the reader of a pipe ends it.
 *
 * @returns The account of the run, which was also printed.
 * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED, SNT_RULE_INVALID or SNT_CONFIG_INVALID before it begins to watch.
 */
export async function runProbe(config: Config, context: ProbeContext): Promise<ProbeAccount> {
  const rules = config.probe.all ? FORWARD_ALL : loadForwardingRules(config);
  await using disposer = new AsyncDisposableStack();
  const detection = await openDetection(config, context, disposer);
  // Models look at every event, whether it is forwarded or not.
  const events = forwardableEvents(config.probe, detection === undefined ? rules : FORWARD_ALL);
  if (events.size === 0) {
    context.log.warn('the forwarding rules forward none of these event types; --all forwards everything');
  }
  const ending = new Ending(context.signal);
  const deliveries = await openDeliveries(config, context, ending);
  const host = new HostEnricher({
    clock: systemClock,
    processCapacity: config.probe.process_table_entries,
  });
  raisePriority(context.log);
  using source = openSource(config, events, host);
  for (const { what, reason } of source.gaps) {
    context.log.warn({ reason }, `this kernel: ${what}`);
  }
  // Attached already: whoever starts from here on is seen as an event.
  host.takeSnapshot();

  const running: Delivery[] = [];
  try {
    for (const { delivery } of deliveries) {
      await delivery.start();
      running.push(delivery);
    }
    const agent = new ProbeConsumer(config, host, rules, running, detection, ending);
    const startedMs = systemClock.monotonicMs();
    source.start(agent);
    context.onState?.('ready');
    context.log.debug(
      { types: [...events], ringBytes: source.ringBytes, rules: rules.ruleNames.length },
      'watching',
    );

    await ending.promise;
    context.onState?.('stopping');
    source.stop();
    await Promise.all([
      ...running.map((delivery) => delivery.close(CLOSE_DEADLINE_MS)),
      detection === undefined ? undefined : endDetection(detection),
    ]);

    const account = accountOf(source, agent, deliveries, systemClock.monotonicMs() - startedMs);
    context.log.debug({ account }, 'account');
    context.stderr.write(`sentinel: ${summaryLine(account)}\n`);
    if (detection !== undefined) {
      context.stderr.write(`sentinel: ${detectionSummary(detection.detector.counts())}\n`);
    }
    return account;
  } finally {
    ending.release();
    await Promise.all(running.map((delivery) => delivery.destroy()));
  }
}

/** The models of `--detect`, and where their detections go. */
interface Detection {
  readonly detector: Detector;
  readonly output: DetectionOutput;
}

async function openDetection(
  config: Config,
  context: ProbeContext,
  disposer: AsyncDisposableStack,
): Promise<Detection | undefined> {
  if (!config.detect.enabled) {
    return undefined;
  }
  const { openDetector } = await import('./detect.ts');
  const { streamOutput } = await import('./byte-output.ts');
  const { DetectionOutput: Output } = await import('./detection/detection-output.ts');
  return {
    detector: await openDetector(config, context, disposer),
    // A reader that goes away ends the run through the closed stream, as it does without models.
    output: new Output(streamOutput(context.stdout), context.renderDetection, (error) =>
      context.log.debug({ error }, 'nobody reads the detections'),
    ),
  };
}

function endDetection({ output }: Detection): Promise<unknown> {
  return Promise.race([output.flush(), systemClock.sleep(CLOSE_DEADLINE_MS)]);
}

/** On Linux a priority is a thread's: of this one alone, and of what it starts later. */
function raisePriority(log: Log): void {
  try {
    setPriority(EVENT_PATH_NICE);
  } catch (error) {
    log.debug({ error }, 'runs at ordinary priority');
  }
}

function openSource(config: Config, events: ReadonlySet<EventType>, host: HostEnricher): KernelSource {
  const { probe } = config;
  return new KernelSource(
    host,
    {
      events,
      syscalls: probe.syscalls,
      ringBytes: probe.ring_bytes,
      wakeIntervalNs: WAKE_INTERVAL_NS,
      agentPid: process.pid,
      drainIntervalMs: probe.drain_interval_ms,
      identity: {
        hostname: probe.hostname ?? hostname(),
        podName: probe.pod_name,
        namespace: probe.namespace,
        containerId: probe.container_id,
        labels: { cluster: probe.cluster_name },
      },
    },
    systemClock,
  );
}

/** When and why a run ends; the first reason counts. */
class Ending {
  readonly promise: Promise<void>;
  end: () => void = () => {};
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.promise = new Promise((resolve) => {
      this.end = () => {
        resolve();
      };
    });
    if (signal.aborted) {
      this.end();
    }
    signal.addEventListener('abort', this.end, { once: true });
  }

  endAfter(durationMs: number): void {
    this.#timers.push(setTimeout(this.end, durationMs));
  }

  release(): void {
    this.#signal.removeEventListener('abort', this.end);
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
  }
}

/** The synchronous middle: each event through the filter and the pipeline. */
class ProbeConsumer {
  readonly #host: HostEnricher;
  readonly #pipeline: Pipeline;
  readonly #keep: ((event: Event) => boolean) | undefined;
  readonly #detection: Detection | undefined;
  readonly #ending: Ending;
  readonly #deliveries: readonly Delivery[];
  #left: number;
  #filtered = 0;
  #forwarded = 0;

  constructor(
    config: Config,
    host: HostEnricher,
    rules: ForwardingRules,
    sinks: readonly Delivery[],
    detection: Detection | undefined,
    ending: Ending,
  ) {
    this.#deliveries = sinks;
    this.#host = host;
    this.#pipeline = new Pipeline({ rules, sinks });
    this.#keep = quickFilter(config.probe);
    this.#detection = detection;
    this.#ending = ending;
    this.#left = config.probe.count_events ?? Number.POSITIVE_INFINITY;
    if (config.probe.duration_ms !== undefined) {
      ending.endAfter(config.probe.duration_ms);
    }
  }

  onEvent(event: Event): void {
    if (this.#left === 0 || (this.#keep !== undefined && !this.#keep(event))) {
      this.#filtered++;
      return;
    }
    const found = this.#detection?.detector.process(event);
    if (found !== undefined) {
      this.#detection?.output.write(found);
    }
    if (!this.#pipeline.process(event)) {
      this.#filtered++;
      return;
    }
    this.#forwarded++;
    this.#left--;
    if (this.#left === 0) {
      this.#ending.end();
    }
  }

  onBatch(): void {
    this.#host.refresh();
  }

  isCongested(): boolean {
    return this.#deliveries.some((delivery) => delivery.isCongested);
  }

  get filtered(): number {
    return this.#filtered;
  }

  get forwarded(): number {
    return this.#forwarded;
  }
}

interface NamedDelivery {
  readonly name: string;
  readonly delivery: Delivery;
}

async function openDeliveries(
  config: Config,
  context: ProbeContext,
  ending: Ending,
): Promise<NamedDelivery[]> {
  const { log } = context;
  // Detections take the place of events on the standard output.
  const names = config.sinks.enabled.filter((name) => name !== 'stdout' || !config.detect.enabled);
  return Promise.all(
    names.map(async (name) => ({
      name,
      delivery: new Delivery(await buildSink(name, config, context), {
        onFailure: (error) => log.warn({ error, sink: name }, `cannot write to ${name}, trying again`),
        onEnd: () => ending.end(),
        connectsLater: name === 'grpc',
      }),
    })),
  );
}

async function buildSink(
  name: Config['sinks']['enabled'][number],
  config: Config,
  context: ProbeContext,
): Promise<Sink> {
  if (name === 'file') {
    return evt1Sink.build(config.sinks.file, {
      onRepair: (report) => context.log.warn({ report }, 'the event file had a torn tail, which was cut off'),
    });
  }
  if (name === 'grpc') {
    const { makeGrpcSink } = await import('./make-grpc-sink.ts');
    return makeGrpcSink(config.sinks.grpc, (detections) => {
      for (const { eventId, reason, score } of detections) {
        context.log.warn({ eventId, reason, score }, 'the detector flagged an event');
      }
    });
  }
  const { output } = config.sinks.stdout;
  const isCompact = output === 'compact' || (output === 'auto' && context.stdout.isTTY === true);
  const format = isCompact ? lineFormat(context.renderCompact) : ndjsonFormat;
  return stdoutSink.build({}, { stream: context.stdout, format });
}

function accountOf(
  source: KernelSource,
  agent: ProbeConsumer,
  deliveries: readonly NamedDelivery[],
  elapsedMs: number,
): ProbeAccount {
  const { seen: seenByKernel, lost } = sumKernelCounters(source.kernelCounters());
  const { malformed, trackedOnly } = source.counts();
  return {
    seen: seenByKernel + source.agentMade,
    lost,
    malformed,
    trackedOnly,
    filtered: agent.filtered,
    forwarded: agent.forwarded,
    sinks: deliveries.map(({ name, delivery }) => {
      const { delivered, dropped } = delivery.counters();
      return { name, delivered, dropped };
    }),
    elapsedMs,
  };
}
