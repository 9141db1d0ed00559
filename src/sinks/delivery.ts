/** Takes events to one sink: bounded queue, batches, retry, and an account of every event. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Event } from '../core/event.ts';
import { Batch } from './batch.ts';
import {
  DELIVERY_DEFAULTS,
  type DeliveryOptions,
  DROP_REASONS,
  type DropReason,
  type Outcome,
} from './delivery-options.ts';
import type { Sink, SinkBatch } from './sink.ts';

/** Enough for a flood: making batches anew, a fifth of its time went to garbage collection. */
const MAX_SPARE_BATCHES = 64;
/** How far the last event of a batch may go over `batchBytes` before the batch has to grow. */
const SLACK_BYTES = 32 * 1024;

/** More than this in the queue, and the source should hold back. */
const CONGESTED_BYTES = 1024 * 1024;
/** For as long after the last batch was written: a sink that stands still must not stall the others. Readers wait their turn for a processor. */
const CONGESTED_MS = 50;

/** Where all events that were offered are: `offered = delivered + queued + sum of dropped`, at any moment. */
export interface DeliveryCounters {
  readonly offered: number;
  readonly delivered: number;
  readonly queued: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** The way to one sink. Make it, `start()` it, `offer()` events, `close()` it. */
export class Delivery {
  readonly #sink: Sink;
  readonly #options: DeliveryOptions;
  readonly #abort = new AbortController();
  readonly #dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<
    DropReason,
    number
  >; // all reasons are there
  #offered = 0;
  #delivered = 0;
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new';
  #ended = false;
  #pending: Batch;
  #pendingSinceMs = 0;
  readonly #sealed: Batch[] = [];
  readonly #spare: Batch[] = [];
  #queuedEvents = 0;
  #queuedBytes = 0;
  #lastSettledMs = Number.NEGATIVE_INFINITY;
  #connected = false;
  #connecting: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #wake: () => void = () => {};
  #flushWaiters: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(sink: Sink, options: Partial<DeliveryOptions> = {}) {
    this.#sink = sink;
    this.#options = { ...DELIVERY_DEFAULTS, ...options };
    this.#pending = this.#newBatch();
  }

  /**
   * Connects and begins to deliver.
   *
   * @throws Whatever the sink's `connect` throws: at the start nothing is tried again, unless it `connectsLater`.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') {
      throw new TypeError('start() called twice');
    }
    this.#state = 'open';
    if (this.#options.connectsLater) {
      this.#writing = this.#run();
      return;
    }
    this.#connecting = this.#sink.connect(this.#abort.signal);
    try {
      await this.#connecting;
    } catch (error) {
      await this.destroy();
      throw error;
    }
    this.#connected = true;
    this.#writing = this.#run();
  }

  /**
   * Encodes `event` into the batch that is being filled. Never waits.
   *
   * @returns False if the event was dropped; the counters say why.
   */
  offer(event: Event): boolean {
    this.#offered++;
    if (this.#state !== 'open') {
      return this.#refuse(event, this.#ended ? 'peer_gone' : 'closed');
    }
    const { queueEvents, queueBytes, batchBytes } = this.#options;
    if (this.#queuedEvents >= queueEvents || this.#queuedBytes >= queueBytes) {
      return this.#refuse(event, 'queue_full');
    }
    const batch = this.#pending;
    const before = batch.sizeBytes;
    if (!this.#sink.format(event, batch)) {
      return this.#refuse(event, 'too_large');
    }
    const size = batch.sizeBytes;
    batch.count(event.type);
    this.#queuedEvents++;
    this.#queuedBytes += size - before;
    if (batch.events === 1) {
      this.#pendingSinceMs = this.#options.clock.monotonicMs();
      this.#wake();
    }
    if (size >= batchBytes) {
      this.#seal();
      this.#wake();
    }
    return true;
  }

