/** The facts of the current event, read the same way from a live event and from its recording. */
import type { Event } from '../../core/event.ts';
import type { EventType } from '../../core/event-types.ts';
import { hashPair, hashStart, hashText } from './text-hash.ts';

/** Units of a program's path that make its hash. */
const MAX_PROGRAM_UNITS = 512;
const NS_PER_MS = 1e6;

/** One object for all events: {@link begin} makes it the next one. What an event does not say is undefined or NaN. */
export class Subject {
  /** Hash to begin every text with. */
  readonly textStart: number;
  /** Milliseconds since 1970. */
  timeMs = 0;
  /** Milliseconds on the set's decay clock. */
  clockMs = 0;
  type: EventType = 'sys_call';
  /** Hash of the type. */
  typeHash = 0;
  /** The executable that acts, after an exec the new one; where no executable is known the command name. */
  program: string | undefined;
  programHash = 0;
  uid = 0;
  containerId = '';
  /** `success`, `failure`, `unknown`, or undefined. */
  outcome: string | undefined;
  /** Hash of host and pid: for short-lived activity only, never a feature. */
  processHash = 0;
  /** Hash of the host. */
  hostHash = 0;
  /** Open flags of a `file_open`, NaN for other types. */
  openFlags = Number.NaN;
  /** The type, and for an open how: `file_open for writing`. */
  action = '';
  actionHash = 0;
  /** The event brought a path, address or value that was new to its program; set by the block that judges it. */
  isNovel = false;
  readonly #typeHashes = new Map<string, number>();
  #hostname: string | undefined;
  #uidText: string | undefined;
  #uidNumber = Number.NaN;
  #mountText: string | undefined;
  #mountNumber = Number.NaN;

  /** @param seed Of all hashes. */
  constructor(seed: number) {
    this.textStart = hashStart(seed);
  }

  begin(event: Event): void {
    const { process, type } = event;
    this.type = type;
    this.typeHash = this.#hashOfType(type);
    this.openFlags = type === 'file_open' ? numberOf(event.detail) : Number.NaN;
    this.action = actionOf(type, this.openFlags);
    this.actionHash = this.#hashOfType(this.action);
    this.timeMs = Number(event.timeUnixNs) / NS_PER_MS;
    this.uid = event.uid;
    this.containerId = event.containerId;
    this.outcome = event.get('event.outcome');
    const executable = process === undefined ? event.get('process.executable') : process.executable;
    this.program = executable || event.comm || undefined;
    this.programHash = this.hash(this.program ?? '');
    if (event.hostname !== this.#hostname) {
      this.#hostname = event.hostname;
      this.hostHash = this.hash(event.hostname);
    }
    this.processHash = hashPair(this.hostHash, event.pid | 0);
    this.isNovel = false;
  }

  /** The hash of the first 512 units of a text. */
  hash(text: string): number {
    return hashText(this.textStart, text, 0, Math.min(text.length, MAX_PROGRAM_UNITS));
  }

  /** The effective uid, NaN when unknown. */
  effectiveUid(event: Event): number {
    const text = event.get('user.effective.id');
    if (text !== this.#uidText) {
      this.#uidText = text;
      this.#uidNumber = numberOf(text);
    }
    return this.#uidNumber;
  }

  /** Inode number of the mount namespace, NaN when unknown. */
  mountNamespace(event: Event): number {
    const text = event.get('process.namespace.mount');
    if (text !== this.#mountText) {
      this.#mountText = text;
      this.#mountNumber = numberOf(text);
    }
    return this.#mountNumber;
  }

  /** A number from 0 that the event has as decimal text, NaN when it has none. */
  number(event: Event, name: string): number {
    return numberOf(event.get(name));
  }

  /** An attribute of the process that acts. */
  ofProcess(event: Event, name: string): string | undefined {
    const { process } = event;
    return process === undefined ? event.get(name) : process.attribute(name);
  }

  #hashOfType(type: string): number {
    let hash = this.#typeHashes.get(type);
    if (hash === undefined) {
      hash = this.hash(type);
      this.#typeHashes.set(type, hash);
    }
    return hash;
  }
}

/** A number from 0, NaN for all else. */
export function numberOf(text: string | undefined): number {
  if (text === undefined || text === '' || text.length > MAX_DIGITS) {
    return Number.NaN;
  }
  const value = Number(text);
  return value >= 0 && value < Number.POSITIVE_INFINITY ? value : Number.NaN;
}

const O_PATH = 0o10000000;
const MAX_DIGITS = 24;

/** Which bits of open flags say that the file is written, created or emptied (the same on x86-64 and arm64). */
export const OPEN_BITS = { access: 0o3, create: 0o100, truncate: 0o1000 } as const;

/** One of a closed set. */
function actionOf(type: EventType, flags: number): string {
  if (type !== 'file_open' || Number.isNaN(flags) || (flags & O_PATH) !== 0) {
    return type;
  }
  if ((flags & OPEN_BITS.create) !== 0) {
    return 'file_open for creating';
  }
  if ((flags & OPEN_BITS.access) === 0) {
    return 'file_open for reading';
  }
  return (flags & OPEN_BITS.truncate) === 0 ? 'file_open for writing' : 'file_open for overwriting';
}
