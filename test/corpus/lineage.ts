/** Who descends from whom: which events belong to the sandbox, and to which run in it. */
import type { EventEnvelope } from '../../src/core/event.ts';

const ENTITY_MEMBER = '"process.entity_id":"';

/** Follows the descendants of init while events come, and keeps what belongs to them. */
export class Lineage {
  readonly #initPid: number;
  /** The pid as it stands in `data`. */
  readonly #initCell: string;
  /** Run of each process by entity id; undefined for init. */
  readonly #runs = new Map<string, number | undefined>();
  readonly #roots = new Set<string>();
  /** Host pids of the children of init, in the order in which it made them. */
  readonly #rootPids: number[] = [];

  /** @param initPid In the host's pid namespace. */
  constructor(initPid: number) {
    this.#initPid = initPid;
    this.#initCell = `,"${initPid}",`;
  }

  /** False for JSON of events that {@link admit} would refuse: a look at the text, as most of a busy host's are not ours. */
  concerns(json: string): boolean {
    const at = json.indexOf(ENTITY_MEMBER);
    const start = at + ENTITY_MEMBER.length;
    return (
      (at !== -1 && this.#runs.has(json.slice(start, json.indexOf('"', start)))) ||
      json.includes(this.#initCell)
    );
  }

  /** True when the event is by init or a descendant; learns from forks. */
  admit(event: EventEnvelope): boolean {
    const entity = entityOf(event);
    const isInit = Number(event.data[3]) === this.#initPid;
    if (isInit) {
      this.#runs.set(entity, undefined);
    } else if (!this.#runs.has(entity)) {
      return false;
    }
    const child = event.attributes['process.child.entity_id'];
    if (event.event_type === 'process_fork' && child !== undefined) {
      if (isInit) {
        this.#runs.set(child, this.#rootPids.length);
        this.#roots.add(child);
        this.#rootPids.push(Number(event.attributes['process.child.pid']));
      } else {
        this.#runs.set(child, this.#runs.get(entity));
      }
    }
    return true;
  }

  /** Host pids of the runs, by number. */
  get rootPids(): readonly number[] {
    return this.#rootPids;
  }

  /** Number of the run that an event belongs to; undefined for init itself. */
  runOf(event: EventEnvelope): number | undefined {
    return this.#runs.get(entityOf(event));
  }

  /** True for the process that init made: su or cron, not yet the shell that reads the script. */
  isRoot(event: EventEnvelope): boolean {
    return this.#roots.has(entityOf(event));
  }
}

/** The processes whose command line has a marker, and their descendants; from their first event on. */
export class MarkedProcesses {
  readonly #marker: string;
  readonly #entities = new Set<string>();

  constructor(marker: string) {
    this.#marker = marker;
  }

  /** To be called with every event, in order, before {@link has} is asked. */
  learn(event: EventEnvelope): void {
    const entity = entityOf(event);
    const commandLine = event.attributes['process.command_line'] ?? '';
    if (event.event_type === 'process_exec' && commandLine.includes(this.#marker)) {
      this.#entities.add(entity);
    }
    const child = event.attributes['process.child.entity_id'];
    if (child !== undefined && this.#entities.has(entity)) {
      this.#entities.add(child);
    }
  }

  has(event: EventEnvelope): boolean {
    return this.#entities.has(entityOf(event));
  }
}

function entityOf(event: EventEnvelope): string {
  return event.attributes['process.entity_id'] ?? '';
}
