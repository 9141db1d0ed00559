/** One stream to a detector: events out, acknowledgements and detections back. */
import { type Client, type ClientDuplexStream, status } from '@grpc/grpc-js';
import { SentinelError } from '../core/errors.ts';
import { BatchScan } from '../core/wire/batch-scan.ts';
import { type Detection, decodeBatchAnswer, decodeDetection } from '../core/wire/detection.ts';
import { type BytesMethod, DETECTOR_METHODS } from '../core/wire/detector-service.ts';

/** Which method the peer has: batches if it is one of ours, single events if it is upstream's. */
export type Dialect = 'batches' | 'events';

/** Progress of one batch, kept from attempt to attempt. */
export interface Progress {
  /** Events that the peer acknowledged; what is tried again begins after them. */
  acknowledged: number;
}

/** How large messages are. */
export interface MessageLimits {
  readonly events: number;
  readonly bytes: number;
}

/** What to tell of the answers, and when to stop waiting for them. */
export interface AnswerHandling {
  readonly onDetections: (detections: readonly Detection[]) => void;
  readonly onRejected: (events: number) => void;
  /** Longest wait for the next answer. */
  readonly timeoutMs: number;
}

/** The stream ended with a gRPC status before all was acknowledged. */
export class StatusError extends Error {
  readonly status: status;

  constructor(code: status, details: string) {
    super(details);
    this.name = 'StatusError';
    this.status = code;
  }
}

/** A sequence number in front of the events: tag and varint, at most. */
const HEAD_BYTES = 6;
const SEQUENCE_TAG = 0x08;
const MAX_SEQUENCE = 0xffff_ffff;
/** A message of 256 events of the usual size, and room. */
const MEMORY_BYTES = 256 * 1024;
const MAX_SPARE = 8;

/** A batch that is being written. */
interface Writing {
  readonly bytes: Buffer;
  readonly progress: Progress;
  readonly limits: MessageLimits;
  /** Events sent, of the whole batch. */
  sent: number;
  resolve(): void;
  reject(error: Error): void;
}

/** A message on its way. */
interface Sent {
  readonly events: number;
  /** Its memory, free again once it is answered; undefined for a single event. */
  readonly memory: Buffer | undefined;
}

/** One open stream on a connection; after a failure it is of no more use. */
export class Exchange {
  readonly dialect: Dialect;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #handling: AnswerHandling;
  readonly #scan = new BatchScan(Number.POSITIVE_INFINITY);
  /** Each message that was sent and is not answered, in order. */
  readonly #unanswered: Sent[] = [];
  readonly #spare: Buffer[] = [];
  #nextSequence = 0;
  #answeredSequence = 0;
  #writing: Writing | undefined;
  #failure: Error | undefined;
  readonly #timeout: NodeJS.Timeout;

