/** A recorded event: an envelope seen as an {@link Event}. */
import { envelopeField } from './envelope-fields.ts';
import type { AttributeVisitor, Event, EventEnvelope } from './event.ts';
import { type EventType, isEventType } from './event-types.ts';
import type { ProcessInfo } from './process-info.ts';

const CELLS = 6;
const MAX_ID = 0xffff_ffff;

/**
 * An event out of an envelope. What an envelope can say and an event has no field for becomes an attribute, so that
 * encoding the event again loses nothing: a type that we do not know is `sys_call` with its name as `event.action`,
 * a cell of `data` that its field cannot give back is `data.<index>`.
 */
export class EnvelopeEvent implements Event {
  readonly eventId: string;
  readonly type: EventType;
  readonly timeUnixNs: bigint;
  readonly hostname: string;
  readonly podName: string;
  readonly namespace: string;
  readonly containerId: string;
  readonly object: string;
  readonly detail: string;
  readonly comm: string;
  readonly pid: number;
  readonly threadId: number;
  readonly uid: number;
  process: ProcessInfo | undefined = undefined;
  readonly #attributes: ReadonlyMap<string, string>;

  constructor(envelope: EventEnvelope) {
    const { data, event_type: type } = envelope;
    const [object = '', detail = '', comm = '', pid = '', threadId = '', uid = ''] = data;
    this.eventId = envelope.event_id;
    this.type = isEventType(type) ? type : 'sys_call';
    this.timeUnixNs = envelope.ts_unix_nano;
    this.hostname = envelope.hostname;
    this.podName = envelope.pod;
    this.namespace = envelope.namespace;
    this.containerId = envelope.container_id;
    this.object = object;
    this.detail = detail;
    this.comm = comm;
    this.pid = readId(pid);
    this.threadId = readId(threadId);
    this.uid = readId(uid);
    this.#attributes = this.#collectAttributes(envelope);
  }

  get(name: string): string | undefined {
    return this.#attributes.get(name) ?? envelopeField(this, name);
  }

  visitAttributes(visit: AttributeVisitor): void {
    for (const [name, value] of this.#attributes) {
      visit(name, value);
    }
  }

  #collectAttributes({ data, event_type: type, attributes }: EventEnvelope): ReadonlyMap<string, string> {
    const collected = new Map(Object.entries(attributes));
    if (type !== this.type && !collected.has('event.action')) {
      collected.set('event.action', type);
    }
    const fields = [
      this.object,
      this.detail,
      this.comm,
      String(this.pid),
      String(this.threadId),
      String(this.uid),
    ];
    data.forEach((cell, index) => {
      if ((index >= CELLS || cell !== fields[index]) && !collected.has(`data.${index}`)) {
        collected.set(`data.${index}`, cell);
      }
    });
    return collected;
  }
}

/** A decimal number of at most 32 bits; 0 for anything else. */
function readId(text: string): number {
  const id = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  return id <= MAX_ID ? id : 0;
}
