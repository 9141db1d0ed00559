/** Events for tests: whatever is not given is ordinary. */
import type { Event } from '../../../src/core/event.ts';

/** What a test says of an event; attributes by name. */
export type EventSample = Partial<Omit<Event, 'get' | 'visitAttributes' | 'attributesJson'>> & {
  readonly attributes?: Readonly<Record<string, string>>;
};

/** An event that answers from plain values. */
export function sampleEvent({ attributes = {}, ...given }: EventSample = {}): Event {
  return {
    eventId: '0192f0c1-0000-7000-8000-000000000000',
    type: 'file_open',
    timeUnixNs: 1_700_000_000_123_456_789n,
    hostname: 'host',
    podName: '',
    namespace: '',
    containerId: '',
    comm: 'cat',
    pid: 4242,
    threadId: 4242,
    uid: 1000,
    object: '/tmp/x',
    detail: '0',
    process: undefined,
    get: (name) => attributes[name],
    visitAttributes(visit) {
      for (const [name, value] of Object.entries(attributes)) {
        visit(name, value);
      }
    },
    ...given,
  };
}
