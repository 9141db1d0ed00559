/** A clock that stands still until it is told to move. */
import type { Clock } from '../../src/core/clock.ts';

interface Sleeper {
  readonly untilMs: number;
  wake(): void;
}

/** Time in the hands of a test. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #sleepers: Sleeper[] = [];
  /** The lengths of all sleeps so far. */
  readonly slept: number[] = [];

  unixNs(): bigint {
    return BigInt(Math.round(this.#nowMs * 1e6));
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    if (signal?.aborted) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const sleeper = { untilMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  /** How many are asleep now. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  /** Moves on and wakes whoever is due. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.#nowMs);
    for (const { wake } of due) {
      wake();
    }
  }
}
