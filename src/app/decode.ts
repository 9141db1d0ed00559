/** From recorded events to NDJSON. */
import { isCanonicalEnvelope } from '../core/canonical-envelope.ts';
import { encodeEnvelope, parseEnvelope } from '../core/envelope-json.ts';
import { SentinelError } from '../core/errors.ts';
import type { InvalidRecordHandler, RecordCursor } from '../sources/event-cursor.ts';
import type { RecordedInput } from '../sources/evt1.ts';
import type { ByteOutput } from './byte-output.ts';

const BUFFER_BYTES = 512 * 1024;
const NEWLINE = 0x0a;

/** What decoding did. */
export interface DecodeSummary {
  /** Events written. */
  readonly events: number;
  /** Records skipped because they hold no event. */
  readonly invalid: number;
}

/** What decoding tells and asks on its way. */
export interface DecodeHooks {
  readonly onInvalid: InvalidRecordHandler;
  /** Called now and then, at least every few hundred kilobytes. */
  readonly onProgress: () => void;
  /** Ends the work early, after what was read is written. */
  readonly signal: AbortSignal;
}

/**
 * Writes every event of `input` to `output`, one JSON object a line, keys in the order of the envelope.
 *
 * A record that is canonical already is copied as it is; any other is parsed, turned into the one envelope and written
 * anew. What was decoded is written also when the input turns out to be damaged.
 *
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if the input is damaged.
 * @throws What `output.write` and the hooks throw.
 */
export async function decodeEvents(
  input: RecordedInput,
  output: ByteOutput,
  hooks: DecodeHooks,
): Promise<DecodeSummary> {
  const lines = new LineBuffer(output);
  let events = 0;
  let invalid = 0;
  try {
    for await (const cursor of input.cursors()) {
      while (cursor.next()) {
        const size = cursor.end - cursor.start;
        if (isCanonicalEnvelope(cursor.view, cursor.start, cursor.end)) {
          if (!lines.hasRoom(size)) {
            await lines.makeRoom(size);
          }
          lines.copy(cursor.bytes, cursor.start, cursor.end);
          events++;
          continue;
        }
        const line = rewrite(cursor, hooks.onInvalid);
        if (line === undefined) {
          invalid++;
          continue;
        }
        if (!lines.hasRoom(line.length)) {
          await lines.makeRoom(line.length);
        }
        lines.append(line);
        events++;
      }
      hooks.onProgress();
      if (hooks.signal.aborted) {
        break;
      }
    }
  } finally {
    await lines.flush();
  }
  return { events, invalid };
}

function rewrite(cursor: RecordCursor, onInvalid: InvalidRecordHandler): string | undefined {
  try {
    return encodeEnvelope(parseEnvelope(cursor.bytes.subarray(cursor.start, cursor.end)));
  } catch (error) {
    if (!(error instanceof SentinelError)) {
      throw error;
    }
    onInvalid(error, cursor.recordOffset);
    return undefined;
  }
}

/** Two buffers: one is filled while the other is written. */
class LineBuffer {
  readonly #output: ByteOutput;
  #filling = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #filled = 0;
  #writing = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #written: Promise<void> = Promise.resolve();

  constructor(output: ByteOutput) {
    this.#output = output;
  }

  /** True when a line of `size` bytes and its newline fit. */
  hasRoom(size: number): boolean {
    return this.#filled + size < this.#filling.length;
  }

  /** Makes {@link hasRoom} true for `size`. */
  async makeRoom(size: number): Promise<void> {
    await this.#swap();
    if (!this.hasRoom(size)) {
      this.#filling = Buffer.allocUnsafeSlow(size + BUFFER_BYTES);
    }
  }

  copy(bytes: Buffer, start: number, end: number): void {
    bytes.copy(this.#filling, this.#filled, start, end);
    this.#endLine(end - start);
  }

  /** Appends a line of ASCII text. */
  append(line: string): void {
    this.#filling.write(line, this.#filled, 'latin1');
    this.#endLine(line.length);
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.#swap();
    await this.#written;
  }

  #endLine(size: number): void {
    this.#filled += size;
    this.#filling[this.#filled++] = NEWLINE;
  }

  async #swap(): Promise<void> {
    await this.#written;
    const full = this.#filling;
    if (this.#filled > 0) {
      this.#written = this.#output.write(full.subarray(0, this.#filled));
      this.#written.catch(() => {}); // whoever awaits it next hears of it
    }
    this.#filling = this.#writing;
    this.#writing = full;
    this.#filled = 0;
  }
}
