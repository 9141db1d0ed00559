/** Events as `sentinel.v1.EventEnvelope` in protobuf, first-generation fields. */
import type { AttributeVisitor, Event } from '../event.ts';

/*
 * Written by hand: for an event of 590 bytes with 14 attributes, static code of protobuf.js takes 1.8 times as long to
 * encode, and to decode 4.9 times as long as wire-event.ts, with which neither side could handle 200,000 events a second
 * on one core (`make bench BENCH=grpc`, row "codec"; medians of one run: 11.8 and 6.7 us, 15.3 and 3.1 us, on a machine
 * busy with other work).
 *
 * record   = %x12 length envelope                      ; field 2 of EventBatch: records in a row are its `events`
 * envelope = *( tag length text ) *( %xA2.01 length entry ) [ %xF0.01 varint ]
 * entry    = %x0A length name %x12 length value
 * tag      = field number << 3 | 2, in the order of detector.proto; a text that is empty is left out, but not in `data`
 */
const TAG_RECORD = 0x12;
const TAG_EVENT_ID = (1 << 3) | 2;
const TAG_HOSTNAME = (2 << 3) | 2;
const TAG_POD_NAME = (3 << 3) | 2;
const TAG_NAMESPACE = (4 << 3) | 2;
const TAG_CONTAINER_ID = (5 << 3) | 2;
const TAG_EVENT_TYPE = (9 << 3) | 2;
const TAG_DATA = (10 << 3) | 2;
const TAG_NAME = (1 << 3) | 2;
const TAG_VALUE = (2 << 3) | 2;

/** Tag and length before an envelope, at most. */
const HEAD_BYTES = 6;
const INITIAL_BYTES = 16 * 1024;
/** Longer texts are left to the runtime, which takes about as long for any short one as this loop for so many. */
const MAX_LOOP_UNITS = 48;
const MAX_LENGTH_BYTES = 5;

/** Encodes one event after the other; each stands in {@link bytes} until the next. */
export class EventWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #at = 0;
  #start = 0;
  readonly #visit: AttributeVisitor = (name, value) => this.#writeAttribute(name, value);

  /** What was written, without a copy: valid until the next write. */
  get bytes(): Buffer {
    return this.#bytes.subarray(this.#start, this.#at);
  }

  /** Writes `event` as one record of a batch: {@link bytes} is tag, length and envelope. */
  writeRecord(event: Event): void {
    this.writeEnvelope(event);
    const length = this.#at - HEAD_BYTES;
    const start = HEAD_BYTES - 1 - varintBytes(length);
    this.#bytes[start] = TAG_RECORD;
    putVarint(this.#bytes, start + 1, length);
    this.#start = start;
  }

  /** Writes `event` as an envelope. A text that is not well-formed Unicode gets U+FFFD where it is not. */
  writeEnvelope(event: Event): void {
    this.#start = HEAD_BYTES;
    this.#at = HEAD_BYTES;
    this.#writeText(TAG_EVENT_ID, event.eventId);
    this.#writeText(TAG_HOSTNAME, event.hostname);
    this.#writeText(TAG_POD_NAME, event.podName);
    this.#writeText(TAG_NAMESPACE, event.namespace);
    this.#writeText(TAG_CONTAINER_ID, event.containerId);
    this.#writeText(TAG_EVENT_TYPE, event.type);
    this.#writeCell(event.object);
    this.#writeCell(event.detail);
    this.#writeCell(event.comm);
    this.#writeCell(String(event.pid));
    this.#writeCell(String(event.threadId));
    this.#writeCell(String(event.uid));
    event.visitAttributes(this.#visit);
    this.#writeTime(event.timeUnixNs);
  }

  #writeText(tag: number, text: string): void {
    if (text !== '') {
      this.#reserve(text.length * 3 + HEAD_BYTES);
      this.#at = putText(this.#bytes, this.#at, tag, text);
    }
  }

  #writeCell(text: string): void {
    this.#reserve(text.length * 3 + HEAD_BYTES);
    this.#at = putText(this.#bytes, this.#at, TAG_DATA, text);
  }

  #writeAttribute(name: string, value: string): void {
    this.#reserve((name.length + value.length) * 3 + 4 * HEAD_BYTES);
    const bytes = this.#bytes;
    bytes[this.#at] = 0xa2; // field 20, a message
    bytes[this.#at + 1] = 0x01;
    const lengthAt = this.#at + 2;
    // Most entries are shorter than 128 bytes; one that is not is moved to make room for its length.
    const entryAt = lengthAt + 1;
    const end = putText(bytes, putText(bytes, entryAt, TAG_NAME, name), TAG_VALUE, value);
    const length = end - entryAt;
    const extra = varintBytes(length) - 1;
    if (extra > 0) {
      bytes.copyWithin(entryAt + extra, entryAt, end);
    }
    putVarint(bytes, lengthAt, length);
    this.#at = end + extra;
  }

  #writeTime(timeUnixNs: bigint): void {
    if (timeUnixNs === 0n) {
      return;
    }
    this.#reserve(12);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = 0xf0; // field 30, a varint
    bytes[at++] = 0x01;
    let low = Number(timeUnixNs & 0xffff_ffffn);
    let high = Number((timeUnixNs >> 32n) & 0xffff_ffffn);
    while (high !== 0 || low > 0x7f) {
      bytes[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[at++] = low;
    this.#at = at;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#at);
      this.#bytes = grown;
    }
  }
}

/** Writes tag, length and UTF-8 of `text` at `at`, where there must be room; gives the place after it. */
function putText(bytes: Buffer, at: number, tag: number, text: string): number {
  const { length } = text;
  bytes[at] = tag;
  if (length <= MAX_LOOP_UNITS) {
    bytes[at + 1] = length;
    let to = at + 2;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        return putLongText(bytes, at + 1, text);
      }
      bytes[to++] = unit;
    }
    return to;
  }
  return putLongText(bytes, at + 1, text);
}

/** Length and UTF-8 of any text, with as many bytes for the length as it would take were it ASCII, then corrected. */
function putLongText(bytes: Buffer, at: number, text: string): number {
  const guess = varintBytes(text.length);
  const size = bytes.write(text, at + guess, 'utf8');
  const needed = varintBytes(size);
  if (needed > guess) {
    bytes.copyWithin(at + needed, at + guess, at + guess + size);
  }
  putVarint(bytes, at, size);
  return at + needed + size;
}

function putVarint(bytes: Buffer, at: number, value: number): void {
  let rest = value;
  let to = at;
  while (rest > 0x7f) {
    bytes[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[to] = rest;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0 && bytes < MAX_LENGTH_BYTES; rest >>>= 7) {
    bytes++;
  }
  return bytes;
}
