/** `sentinel decode`. */
import { stat } from 'node:fs/promises';
import { type ByteOutput, fileOutput, streamOutput } from '../../app/byte-output.ts';
import { decodeEvents } from '../../app/decode.ts';
import { messageOf, SentinelError } from '../../core/errors.ts';
import { escapeControls } from '../../core/terminal-text.ts';
import { systemErrorCode } from '../../sinks/file-writes.ts';
import { FileInput } from '../../sources/byte-input.ts';
import { RecordedInput } from '../../sources/evt1.ts';
import type { CliIo } from '../io.ts';
import { ProgressBar } from '../progress-bar.ts';

/** What `decode` is asked to do. */
export interface DecodeOptions {
  /** EVT1 or NDJSON, plain or gzip; `-` for the standard input. */
  readonly file: string;
  /** File to write; the standard output unless given. */
  readonly out?: string;
  /** Torn records, torn gzip and records that hold no event are errors. */
  readonly strict: boolean;
}

/** The part of a {@link CliIo} that `decode` uses. */
export type DecodeIo = Pick<CliIo, 'stdin' | 'stdout' | 'stderr' | 'signal'>;

const STDIN = '-';
const PROGRESS_FROM_BYTES = 64_000_000;
/** Records without an event that get a line each; the others are only counted. */
const MAX_INVALID_SHOWN = 5;

/**
 * Writes the events of a file as NDJSON, one envelope a line.
 *
 * Whatever can be read is written, also before a failure. An end in the middle of a record is a warning, as is a
 * record that is not JSON or no event, which is skipped; with `strict` both fail. Ends in order when the reader of the
 * output goes away, and early when `io.signal` aborts.
 *
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` for damage, `SNT_USAGE` for files that cannot be opened.
 */
export async function runDecode(options: DecodeOptions, io: DecodeIo): Promise<void> {
  const { file, strict } = options;
  const name = file === STDIN ? 'standard input' : escapeControls(file);
  await using disposer = new AsyncDisposableStack();
  const source = file === STDIN ? undefined : disposer.use(await FileInput.open(file));
  // Standard input that nobody set an encoding on gives bytes.
  const input = new RecordedInput(source ?? (io.stdin as unknown as AsyncIterable<Uint8Array>));
  const output = disposer.use(await openOutput(options, io, source));
  const progress = makeProgress(io, source);
  const warn = (text: string): void => {
    progress?.clear();
    io.stderr.write(`warning: ${name}: ${text}\n`);
  };
  let invalid = 0;
  let strictFault: SentinelError | undefined;
  try {
    await decodeEvents(input, output, {
      signal: io.signal,
      onProgress: () => progress?.update(source?.readBytes ?? 0),
      onInvalid: (error, offset) => {
        if (strict) {
          strictFault = corrupt(name, `${error.message}, in the record at offset ${offset}`, error);
          throw strictFault;
        }
        if (++invalid <= MAX_INVALID_SHOWN) {
          warn(`${error.message}, in the record at offset ${offset}: skipped`);
        }
      },
    });
  } catch (error) {
    if (isReaderGone(error)) {
      return;
    }
    if (typeof error === 'object' && error !== null && 'syscall' in error) {
      throw transferFault(name, options.out, error);
    }
    throw error instanceof SentinelError && error !== strictFault
      ? corrupt(name, error.message, error)
      : error;
  } finally {
    progress?.clear();
  }
  if (invalid > MAX_INVALID_SHOWN) {
    warn(`${invalid} records hold no event and were skipped`);
  }
  const torn = io.signal.aborted ? undefined : describeTorn(input);
  if (torn !== undefined) {
    if (strict) {
      throw corrupt(name, torn, undefined);
    }
    warn(`${torn}: everything before that was decoded`);
  }
}

async function openOutput(
  { file, out }: DecodeOptions,
  io: DecodeIo,
  source: FileInput | undefined,
): Promise<ByteOutput> {
  if (out === undefined) {
    return streamOutput(io.stdout);
  }
  const existing = await stat(out).catch(() => undefined);
  if (existing !== undefined && existing.ino === source?.stats.ino && existing.dev === source.stats.dev) {
    throw new SentinelError('SNT_USAGE', `Cannot decode ${file} into itself`);
  }
  try {
    return await fileOutput(out);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SentinelError('SNT_USAGE', `Cannot write ${out}: ${reason}`, { cause: error });
  }
}

function makeProgress(io: DecodeIo, source: FileInput | undefined): ProgressBar | undefined {
  const stats = source?.stats;
  const isLong = stats?.isFile() === true && stats.size > PROGRESS_FROM_BYTES;
  return isLong && io.stderr.isTTY === true ? new ProgressBar(io.stderr, 'decoding', stats.size) : undefined;
}

function describeTorn(input: RecordedInput): string | undefined {
  const { tornOffset, isGzipTorn } = input.end();
  if (tornOffset !== undefined) {
    return `ends in the middle of the record at offset ${tornOffset}`;
  }
  return isGzipTorn ? 'ends in the middle of a gzip member' : undefined;
}

function corrupt(name: string, fault: string, cause: SentinelError | undefined): SentinelError {
  return new SentinelError('SNT_INPUT_CORRUPT', `Cannot decode ${name}: ${fault}`, {
    cause,
    ...(cause?.hint === undefined ? {} : { hint: cause.hint }),
  });
}

/** For a disk that is full or fails: the message of a system error ends in what was tried, read or write. */
function transferFault(name: string, out: string | undefined, error: unknown): SentinelError {
  const target = out === undefined ? '' : ` into ${out}`;
  return new SentinelError('SNT_INTERNAL', `Cannot decode ${name}${target}: ${messageOf(error)}`, {
    cause: error,
    hint: 'what was written so far is not all',
  });
}

/** True when whoever read our output does no more. */
function isReaderGone(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ECONNRESET';
}
