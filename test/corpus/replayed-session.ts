/** A recorded session at another time, in other processes. */
import type { EventEnvelope } from '../../src/core/event.ts';
import { drawFactor, drawInteger, type Random } from './random.ts';
import type { RecordedSession } from './sessions.ts';

/** How a session comes again. */
export interface ReplayOptions {
  readonly random: Random;
  /** Time of its first event. */
  readonly beginNs: bigint;
  /** The process id that the kernel would give next; counted on. */
  readonly pids: { next: number };
  /** By what all gaps are multiplied; each varies around it. */
  readonly pace: number;
}

const MAX_PID = 4_194_304;
const FIRST_PID = 300;
const GAP_DEVIATION = 0.25;
const ENTITY_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ENTITY_LENGTH = 16;
const PID_CELLS: readonly number[] = [3, 4];
/** Types whose object is a process id. */
const PID_OBJECTS: ReadonlySet<string> = new Set(['process_fork', 'priv_ptrace', 'priv_kill']);
const PID_ATTRIBUTES: ReadonlySet<string> = new Set([
  'process.parent.pid',
  'process.child.pid',
  'process.session_leader.pid',
  'process.group_leader.pid',
  'target.process.pid',
]);
const ENTITY_ATTRIBUTES: ReadonlySet<string> = new Set([
  'process.entity_id',
  'process.exec_id',
  'process.parent.entity_id',
  'process.child.entity_id',
  'target.process.entity_id',
]);

/** The events of `session` anew, same order; event ids are still those of the recording. */
export function replaySession(session: RecordedSession, options: ReplayOptions): EventEnvelope[] {
  const { random } = options;
  const pids = new Map([...session.pids].map((pid) => [pid, String(nextPid(options.pids))]));
  const entities = new Map([...session.entities].map((entity) => [entity, newEntity(random)]));
  let timeNs = options.beginNs;
  let recordedNs = session.events[0]?.ts_unix_nano ?? 0n;
  return session.events.map((event) => {
    const gapNs = Number(event.ts_unix_nano - recordedNs);
    recordedNs = event.ts_unix_nano;
    timeNs += BigInt(Math.max(0, Math.round(gapNs * options.pace * drawFactor(random, GAP_DEVIATION))));
    return {
      ...event,
      ts_unix_nano: timeNs,
      data: event.data.map((cell, index) =>
        PID_CELLS.includes(index) || (index === 0 && PID_OBJECTS.has(event.event_type))
          ? (pids.get(cell) ?? cell)
          : cell,
      ),
      attributes: Object.fromEntries(
        Object.entries(event.attributes).map(([name, value]) => [name, renamed(name, value, pids, entities)]),
      ),
    };
  });
}

function renamed(
  name: string,
  value: string,
  pids: ReadonlyMap<string, string>,
  entities: ReadonlyMap<string, string>,
): string {
  if (PID_ATTRIBUTES.has(name)) {
    return pids.get(value) ?? value;
  }
  if (ENTITY_ATTRIBUTES.has(name)) {
    // An exec id is an entity id, a dot and a time.
    const [entity = '', ...rest] = value.split('.');
    return [entities.get(entity) ?? entity, ...rest].join('.');
  }
  return value;
}

function nextPid(pids: { next: number }): number {
  const pid = pids.next;
  pids.next = pid + 1 === MAX_PID ? FIRST_PID : pid + 1;
  return pid;
}

function newEntity(random: Random): string {
  return Array.from(
    { length: ENTITY_LENGTH },
    () => ENTITY_CHARACTERS[drawInteger(random, ENTITY_CHARACTERS.length)],
  ).join('');
}
