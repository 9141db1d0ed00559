/** A stream that keeps what is written to it. */
import { Writable } from 'node:stream';

/** Takes everything at once; `text()` is all of it so far. */
export class TextStream extends Writable {
  readonly #chunks: Buffer[] = [];

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk)); // a copy: the writer may use its buffer again
    done();
  }
}
