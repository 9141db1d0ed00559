/** The pulling consumer of a BPF ring buffer. */

import type { AddonRing } from './addon.ts';

/** How to consume a ring. */
export interface RingBufferOptions {
  /** The smallest target that `drain` accepts, in bytes with the 8 of the prefix; 64 KiB + 8 if left out. */
  readonly maxRecordBytes?: number;
}

/** The default of {@link RingBufferOptions.maxRecordBytes}. */
export const DEFAULT_MAX_RECORD_BYTES = 64 * 1024 + 8;

/** The only consumer of one ring buffer map: a second one would take records from the first. It outlives the object's close. */
export class RingBuffer implements Disposable {
  readonly #ring: AddonRing;

  /** @internal Rings come from `ringBuffer`. */
  constructor(ring: AddonRing) {
    this.#ring = ring;
  }

  /** Capacity in bytes, prefixes included. */
  get sizeBytes(): number {
    return this.#ring.sizeBytes;
  }

  /** Bytes between consumer and producer; records still being written or discarded count too. */
  availableBytes(): number {
    return this.#ring.availableBytes();
  }

  /**
   * Moves committed records, oldest first, until the ring is empty, meets one still being written, or the next does not fit.
   * A record is taken only when it was copied whole.
   *
   * ```
   * target = record*
   * record = u32 length | u32 0 | length bytes | zero to 7 bytes of any value, to a multiple of 8
   * ```
   *
   * @returns Bytes written, 0 if there was nothing.
   * @throws {RangeError} If `target` is under `maxRecordBytes`, or the next record is over `target`; nothing is lost then.
   */
  drain(target: ArrayBuffer): number {
    return this.#ring.drain(target);
  }

  /**
   * Calls back from the event loop while the ring has data, after a wake-up by the kernel; records submitted with
   * BPF_RB_NO_WAKEUP do not cause one. Level-triggered: a callback that leaves records is called again.
   * What it throws is an uncaught exception. Null ends it.
   */
  onReadable(callback: (() => void) | null): void {
    this.#ring.onReadable(callback);
  }

  /** Lets `onReadable` keep the event loop alive; so it is at first. */
  ref(): void {
    this.#ring.ref();
  }

  /** Lets the event loop end although `onReadable` is set. */
  unref(): void {
    this.#ring.unref();
  }

  /** Ends `onReadable` and unmaps. May be called again, also inside the callback. */
  close(): void {
    this.#ring.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
