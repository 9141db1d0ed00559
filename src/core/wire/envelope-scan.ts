/** Where the fields of an encoded `sentinel.v1.EventEnvelope` lie, of either upstream generation. */
import { BYTES, corrupt, VARINT, WireCursor } from './wire-cursor.ts';

/** Field numbers of the envelope that are texts; see proto/sentinel/v1/detector.proto. */
export const FIELD = {
  eventId: 1,
  hostname: 2,
  podName: 3,
  namespace: 4,
  containerId: 5,
  syscallName: 8,
  eventType: 9,
  comm: 12,
  pid: 13,
  tid: 14,
  uid: 15,
  arg0: 16,
  arg1: 17,
} as const;

/** More cells or attributes than this are an attack: no event of any generation comes near. */
export const MAX_CELLS = 1024;
export const MAX_ATTRIBUTES = 1024;

const DATA = 10;
const SYSCALL_NR = 11;
const ATTRIBUTES = 20;
const TIME = 30;
const LAST_TEXT = 17;
const NAME_TAG = (1 << 3) | BYTES;
const VALUE_TAG = (2 << 3) | BYTES;

/**
 * One pass over an encoded envelope that keeps offsets only; reused from event to event, allocates nothing.
 *
 * As protobuf has it: of a field that comes twice the last counts, an unknown field is passed over, and so is a known
 * one of another wire type.
 */
export class EnvelopeScan extends WireCursor {
  /** Start and end of text field n at 2n and 2n + 1; both 0 for one that is not there. */
  readonly texts = new Int32Array(2 * (LAST_TEXT + 1));
  /** Start and end of cell n at 2n and 2n + 1. */
  readonly cells = new Int32Array(2 * MAX_CELLS);
  cellCount = 0;
  /** Start and end of name n and of its value at 4n to 4n + 3. */
  readonly attributes = new Int32Array(4 * MAX_ATTRIBUTES);
  attributeCount = 0;
  /** The two halves of `ts_unix_nano`. */
  timeLow = 0;
  timeHigh = 0;
  /** Undefined when it is not there. */
  syscallNumber: number | undefined;

  /**
   * Finds the fields in `bytes` from `start` to `end`.
   *
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if that is no protobuf message, or has more cells or attributes than any
   * event.
   */
  scan(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.texts.fill(0);
    this.cellCount = 0;
    this.attributeCount = 0;
    this.timeLow = 0;
    this.timeHigh = 0;
    this.syscallNumber = undefined;
    this.at = start;
    while (this.at < end) {
      const tag = this.varint(end);
      const field = tag >>> 3;
      const wireType = tag & 7;
      if (wireType === BYTES) {
        const to = this.endOfBytes(end);
        this.#keepText(field, this.at, to);
        this.at = to;
      } else if (wireType === VARINT) {
        this.#keepNumber(field, this.varint(end));
      } else {
        this.skip(wireType, end);
      }
      if (field === 0) {
        throw corrupt('field number 0');
      }
    }
  }

  #keepText(field: number, from: number, to: number): void {
    if (field === DATA) {
      if (this.cellCount === MAX_CELLS) {
        throw corrupt(`more than ${MAX_CELLS} cells of data`);
      }
      this.cells[2 * this.cellCount] = from;
      this.cells[2 * this.cellCount + 1] = to;
      this.cellCount++;
    } else if (field <= LAST_TEXT) {
      this.texts[2 * field] = from;
      this.texts[2 * field + 1] = to;
    } else if (field === ATTRIBUTES) {
      this.#keepAttribute(from, to);
    }
  }

  #keepNumber(field: number, value: number): void {
    if (field === TIME) {
      this.timeLow = value;
      this.timeHigh = this.high;
    } else if (field === SYSCALL_NR) {
      this.syscallNumber = value;
    }
  }

  #keepAttribute(from: number, to: number): void {
    if (this.attributeCount === MAX_ATTRIBUTES) {
      throw corrupt(`more than ${MAX_ATTRIBUTES} attributes`);
    }
    const slot = 4 * this.attributeCount++;
    const { attributes } = this;
    attributes[slot] = from; // an empty text where one is left out
    attributes[slot + 1] = from;
    attributes[slot + 2] = from;
    attributes[slot + 3] = from;
    this.at = from;
    while (this.at < to) {
      const tag = this.varint(to);
      const wireType = tag & 7;
      if (wireType !== BYTES) {
        this.skip(wireType, to);
        continue;
      }
      const textEnd = this.endOfBytes(to);
      if (tag === NAME_TAG || tag === VALUE_TAG) {
        const place = tag === NAME_TAG ? slot : slot + 2;
        attributes[place] = this.at;
        attributes[place + 1] = textEnd;
      }
      this.at = textEnd;
    }
  }
}
