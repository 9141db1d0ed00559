/** What makes events while the program runs. */
import type { Event } from '../core/event.ts';

/** Takes events one by one; synchronous, and must not keep the object. */
export interface EventConsumer {
  onEvent(event: Event): void;
  /** Called after each batch, however small. */
  onBatch(): void;
  /** True while the consumer is behind but getting on: a source that can wait should, for a moment. */
  isCongested(): boolean;
}

/** A live source. Made attached, so that nothing is missed between making and starting it. */
export interface LiveSource extends Disposable {
  /** Begins to hand events to the consumer. */
  start(consumer: EventConsumer): void;
  /** Stops seeing, and hands over what was seen before it returns. May be called again. */
  stop(): void;
  /** Stops and frees everything. May be called again, in any state. */
  close(): void;
}

/** What a detector says of one event; read at once, so that the same object may come again. */
export interface Verdict {
  readonly anomaly: boolean;
  /** Why, in words; '' when there is nothing to say. */
  readonly reason: string;
  /** At most 1, higher is stranger. */
  readonly score: number;
  /** The score on the model's own scale, when it has one. */
  readonly rawScore?: number;
}

/** Takes events one by one and answers each; synchronous, and must not keep the event. */
export interface EventJudge {
  judge(event: Event): Verdict;
  /** Called after each batch, however small. */
  onBatch(): void;
}

/** A source whose peers wait for an answer to every event. */
export interface AnsweringSource extends AsyncDisposable {
  /** Begins to take events; peers that came earlier were told to try again. */
  start(judge: EventJudge): void;
  /** Takes no more, answers what came, and frees everything, by force after `deadlineMs`. May be called again, in any state. */
  drain(deadlineMs: number): Promise<void>;
}
