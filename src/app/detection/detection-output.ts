/** Writes detections as lines, off the event path. */
import type { ModelDetection } from '../../core/detection.ts';
import type { ByteOutput } from '../byte-output.ts';

const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

/**
 * Takes detections at once and writes them as fast as the output takes them. Bounded: of more than 64 MiB that wait the
 * newest are dropped and counted; a caller that can wait calls {@link flush} now and then and loses none.
 */
export class DetectionOutput {
  readonly #output: ByteOutput;
  readonly #render: (detection: ModelDetection) => string;
  readonly #onGone: (error: unknown) => void;
  #lines: string[] = [];
  #queuedBytes = 0;
  #written = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  /**
   * @param render A line without its newline, safe to print.
   * @param onGone Called once, with what the output failed on; nothing is written after that.
   */
  constructor(
    output: ByteOutput,
    render: (detection: ModelDetection) => string,
    onGone: (error: unknown) => void,
  ) {
    this.#output = output;
    this.#render = render;
    this.#onGone = onGone;
  }

  /** Detections written, and those dropped because the output was too slow or had gone. */
  get counts(): { readonly written: number; readonly dropped: number } {
    return { written: this.#written, dropped: this.#dropped };
  }

  /** Takes one detection; never waits. */
  write(detection: ModelDetection): void {
    if (this.#failure !== undefined || this.#queuedBytes > MAX_QUEUED_BYTES) {
      this.#dropped++;
      return;
    }
    const line = `${this.#render(detection)}\n`;
    this.#lines.push(line);
    this.#queuedBytes += line.length;
    this.#writing ??= this.#run();
  }

  /** Resolves when all that was taken so far is written. Never rejects: a failure went to `onGone`. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #run(): Promise<void> {
    // Let the rest of a batch of events add its detections first.
    await Promise.resolve();
    try {
      while (this.#lines.length > 0) {
        const lines = this.#lines;
        this.#lines = [];
        await this.#output.write(Buffer.from(lines.join(''), 'utf8'));
        this.#written += lines.length;
        this.#queuedBytes = this.#lines.reduce((sum, line) => sum + line.length, 0);
      }
    } catch (error) {
      this.#failure = error;
      this.#dropped += this.#lines.length;
      this.#lines = [];
      this.#onGone(error);
    } finally {
      this.#writing = undefined;
    }
  }
}
