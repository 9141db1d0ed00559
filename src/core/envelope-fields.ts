/** The fields that an event's envelope holds and its attributes do not repeat. */
import type { Event } from './event.ts';
import type { FIELDS } from './fields.ts';

type EnvelopeField = {
  [Name in keyof typeof FIELDS]: (typeof FIELDS)[Name] extends { readonly inEnvelope: true } ? Name : never;
}[keyof typeof FIELDS];

/** How each is read off an event; undefined when it is not known. */
export const ENVELOPE_FIELDS: Readonly<Record<EnvelopeField, (event: Event) => string | undefined>> = {
  'event.id': (event) => event.eventId || undefined,
  'event.action': (event) => event.type,
  'host.name': (event) => event.hostname || undefined,
  'process.pid': (event) => String(event.pid),
  'process.thread.id': (event) => String(event.threadId),
  'process.name': (event) => event.comm || undefined,
  'user.id': (event) => String(event.uid),
  'container.id': (event) => event.containerId || undefined,
};

const READERS: ReadonlyMap<string, (event: Event) => string | undefined> = new Map(
  Object.entries(ENVELOPE_FIELDS),
);

/** The value of `name` if it is a field of the envelope and known, else undefined. */
export function envelopeField(event: Event, name: string): string | undefined {
  return READERS.get(name)?.(event);
}
