/** Made-up events and envelopes for tests. */
import fc from 'fast-check';
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

/** Any text: ASCII, controls, the whole of Unicode, lone surrogates. */
export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
);

/** Any envelope; attribute names include hostile ones. */
export const anyEnvelope: fc.Arbitrary<EventEnvelope> = fc.record({
  event_id: anyText,
  ts_unix_nano: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  hostname: anyText,
  pod: anyText,
  namespace: anyText,
  container_id: anyText,
  event_type: anyText,
  data: fc.array(anyText, { maxLength: 8 }),
  attributes: fc
    .array(fc.tuple(fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'toString', '1')), anyText))
    .map((entries) => Object.fromEntries(entries)),
});