  /** Resolves when every event offered so far is settled: also a way to wait for room. */
  async flush(): Promise<void> {
    if (this.#queuedEvents > 0) {
      this.#seal();
      this.#wake();
      await new Promise<void>((resolve) => this.#flushWaiters.push(resolve));
    }
  }

  /** True while much is queued and the sink is taking it: let it, before more is offered. */
  get isCongested(): boolean {
    return (
      this.#queuedBytes > CONGESTED_BYTES &&
      this.#options.clock.monotonicMs() - this.#lastSettledMs < CONGESTED_MS
    );
  }

  /** The account so far. */
  counters(): DeliveryCounters {
    return {
      offered: this.#offered,
      delivered: this.#delivered,
      queued: this.#queuedEvents,
      dropped: { ...this.#dropped },
    };
  }

  /** Delivers what is queued, for `deadlineMs` at most, then gives up the sink. Never rejects; may be called again. */
  close(deadlineMs = 5_000): Promise<void> {
    this.#stopping ??= this.#close(deadlineMs);
    return this.#stopping;
  }

  /** Drops what is queued and gives up the sink. Never rejects; may be called again, also during close. */
  async destroy(): Promise<void> {
    this.#abort.abort();
    await this.close(0);
  }

  async #close(deadlineMs: number): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closing';
    }
    this.#wake();
    await this.#connecting?.catch(() => undefined); // start() reports it
    const finished = new AbortController();
    const deadline = this.#options.clock.sleep(
      deadlineMs,
      AbortSignal.any([finished.signal, this.#abort.signal]),
    );
    await Promise.race([this.#writing, deadline]);
    finished.abort();
    this.#abort.abort();
    this.#wake();
    await this.#writing;
    this.#state = 'closed';
    this.#abandonQueue('abandoned');
    try {
      await this.#sink[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  /** The one loop that writes; ends when closing and empty, when aborted, or when the peer has gone. */
  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted && this.#state !== 'closed') {
      if (this.#sealed.length === 0 && this.#pending.events > 0 && this.#isPendingDue()) {
        this.#seal();
      }
      const batch = this.#sealed.shift();
      if (batch !== undefined) {
        await this.#deliver(batch);
      } else if (this.#state === 'closing') {
        return;
      } else {
        await this.#waitForWork();
      }
    }
  }

  #isPendingDue(): boolean {
    const { clock, flushAfterMs } = this.#options;
    return this.#state === 'closing' || clock.monotonicMs() - this.#pendingSinceMs >= flushAfterMs;
  }

  async #waitForWork(): Promise<void> {
    // Only where there is something to sleep for: aborting costs as much as writing several events.
    const sleeping = this.#pending.events > 0 ? new AbortController() : undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (sleeping !== undefined) {
        const { clock, flushAfterMs } = this.#options;
        const dueInMs = this.#pendingSinceMs + flushAfterMs - clock.monotonicMs();
        clock.sleep(Math.max(dueInMs, 0), sleeping.signal).then(resolve, resolve);
      }
    });
    sleeping?.abort();
    this.#wake = () => {};
    // Whoever woke us may be in the middle of a run of offers: let it end, so that they become one batch.
    await nextTurn();
  }

  async #deliver(batch: Batch): Promise<void> {
    const outcome = await this.#writeUntilSettled({ bytes: batch.bytes(), events: batch.events });
    this.#settle(batch, outcome);
    if (outcome !== 'abandoned' && this.#spare.length < MAX_SPARE_BATCHES) {
      batch.clear();
      this.#spare.push(batch); // an abandoned write may still hold its bytes
    }
    if (outcome === 'peer_gone') {
      this.#endOfPeer();
    }
    this.#resolveFlushes();
  }

  async #writeUntilSettled(batch: SinkBatch): Promise<Outcome> {
    const { clock, giveUpAfterMs, onFailure } = this.#options;
    const { signal } = this.#abort;
    const startedMs = clock.monotonicMs();
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await untilAborted(this.#attempt(batch), signal);
        return 'delivered';
      } catch (error) {
        if (signal.aborted) {
          return 'abandoned';
        }
        const failure = this.#sink.failureOf(error);
        if (failure === 'end') {
          return 'peer_gone';
        }
        onFailure(error);
        if (failure === 'reject') {
          return 'rejected';
        }
        this.#connected = false;
      }
      const pauseMs = this.#backoffMs(attempt);
      if (clock.monotonicMs() + pauseMs - startedMs > giveUpAfterMs) {
        return 'write_failed';
      }
      await clock.sleep(pauseMs, signal);
    }
    return 'abandoned';
  }

  async #attempt(batch: SinkBatch): Promise<void> {
    if (!this.#connected) {
      await this.#sink.connect(this.#abort.signal);
      this.#connected = true;
      this.#abort.signal.throwIfAborted();
    }
    await this.#sink.write(batch, this.#abort.signal);
  }

  /** Between half and the whole of the doubled pause, so that many clients of one peer spread. */
  #backoffMs(attempt: number): number {
    const { backoffMs, maxBackoffMs, random } = this.#options;
    return Math.min(maxBackoffMs, backoffMs * 2 ** attempt) * (0.5 + random() / 2);
  }

  #endOfPeer(): void {
    this.#state = 'closed';
    this.#ended = true;
    this.#abandonQueue('peer_gone');
    this.#options.onEnd();
  }

  #seal(): void {
    if (this.#pending.events > 0) {
      this.#sealed.push(this.#pending);
      this.#pending = this.#spare.pop() ?? this.#newBatch();
    }
  }

  #newBatch(): Batch {
    return new Batch(this.#options.batchBytes + SLACK_BYTES);
  }

  #abandonQueue(reason: DropReason): void {
    this.#seal();
    for (const batch of this.#sealed.splice(0)) {
      this.#settle(batch, reason);
    }
    this.#resolveFlushes();
  }

  #settle(batch: Batch, outcome: Outcome): void {
    this.#queuedEvents -= batch.events;
    this.#queuedBytes -= batch.sizeBytes;
    this.#lastSettledMs = this.#options.clock.monotonicMs();
    if (outcome === 'delivered') {
      this.#delivered += batch.events;
    } else {
      this.#dropped[outcome] += batch.events;
    }
    batch.visitTypes((type, events) => this.#options.onSettled(outcome, type, events));
  }

  #refuse(event: Event, reason: DropReason): false {
    this.#dropped[reason]++;
    this.#options.onSettled(reason, event.type, 1);
    return false;
  }

  #resolveFlushes(): void {
    if (this.#queuedEvents === 0 || this.#state === 'closed') {
      const waiters = this.#flushWaiters;
      this.#flushWaiters = [];
      for (const resolve of waiters) {
        resolve();
      }
    }
  }
}

/** `work`, or a rejection as soon as `signal` aborts; `work` itself goes on then, unheard. */
function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) {
      onAbort();
    }
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
