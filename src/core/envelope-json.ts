/** Events as the one JSON object of EVT1, pipes and peers, and back. */
import { ByteWriter } from './byte-writer.ts';
import { SentinelError } from './errors.ts';
import type { Event, EventEnvelope } from './event.ts';
import type { EventType } from './event-types.ts';
import { escapeJson, isRawNumber, parseExactJson, quoteJson } from './json.ts';
import { type JsonObject, MAX_TIME_NS, normalizeEnvelope } from './upstream-envelope.ts';

const ENVELOPE_KEYS = 9;
const UTF8 = new TextDecoder('utf-8', { fatal: true });
const CANONICAL_TIME = /^\{"event_id":"[^"\\]*","ts_unix_nano":(0|[1-9][0-9]*),/;

const ID_KEY = Buffer.from('{"event_id":"', 'latin1');
const TIME_KEY = Buffer.from('","ts_unix_nano":', 'latin1');
const NEXT_CELL = Buffer.from('","', 'latin1');
const END = Buffer.from('}}', 'latin1');
let scratch: ByteWriter | undefined;

/** The envelope of an event as compact ASCII JSON, keys in wire order, straight from the event. */
export function encodeEvent(event: Event): string {
  scratch ??= new ByteWriter();
  scratch.clear();
  writeEvent(event, scratch);
  return scratch.bytes().toString('latin1');
}

/** Appends what {@link encodeEvent} gives. */
export function writeEvent(event: Event, out: ByteWriter): void {
  out.raw(ID_KEY);
  if (event.writeIdAndTime === undefined) {
    out.latin1(escapeJson(event.eventId));
    out.raw(TIME_KEY);
    out.latin1(String(event.timeUnixNs));
  } else {
    event.writeIdAndTime(out);
  }
  out.raw(hostMembers(event));
  out.escaped(event.object);
  out.raw(NEXT_CELL);
  out.escaped(event.detail);
  out.raw(taskCells(event));
  if (event.writeAttributes === undefined) {
    out.latin1(quoteAttributes(event));
  } else {
    event.writeAttributes(out);
  }
  out.raw(END);
}

/** An envelope as compact ASCII JSON, keys in wire order; {@link parseEnvelope} gives the same envelope again. */
export function encodeEnvelope(envelope: EventEnvelope): string {
  const attributes = Object.entries(envelope.attributes).map(([name, value]) => quoteMember(name, value));
  return (
    `{"event_id":${quoteJson(envelope.event_id)},"ts_unix_nano":${envelope.ts_unix_nano}` +
    `,"hostname":${quoteJson(envelope.hostname)},"pod":${quoteJson(envelope.pod)}` +
    `,"namespace":${quoteJson(envelope.namespace)},"container_id":${quoteJson(envelope.container_id)}` +
    `,"event_type":${quoteJson(envelope.event_type)},"data":[${envelope.data.map(quoteJson).join(',')}]` +
    `,"attributes":{${attributes.join(',')}}}`
  );
}

/** `name` and `value` as one member of a JSON object: `"name":"value"`. */
export function quoteMember(name: string, value: string): string {
  return `"${escapeJson(name)}":"${escapeJson(value)}"`;
}

/**
 * Reads one event from the bytes of a JSON object, of either upstream generation (see `upstream-envelope.ts` for what
 * becomes of the second).
 *
 * @param bytes UTF-8 JSON, one object; bounded by the caller.
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it is not UTF-8, not JSON, or not an event.
 */
export function parseEnvelope(bytes: Uint8Array): EventEnvelope {
  const text = decodeText(bytes);
  try {
    return readFirstGeneration(text, JSON.parse(text)) ?? readAnyGeneration(text);
  } catch (error) {
    // RangeError: nested deeper than the stack; hostile, and no event is.
    if (error instanceof SyntaxError || error instanceof RangeError) {
      throw new SentinelError('SNT_INPUT_CORRUPT', 'Cannot parse the event as JSON', { cause: error });
    }
    throw error;
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw new SentinelError('SNT_INPUT_CORRUPT', 'Cannot decode the event as UTF-8', { cause: error });
  }
}

