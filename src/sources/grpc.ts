/** A gRPC server as a source of events: `sentinel.v1.DetectorService`, health and reflection. */
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  setLogVerbosity,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import wire from '../../build/proto/messages.cjs';
import { type Clock, systemClock } from '../core/clock.ts';
import { messageOf, SentinelError } from '../core/errors.ts';
import {
  DEFAULT_MAX_MESSAGE_BYTES,
  DETECTOR_METHODS,
  DETECTOR_SERVICE,
} from '../core/wire/detector-service.ts';
import { readTlsFiles, type TlsFiles } from '../core/wire/tls-files.ts';
import { HEALTH_METHODS, Health, statusError } from './grpc-health.ts';
import { gateReads } from './grpc-read-gate.ts';
import { REFLECTION_METHODS, reflectionHandlers } from './grpc-reflection.ts';
import {
  AnsweredStream,
  Answerer,
  type EventCall,
  type GrpcCounts,
  type MutableCounts,
  zeroCounts,
} from './grpc-streams.ts';
import type { AnsweringSource, EventJudge } from './source.ts';

const { AnomalyReport } = wire.sentinel.v1;
/** Calls of a connection beside its streams of events: reports, health, reflection. */
const OTHER_STREAMS = 16;
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\]):\d+$|^unix:/;
const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):\d{1,5}$|^unix:.+/;

/** An anomaly that a peer found itself. */
export interface AnomalyNotice {
  readonly eventId: string;
  readonly reason: string;
  readonly score: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** How the server listens; what has a default may be left out of {@link GrpcSource.listen}. */
export interface GrpcSourceOptions {
  /** `host:port`, `[v6]:port` or `unix:path`; port 0 is any free one. */
  readonly address: string;
  /** With certificate and key the server speaks TLS; with `ca` clients must have a certificate of it. */
  readonly tls: TlsFiles;
  /** Listen beyond this host without TLS. */
  readonly allowPlaintext: boolean;
  /** Largest message taken. */
  readonly maxMessageBytes: number;
  /** Most events in one batch. */
  readonly maxBatchEvents: number;
  /** Streams of events that are open at once, over all connections; a further one gets UNAVAILABLE. */
  readonly maxStreams: number;
  /** A connection on which nothing came for so long is asked whether it lives, and given up if it does not say. */
  readonly keepaliveMs: number;
  readonly clock: Clock;
  readonly onReport: (notice: AnomalyNotice) => void;
  /** Called with what the judge threw. */
  readonly onJudgeError: (error: unknown) => void;
}

/** Options of {@link GrpcSource.listen}. */
export const GRPC_SOURCE_DEFAULTS: GrpcSourceOptions = {
  address: '127.0.0.1:50051',
  tls: {},
  allowPlaintext: false,
  maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxBatchEvents: 8192,
  maxStreams: 256,
  keepaliveMs: 60_000,
  clock: systemClock,
  onReport: () => {},
  onJudgeError: () => {},
};

/** Takes events from probes, of this project and of upstream, and answers them. */
export class GrpcSource implements AnsweringSource {
  /** Where it listens, with the port that it got. */
  readonly address: string;
  readonly #options: GrpcSourceOptions;
  readonly #server: Server;
  readonly #health: Health;
  readonly #streams = new Set<AnsweredStream>();
  readonly #counts: MutableCounts;
  #answerer: Answerer | undefined;
  #isDraining = false;
  #draining: Promise<void> | undefined;

  /**
   * Opens the port; events are taken from {@link start} on.
   *
   * @throws {SentinelError} `SNT_CONFIG_INVALID` if the address cannot be listened on, or may not without TLS.
   */
  static async listen(given: Partial<GrpcSourceOptions> = {}): Promise<GrpcSource> {
    const options = { ...GRPC_SOURCE_DEFAULTS, ...given };
    const credentials = await credentialsOf(options);
    setLogVerbosity(logVerbosity.NONE); // it writes to stderr what it also throws
    const server = new Server({
      'grpc.max_receive_message_length': options.maxMessageBytes,
      'grpc.max_concurrent_streams': options.maxStreams + OTHER_STREAMS,
      'grpc.keepalive_time_ms': options.keepaliveMs,
      'grpc.keepalive_timeout_ms': Math.min(20_000, options.keepaliveMs),
      'grpc.enable_channelz': 0,
      interceptors: [gateReads],
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(options.address, credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(cannotListen(options.address, error)),
      );
    });
    return new GrpcSource(options, server, options.address.replace(/:0$/, `:${port}`));
  }

