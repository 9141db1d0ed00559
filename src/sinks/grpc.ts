/** A detector behind gRPC as a sink: batches to one of ours, single events to upstream's. */
import type { Client } from '@grpc/grpc-js';
import * as z from 'zod';
import { type Clock, systemClock } from '../core/clock.ts';
import { SentinelError } from '../core/errors.ts';
import type { Detection } from '../core/wire/detection.ts';
import { EventWriter } from '../core/wire/event-writer.ts';
import type { Dialect, Exchange, Progress } from './grpc-exchange.ts';
import type { RecordFormat } from './record-format.ts';
import { defineSink, type Sink, type SinkBatch, type SinkFailure } from './sink.ts';

const MIN_MESSAGE_BYTES = 64 * 1024;
const path = z.string().min(1).optional();

const schema = z.strictObject({
  /** `host:port`, `dns:///name:port` or `unix:path`. */
  endpoint: z.string().min(1),
  tls: z.strictObject({
    enabled: z.boolean(),
    /** Authorities of the detector's certificate; those of the system unless given. */
    ca: path,
    /** Our own certificate and key, for detectors that ask for one. */
    cert: path,
    key: path,
    /** The name that the detector's certificate must have; that of the endpoint unless given. */
    server_name: path,
  }),
  /** Most events in one message. */
  batch_events: z.int().min(1).max(4096),
  /** Largest message, either way; an event that alone is larger is dropped as too large. */
  max_message_bytes: z.int().min(MIN_MESSAGE_BYTES),
  connect_timeout_ms: z.int().min(1),
  /** A detector that acknowledges nothing for so long is given up. */
  ack_timeout_ms: z.int().min(1),
  keepalive_ms: z.int().min(1000),
});

/** Where the detector is, and how to talk to it. */
export type GrpcSinkConfig = z.output<typeof schema>;

/** Settings for a detector on this host. */
export const GRPC_SINK_DEFAULTS: GrpcSinkConfig = {
  endpoint: '127.0.0.1:50051',
  tls: { enabled: false, ca: undefined, cert: undefined, key: undefined, server_name: undefined },
  batch_events: 256,
  max_message_bytes: 4 * 1024 * 1024,
  connect_timeout_ms: 10_000,
  ack_timeout_ms: 30_000,
  keepalive_ms: 60_000,
};

/** What the sink tells, beside delivering. */
export interface GrpcSinkParts {
  /** Takes what the detector flagged, in the order of the events. After a lost connection some may come twice. */
  readonly onDetections?: (detections: readonly Detection[]) => void;
  /** Counts events that the detector took but could not read. */
  readonly onRejected?: (events: number) => void;
  readonly clock?: Clock;
}

/**
 * Sends events to a `sentinel.v1.DetectorService`. A batch is delivered when the peer has acknowledged each of its
 * events; what was sent on a connection that was lost before is sent again.
 */
export const grpcSink = defineSink<GrpcSinkConfig, GrpcSinkParts>({
  kind: 'grpc',
  schema,
  build: (config, parts) => new GrpcSink(config, parts),
});

// Numbers of gRPC status codes: the library is loaded when the sink connects, not before.
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

class GrpcSink implements Sink {
  readonly kind = 'grpc';
  readonly format: RecordFormat;
  readonly #config: GrpcSinkConfig;
  readonly #parts: Required<GrpcSinkParts>;
  #client: Client | undefined;
  #exchange: Exchange | undefined;
  #batchEvents: number;
  /** How much of the batch the peer has. */
  #current: { readonly batch: SinkBatch; readonly progress: Progress } | undefined;

  constructor(config: GrpcSinkConfig, parts: GrpcSinkParts) {
    this.#config = config;
    this.#parts = { onDetections: () => {}, onRejected: () => {}, clock: systemClock, ...parts };
    this.#batchEvents = config.batch_events;
    this.format = recordFormat(config.max_message_bytes);
  }

  async connect(signal: AbortSignal): Promise<void> {
    this.#disconnect();
    const { connectClient } = await import('./grpc-connection.ts');
    const client = await connectClient(this.#config, this.#parts.clock, signal);
    if (signal.aborted) {
      client.close();
      return;
    }
    this.#client = client;
    await this.#open(client, 'batches');
  }

  async write(batch: SinkBatch): Promise<void> {
    if (this.#current?.batch !== batch) {
      this.#current = { batch, progress: { acknowledged: 0 } };
    }
    const { progress } = this.#current;
    try {
      await this.#send(batch, progress);
    } catch (error) {
      if (statusOf(error) !== UNIMPLEMENTED || this.#exchange?.dialect !== 'batches' || !this.#client) {
        throw error;
      }
      await this.#open(this.#client, 'events');
      await this.#send(batch, progress);
    }
    this.#current = undefined;
  }

  failureOf(error: unknown): SinkFailure {
    switch (statusOf(error)) {
      case INVALID_ARGUMENT:
        return 'reject';
      case RESOURCE_EXHAUSTED:
        // The peer takes smaller messages than we thought; below one event nothing can be done.
        if (this.#batchEvents === 1) {
          return 'reject';
        }
        this.#batchEvents = Math.ceil(this.#batchEvents / 2);
        return 'retry';
      default:
        return 'retry';
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disconnect();
  }

  async #open(client: Client, dialect: Dialect): Promise<void> {
    const { Exchange: OpenExchange } = await import('./grpc-exchange.ts');
    const { onDetections, onRejected } = this.#parts;
    const timeoutMs = this.#config.ack_timeout_ms;
    this.#exchange?.close();
    this.#exchange = new OpenExchange(client, dialect, { onDetections, onRejected, timeoutMs });
  }

  async #send(batch: SinkBatch, progress: Progress): Promise<void> {
    if (this.#exchange === undefined) {
      throw new SentinelError('SNT_PEER_UNAVAILABLE', 'Cannot write to a detector without a connection');
    }
    const limits = { events: this.#batchEvents, bytes: this.#config.max_message_bytes };
    await this.#exchange.write(batch.bytes, progress, limits);
  }

  #disconnect(): void {
    this.#exchange?.cancel();
    this.#exchange = undefined;
    this.#client?.close();
    this.#client = undefined;
  }
}

/** Records of an EventBatch, ready to be sent as they are. */
function recordFormat(maxMessageBytes: number): RecordFormat {
  const writer = new EventWriter();
  const maxRecordBytes = maxMessageBytes - 16; // what stands before it in a message
  return (event, { out }) => {
    writer.writeRecord(event);
    const { bytes } = writer;
    if (bytes.length > maxRecordBytes) {
      return false;
    }
    out.raw(bytes);
    return true;
  };
}

function statusOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
}
