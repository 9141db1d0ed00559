/** The methods of the detector service: bytes in, verdicts out. */
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Clock } from '../core/clock.ts';
import { messageOf, SentinelError } from '../core/errors.ts';
import type { Event } from '../core/event.ts';
import { BatchScan, TooManyEventsError } from '../core/wire/batch-scan.ts';
import { type Detection, encodeBatchAnswer, encodeDetection } from '../core/wire/detection.ts';
import { EventReader } from '../core/wire/wire-event.ts';
import { handled } from './grpc-read-gate.ts';
import type { EventJudge } from './source.ts';

/** What came, and what became of it: `events = judged + unreadable`. */
export interface GrpcCounts {
  /** Streams of events that were opened. */
  readonly streams: number;
  /** Streams that were turned away: too many, or not serving. */
  readonly refusedStreams: number;
  readonly messages: number;
  /** Messages that are no protobuf, or too large a batch; each ended its stream. */
  readonly brokenMessages: number;
  readonly events: number;
  readonly judged: number;
  /** Events that could not be read, in messages that could. */
  readonly unreadable: number;
  readonly detections: number;
  /** Events on which the judge threw; they are judged too, as no anomaly. */
  readonly judgeErrors: number;
  readonly reports: number;
}

/** Counts that go up. */
export type MutableCounts = { -readonly [Name in keyof GrpcCounts]: number };

/** Before anything came. */
export function zeroCounts(): MutableCounts {
  return {
    streams: 0,
    refusedStreams: 0,
    messages: 0,
    brokenMessages: 0,
    events: 0,
    judged: 0,
    unreadable: 0,
    detections: 0,
    judgeErrors: 0,
    reports: 0,
  };
}

/** A stream of events, either kind. */
export type EventCall = ServerDuplexStream<Buffer, Buffer>;

/** What streams share. */
export interface StreamParts {
  readonly judge: EventJudge;
  readonly counts: MutableCounts;
  readonly clock: Clock;
  readonly maxBatchEvents: number;
  readonly onJudgeError: (error: unknown) => void;
}

const NO_EVENT = 'Cannot read the event: it has neither event_type nor syscall_name';

/** Turns the messages of all streams into answers; one after the other, so that one reader does for all. */
export class Answerer {
  readonly #parts: StreamParts;
  readonly #reader = new EventReader();
  readonly #batch: BatchScan;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#batch = new BatchScan(parts.maxBatchEvents);
  }

  /**
   * The answer to a message of StreamEvents.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it is no envelope.
   */
  readonly answerEvent = (message: Buffer): Buffer => {
    const detection = this.#judge(message, 0, message.length, this.#parts.clock.unixNs());
    this.#parts.judge.onBatch();
    return encodeDetection(detection ?? this.#noEvent());
  };

  /**
   * The answer to a message of StreamBatches.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it is no batch; then no event of it was judged.
   * @throws {TooManyEventsError} Likewise.
   */
  readonly answerBatch = (message: Buffer): Buffer => {
    const batch = this.#batch;
    batch.scan(message);
    const timeUnixNs = this.#parts.clock.unixNs();
    const detections: Detection[] = [];
    let rejected = 0;
    for (let index = 0; index < batch.count; index++) {
      const detection = this.#judgeOrReject(message, batch.start(index), batch.end(index), timeUnixNs);
      if (detection === undefined) {
        rejected++;
      } else if (detection.anomaly) {
        detections.push(detection);
      }
    }
    this.#parts.judge.onBatch();
    return encodeBatchAnswer({
      sequence: batch.sequence,
      accepted: batch.count - rejected,
      rejected,
      detections,
    });
  };

  #judgeOrReject(bytes: Buffer, start: number, end: number, timeUnixNs: bigint): Detection | undefined {
    try {
      return this.#judge(bytes, start, end, timeUnixNs);
    } catch (error) {
      if (!(error instanceof SentinelError)) {
        throw error;
      }
      this.#parts.counts.events++;
      this.#parts.counts.unreadable++;
      return undefined;
    }
  }

  /** The verdict on one event; undefined if it names none. */
  #judge(bytes: Buffer, start: number, end: number, timeUnixNs: bigint): Detection | undefined {
    const { counts } = this.#parts;
    const event = this.#reader.read(bytes, start, end);
    counts.events++;
    if (event === undefined) {
      counts.unreadable++;
      return undefined;
    }
    counts.judged++;
    const { anomaly, reason, score, rawScore = 0 } = this.#verdictOn(event);
    if (anomaly) {
      counts.detections++;
    }
    return { eventId: event.eventId, anomaly, reason, score: Math.min(score, 1), rawScore, timeUnixNs };
  }

  #verdictOn(event: Event) {
    try {
      return this.#parts.judge.judge(event);
    } catch (error) {
      // The peer's next event is worth as much as this one, and so are other peers': a fault of ours must not end them.
      this.#parts.counts.judgeErrors++;
      this.#parts.onJudgeError(error);
      return { anomaly: false, reason: `Scoring error: ${messageOf(error)}`, score: 0 };
    }
  }

  #noEvent(): Detection {
    const eventId = this.#reader.lastEventId;
    const timeUnixNs = this.#parts.clock.unixNs();
    return { eventId, anomaly: false, reason: NO_EVENT, score: 0, rawScore: 0, timeUnixNs };
  }
}

/** One open stream: answers each message in order, and reads no faster than its answers are taken. */
export class AnsweredStream {
  readonly #call: EventCall;
  readonly #answer: (message: Buffer) => Buffer;
  readonly #counts: MutableCounts;
  #isEnded = false;

  /** @param onClose Called once, when the stream is gone. */
  constructor(
    call: EventCall,
    answer: (message: Buffer) => Buffer,
    counts: MutableCounts,
    onClose: () => void,
  ) {
    this.#call = call;
    this.#answer = answer;
    this.#counts = counts;
    call.on('data', (message: Buffer) => this.#onMessage(message));
    call.on('end', () => {
      if (!this.#isEnded) {
        this.#isEnded = true;
        call.end();
      }
    });
    call.on('close', onClose);
  }

  /** Answers what came already, then ends the stream with UNAVAILABLE, so that its peer goes elsewhere. */
  drain(): void {
    this.#call.pause();
    while (this.#call.read() !== null) {
      // read() emits 'data'
    }
    this.#fail(status.UNAVAILABLE, 'The detector is stopping');
  }

  #onMessage(message: Buffer): void {
    handled(message);
    if (this.#isEnded) {
      return;
    }
    this.#counts.messages++;
    let answer: Buffer;
    try {
      answer = this.#answer(message);
    } catch (error) {
      this.#counts.brokenMessages++;
      this.#failWith(error);
      return;
    }
    if (!this.#call.write(answer) && !this.#call.isPaused()) {
      this.#call.pause();
      this.#call.once('drain', () => this.#call.resume());
    }
  }

  #failWith(error: unknown): void {
    if (error instanceof TooManyEventsError) {
      this.#fail(status.RESOURCE_EXHAUSTED, error.message);
    } else if (error instanceof SentinelError && error.code === 'SNT_INPUT_CORRUPT') {
      this.#fail(status.INVALID_ARGUMENT, error.message);
    } else {
      throw error;
    }
  }

  #fail(code: status, details: string): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#call.emit('error', Object.assign(new Error(details), { code, details }));
    }
  }
}
