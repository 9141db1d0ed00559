/** Recorded captures taken apart into sessions: one run of one script and what services did for it. */
import type { EventEnvelope } from '../../src/core/event.ts';
import type { Label } from './capture.ts';

/** One run of a script. */
export interface RecordedSession {
  /** Name of the script. */
  readonly script: string;
  /** In order of time; at least one. */
  readonly events: readonly EventEnvelope[];
  /** Entity ids of its own processes; those of services and init, which go on, are not among them. */
  readonly entities: ReadonlySet<string>;
  /** Process ids of its own processes. */
  readonly pids: ReadonlySet<string>;
}

/** Sessions of these are no sessions: they run all the time, and what they do is done for another. */
const LASTING: ReadonlySet<string> = new Set(['init', 'web-application']);

/**
 * The sessions of a capture. What a service or init does belongs to the session whose process it made, else to the one
 * that did something last; what comes before the first session is left out.
 *
 * @param labels One for each event, same order.
 */
export function recordedSessions(
  events: readonly EventEnvelope[],
  labels: readonly Label[],
): RecordedSession[] {
  const sessions = new Map<string, { events: EventEnvelope[]; entities: Set<string>; pids: Set<string> }>();
  const owners = new Map<string, string>();
  for (const [index, event] of events.entries()) {
    const session = labels[index]?.session ?? '';
    if (!LASTING.has(scriptOf(session))) {
      owners.set(entityOf(event), session);
    }
  }
  let last: string | undefined;
  for (const event of events) {
    const child = event.attributes['process.child.entity_id'];
    const own = owners.get(entityOf(event));
    const session = own ?? (child === undefined ? undefined : owners.get(child)) ?? last;
    if (session === undefined) {
      continue;
    }
    if (child !== undefined && !owners.has(child)) {
      owners.set(child, session);
    }
    const known = sessions.get(session) ?? { events: [], entities: new Set(), pids: new Set() };
    sessions.set(session, known);
    known.events.push(event);
    if (own !== undefined) {
      known.entities.add(entityOf(event));
      known.pids.add(event.data[3] ?? '');
      last = own;
    }
  }
  return [...sessions].map(([session, found]) => ({ script: scriptOf(session), ...found }));
}

function scriptOf(session: string): string {
  return session.split('#', 1)[0] ?? '';
}

function entityOf(event: EventEnvelope): string {
  return event.attributes['process.entity_id'] ?? '';
}
