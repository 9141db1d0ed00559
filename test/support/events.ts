/** Made-up events and envelopes for tests. */
import type { Event, EventEnvelope } from '../../src/core/event.ts';

/** The event of upstream's golden record. */
export const GOLDEN_ENVELOPE: EventEnvelope = {
  event_id: 'test-event-123',
  ts_unix_nano: 1234567890000000000n,
  hostname: 'test-host',
  pod: 'test-pod',
  namespace: 'default',
  container_id: 'container-123',
  event_type: 'file_open',
  data: ['/tmp/test.txt', '2', 'bash', '1234', '5678', '1000'],
  attributes: {},
};

/** The payload of upstream's golden record. */
export const GOLDEN_JSON =
  '{"event_id":"test-event-123","ts_unix_nano":1234567890000000000,"hostname":"test-host","pod":"test-pod",' +
  '"namespace":"default","container_id":"container-123","event_type":"file_open",' +
  '"data":["/tmp/test.txt","2","bash","1234","5678","1000"],"attributes":{}}';

/** The SHA-256 of upstream's golden record, head and payload. */
export const GOLDEN_SHA256 = '44c7b77be3e64e904183e34652570f3b2286f8784e1959d90bd5dae1bfd4ecc2';

/** An event with the golden one's fields, but for those given; `attributes` are what it visits. */
export function makeEvent(fields: Partial<Event> = {}, attributes: Record<string, string> = {}): Event {
  return {
    eventId: 'test-event-123',
    type: 'file_open',
    timeUnixNs: 1234567890000000000n,
    hostname: 'test-host',
    podName: 'test-pod',
    namespace: 'default',
    containerId: 'container-123',
    comm: 'bash',
    pid: 1234,
    threadId: 5678,
    uid: 1000,
    object: '/tmp/test.txt',
    detail: '2',
    process: undefined,
    get: (name) => attributes[name],
    visitAttributes(visit) {
      for (const [name, value] of Object.entries(attributes)) {
        visit(name, value);
      }
    },
    ...fields,
  };
}

/** Event `number` of a series; each has another length and content, all of it given by the number. */
export function makeNumberedEvent(number: number): Event {
  const filler = String.fromCharCode(97 + (number % 26)).repeat((number * 7919) % 400);
  return makeEvent({ eventId: `event-${number}`, object: `/${filler}é`, pid: number % 4_000_000 });
}
