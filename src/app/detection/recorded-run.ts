/** Recorded events in order, all or some, at full speed or at their own pace. */
import { systemClock } from '../../core/clock.ts';
import type { Event } from '../../core/event.ts';
import { whenAborted } from '../../core/when-aborted.ts';
import { FileInput } from '../../sources/byte-input.ts';
import type { InvalidRecordHandler } from '../../sources/event-cursor.ts';
import { RecordedInput } from '../../sources/evt1.ts';

/** Which events of a recording, and how fast. */
export interface RecordedRunOptions {
  readonly pace: 'fast' | 'realtime';
  /** Milliseconds since 1970, both included. */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  /** Events to leave out at the beginning, of those in time. */
  readonly skip: number;
  readonly maxEvents: number;
  readonly signal: AbortSignal;
  readonly onInvalid: InvalidRecordHandler;
  /** Called after each piece of input, to wait for whoever is slower. */
  readonly onPiece: () => Promise<void> | void;
}

/** How a run ended. */
export interface RecordedRunEnd {
  /** Events given to the consumer. */
  readonly events: number;
  /** Left out by time or `skip`. */
  readonly leftOut: number;
  /** The input ended in the middle of a record or of a gzip member. */
  readonly isTorn: boolean;
}

/** A file, or standard input for `-`, as bytes. */
export interface OpenRecording extends AsyncDisposable {
  readonly input: RecordedInput;
  /** Undefined for standard input. */
  readonly file: FileInput | undefined;
}

/**
 * Opens a recording. Standard input ends at the signal too: whoever writes to it may say nothing for hours.
 *
 * @throws {SentinelError} `SNT_USAGE` if it cannot be opened.
 */
export async function openRecording(
  path: string,
  stdin: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<OpenRecording> {
  if (path === '-') {
    // Standard input that nobody set an encoding on gives bytes.
    const pieces = stdin as unknown as AsyncIterable<Uint8Array>;
    return {
      input: new RecordedInput(piecesUntil(pieces, signal)),
      file: undefined,
      [Symbol.asyncDispose]: async () => {
        if (signal.aborted && 'destroy' in stdin && typeof stdin.destroy === 'function') {
          stdin.destroy(); // a read that waits would keep the process
        }
      },
    };
  }
  const file = await FileInput.open(path);
  return { input: new RecordedInput(file), file, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
}

async function* piecesUntil(
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = pieces[Symbol.asyncIterator]();
  const aborted = whenAborted(signal);
  for (;;) {
    const next = await Promise.race([iterator.next(), aborted]);
    if (next === undefined || next.done === true) {
      return;
    }
    yield next.value;
  }
}

/**
 * Gives each chosen event to `consume`, which must not keep it.
 *
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if the input is damaged; events before that were given.
 */
export async function runRecorded(
  input: RecordedInput,
  options: RecordedRunOptions,
  consume: (event: Event) => void,
): Promise<RecordedRunEnd> {
  const { signal, maxEvents } = options;
  const isInTime = timeFilter(options.startMs, options.endMs);
  const pace = options.pace === 'realtime' ? new Pace(signal) : undefined;
  let events = 0;
  let leftOut = 0;
  let toSkip = options.skip;
  // Asked for every event: a combined signal's own `aborted` is slow.
  let isAborted = signal.aborted;
  signal.addEventListener('abort', () => {
    isAborted = true;
  });
  const isDone = (): boolean => isAborted || events >= maxEvents;
  for await (const cursor of input.eventCursors(options.onInvalid)) {
    while (!isDone()) {
      const event = cursor.next();
      if (event === undefined) {
        break;
      }
      if (!isInTime(event) || toSkip > 0) {
        leftOut++;
        toSkip -= toSkip > 0 && isInTime(event) ? 1 : 0;
        continue;
      }
      if (pace !== undefined) {
        await pace.until(event.timeUnixNs);
      }
      if (isDone()) {
        break;
      }
      consume(event);
      events++;
    }
    await options.onPiece();
    if (isDone()) {
      return { events, leftOut, isTorn: false };
    }
  }
  const { tornOffset, isGzipTorn } = input.end();
  return { events, leftOut, isTorn: !signal.aborted && (tornOffset !== undefined || isGzipTorn) };
}

function timeFilter(startMs: number | undefined, endMs: number | undefined): (event: Event) => boolean {
  if (startMs === undefined && endMs === undefined) {
    return () => true;
  }
  const startNs = BigInt(startMs ?? 0) * 1_000_000n;
  const endNs = endMs === undefined ? undefined : BigInt(endMs) * 1_000_000n + 999_999n;
  return ({ timeUnixNs }) => timeUnixNs >= startNs && (endNs === undefined || timeUnixNs <= endNs);
}

/** Waits between events as long as lay between them. */
class Pace {
  readonly #signal: AbortSignal;
  #firstNs: bigint | undefined;
  #startedMs = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async until(timeUnixNs: bigint): Promise<void> {
    if (this.#firstNs === undefined) {
      this.#firstNs = timeUnixNs;
      this.#startedMs = systemClock.monotonicMs();
      return;
    }
    const dueMs = this.#startedMs + Number(timeUnixNs - this.#firstNs) / 1e6;
    const waitMs = dueMs - systemClock.monotonicMs();
    if (waitMs >= 1) {
      await systemClock.sleep(waitMs, this.#signal);
    }
  }
}
