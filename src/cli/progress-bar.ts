/** A line on a terminal that shows how far a long task is. */
import { type Clock, systemClock } from '../core/clock.ts';

const INTERVAL_MS = 100;
const CELLS = 30;

/** Redraws one line at most ten times a second. */
export class ProgressBar {
  readonly #stream: NodeJS.WritableStream;
  readonly #label: string;
  readonly #totalBytes: number;
  readonly #clock: Clock;
  readonly #startMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;

  /** @param label What is being done; printed as it is, so it must be safe for a terminal. */
  constructor(stream: NodeJS.WritableStream, label: string, totalBytes: number, clock: Clock = systemClock) {
    this.#stream = stream;
    this.#label = label;
    this.#totalBytes = totalBytes;
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
  }

  /** Shows that `doneBytes` of the total are done, if it is time for it. */
  update(doneBytes: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#drawnMs < INTERVAL_MS) {
      return;
    }
    this.#drawnMs = nowMs;
    const share = Math.min(doneBytes / this.#totalBytes, 1);
    const cells = Math.floor(share * CELLS);
    const bar = '#'.repeat(cells) + '.'.repeat(CELLS - cells);
    const rate = doneBytes / 1e6 / Math.max((nowMs - this.#startMs) / 1000, 0.001);
    this.#stream.write(
      `\r\x1b[K${this.#label} [${bar}] ${Math.floor(share * 100)} % of ${megabytes(this.#totalBytes)} MB, ${rate.toFixed(0)} MB/s`,
    );
  }

  /** Removes the line. */
  clear(): void {
    if (this.#drawnMs !== Number.NEGATIVE_INFINITY) {
      this.#drawnMs = Number.NEGATIVE_INFINITY;
      this.#stream.write('\r\x1b[K');
    }
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
