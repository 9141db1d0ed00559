/** Where the events of an encoded `sentinel.v1.EventBatch` lie. */
import { BYTES, corrupt, VARINT, WireCursor } from './wire-cursor.ts';

const SEQUENCE = 1;
const EVENTS = 2;
const INITIAL_EVENTS = 512;

/** A batch that has more events than the reader takes. */
export class TooManyEventsError extends Error {}

/** One pass over an encoded batch that keeps offsets only; reused from batch to batch. The events are not looked at. */
export class BatchScan extends WireCursor {
  sequence = 0;
  /** How many events there are. */
  count = 0;
  readonly #maxEvents: number;
  #places = new Int32Array(3 * INITIAL_EVENTS);

  /** @param maxEvents A batch with more is refused. */
  constructor(maxEvents: number) {
    super();
    this.#maxEvents = maxEvents;
  }

  /**
   * Finds the events in `bytes`.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if that is no protobuf message.
   * @throws {TooManyEventsError} If there are more events than allowed.
   */
  scan(bytes: Buffer): void {
    const end = bytes.length;
    this.bytes = bytes;
    this.sequence = 0;
    this.count = 0;
    this.at = 0;
    while (this.at < end) {
      const recordStart = this.at;
      const tag = this.varint(end);
      const field = tag >>> 3;
      const wireType = tag & 7;
      if (field === 0) {
        throw corrupt('field number 0');
      }
      if (wireType === BYTES) {
        const to = this.endOfBytes(end);
        if (field === EVENTS) {
          this.#keep(recordStart, this.at, to);
        }
        this.at = to;
      } else if (wireType === VARINT && field === SEQUENCE) {
        this.sequence = this.varint(end);
      } else {
        this.skip(wireType, end);
      }
    }
  }

  /** Where the record of event `index` begins: its tag. */
  recordStart(index: number): number {
    return this.#places[3 * index] as number; // the caller stays below `count`, here and below
  }

  /** Where the envelope of event `index` begins. */
  start(index: number): number {
    return this.#places[3 * index + 1] as number;
  }

  /** Where the envelope of event `index`, and its record, end. */
  end(index: number): number {
    return this.#places[3 * index + 2] as number;
  }

  #keep(recordStart: number, start: number, end: number): void {
    if (this.count === this.#maxEvents) {
      throw new TooManyEventsError(`A batch has more than ${this.#maxEvents} events`);
    }
    const place = 3 * this.count;
    if (place === this.#places.length) {
      const grown = new Int32Array(2 * place);
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[place] = recordStart;
    this.#places[place + 1] = start;
    this.#places[place + 2] = end;
    this.count++;
  }
}
