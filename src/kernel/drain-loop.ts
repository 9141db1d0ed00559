/** When to pull records out of the ring. */
import type { RingBuffer } from '../../native/index.ts';

/** Between pulls of a ring that was empty: the longest that a record for which nobody woke us can lie there. */
export const IDLE_PULL_MS = 100;

/** Between looks at sinks that are behind. */
const CONGESTED_WAIT_MS = 1;
/** Pulls in one turn of the event loop at most, so that timers and writes get their turn too. */
const PULLS_PER_TURN = 8;

/** How a {@link DrainLoop} is fed and feeds. */
export interface DrainLoopOptions {
  /** Where records are copied to: a few hundred KiB, so that they are still in the cache when they are read. */
  readonly target: ArrayBuffer;
  /** Milliseconds between pulls while there is traffic. */
  readonly intervalMs: number;
  /** Takes the bytes that are in `target` now; synchronous. */
  readonly consume: (bytes: number) => void;
  /** True while what was consumed last should get its turn to be written before more comes. */
  readonly isCongested?: () => boolean;
}

/**
 * Pulls at once when the kernel wakes us and then every `intervalMs` for as long as there was something, because the
 * kernel wakes at most once in a while and leaves the rest of a flood to be fetched.
 *
 * A program decides whether to wake us before its record is in the ring. When its CPU is taken away in between for longer
 * than `intervalMs` (by an interrupt, or a hypervisor), we may have found nothing by then: so an empty ring is looked at
 * every {@link IDLE_PULL_MS}.
 */
export class DrainLoop {
  readonly #ring: RingBuffer;
  readonly #target: ArrayBuffer;
  readonly #intervalMs: number;
  readonly #consume: (bytes: number) => void;
  readonly #isCongested: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #isRunning = false;

  constructor(ring: RingBuffer, options: DrainLoopOptions) {
    this.#ring = ring;
    this.#target = options.target;
    this.#intervalMs = options.intervalMs;
    this.#consume = options.consume;
    this.#isCongested = options.isCongested ?? (() => false);
  }

  start(): void {
    this.#isRunning = true;
    this.#ring.onReadable(() => this.#pull());
    this.#pull();
  }

  /** Stops pulling; a last {@link drainAll} takes what is left. */
  stop(): void {
    this.#isRunning = false;
    this.#ring.onReadable(null);
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
  }

  /** Pulls until the ring is empty. */
  drainAll(): void {
    for (;;) {
      const bytes = this.#ring.drain(this.#target);
      if (bytes === 0) {
        return;
      }
      this.#consume(bytes);
    }
  }

  #pull(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    let bytes = 0;
    let hasMore = true;
    for (let pulls = 0; hasMore && pulls < PULLS_PER_TURN; pulls++) {
      if (this.#isCongested()) {
        this.#timer = setTimeout(() => this.#pull(), CONGESTED_WAIT_MS);
        return;
      }
      bytes = this.#ring.drain(this.#target);
      if (bytes > 0) {
        this.#consume(bytes);
      }
      // Consuming may have stopped us.
      if (!this.#isRunning) {
        return;
      }
      hasMore = bytes > this.#target.byteLength / 2;
    }
    if (hasMore) {
      this.#soon = setImmediate(() => this.#pull());
    } else {
      this.#timer = setTimeout(() => this.#pull(), bytes > 0 ? this.#intervalMs : IDLE_PULL_MS);
    }
  }
}