  private constructor(options: GrpcSourceOptions, server: Server, address: string) {
    this.#options = options;
    this.#server = server;
    this.address = address;
    this.#health = new Health(['', DETECTOR_SERVICE]);
    this.#counts = zeroCounts();
    server.addService(DETECTOR_METHODS, this.#detectorHandlers());
    server.addService(HEALTH_METHODS, this.#health.handlers());
    const names = [DETECTOR_SERVICE, 'grpc.health.v1.Health', ...Object.keys(REFLECTION_METHODS)];
    for (const methods of Object.values(REFLECTION_METHODS)) {
      server.addService(methods, reflectionHandlers(names));
    }
  }

  start(judge: EventJudge): void {
    const { clock, maxBatchEvents, onJudgeError } = this.#options;
    this.#answerer = new Answerer({ judge, counts: this.#counts, clock, maxBatchEvents, onJudgeError });
    this.#health.setServing(true);
  }

  /** What came so far, and what became of it. */
  counts(): GrpcCounts {
    return { ...this.#counts };
  }

  /** Streams of events that are open now. */
  get openStreams(): number {
    return this.#streams.size;
  }

  drain(deadlineMs: number): Promise<void> {
    this.#draining ??= this.#drain(deadlineMs);
    return this.#draining;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain(0);
  }

  async #drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    this.#health.setServing(false);
    for (const stream of this.#streams) {
      stream.drain();
    }
    this.#health.close();
    const done = new AbortController();
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await Promise.race([closed, this.#options.clock.sleep(deadlineMs, done.signal)]);
    done.abort();
    this.#server.forceShutdown();
  }

  #detectorHandlers(): UntypedServiceImplementation {
    return {
      StreamEvents: (call: EventCall) => this.#open(call, (answerer) => answerer.answerEvent),
      StreamBatches: (call: EventCall) => this.#open(call, (answerer) => answerer.answerBatch),
      ReportAnomaly: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
        this.#report(call.request, done),
    };
  }

  #open(call: EventCall, answerOf: (answerer: Answerer) => (message: Buffer) => Buffer): void {
    const answerer = this.#answerer;
    if (answerer === undefined || this.#isDraining || this.#streams.size >= this.#options.maxStreams) {
      this.#counts.refusedStreams++;
      const isFull = answerer !== undefined && !this.#isDraining;
      const details = isFull ? 'Too many streams are open' : 'The detector takes no events now';
      call.emit('error', statusError(status.UNAVAILABLE, details));
      return;
    }
    this.#counts.streams++;
    const stream = new AnsweredStream(call, answerOf(answerer), this.#counts, () =>
      this.#streams.delete(stream),
    );
    this.#streams.add(stream);
  }

  #report(request: Buffer, done: sendUnaryData<Buffer>): void {
    let report: ReturnType<typeof AnomalyReport.decode>;
    try {
      report = AnomalyReport.decode(request);
    } catch (error) {
      this.#counts.brokenMessages++;
      done(statusError(status.INVALID_ARGUMENT, `Cannot decode the report: ${messageOf(error)}`));
      return;
    }
    this.#counts.reports++;
    const { eventId, reason, score, labels } = report;
    this.#options.onReport({ eventId, reason, score, labels });
    done(null, Buffer.alloc(0));
  }
}

async function credentialsOf({
  address,
  tls,
  allowPlaintext,
}: GrpcSourceOptions): Promise<ServerCredentials> {
  if (!ADDRESS.test(address)) {
    throw new SentinelError('SNT_CONFIG_INVALID', `Cannot listen on ${address}: expected host:port`);
  }
  const { pair, ca } = await readTlsFiles(tls);
  if (pair !== undefined) {
    const files = [{ private_key: pair.key, cert_chain: pair.cert }];
    try {
      return ServerCredentials.createSsl(ca ?? null, files, ca !== undefined);
    } catch (error) {
      throw cannotListen(address, error);
    }
  }
  if (ca !== undefined) {
    throw new SentinelError(
      'SNT_CONFIG_INVALID',
      'Cannot ask clients for certificates without one of the server',
    );
  }
  if (!allowPlaintext && !LOOPBACK.test(address)) {
    throw new SentinelError('SNT_CONFIG_INVALID', `Cannot listen on ${address} without TLS`, {
      hint: 'give a certificate and its key, or allow plaintext if the network is trusted',
    });
  }
  return ServerCredentials.createInsecure();
}

function cannotListen(address: string, error: unknown): SentinelError {
  return new SentinelError('SNT_CONFIG_INVALID', `Cannot listen on ${address}: ${messageOf(error)}`, {
    cause: error,
  });
}
