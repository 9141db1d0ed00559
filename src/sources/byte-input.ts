/** Bytes of a file, read ahead by one piece. */
import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SentinelError } from '../core/errors.ts';

const PIECE_BYTES = 512 * 1024;

/** A file that is being read from start to end. */
export class FileInput implements AsyncIterable<Buffer>, AsyncDisposable {
  /** What the file was when it was opened. */
  readonly stats: Stats;
  /** Bytes that were given out so far. */
  readBytes = 0;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, stats: Stats) {
    this.#file = file;
    this.stats = stats;
  }

  /** @throws {SentinelError} `SNT_USAGE` if there is no such file, or it cannot be read. */
  static async open(path: string): Promise<FileInput> {
    try {
      const file = await open(path, 'r');
      const stats = await file.stat();
      if (stats.isDirectory()) {
        await file.close();
        throw new SentinelError('SNT_USAGE', `Cannot read ${path}: it is a directory`);
      }
      return new FileInput(file, stats);
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
      const fault = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'permission denied' : undefined;
      throw fault === undefined
        ? error
        : new SentinelError('SNT_USAGE', `Cannot read ${path}: ${fault}`, { cause: error });
    }
  }

  /** The file in pieces; each is valid until the next is asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    let current = Buffer.allocUnsafeSlow(PIECE_BYTES);
    let ahead = Buffer.allocUnsafeSlow(PIECE_BYTES);
    let reading = this.#read(current);
    try {
      for (;;) {
        const count = await reading;
        if (count === 0) {
          return;
        }
        reading = this.#read(ahead);
        this.readBytes += count;
        yield current.subarray(0, count);
        [current, ahead] = [ahead, current];
      }
    } finally {
      await reading.catch(() => 0); // the buffer is in use until then
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async #read(target: Buffer): Promise<number> {
    return (await this.#file.read(target, 0, target.length, null)).bytesRead;
  }
}
