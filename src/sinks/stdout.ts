/** The standard output as a sink: NDJSON for a program, or lines for a person. */
import { fstat, write } from 'node:fs';
import { promisify } from 'node:util';
import * as z from 'zod';
import { systemErrorCode } from './file-writes.ts';
import type { RecordFormat } from './record-format.ts';
import { defineSink, type Sink, type SinkBatch, type SinkFailure } from './sink.ts';

/** The part of `process.stdout` that the sink uses. */
export type OutputStream = NodeJS.WritableStream & { readonly fd?: number };

/** What a stdout sink needs. */
export interface StdoutParts {
  readonly stream: OutputStream;
  /** How an event becomes text; `ndjsonFormat` for programs. */
  readonly format: RecordFormat;
}

/** Codes that say that nobody reads the other end any more. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);
const fstatAsync = promisify(fstat);
const writeAsync = promisify(write);

/**
 * Writes batches to the standard output. A reader that goes away is an end in order, not a failure. Never closes the
 * stream: it belongs to the process.
 */
export const stdoutSink = defineSink<Record<string, never>, StdoutParts>({
  kind: 'stdout',
  schema: z.strictObject({}),
  build: (_config, { stream, format }) => new StdoutSink(stream, format),
});

class StdoutSink implements Sink {
  readonly kind = 'stdout';
  readonly format: RecordFormat;
  readonly #stream: OutputStream;
  /** Set when the output is a regular file, which Node's own stream writes synchronously and without checking. */
  #fileDescriptor: number | undefined;
  /** How much of the batch is in that file. */
  #current: { batch: SinkBatch; doneBytes: number } | undefined;
  #listening = false;

  constructor(stream: OutputStream, format: RecordFormat) {
    this.#stream = stream;
    this.format = format;
  }

  async connect(): Promise<void> {
    if (!this.#listening) {
      this.#stream.on('error', ignore); // write() hears of it through its callback
      this.#listening = true;
    }
    const { fd } = this.#stream;
    if (fd !== undefined && (await fstatAsync(fd)).isFile()) {
      this.#fileDescriptor = fd;
    }
  }

  async write(batch: SinkBatch): Promise<void> {
    const fd = this.#fileDescriptor;
    if (fd !== undefined) {
      await this.#writeToFile(fd, batch);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(batch.bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Goes on where an earlier attempt at the same batch failed. */
  async #writeToFile(fd: number, batch: SinkBatch): Promise<void> {
    if (this.#current?.batch !== batch) {
      this.#current = { batch, doneBytes: 0 };
    }
    const current = this.#current;
    while (current.doneBytes < batch.bytes.length) {
      const { bytesWritten } = await writeAsync(fd, batch.bytes, current.doneBytes);
      current.doneBytes += bytesWritten;
    }
    this.#current = undefined;
  }

  failureOf(error: unknown): SinkFailure {
    const code = systemErrorCode(error);
    return code !== undefined && READER_GONE.has(code) ? 'end' : 'retry';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening = false;
    this.#stream.off('error', ignore);
  }
}

function ignore(): void {}
