/** Upstream's other ways to write an event, turned into the one envelope without losing a field. */
import { SentinelError } from './errors.ts';
import type { EventEnvelope } from './event.ts';
import { type EventType, isEventType } from './event-types.ts';
import { type ExactJson, isRawNumber } from './json.ts';

/*
 * What comes in, and how it is told apart (the first that fits):
 *
 *   legacy lines       `data` is a list of 9 or more cells and `event_type` is not one of our types:
 *                      [syscall_name, syscall_nr, comm, pid, tid, uid, arg0, arg1, path, ...]
 *   first generation   has `event_type`; `data` is a list, or in the oldest form the map
 *                      {filename, bytes, comm, pid, tid}, which becomes a list of five in that order
 *   second generation  has `syscall_name`, or `event_name` before that
 *
 * What becomes of the second generation and the legacy lines:
 *
 *   event_type         our type for the system call, `sys_call` for one that we do not name
 *   data[0]            attributes.fd_path, else the legacy path, else ''
 *   data[1]            attributes.flags, else arg1
 *   data[2..5]         comm, pid, tid, uid
 *   attributes         their own, then syscall_name, event_group, syscall_nr (clamped to 32 bits), arg0, arg1, path
 *
 * In every form: `pod_name` is read where there is no `pod`; values that are not strings are kept as their JSON text,
 * null is unknown and left out; members that have no place go to attributes under their own name, or under
 * `envelope.<name>` where an attribute has that name; map members of the oldest `data` go to `data.<name>`, legacy
 * cells past the path to `data.<index>`.
 */

/** An object as `parseExactJson` gives it. */
export type JsonObject = { [key: string]: ExactJson };

/** The latest time an event can have: nanoseconds are an unsigned 64-bit integer on the wire. */
export const MAX_TIME_NS = 0xffff_ffff_ffff_ffffn;
const MAX_SYSCALL_NR = 0xffff_ffff;
const LEGACY_CELLS = [
  'syscall_name',
  'syscall_nr',
  'comm',
  'pid',
  'tid',
  'uid',
  'arg0',
  'arg1',
  'path',
] as const;
const OLDEST_CELLS = ['filename', 'bytes', 'comm', 'pid', 'tid'] as const;
const PLACELESS_SECOND_GENERATION = ['event_group', 'syscall_nr', 'arg0', 'arg1', 'path'] as const;

/** The system calls of the second generation that are events of ours. */
const TYPE_OF_SYSCALL: ReadonlyMap<string, EventType> = new Map(
  Object.entries({
    process_exec: ['execve', 'execveat'],
    process_fork: ['fork', 'vfork', 'clone', 'clone3'],
    process_exit: ['exit', 'exit_group'],
    file_open: ['open', 'openat', 'openat2', 'creat'],
    file_unlink: ['unlink', 'unlinkat'],
    file_rename: ['rename', 'renameat', 'renameat2'],
    file_link: ['link', 'linkat'],
    file_symlink: ['symlink', 'symlinkat'],
    file_mkdir: ['mkdir', 'mkdirat'],
    file_rmdir: ['rmdir'],
    file_mknod: ['mknod', 'mknodat'],
    file_chmod: ['chmod', 'fchmod', 'fchmodat', 'fchmodat2'],
    file_chown: ['chown', 'fchown', 'lchown', 'fchownat'],
    file_truncate: ['truncate', 'ftruncate'],
    file_read: ['read', 'pread64', 'readv', 'preadv', 'preadv2'],
    file_write: ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'],
    file_close: ['close'],
    fs_mount: ['mount'],
    fs_umount: ['umount', 'umount2'],
    net_connect: ['connect'],
    net_accept: ['accept', 'accept4'],
    net_bind: ['bind'],
    net_listen: ['listen'],
    net_send: ['sendto', 'sendmsg', 'sendmmsg'],
    net_socket: ['socket'],
    priv_setuid: ['setuid', 'setreuid', 'setresuid', 'setfsuid'],
    priv_setgid: ['setgid', 'setregid', 'setresgid', 'setfsgid', 'setgroups'],
    priv_capset: ['capset'],
    priv_ptrace: ['ptrace'],
    priv_setns: ['setns'],
    priv_unshare: ['unshare'],
    priv_module_load: ['init_module', 'finit_module'],
    priv_bpf_load: ['bpf'],
    priv_memfd: ['memfd_create'],
    priv_kill: ['kill', 'tkill', 'tgkill'],
  } satisfies Partial<Record<EventType, string[]>>).flatMap(
    ([type, names]) => names.map((name): [string, EventType] => [name, type as EventType]), // Object.entries widens the key
  ),
);

/**
 * Reads an event of any upstream form into a first-generation envelope; see the mapping above.
 *
 * @throws {SentinelError} `SNT_INPUT_CORRUPT` if it names no event, or its time is not an unsigned 64-bit integer.
 */
