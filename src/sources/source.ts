/** What makes events while the program runs. */
import type { Event } from '../core/event.ts';

/** Takes events one by one; synchronous, and must not keep the object. */
export interface EventConsumer {
  onEvent(event: Event): void;
  /** Called after each batch, however small. */
  onBatch(): void;
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
