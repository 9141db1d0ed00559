/** What tests assert of events: identity in one place, and the rest of every event whole. */
import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import type { DoneDeed } from './harness.ts';
import type { WatchedEvent } from './live-probe.ts';

/** An event without what all events of a process have; `attributes` are all others, so that none goes unseen. */
export interface SeenEvent {
  readonly type: string;
  readonly object: string;
  readonly detail: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Who did it, where that is not the process `deeds` of the harness. */
export interface Doer {
  readonly uid?: number;
  readonly gid?: number;
  readonly user?: string;
  readonly effectiveUid?: number;
  /** Done by a thread that is not the leader. */
  readonly isThread?: boolean;
  readonly comm?: string;
  readonly cwd?: string;
  readonly mountNamespace?: string;
}

const KEPT_COMMAND_LINE_CHARS = 2048;
const NO_ID = 0xffffffff;

const number = (path: string): number => Number(readFileSync(path, 'utf8'));
const namespaceOf = (kind: string): string => /\d+/.exec(readlinkSync(`/proc/self/ns/${kind}`))?.[0] ?? '';

/** Everything that each event of an ordinary deed says of its process, exactly. */
function identityOf({ args, cwd }: DoneDeed, who: Doer): Record<string, unknown> {
  const loginUid = number('/proc/self/loginuid');
  const session = number('/proc/self/sessionid');
  const commandLine = args.join(' ');
  const isLong = commandLine.length > KEPT_COMMAND_LINE_CHARS;
  const uid = who.uid ?? 0;
  return {
    'process.entity_id': expect.stringMatching(/^[\w-]{16}$/),
    'process.exec_id': expect.stringMatching(/^[\w-]{16}\.[0-9a-z]+$/),
    'process.executable': args[0],
    'process.command_line': isLong ? expect.stringMatching(commandLine.slice(0, 1000)) : commandLine,
    ...(isLong ? { 'process.args_truncated': 'true' } : {}),
    'process.working_directory': who.cwd ?? cwd,
    'process.parent.pid': String(process.pid),
    'process.parent.entity_id': expect.stringMatching(/^[\w-]{16}$/),
    'process.parent.name': expect.any(String),
    'process.parent.executable': realpathSync(process.execPath),
    'process.parent.command_line': expect.stringContaining('jest'),
    'process.ancestors': expect.stringMatching(/^\["/),
    'user.name': who.user ?? (uid === 0 ? 'root' : 'nobody'),
    'user.effective.id': String(who.effectiveUid ?? uid),
    'group.id': String(who.gid ?? uid),
    'process.namespace.mount': who.mountNamespace ?? namespaceOf('mnt'),
    'process.namespace.pid': namespaceOf('pid'),
    'cgroup.id': expect.stringMatching(/^\d+$/),
    ...(loginUid === NO_ID
      ? {}
      : { 'user.login.id': String(loginUid), 'user.login.name': expect.any(String) }),
    ...(session === NO_ID ? {} : { 'user.session.id': String(session) }),
  };
}

/** Asserts who did `event`, and gives the rest of it. */
export function seenEvent(done: DoneDeed, event: WatchedEvent, who: Doer = {}): SeenEvent {
  const [object, detail, comm, pid, threadId, uid] = event.data;
  const identity = identityOf(done, who);
  const keys = Object.keys(identity);
  const own = Object.entries(event.attributes).filter(([key]) => keys.includes(key));
  expect(Object.fromEntries(own)).toEqual(identity);
  expect({ comm, pid, uid }).toEqual({
    comm: who.comm ?? 'deeds',
    pid: String(done.pid),
    uid: String(who.uid ?? 0),
  });
  expect(Number(threadId) - done.pid > 0).toBe(who.isThread ?? false);
  return {
    type: event.event_type,
    object,
    detail,
    attributes: Object.fromEntries(Object.entries(event.attributes).filter(([key]) => !keys.includes(key))),
  };
}

/** All events of a deed but those of the process family, with their doer asserted. */
export function seenOf(done: DoneDeed, who: Doer = {}): SeenEvent[] {
  return done.events
    .filter(({ event_type }) => !event_type.startsWith('process_'))
    .map((event) => seenEvent(done, event, who));
}

/** The attributes of a call that worked, or that failed with `error`. */
export function outcome(syscall: string, error?: string): Record<string, string> {
  return {
    'syscall.name': syscall,
    'event.outcome': error === undefined ? 'success' : 'failure',
    ...(error === undefined ? {} : { 'error.code': error }),
  };
}

/** What an event says of the inode behind a descriptor. */
export function inodeOf(path: string): Record<string, string> {
  const { ino, dev, mode } = statSync(path, { bigint: true });
  // The C library's dev_t: 12 bits of major above 8 low ones of minor, the rest of both in the upper half.
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const types: Record<string, string> = { 8: 'file', 4: 'dir', 1: 'fifo', 2: 'char', 12: 'socket' };
  return {
    'file.inode': String(ino),
    'file.device': `${major}:${minor}`,
    'file.type': types[String(mode >> 12n)] ?? '?',
    'file.mode': (mode & 0o7777n).toString(8).padStart(4, '0'),
  };
}

/** The three attributes that say which file it was. */
export function pathAttributes(
  path: string,
  given: string | undefined,
  resolution: 'kernel' | 'lookup' | 'lexical',
): Record<string, string> {
  return {
    'file.path': path,
    'file.path.resolution': resolution,
    ...(given === undefined ? {} : { 'file.path.given': given }),
  };
}

/** The same of where a rename or link leads to. */
export function targetAttributes(
  path: string,
  given: string,
  resolution: 'lookup' | 'lexical',
): Record<string, string> {
  return {
    'file.target_path': path,
    'file.target_path.resolution': resolution,
    'file.target_path.given': given,
  };
}