  constructor(client: Client, dialect: Dialect, handling: AnswerHandling) {
    this.dialect = dialect;
    this.#handling = handling;
    const method: BytesMethod =
      dialect === 'batches' ? DETECTOR_METHODS.StreamBatches : DETECTOR_METHODS.StreamEvents;
    this.#call = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
    );
    this.#call.on('data', (message: Buffer) => this.#onAnswer(message));
    this.#call.on('drain', () => this.#send());
    this.#call.on('error', (error: Error & { code?: status; details?: string }) =>
      this.#fail(new StatusError(error.code ?? status.UNKNOWN, error.details ?? error.message)),
    );
    this.#call.on('end', () =>
      // An error, when there is one, comes after the end.
      setImmediate(() => this.#fail(new StatusError(status.UNAVAILABLE, 'The detector ended the stream'))),
    );
    this.#timeout = setTimeout(() => this.#onTimeout(), handling.timeoutMs).unref();
  }

  /**
   * Sends the events of a batch that are not acknowledged yet. Calls must not overlap.
   *
   * @param bytes Records of an EventBatch.
   * @param progress Updated as the peer acknowledges.
   * @returns When the peer has acknowledged all.
   * @throws {StatusError} If the stream ended before that.
   */
  write(bytes: Buffer, progress: Progress, limits: MessageLimits): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#scan.scan(bytes);
      this.#writing = { bytes, progress, limits, sent: progress.acknowledged, resolve, reject };
      this.#timeout.refresh();
      this.#send();
      this.#settleWhenDone();
    });
  }

  /** Ends the stream, after what was answered; may be called again. */
  close(): void {
    clearTimeout(this.#timeout);
    this.#fail(new StatusError(status.CANCELLED, 'The stream was closed'));
    this.#call.end();
  }

  /** Ends the stream at once. */
  cancel(): void {
    this.close();
    this.#call.cancel();
  }

  /** Sends messages for as long as the stream takes them; goes on when it has room again. */
  #send(): void {
    const writing = this.#writing;
    if (writing === undefined) {
      return;
    }
    let hasRoom = true;
    while (hasRoom && writing.sent < this.#scan.count && this.#failure === undefined) {
      const first = writing.sent;
      if (this.dialect === 'batches') {
        const last = this.#lastOfMessage(first, writing.limits);
        writing.sent = last + 1;
        hasRoom = this.#sendBatch(writing.bytes, first, last);
      } else {
        writing.sent = first + 1;
        this.#unanswered.push({ events: 1, memory: undefined });
        const { bytes } = writing;
        hasRoom = this.#call.write(
          Buffer.from(bytes.subarray(this.#scan.start(first), this.#scan.end(first))),
        );
      }
    }
  }

  #lastOfMessage(first: number, limits: MessageLimits): number {
    const scan = this.#scan;
    const start = scan.recordStart(first);
    const end = Math.min(first + limits.events, scan.count);
    let last = first;
    while (last + 1 < end && scan.end(last + 1) - start <= limits.bytes - HEAD_BYTES) {
      last++;
    }
    return last;
  }

  #sendBatch(bytes: Buffer, first: number, last: number): boolean {
    const start = this.#scan.recordStart(first);
    const end = this.#scan.end(last);
    const memory = this.#takeMemory(HEAD_BYTES + end - start);
    let at = 0;
    memory[at++] = SEQUENCE_TAG;
    let rest = this.#nextSequence;
    while (rest > 0x7f) {
      memory[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    memory[at++] = rest;
    this.#nextSequence = this.#nextSequence === MAX_SEQUENCE ? 0 : this.#nextSequence + 1;
    at += bytes.copy(memory, at, start, end);
    this.#unanswered.push({ events: last + 1 - first, memory });
    return this.#call.write(memory.subarray(0, at));
  }

  /** Memory is used again: made anew for each message, its collection took a fifth of the time. */
  #takeMemory(bytes: number): Buffer {
    const spare = this.#spare.pop();
    return spare !== undefined && spare.length >= bytes
      ? spare
      : Buffer.allocUnsafeSlow(Math.max(bytes, MEMORY_BYTES));
  }

  #onAnswer(message: Buffer): void {
    const sent = this.#unanswered.shift();
    const writing = this.#writing;
    if (sent === undefined || writing === undefined) {
      this.#fail(new StatusError(status.INTERNAL, 'The detector answered what was not asked'));
      return;
    }
    const { events, memory } = sent;
    if (memory !== undefined && this.#spare.length < MAX_SPARE) {
      this.#spare.push(memory);
    }
    this.#timeout.refresh();
    try {
      if (this.dialect === 'batches') {
        this.#onBatchAnswer(message, events);
      } else {
        const detection = decodeDetection(message);
        if (detection.anomaly) {
          this.#handling.onDetections([detection]);
        }
      }
    } catch (error) {
      if (!(error instanceof SentinelError)) {
        throw error;
      }
      this.#fail(new StatusError(status.INTERNAL, error.message));
      return;
    }
    if (this.#failure === undefined) {
      writing.progress.acknowledged += events;
      this.#settleWhenDone();
    }
  }

  #onBatchAnswer(message: Buffer, events: number): void {
    const { sequence, accepted, rejected, detections } = decodeBatchAnswer(message);
    if (sequence !== this.#answeredSequence || accepted + rejected !== events) {
      this.#fail(new StatusError(status.INTERNAL, 'The detector answered another batch'));
      return;
    }
    this.#answeredSequence = sequence === MAX_SEQUENCE ? 0 : sequence + 1;
    if (rejected > 0) {
      this.#handling.onRejected(rejected);
    }
    if (detections.length > 0) {
      this.#handling.onDetections(detections);
    }
  }

  #settleWhenDone(): void {
    const writing = this.#writing;
    if (writing !== undefined && writing.progress.acknowledged === this.#scan.count) {
      this.#writing = undefined;
      writing.resolve();
    }
  }

  #onTimeout(): void {
    if (this.#writing !== undefined) {
      this.#fail(new StatusError(status.DEADLINE_EXCEEDED, 'The detector did not answer in time'));
      this.#call.cancel();
    }
  }

  #fail(error: Error): void {
    if (this.#failure === undefined) {
      this.#failure = error;
      clearTimeout(this.#timeout);
      const writing = this.#writing;
      this.#writing = undefined;
      writing?.reject(error);
    }
  }
}