export function normalizeEnvelope(source: JsonObject): EventEnvelope {
  const fields = new Map(Object.entries(source).filter(([, value]) => value !== null));
  const attributes = takeAttributes(fields);
  const common = {
    event_id: take(fields, 'event_id') ?? '',
    ts_unix_nano: readTime(take(fields, 'ts_unix_nano')),
    hostname: take(fields, 'hostname') ?? '',
    pod: take(fields, 'pod') ?? take(fields, 'pod_name') ?? '',
    namespace: take(fields, 'namespace') ?? '',
    container_id: take(fields, 'container_id') ?? '',
  };
  const what = spreadLegacyCells(fields, attributes)
    ? readSecondGeneration(fields, attributes)
    : readTyped(fields, attributes);
  for (const [name, value] of fields) {
    keep(attributes, name, 'envelope', textOf(value));
  }
  return { ...common, ...what, attributes: Object.fromEntries(attributes) };
}

interface WhatHappened {
  readonly event_type: string;
  readonly data: readonly string[];
}

function readTyped(fields: Map<string, ExactJson>, attributes: Map<string, string>): WhatHappened {
  const event_type = take(fields, 'event_type');
  if (event_type === undefined) {
    return readSecondGeneration(fields, attributes);
  }
  const data = fields.get('data');
  if (data === undefined || Array.isArray(data)) {
    fields.delete('data');
    return { event_type, data: (data ?? []).map(textOf) };
  }
  if (!isPlainObject(data)) {
    return { event_type, data: [] };
  }
  fields.delete('data');
  const cells = new Map(Object.entries(data));
  const vector = OLDEST_CELLS.map((name) => take(cells, name) ?? '');
  for (const [name, value] of cells) {
    keep(attributes, `data.${name}`, 'envelope', textOf(value));
  }
  return { event_type, data: vector };
}

/** Turns the cells of a legacy line into the members that the second generation has for them. */
function spreadLegacyCells(fields: Map<string, ExactJson>, attributes: Map<string, string>): boolean {
  const cells = fields.get('data');
  const type = fields.get('event_type');
  if (
    !Array.isArray(cells) ||
    cells.length < LEGACY_CELLS.length ||
    (typeof type === 'string' && isEventType(type))
  ) {
    return false;
  }
  fields.delete('data');
  cells.forEach((cell, index) => {
    const name = LEGACY_CELLS[index];
    if (name !== undefined && !fields.has(name)) {
      fields.set(name, cell);
    } else if (name === undefined || textOf(fields.get(name) ?? null) !== textOf(cell)) {
      keep(attributes, `data.${index}`, 'envelope', textOf(cell));
    }
  });
  return true;
}

function readSecondGeneration(fields: Map<string, ExactJson>, attributes: Map<string, string>): WhatHappened {
  const syscall = take(fields, 'syscall_name') ?? take(fields, 'event_name');
  if (syscall === undefined) {
    throw new SentinelError(
      'SNT_INPUT_CORRUPT',
      'Cannot read the event: it has neither event_type nor syscall_name',
    );
  }
  const process = ['comm', 'pid', 'tid', 'uid'].map((name) => take(fields, name) ?? '');
  const placeless = new Map(PLACELESS_SECOND_GENERATION.map((name) => [name, take(fields, name)]));
  const object = attributes.get('fd_path') || placeless.get('path') || '';
  const detail = attributes.get('flags') ?? placeless.get('arg1') ?? '';
  keep(attributes, 'syscall_name', 'envelope', syscall);
  for (const [name, value] of placeless) {
    if (value !== undefined) {
      keep(attributes, name, 'envelope', name === 'syscall_nr' ? clampSyscall(value) : value);
    }
  }
  return { event_type: TYPE_OF_SYSCALL.get(syscall) ?? 'sys_call', data: [object, detail, ...process] };
}

function takeAttributes(fields: Map<string, ExactJson>): Map<string, string> {
  const source = fields.get('attributes');
  if (!isPlainObject(source)) {
    return new Map();
  }
  fields.delete('attributes');
  const present = Object.entries(source).filter(([, value]) => value !== null);
  return new Map(present.map(([name, value]) => [name, textOf(value)]));
}

/** Takes the member out of `fields`, as text; undefined when it is not there. */
function take(fields: Map<string, ExactJson>, name: string): string | undefined {
  const value = fields.get(name);
  if (value === undefined) {
    return undefined;
  }
  fields.delete(name);
  return value === null ? undefined : textOf(value);
}

/** Adds an attribute without hiding one that is there: further ones of a name get prefixes until they have one alone. */
function keep(attributes: Map<string, string>, name: string, prefix: string, value: string): void {
  let free = name;
  while (attributes.has(free)) {
    free = `${prefix}.${free}`;
  }
  attributes.set(free, value);
}

function textOf(value: ExactJson): string {
  if (typeof value === 'string') {
    return value;
  }
  return value === null ? '' : JSON.stringify(value);
}

function readTime(text: string | undefined): bigint {
  if (text === undefined) {
    return 0n;
  }
  if (/^[0-9]{1,20}$/.test(text) && BigInt(text) <= MAX_TIME_NS) {
    return BigInt(text);
  }
  throw new SentinelError(
    'SNT_INPUT_CORRUPT',
    'Cannot read the event: ts_unix_nano is not an unsigned 64-bit integer',
  );
}

function clampSyscall(text: string): string {
  const number = Math.trunc(Number(text));
  return String(Number.isNaN(number) ? 0 : Math.min(Math.max(number, 0), MAX_SYSCALL_NR));
}

function isPlainObject(value: ExactJson | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}
