/** EVT1 files as a sink: appended to, rotated, optionally compressed, and whole after any crash but for the last record. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { configSchema } from '../core/config/schema.ts';
import { SentinelError } from '../core/errors.ts';
import { EVT1_HEAD_BYTES } from '../core/evt1.ts';
import { gzipMember } from '../core/gzip-member.ts';
import { inspectFile, repairTail, type TailReport } from './evt1-tail.ts';
import { systemErrorCode, writeFully } from './file-writes.ts';
import { evt1Format, type RecordFormat } from './record-format.ts';
import { rotateFiles } from './rotation.ts';
import { defineSink, type Sink, type SinkBatch, type SinkFailure } from './sink.ts';

const schema = configSchema.shape.sinks.shape.file;

/** The section `sinks.file` of the configuration. */
export type Evt1FileConfig = z.infer<typeof schema>;

/** What an EVT1 file sink tells. */
export interface Evt1FileParts {
  /** Called when a file was found with a torn tail, after it was repaired. */
  readonly onRepair: (report: TailReport) => void;
}

/**
 * Appends events to an EVT1 file.
 *
 * A batch is one write, of whole records: a crash can tear only the last batch, and of it only the last record is lost.
 * Compressed, each batch is a gzip member of its own. Before a write that would make the file larger than
 * `rotate_max_bytes` on disk, files move up one number; without `rotate` the file grows without bound. Data is
 * forced to disk at rotation and at the end, not at each write.
 */
export const evt1Sink = defineSink<Evt1FileConfig, Evt1FileParts>({
  kind: 'file',
  schema,
  build: (config, parts) => new Evt1FileSink(config, parts),
});

/** Measured on events: level 6 makes files a seventh smaller and takes two and a half times as long. */
const GZIP_LEVEL = 2;
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

class Evt1FileSink implements Sink {
  readonly kind = 'file';
  readonly format: RecordFormat = evt1Format;
  readonly #config: Evt1FileConfig;
  readonly #parts: Evt1FileParts;
  #file: FileHandle | undefined;
  #sizeBytes = 0;
  /** The batch that is being written, what it is on disk, and how much of that is there. */
  #current: { batch: SinkBatch; encoded: Buffer; doneBytes: number } | undefined;

  constructor(config: Evt1FileConfig, parts: Evt1FileParts) {
    this.#config = config;
    this.#parts = parts;
  }

  async connect(): Promise<void> {
    if (this.#file !== undefined) {
      return;
    }
    try {
      await mkdir(dirname(this.#config.path), { recursive: true, mode: FOLDER_MODE });
      await this.#repair();
      await this.#open();
    } catch (error) {
      throw openFailure(this.#config.path, error);
    }
  }

  async write(batch: SinkBatch): Promise<void> {
    if (this.#current?.batch !== batch) {
      const encoded = this.#config.compress ? await gzipMember(batch.bytes, GZIP_LEVEL) : batch.bytes;
      this.#current = { batch, encoded, doneBytes: 0 };
    }
    const current = this.#current;
    while (current.doneBytes < current.encoded.length) {
      const end = this.#endOfPart(current.encoded, current.doneBytes);
      if (end === current.doneBytes) {
        await this.#rotate();
      } else {
        await this.#append(current.encoded.subarray(current.doneBytes, end));
        current.doneBytes = end;
      }
    }
    this.#current = undefined;
  }

  failureOf(): SinkFailure {
    return 'retry';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) {
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
    }
  }

  /** Where the part of `encoded` from `from` ends that the current file still takes; `from` if it is full. */
  #endOfPart(encoded: Buffer, from: number): number {
    const { rotate, rotate_max_bytes: maxBytes, compress } = this.#config;
    const roomBytes = maxBytes - this.#sizeBytes;
    if (!rotate || encoded.length - from <= roomBytes) {
      return encoded.length;
    }
    const isFresh = this.#sizeBytes === 0;
    if (compress) {
      return isFresh ? encoded.length : from;
    }
    let end = from;
    while (end < encoded.length) {
      const next = end + EVT1_HEAD_BYTES + encoded.readUInt32LE(end + 4);
      if (next - from > roomBytes) {
        break;
      }
      end = next;
    }
    // A record that is larger than a whole file gets a file of its own.
    return end === from && isFresh ? from + EVT1_HEAD_BYTES + encoded.readUInt32LE(from + 4) : end;
  }

  /** Writes all of `bytes` or, if that fails, leaves the file as it was. */
  async #append(bytes: Buffer): Promise<void> {
    const file = this.#file;
    if (file === undefined) {
      throw new TypeError('write() before connect()');
    }
    try {
      await writeFully((part, offset, length) => file.write(part, offset, length), bytes);
    } catch (error) {
      await this.#undo(file);
      throw error;
    }
    this.#sizeBytes += bytes.length;
  }

