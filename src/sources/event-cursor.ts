/** Events out of recorded records. */
import { CanonicalEvent } from '../core/canonical-event.ts';
import { EnvelopeEvent } from '../core/envelope-event.ts';
import { parseEnvelope } from '../core/envelope-json.ts';
import { SentinelError } from '../core/errors.ts';
import type { Event } from '../core/event.ts';
import type { Evt1Decoder } from '../core/evt1.ts';
import type { LineDecoder } from '../core/line-decoder.ts';

/** The records of one piece of input: call `next()` until it says false; each is `view` from `start` to `end`. */
export type RecordCursor = Evt1Decoder | LineDecoder;

/** What to do with a record that holds no event. */
export type InvalidRecordHandler = (error: SentinelError, offset: number) => void;

/** The events of one piece of input: call {@link EventCursor.next} until there is none. */
export class EventCursor {
  readonly #records: RecordCursor;
  readonly #onInvalid: InvalidRecordHandler;
  readonly #inPlace = new CanonicalEvent();

  constructor(records: RecordCursor, onInvalid: InvalidRecordHandler) {
    this.#records = records;
    this.#onInvalid = onInvalid;
  }

  /**
   * The next event, valid until the next call; undefined when that takes more input.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if the input is damaged; a record that is whole but holds no event is
   *   told to the handler and skipped.
   */
  next(): Event | undefined {
    const records = this.#records;
    while (records.next()) {
      const { bytes, view, start, end } = records;
      if (this.#inPlace.read(bytes, view, start, end)) {
        return this.#inPlace;
      }
      const event = this.#parse(bytes.subarray(start, end));
      if (event !== undefined) {
        return event;
      }
    }
    return undefined;
  }

  #parse(record: Buffer): Event | undefined {
    try {
      return new EnvelopeEvent(parseEnvelope(record));
    } catch (error) {
      if (!(error instanceof SentinelError)) {
        throw error;
      }
      this.#onInvalid(error, this.#records.recordOffset);
      return undefined;
    }
  }
}
