/** A recorded event read in place: the bytes of an envelope that is written the one way we write it. */
import { type AttributeRun, AttributeRuns } from './attribute-runs.ts';
import type { ByteWriter } from './byte-writer.ts';
import { CanonicalHost } from './canonical-host.ts';
import { envelopeField } from './envelope-fields.ts';
import type { AttributeVisitor, Event } from './event.ts';
import { EVENT_TYPES, type EventType } from './event-types.ts';
import { joinDecimals } from './join-decimals.ts';
import { literal, matchLiteral, NO_MATCH, skipDigits, skipPlainString, skipString } from './json-bytes.ts';
import { JsonNameTable, MAX_NAMES, NO_NAME } from './json-name-table.ts';
import { JsonTextCache } from './json-text-cache.ts';
import type { ProcessInfo } from './process-info.ts';

/*
 * event  = '{"event_id":' plain ',"ts_unix_nano":' digits ',"hostname":' string ',"pod":' string
 *          ',"namespace":' string ',"container_id":' string ',"event_type":"' type '","data":['
 *          string ',' string ',' string ',"' id '","' id '","' id '"],"attributes":{' [ member *( ',' member ) ] '}}'
 * member = plain ':' string                 ; no name twice, none begins with a digit
 * type   = one of EVENT_TYPES
 * id     = digits below 2^32
 * plain  = string without escapes
 *
 * The other rules are those of canonical-envelope.ts, of which this is the part that every event of ours fits. What does
 * not fit is left to EnvelopeEvent: odd cells, types that we do not know, a name twice.
 */
const EVENT_ID = literal('{"event_id":"');
const TIME = literal('","ts_unix_nano":');
const TYPE = literal(',"event_type":"');
const TYPE_SUFFIX = '","data":["';
const NEXT_CELL = literal(',"');
const NEXT_ID = literal('","');
const ATTRIBUTES = literal('"],"attributes":{');
const NAME_SUFFIX = '":"';

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;
const MAX_ID = 0xffff_ffff;
const MAX_ID_DIGITS = 10;
const LOW_DIGITS = 9;

/** Places of texts: the three cells, then the attributes. */
const OBJECT = 0;
const DETAIL = 1;
const COMM = 2;
const FIRST_ATTRIBUTE = 3;
/** Where the attributes begin that depend on the process alone: they are the last of an event. */
const RUN_NAMES = ['process.namespace.mount', 'process.entity_id'];
/** An event with more attributes is left to others. */
const MAX_ATTRIBUTES = 256;

/**
 * One object for all records: {@link CanonicalEvent.read} makes it the next event, valid as long as the bytes stay.
 *
 * Equal to an `EnvelopeEvent` of the same record in every field; texts are decoded when asked for, once each.
 */
export class CanonicalEvent implements Event {
  process: ProcessInfo | undefined = undefined;
  type: EventType = 'sys_call';
  pid = 0;
  threadId = 0;
  uid = 0;

  readonly #types = new JsonNameTable(TYPE_SUFFIX, EVENT_TYPES, false);
  #names = new JsonNameTable(NAME_SUFFIX, RUN_NAMES, true);
  #runs = new AttributeRuns();
  #run: AttributeRun | undefined = undefined;
  #runPlace = 0;
  readonly #cache = new JsonTextCache();
  readonly #host = new CanonicalHost(this.#cache);
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #typeId = 0;
  #idStart = 0;
  #timeStart = 0;
  #timeEnd = 0;
  #attributesStart = 0;
  #attributesEnd = 0;

  /** Of each place, the bytes between its quotes, its text once decoded, and (of attributes) its name. */
  readonly #starts = new Int32Array(FIRST_ATTRIBUTE + MAX_ATTRIBUTES);
  readonly #ends = new Int32Array(FIRST_ATTRIBUTE + MAX_ATTRIBUTES);
  readonly #nameIds = new Int16Array(FIRST_ATTRIBUTE + MAX_ATTRIBUTES).fill(NO_NAME);
  readonly #texts = new Array<string | undefined>(FIRST_ATTRIBUTE + MAX_ATTRIBUTES).fill(undefined);
  #places = FIRST_ATTRIBUTE;
  /** Where an attribute was last seen, by name; it is there if that place still has that name. */
  readonly #placeOf = new Uint16Array(MAX_NAMES);
  /** By type and attribute (0 for the brace, else name + 1): the name that came after it last. */
  readonly #nextName = new Int16Array(EVENT_TYPES.length * (MAX_NAMES + 1)).fill(NO_NAME);

