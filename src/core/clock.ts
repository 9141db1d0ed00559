/** Where time comes from; the only place that asks the system. */
import { setTimeout as delay } from 'node:timers/promises';

/** A source of time, so that tests and replay can bring their own. */
export interface Clock {
  /** Nanoseconds since 1970, UTC; exact to the millisecond. Jumps when the system's clock is set. */
  unixNs(): bigint;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /**
   * Resolves after `ms` milliseconds, or as soon as `signal` aborts; never rejects. Keeps the process alive.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The system's clock. */
export const systemClock: Clock = {
  unixNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!signal?.aborted) {
        throw error;
      }
    }
  },
};