/** The envelope if `value`, the parsed `text`, is one as we write it, whatever its spacing; undefined for all else. */
function readFirstGeneration(text: string, value: unknown): EventEnvelope | undefined {
  if (!isObject(value) || Object.keys(value).length !== ENVELOPE_KEYS) {
    return undefined;
  }
  const { event_id, hostname, pod, namespace, container_id, event_type, data, attributes } = value;
  const ts_unix_nano = exactTime(text, value['ts_unix_nano']);
  if (
    ts_unix_nano === undefined ||
    typeof event_id !== 'string' ||
    typeof hostname !== 'string' ||
    typeof pod !== 'string' ||
    typeof namespace !== 'string' ||
    typeof container_id !== 'string' ||
    typeof event_type !== 'string' ||
    !isStringArray(data) ||
    !isStringObject(attributes)
  ) {
    return undefined;
  }
  return { event_id, ts_unix_nano, hostname, pod, namespace, container_id, event_type, data, attributes };
}

/** The digits of the time if they stand where we write them; undefined if that takes a closer look. */
function exactTime(text: string, parsed: unknown): bigint | undefined {
  const digits = CANONICAL_TIME.exec(text)?.[1];
  // A second member of that name, later in the text, would have won in `parsed`.
  if (digits === undefined || Number(digits) !== parsed) {
    return undefined;
  }
  const time = BigInt(digits);
  return time <= MAX_TIME_NS ? time : undefined;
}

function readAnyGeneration(text: string): EventEnvelope {
  const value = parseExactJson(text);
  // A RawNumber is an object too.
  if (!isObject(value) || isRawNumber(value)) {
    throw new SentinelError('SNT_INPUT_CORRUPT', 'Cannot read the event: not a JSON object');
  }
  return normalizeEnvelope(value as JsonObject); // an object that parseExactJson made
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((cell) => typeof cell === 'string');
}

function isStringObject(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((member) => typeof member === 'string');
}

function quoteAttributes(event: Event): string {
  let members = '';
  event.visitAttributes((name, value) => {
    members += members === '' ? quoteMember(name, value) : `,${quoteMember(name, value)}`;
  });
  return members;
}

const TASK_SLOTS = 64;
interface TaskCells {
  readonly comm: string;
  readonly pid: number;
  readonly threadId: number;
  readonly uid: number;
  readonly bytes: Uint8Array;
}
const lastTasks = new Array<TaskCells | undefined>(TASK_SLOTS).fill(undefined);

/** From the quote after the detail up to the opening brace of the attributes; the last of each few threads are kept. */
function taskCells(event: Event): Uint8Array {
  const { comm, pid, threadId, uid } = event;
  const slot = threadId & (TASK_SLOTS - 1);
  const last = lastTasks[slot];
  if (last?.threadId === threadId && last.pid === pid && last.uid === uid && last.comm === comm) {
    return last.bytes;
  }
  const bytes = Buffer.from(
    `","${escapeJson(comm)}","${pid}","${threadId}","${uid}"],"attributes":{`,
    'latin1',
  );
  lastTasks[slot] = { comm, pid, threadId, uid, bytes };
  return bytes;
}

// The host's members are the same for nearly all events: the last ones are kept, with each event type after them.
let lastHost = { hostname: '', podName: '', namespace: '', containerId: '', members: '' };
const lastHostTypes = new Map<EventType, Uint8Array>();

/** From the comma before `hostname` up to the opening quote of the object. */
function hostMembers(event: Event): Uint8Array {
  const { hostname, podName, namespace, containerId } = event;
  if (
    lastHost.members === '' ||
    hostname !== lastHost.hostname ||
    podName !== lastHost.podName ||
    namespace !== lastHost.namespace ||
    containerId !== lastHost.containerId
  ) {
    const members =
      `,"hostname":${quoteJson(hostname)},"pod":${quoteJson(podName)}` +
      `,"namespace":${quoteJson(namespace)},"container_id":${quoteJson(containerId)},"event_type":"`;
    lastHost = { hostname, podName, namespace, containerId, members };
    lastHostTypes.clear();
  }
  let bytes = lastHostTypes.get(event.type);
  if (bytes === undefined) {
    bytes = Buffer.from(`${lastHost.members}${event.type}","data":["`, 'latin1');
    lastHostTypes.set(event.type, bytes);
  }
  return bytes;
}
