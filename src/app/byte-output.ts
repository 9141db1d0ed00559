/** Where a command writes bytes: a stream of the process, or a file of its own. */
import { fstatSync, write } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { writeFully } from '../sinks/file-writes.ts';

/** Takes bytes in order. */
export interface ByteOutput extends AsyncDisposable {
  /** Resolves when `bytes` may be reused; calls must not overlap. */
  write(bytes: Buffer): Promise<void>;
}

const writeAsync = promisify(write);

/**
 * Writes to a standard stream, without closing it. A regular file behind it is written by its descriptor, so that a
 * full disk is an error: Node's own stream for files takes a short write for a whole one.
 */
export function streamOutput(stream: NodeJS.WritableStream & { readonly fd?: number }): ByteOutput {
  const { fd } = stream;
  if (fd !== undefined && fstatSync(fd).isFile()) {
    return {
      write: (bytes) => writeFully((part, offset, length) => writeAsync(fd, part, offset, length), bytes),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const ignore = () => {}; // write() hears of it through its callback
  stream.on('error', ignore);
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    [Symbol.asyncDispose]: async () => {
      stream.off('error', ignore);
    },
  };
}

/** Writes a file from its start; what it held before is gone. */
export async function fileOutput(path: string): Promise<ByteOutput> {
  const file: FileHandle = await open(path, 'w', 0o640);
  return {
    write: (bytes) => writeFully((part, offset, length) => file.write(part, offset, length), bytes),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
