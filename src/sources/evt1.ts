/** Recorded events: EVT1 or NDJSON, plain or gzip, from anything that gives bytes. */
import type { Event } from '../core/event.ts';
import { Evt1Decoder } from '../core/evt1.ts';
import { isGzip } from '../core/gzip-member.ts';
import { LineDecoder } from '../core/line-decoder.ts';
import { EventCursor, type InvalidRecordHandler, type RecordCursor } from './event-cursor.ts';
import { type GunzipStatus, gunzipPieces } from './gunzip.ts';

/** How an input ended that was read to its end. */
export interface InputEnd {
  /** Where the record begins that is not whole, in bytes of the uncompressed input; undefined when there is none. */
  readonly tornOffset: number | undefined;
  /** True when the last gzip member was cut short; its whole records were read. */
  readonly isGzipTorn: boolean;
}

/** Enough to tell all kinds of input apart. */
const SNIFF_BYTES = 4;

/**
 * Reads records from `pieces`, in constant memory and no faster than they are taken.
 *
 * What the input is, its first bytes say, never its name: gzip or not, then EVT1, or lines of JSON. Read it once, by
 * {@link cursors}, {@link eventCursors} or {@link events}; then {@link end} says how it ended.
 */
export class RecordedInput {
  readonly #pieces: AsyncIterable<Uint8Array>;
  readonly #gunzip: GunzipStatus = { isTorn: false };
  #decoder: RecordCursor | undefined;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces;
  }

  /**
   * Gives the same cursor again and again, each time with more records; use up all of them before the next.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if the input is none that we read, or is damaged; also from `next()`.
   */
  async *cursors(): AsyncGenerator<RecordCursor, void, undefined> {
    const { head, rest } = await sniff(this.#pieces);
    const contents = isGzip(head) ? await sniff(gunzipPieces(rest, this.#gunzip)) : { head, rest };
    const decoder = makeDecoder(contents.head);
    this.#decoder = decoder;
    for await (const piece of contents.rest) {
      decoder.push(piece);
      yield decoder;
    }
    if (decoder instanceof LineDecoder) {
      decoder.endInput();
      yield decoder;
    }
  }

  /**
   * Gives the same cursor over events again and again, each time with more of them; use up all before the next. Nothing
   * is awaited from one event to the next, which costs as much as reading it.
   *
   * @param onInvalid Called for each record that holds none; it is skipped then.
   * @throws {SentinelError} As {@link cursors} does.
   */
  async *eventCursors(onInvalid: InvalidRecordHandler): AsyncGenerator<EventCursor, void, undefined> {
    let events: EventCursor | undefined;
    for await (const cursor of this.cursors()) {
      events ??= new EventCursor(cursor, onInvalid);
      yield events;
    }
  }

  /** The events of {@link eventCursors} one by one; each may be the object of the one before. */
  async *events(onInvalid: InvalidRecordHandler): AsyncGenerator<Event, void, undefined> {
    for await (const cursor of this.eventCursors(onInvalid)) {
      for (let event = cursor.next(); event !== undefined; event = cursor.next()) {
        yield event;
      }
    }
  }

  /** How the input ended; call it after the iteration ended by itself. */
  end(): InputEnd {
    return { tornOffset: this.#decoder?.tornTail()?.offset, isGzipTorn: this.#gunzip.isTorn };
  }
}

/** Lines begin with an object, after blanks; all else is left to the EVT1 decoder, which says what is wrong with it. */
function makeDecoder(head: Buffer): RecordCursor {
  return /^[ \t\r\n]*\{/.test(head.toString('latin1')) || /^[ \t\r\n]{4}/.test(head.toString('latin1'))
    ? new LineDecoder()
    : new Evt1Decoder();
}

/** The first bytes of `pieces` (fewer than four only if there are no more), and all of `pieces` again. */
async function sniff(
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ head: Buffer; rest: AsyncIterable<Uint8Array> }> {
  const iterator = pieces[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let first: Uint8Array | undefined;
  while (head.length < SNIFF_BYTES) {
    const { value, done } = await iterator.next();
    if (done) {
      break;
    }
    // A piece is valid until the next is asked for: only one that is long enough is passed on as it is.
    first = head.length === 0 ? value : undefined;
    head = Buffer.concat([head, value]);
  }
  return { head: head.subarray(0, SNIFF_BYTES), rest: resume(first ?? head, iterator) };
}

async function* resume(
  first: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (first.length > 0) {
      yield first;
    }
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