  /**
   * Becomes the event that bytes `start` to `end` hold.
   *
   * @param view The memory of `bytes`; both must stay as they are until the next call.
   * @returns False when they are not written our way: this object is no event then, and another reader is to be asked.
   */
  read(bytes: Buffer, view: DataView, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#view = view;
    this.process = undefined;
    if (this.#names.isFull) {
      this.#names = new JsonNameTable(NAME_SUFFIX, RUN_NAMES, true);
      this.#runs = new AttributeRuns();
      this.#nextName.fill(NO_NAME);
      this.#nameIds.fill(NO_NAME);
    }
    this.#idStart = start + EVENT_ID.length;
    const idEnd = skipPlainString(view, matchLiteral(view, start, end, EVENT_ID), end) - 1;
    this.#timeStart = idEnd < 0 ? NO_MATCH : matchLiteral(view, idEnd, end, TIME);
    this.#timeEnd = skipDigits(view, this.#timeStart, end);
    const at = this.#readCells(this.#readType(this.#host.read(bytes, view, this.#timeEnd, end), end), end);
    return at !== NO_MATCH && this.#readAttributes(at, end);
  }

  get eventId(): string {
    return this.#bytes.toString('latin1', this.#idStart, this.#timeStart - TIME.length);
  }

  get timeUnixNs(): bigint {
    const split = Math.max(this.#timeStart, this.#timeEnd - LOW_DIGITS);
    const high = this.#number(this.#timeStart, split);
    const low = this.#number(split, this.#timeEnd);
    return joinDecimals(high, low);
  }

  get hostname(): string {
    return this.#host.hostname;
  }

  get podName(): string {
    return this.#host.podName;
  }

  get namespace(): string {
    return this.#host.namespace;
  }

  get containerId(): string {
    return this.#host.containerId;
  }

  get object(): string {
    return this.#text(OBJECT);
  }

  get detail(): string {
    return this.#text(DETAIL);
  }

  get comm(): string {
    return this.#text(COMM);
  }

  get(name: string): string | undefined {
    const id = this.#names.idOf(name);
    if (id !== undefined) {
      const place = this.#placeOf[id] as number; // ids are below MAX_NAMES
      if (place < this.#places && this.#nameIds[place] === id) {
        return this.#text(place);
      }
    }
    return envelopeField(this, name);
  }

  visitAttributes(visit: AttributeVisitor): void {
    for (let place = FIRST_ATTRIBUTE; place < this.#places; place++) {
      visit(this.#names.nameOf(this.#nameIds[place] as number), this.#text(place)); // the place is in range
    }
  }

  /** Exactly as recorded. */
  writeIdAndTime(out: ByteWriter): void {
    out.raw(this.#bytes.subarray(this.#idStart, this.#timeEnd));
  }

  /** Exactly as recorded. */
  writeAttributes(out: ByteWriter): void {
    out.raw(this.#bytes.subarray(this.#attributesStart, this.#attributesEnd));
  }

  #text(place: number): string {
    let text = this.#texts[place];
    if (text === undefined) {
      // Places are below the arrays' length, and at least `"}}` follows each text.
      const start = this.#starts[place] as number;
      text = this.#cache.get(this.#bytes, this.#view, start, this.#ends[place] as number);
      this.#texts[place] = text;
      if (this.#run !== undefined && place >= this.#runPlace) {
        this.#run.texts[place - this.#runPlace] = text;
      }
    }
    return text;
  }

  /** The number in digits that were checked, at most 15 of them. */
  #number(from: number, end: number): number {
    let value = 0;
    for (let at = from; at < end; at++) {
      value = value * 10 + (this.#view.getUint8(at) & 0xf);
    }
    return value;
  }

  // From here on as in json-bytes.ts: each takes a place or NO_MATCH and gives one.

  #readType(from: number, end: number): number {
    const start = matchLiteral(this.#view, from, end, TYPE);
    if (start === NO_MATCH) {
      return NO_MATCH;
    }
    let at = this.#types.match(this.#view, start, end, this.#typeId);
    if (at === NO_MATCH) {
      const id = this.#types.find(this.#view, start, end);
      if (id === NO_NAME) {
        return NO_MATCH;
      }
      this.#typeId = id;
      at = this.#types.foundEnd;
    }
    this.type = EVENT_TYPES[this.#typeId] as EventType; // ids of the table are indexes of EVENT_TYPES
    return at;
  }

  /** The cells of `data`, from after the opening quote of the first. */
  #readCells(from: number, end: number): number {
    const view = this.#view;
    let at = this.#readCell(OBJECT, from, end);
    at = this.#readCell(DETAIL, matchLiteral(view, at, end, NEXT_CELL), end);
    at = this.#readCell(COMM, matchLiteral(view, at, end, NEXT_CELL), end);
    const pid = matchLiteral(view, at, end, NEXT_CELL);
    const pidEnd = skipDigits(view, pid, end);
    const threadId = matchLiteral(view, pidEnd, end, NEXT_ID);
    const threadIdEnd = skipDigits(view, threadId, end);
    const uid = matchLiteral(view, threadIdEnd, end, NEXT_ID);
    const uidEnd = skipDigits(view, uid, end);
    at = matchLiteral(view, uidEnd, end, ATTRIBUTES);
    if (
      at === NO_MATCH ||
      pidEnd - pid > MAX_ID_DIGITS ||
      threadIdEnd - threadId > MAX_ID_DIGITS ||
      uidEnd - uid > MAX_ID_DIGITS
    ) {
      return NO_MATCH;
    }
    this.pid = this.#number(pid, pidEnd);
    this.threadId = this.#number(threadId, threadIdEnd);
    this.uid = this.#number(uid, uidEnd);
    return this.pid <= MAX_ID && this.threadId <= MAX_ID && this.uid <= MAX_ID ? at : NO_MATCH;
  }

  #readCell(place: number, from: number, end: number): number {
    const at = skipString(this.#view, from, end);
    this.#starts[place] = from;
    this.#ends[place] = at - 1;
    this.#texts[place] = undefined;
    return at;
  }

  /** From after the opening brace to the end; true when all of it is as it should be. */
  #readAttributes(from: number, end: number): boolean {
    const view = this.#view;
    const starts = this.#starts;
    const ends = this.#ends;
    let at = from;
    let place = FIRST_ATTRIBUTE;
    let before = this.#typeId * (MAX_NAMES + 1);
    this.#attributesStart = from;
    this.#run = undefined;
    this.#runPlace = 0;
    let runStart = 0;
    while (at < end && view.getUint8(at) === QUOTE) {
      if (place === starts.length) {
        return false;
      }
      const nameStart = at + 1;
      let id = this.#nextName[before] as number; // in range by its two factors
      let start = id === NO_NAME ? NO_MATCH : this.#names.match(view, nameStart, end, id);
      if (start === NO_MATCH) {
        id = this.#names.find(view, nameStart, end);
        if (id === NO_NAME) {
          return false;
        }
        start = this.#names.foundEnd;
        this.#nextName[before] = id;
      }
      if (id < RUN_NAMES.length && this.#runPlace === 0) {
        this.#run = this.#runs.find(view, nameStart, end - 2, this.pid);
        this.#runPlace = place;
        runStart = nameStart;
        if (this.#run !== undefined) {
          at = end - 2;
          place = this.#placeRun(this.#run, nameStart, place);
          break;
        }
      }
      const other = this.#placeOf[id] as number; // ids are below MAX_NAMES
      if (other < place && this.#nameIds[other] === id) {
        return false;
      }
      at = skipString(view, start, end);
      if (at === NO_MATCH) {
        return false;
      }
      starts[place] = start;
      ends[place] = at - 1;
      this.#nameIds[place] = id;
      this.#texts[place] = undefined;
      this.#placeOf[id] = place++;
      if (at < end && view.getUint8(at) === COMMA) {
        at++;
        // A comma that nothing follows.
        if (at >= end || view.getUint8(at) !== QUOTE) {
          return false;
        }
      } else {
        break;
      }
      before = this.#typeId * (MAX_NAMES + 1) + id + 1;
    }
    this.#places = place;
    this.#attributesEnd = at;
    if (at + 2 !== end || view.getUint8(at) !== CLOSE_BRACE || view.getUint8(at + 1) !== CLOSE_BRACE) {
      return false;
    }
    if (runStart !== 0 && this.#run === undefined && this.#runs.isWanted(this.pid, at - runStart)) {
      const first = this.#runPlace;
      this.#runs.keep(this.pid, view, runStart, at, {
        starts,
        ends,
        nameIds: this.#nameIds,
        first,
        last: place,
      });
    }
    return place <= starts.length;
  }

  /** Puts the attributes of `run` from `first` on; gives the place after them, or too high a one if it cannot. */
  #placeRun(run: AttributeRun, from: number, first: number): number {
    const { starts, ends, nameIds, texts } = run;
    const tooHigh = this.#starts.length + 1;
    if (first + nameIds.length >= tooHigh) {
      return tooHigh;
    }
    let place = first;
    for (let index = 0; index < nameIds.length; index++) {
      // The arrays of a run have one length, and ids are below MAX_NAMES.
      const id = nameIds[index] as number;
      const other = this.#placeOf[id] as number;
      if (other < first && this.#nameIds[other] === id) {
        return tooHigh;
      }
      this.#starts[place] = from + (starts[index] as number);
      this.#ends[place] = from + (ends[index] as number);
      this.#nameIds[place] = id;
      this.#texts[place] = texts[index];
      this.#placeOf[id] = place++;
    }
    return place;
  }
}
