/** A sink whose peer is the test. */
import { ndjsonFormat, type RecordFormat } from '../../src/sinks/record-format.ts';
import type { Sink, SinkBatch, SinkFailure } from '../../src/sinks/sink.ts';

/** Keeps what is written; fails, waits or ends as the test says. */
export class MemorySink implements Sink {
  readonly kind = 'memory';
  format: RecordFormat = ndjsonFormat;
  /** The batches that were taken, as text. */
  readonly written: string[] = [];
  connects = 0;
  attempts = 0;
  disposals = 0;
  /** Thrown, the first first, by the next calls of `write`. */
  readonly failures: SinkFailure[] = [];
  /** Thrown by `connect` while it is set. */
  connectFailure: Error | undefined;
  #open: (() => void) | undefined;
  #gate: Promise<void> | undefined;

  /** Makes every write wait until `open()`. */
  shut(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#gate = undefined;
    this.#open?.();
  }

  async connect(): Promise<void> {
    this.connects++;
    if (this.connectFailure !== undefined) {
      throw this.connectFailure;
    }
  }

  async write(batch: SinkBatch): Promise<void> {
    this.attempts++;
    await this.#gate;
    const failure = this.failures.shift();
    if (failure !== undefined) {
      throw new Error(failure);
    }
    this.written.push(batch.bytes.toString());
  }

  failureOf(error: unknown): SinkFailure {
    const { message } = error as Error; // only ours are thrown
    return message === 'end' || message === 'reject' ? message : 'retry';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposals++;
  }
}