  async #undo(file: FileHandle): Promise<void> {
    try {
      await file.truncate(this.#sizeBytes);
    } catch {
      this.#file = undefined; // connect() opens it again and repairs its tail
      await file.close();
    }
  }

  async #rotate(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await rotateFiles(this.#config.path, this.#config.rotate_max_files);
    await this.#open();
  }

  async #open(): Promise<void> {
    const { O_APPEND, O_CREAT, O_WRONLY, O_NONBLOCK } = constants;
    // O_NONBLOCK: a FIFO in the file's place must not block the open.
    const file = await open(this.#config.path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, FILE_MODE);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) {
        throw new SentinelError(
          'SNT_CONFIG_INVALID',
          `Cannot append to ${this.#config.path}: not a regular file`,
        );
      }
      this.#sizeBytes = stat.size;
      this.#file = file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Makes what is there fit to be appended to: its torn tail cut, a file of another kind moved out of the way. */
  async #repair(): Promise<void> {
    const { path, compress, rotate, rotate_max_files: maxFiles } = this.#config;
    const existing = await openExisting(path);
    if (existing === undefined) {
      return;
    }
    let isAppendable: boolean;
    try {
      const { size } = await existing.stat();
      const contents = await inspectFile(existing, size);
      if (contents.kind === 'other') {
        throw new SentinelError('SNT_CONFIG_INVALID', `Cannot append to ${path}: it is not an EVT1 file`, {
          hint: 'move it away, or name another file in sinks.file.path',
        });
      }
      const report = await repairTail(path, existing, size, contents, GZIP_LEVEL);
      if (report !== undefined) {
        this.#parts.onRepair(report);
      }
      isAppendable = contents.kind === 'empty' || contents.kind === (compress ? 'members' : 'records');
    } finally {
      await existing.close();
    }
    if (!isAppendable) {
      if (!rotate) {
        throw new SentinelError('SNT_CONFIG_INVALID', `Cannot append to ${path}: ${otherKind(compress)}`, {
          hint: 'move it away, turn on sinks.file.rotate, or change sinks.file.compress',
        });
      }
      await rotateFiles(path, maxFiles);
    }
  }
}

function otherKind(compress: boolean): string {
  return compress
    ? 'it is not compressed, or another program compressed it'
    : 'it is compressed, and sinks.file.compress is off';
}

/** The file for reading and writing; undefined when there is none, or none with contents that can be read. */
async function openExisting(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  if ((await file.stat()).isFile()) {
    return file;
  }
  await file.close();
  return undefined; // opening it for appending says what is wrong
}

const OPEN_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'it cannot be made there',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a directory',
  ENOTDIR: 'part of its path is not a directory',
  EEXIST: 'part of its path is not a directory',
  ENXIO: 'it is a FIFO or a device',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
};

function openFailure(path: string, error: unknown): unknown {
  const fault = OPEN_FAULTS[systemErrorCode(error) ?? ''];
  return fault === undefined
    ? error
    : new SentinelError('SNT_CONFIG_INVALID', `Cannot write events to ${path}: ${fault}`, {
        cause: error,
        hint: 'name another file in sinks.file.path, or change its owner or its disk',
      });
}
