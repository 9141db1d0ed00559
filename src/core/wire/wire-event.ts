/** An encoded envelope seen as an {@link Event}, without decoding what nobody asks for. */
import { EnvelopeEvent } from '../envelope-event.ts';
import { envelopeField } from '../envelope-fields.ts';
import { SentinelError } from '../errors.ts';
import type { AttributeVisitor, Event } from '../event.ts';
import { type EventType, isEventType } from '../event-types.ts';
import type { ProcessInfo } from '../process-info.ts';
import { EnvelopeScan, FIELD } from './envelope-scan.ts';
import { RepeatedText } from './repeated-text.ts';
import { envelopeOf, hasSecondGenerationField, timeOf } from './wire-envelope.ts';

const CELLS = 6;
const COMM_CELL = 2;
const PID_CELL = 3;
const THREAD_CELL = 4;
const UID_CELL = 5;
const MAX_ID = 0xffff_ffff;
const MAX_ID_DIGITS = 10;
const DIGIT_0 = 0x30;
/** With more, looking for names that come twice would take too long. */
const MAX_PLAIN_ATTRIBUTES = 64;

/** Decodes one encoded event after the other. */
export class EventReader {
  readonly #scan = new EnvelopeScan();
  readonly #plain = new WireEvent(this.#scan);

  /**
   * The event encoded in `bytes` from `start` to `end`: valid until the next call, and as long as the bytes are.
   *
   * @returns Undefined if the envelope names no event: it has neither `event_type` nor a system call.
   * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it is no envelope.
   */
  read(bytes: Buffer, start: number, end: number): Event | undefined {
    this.#scan.scan(bytes, start, end);
    if (this.#plain.begin()) {
      return this.#plain;
    }
    try {
      return new EnvelopeEvent(envelopeOf(this.#scan));
    } catch (error) {
      if (error instanceof SentinelError) {
        return undefined;
      }
      throw error;
    }
  }

  /** The `event_id` of what was read last, also when it names no event. */
  get lastEventId(): string {
    return this.#plain.eventId;
  }
}

/**
 * An event as our own probes write them: first generation, a type that we know, six cells, its numbers in plain decimal.
 * Gives what an {@link EnvelopeEvent} of the same envelope gives.
 */
class WireEvent implements Event {
  type: EventType = 'sys_call';
  pid = 0;
  threadId = 0;
  uid = 0;
  process: ProcessInfo | undefined = undefined;
  readonly #scan: EnvelopeScan;
  readonly #repeated = new RepeatedText();
  readonly #names: string[] = [];
  #eventId: string | undefined;
  #object: string | undefined;
  #detail: string | undefined;

  constructor(scan: EnvelopeScan) {
    this.#scan = scan;
  }

  /** Becomes the event that was scanned last; false if it is not a plain one. */
  begin(): boolean {
    const scan = this.#scan;
    this.#eventId = undefined;
    const type = this.#text(FIELD.eventType);
    if (
      !isEventType(type) ||
      scan.cellCount !== CELLS ||
      scan.attributeCount > MAX_PLAIN_ATTRIBUTES ||
      hasSecondGenerationField(scan)
    ) {
      return false;
    }
    this.type = type;
    this.pid = this.#number(PID_CELL);
    this.threadId = this.#number(THREAD_CELL);
    this.uid = this.#number(UID_CELL);
    this.process = undefined;
    this.#object = undefined;
    this.#detail = undefined;
    return this.pid >= 0 && this.threadId >= 0 && this.uid >= 0;
  }

  get eventId(): string {
    const { texts, bytes } = this.#scan;
    this.#eventId ??= bytes.toString('utf8', texts[2 * FIELD.eventId], texts[2 * FIELD.eventId + 1]);
    return this.#eventId;
  }

  get timeUnixNs(): bigint {
    return timeOf(this.#scan);
  }

  get hostname(): string {
    return this.#text(FIELD.hostname);
  }

  get podName(): string {
    return this.#text(FIELD.podName);
  }

  get namespace(): string {
    return this.#text(FIELD.namespace);
  }

  get containerId(): string {
    return this.#text(FIELD.containerId);
  }

  get object(): string {
    this.#object ??= this.#cell(0);
    return this.#object;
  }

  get detail(): string {
    this.#detail ??= this.#cell(1);
    return this.#detail;
  }

  get comm(): string {
    const { bytes, cells } = this.#scan;
    return this.#repeated.get(bytes, cells[2 * COMM_CELL] as number, cells[2 * COMM_CELL + 1] as number); // has six
  }

  get(name: string): string | undefined {
    const { bytes, attributes, attributeCount } = this.#scan;
    // Of a name that comes twice the last counts.
    for (let slot = 4 * (attributeCount - 1); slot >= 0; slot -= 4) {
      const start = attributes[slot] as number; // below attributeCount, here and on
      const end = attributes[slot + 1] as number;
      if (isName(bytes, start, end, name)) {
        return this.#repeated.get(bytes, attributes[slot + 2] as number, attributes[slot + 3] as number); // as above
      }
    }
    return envelopeField(this, name);
  }

  visitAttributes(visit: AttributeVisitor): void {
    const { bytes, attributes, attributeCount } = this.#scan;
    const names = this.#names;
    names.length = 0;
    for (let slot = 0; slot < 4 * attributeCount; slot += 4) {
      names.push(this.#repeated.get(bytes, attributes[slot] as number, attributes[slot + 1] as number)); // as above
    }
    for (let index = 0; index < attributeCount; index++) {
      const name = names[index] as string; // one for each
      if (names.indexOf(name) === index) {
        const slot = 4 * names.lastIndexOf(name);
        visit(
          name,
          this.#repeated.get(bytes, attributes[slot + 2] as number, attributes[slot + 3] as number),
        ); // as above
      }
    }
  }

  #text(field: number): string {
    const { bytes, texts } = this.#scan;
    return this.#repeated.get(bytes, texts[2 * field] as number, texts[2 * field + 1] as number); // a known field
  }

  #cell(index: number): string {
    const { bytes, cells } = this.#scan;
    return bytes.toString('utf8', cells[2 * index], cells[2 * index + 1]);
  }

  /** The number in a cell, -1 if it is not one as `String` would write it. */
  #number(index: number): number {
    const { bytes, cells } = this.#scan;
    const start = cells[2 * index] as number; // has six
    const end = cells[2 * index + 1] as number;
    const length = end - start;
    if (length === 0 || length > MAX_ID_DIGITS || (length > 1 && bytes[start] === DIGIT_0)) {
      return -1;
    }
    let value = 0;
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] as number) - DIGIT_0; // below `end`
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value <= MAX_ID ? value : -1;
  }
}

/** True when the bytes are the UTF-8 of `name`. */
function isName(bytes: Buffer, start: number, end: number, name: string): boolean {
  const { length } = name;
  const last = name.charCodeAt(length - 1);
  if (last < 0x80 && bytes[end - 1] !== last) {
    return false; // most names begin alike and end differently
  }
  for (let index = 0; index < length; index++) {
    const unit = name.charCodeAt(index);
    if (unit > 0x7f) {
      return bytes.toString('utf8', start, end) === name;
    }
    if (start + index >= end || bytes[start + index] !== unit) {
      return false;
    }
  }
  return end - start === length;
}
