/** When to pull records out of the ring. */
import type { RingBuffer } from '../../native/index.ts';

/** Between pulls of a ring that was empty: the longest that a record for which nobody woke us can lie there. */
export const IDLE_PULL_MS = 100;

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
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #isRunning = false;

  /**
   * @param target Where records are copied to, 1 MiB or so.
   * @param intervalMs Between pulls while there is traffic.
   * @param consume Takes the bytes that are in `target` now; synchronous.
   */
  constructor(ring: RingBuffer, target: ArrayBuffer, intervalMs: number, consume: (bytes: number) => void) {
    this.#ring = ring;
    this.#target = target;
    this.#intervalMs = intervalMs;
    this.#consume = consume;
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
    const bytes = this.#ring.drain(this.#target);
    if (bytes > 0) {
      this.#consume(bytes);
    }
    // Consuming may have stopped us.
    if (!this.#isRunning) {
      return;
    }
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    if (bytes > this.#target.byteLength / 2) {
      // More is waiting: come back as soon as other work had its turn.
      this.#soon = setImmediate(() => this.#pull());
    } else {
      this.#timer = setTimeout(() => this.#pull(), bytes > 0 ? this.#intervalMs : IDLE_PULL_MS);
    }
  }
}
