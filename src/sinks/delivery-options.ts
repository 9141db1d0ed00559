/** How a delivery batches, waits and gives up, and what it says of each event. */
import { type Clock, systemClock } from '../core/clock.ts';
import type { EventType } from '../core/event-types.ts';

/** Why an event was not delivered. */
export const DROP_REASONS = [
  /** The queue was full when the event was offered: the newest is dropped. */
  'queue_full',
  /** The event alone is larger than the format allows. */
  'too_large',
  /** The peer refused the batch for good. */
  'rejected',
  /** The batch could not be written for `giveUpAfterMs`. */
  'write_failed',
  /** The peer closed its end. */
  'peer_gone',
  /** Offered after close or destroy. */
  'closed',
  /** Still queued, or being written, when the deadline passed or the delivery was destroyed; the peer may have it. */
  'abandoned',
] as const;

/** One of {@link DROP_REASONS}. */
export type DropReason = (typeof DROP_REASONS)[number];

/** What became of an event. */
export type Outcome = 'delivered' | DropReason;

/** How a delivery batches, waits and gives up. */
export interface DeliveryOptions {
  /** Events that wait or are being written at most; a further one is dropped. */
  readonly queueEvents: number;
  /** Bytes that wait or are being written at most; the last event may go over. */
  readonly queueBytes: number;
  /** A batch is closed at this many bytes. */
  readonly batchBytes: number;
  /** A batch is closed after this time; 0: as soon as the sink is free. */
  readonly flushAfterMs: number;
  /** First pause after a failure; doubles with each further one. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** A batch that could not be written for so long is dropped. */
  readonly giveUpAfterMs: number;
  /** Start without the peer: it is connected to when there is something to write, as after a loss. */
  readonly connectsLater: boolean;
  readonly clock: Clock;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Called for each failure that is tried again, and for each rejected batch. */
  readonly onFailure: (error: unknown) => void;
  /** Called as events are settled, with the sums by type: each event exactly once. */
  readonly onSettled: (outcome: Outcome, type: EventType, events: number) => void;
  /** Called once, when the peer has gone for good. */
  readonly onEnd: () => void;
}

/** Options that suit a file or a pipe on this host. */
export const DELIVERY_DEFAULTS: DeliveryOptions = {
  queueEvents: 262_144,
  queueBytes: 64 * 1024 * 1024,
  batchBytes: 256 * 1024,
  flushAfterMs: 0,
  backoffMs: 100,
  maxBackoffMs: 5_000,
  giveUpAfterMs: 60_000,
  connectsLater: false,
  clock: systemClock,
  random: Math.random,
  onFailure: () => {},
  onSettled: () => {},
  onEnd: () => {},
};
