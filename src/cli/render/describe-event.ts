/** What an event did, in a few words for people: the text behind the process on a compact line. */
import type { Event } from '../../core/event.ts';
import { quoteArgument } from '../../core/shell-quote.ts';
import { escapeControls } from '../../core/terminal-text.ts';

/** A piece of the description, safe to print. */
export interface Piece {
  readonly text: string;
  /** `path` may lose its middle, `plain` its end, `note` is dimmed, `bad` is a result to be seen. */
  readonly role: 'path' | 'plain' | 'note' | 'bad';
}

type Attributes = ReadonlyMap<string, string>;

const MAX_CHARS = 4096; // of one text that is looked at: more than any terminal's width

/** The pieces that say what `event` did, in order; without its outcome. */
export function describeEvent(event: Event, attributes: Attributes): Piece[] {
  switch (event.type) {
    case 'process_exec':
      return exec(event, attributes);
    case 'process_fork':
      return [note('→'), plain(event.object)];
    case 'process_exit':
      return exit(event, attributes);
    case 'file_open':
      return [path(event.object), note(openWords(attributes))];
    case 'file_unlink':
    case 'file_rmdir':
      return [path(event.object)];
    case 'file_rename':
    case 'file_link':
    case 'file_symlink':
      return [path(event.object), note('→'), path(event.detail)];
    case 'file_mkdir':
    case 'file_mknod':
    case 'file_chmod':
      return [path(event.object), plain(event.detail)];
    case 'file_chown':
      return [path(event.object), plain(owners(event, attributes))];
    case 'file_truncate':
      return [path(event.object), note(`to ${bytesText(event.detail)}`)];
    case 'file_read':
    case 'file_write':
      return [path(event.object), note(bytesText(event.detail))];
    case 'fs_mount':
      return [
        path(event.detail),
        note('on'),
        path(event.object),
        note(attribute(attributes, 'fs.type', 'fs.flags')),
      ];
    case 'net_close':
      return [...connection(event, attributes), note(traffic(event.detail))];
    case 'net_connect':
    case 'net_accept':
    case 'net_send':
    case 'net_bind':
    case 'net_listen':
      return connection(event, attributes);
    case 'priv_setuid':
    case 'priv_setgid':
      return [note(event.detail), plain(event.object), note(attribute(attributes, 'user.changes.name'))];
    case 'priv_capset':
      return [plain(list(attributes.get('process.thread.capabilities.effective')) || 'none')];
    case 'priv_ptrace':
    case 'priv_kill':
      return [plain(event.detail), note('→'), plain(target(event, attributes))];
    case 'priv_setns':
      return [plain(event.detail === '0' ? '' : event.detail), path(event.object)];
    case 'priv_unshare':
      return [plain(event.object)];
    case 'priv_mmap_exec':
      return [
        plain(event.detail),
        note(`${bytesText(attributes.get('memory.size') ?? '')} at ${event.object}`),
      ];
    case 'agent_heartbeat':
      return [note(attributes.get('agent.sequence') ?? '')];
    default:
      return [path(event.object), note(event.detail)];
  }
}

function exec(event: Event, attributes: Attributes): Piece[] {
  // The arguments of an exec that failed are not known; those at hand are of the program that goes on.
  const args = attributes.get('event.outcome') === 'failure' ? [] : textList(attributes.get('process.args'));
  const program = event.object || (attributes.get('process.executable') ?? '');
  const shown = args.slice(1).map((arg) => quoteArgument(clip(arg)));
  if (attributes.get('process.args_truncated') === 'true') {
    shown.push('…');
  }
  const name = args[0];
  const isRenamed =
    name !== undefined && name !== '' && baseName(name).replace(/^-/, '') !== baseName(program);
  return [
    path(quoteArgument(clip(program))),
    plain(shown.join(' ').slice(0, MAX_CHARS)),
    note(isRenamed ? `as ${quoteArgument(clip(name))}` : ''),
  ];
}

function exit(event: Event, attributes: Attributes): Piece[] {
  const durationNs = Number(attributes.get('event.duration') ?? Number.NaN);
  const lived = note(Number.isFinite(durationNs) ? `after ${durationText(durationNs)}` : '');
  if (event.detail !== '') {
    return [bad(event.detail), lived];
  }
  return [event.object === '0' ? plain('status 0') : bad(`status ${event.object}`), lived];
}

function openWords(attributes: Attributes): string {
  const flags = attributes.get('file.flags') ?? attributes.get('open_flags') ?? '';
  const words = [
    flags.includes('O_RDWR') ? 'read write' : flags.includes('O_WRONLY') ? 'write' : 'read',
    attributes.get('file.created') === 'true' ? 'create' : '',
    flags.includes('O_TRUNC') ? 'truncate' : '',
    flags.includes('O_APPEND') ? 'append' : '',
    flags.includes('O_PATH') ? 'path' : '',
  ];
  return words.filter((word) => word !== '').join(' ');
}

function owners(event: Event, attributes: Attributes): string {
  const [uid = '', gid = ''] = event.detail.split(':');
  const user = attributes.get('file.changes.owner') ?? uid;
  return `${user}:${attributes.get('file.changes.group') ?? gid}`;
}

function connection(event: Event, attributes: Attributes): Piece[] {
  const direction =
    event.type === 'net_accept' ? '←' : event.type === 'net_bind' || event.type === 'net_listen' ? '' : '→';
  const transport = attributes.get('network.transport') ?? '';
  const name = attributes.get('destination.domain') ?? '';
  return [note(transport), note(direction), path(event.object), note(name)];
}

function target(event: Event, attributes: Attributes): string {
  const name = attributes.get('target.process.name');
  return name === undefined ? event.object : `${name}[${event.object}]`;
}

function traffic(detail: string): string {
  const [sent = '', received = ''] = detail.split('/');
  return `↑${bytesText(sent)} ↓${bytesText(received)}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1536` as `1.5 KiB`; what is no number stays as it is. */
export function bytesText(digits: string): string {
  let value = Number(digits);
  if (digits === '' || !Number.isFinite(value) || value < 0) {
    return digits;
  }
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Nanoseconds as `12 µs`, `3.4 ms`, `5.6 s`, `2 m 3 s`, `4 h 5 m`, `6 d 7 h`. */
export function durationText(durationNs: number): string {
  const seconds = durationNs / 1e9;
  if (seconds < 0.001) {
    return `${Math.round(durationNs / 1e3)} µs`;
  }
  if (seconds < 1) {
    return `${(durationNs / 1e6).toFixed(seconds < 0.1 ? 1 : 0)} ms`;
  }
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const [large, small, size, sub] =
    seconds < 3600 ? ['m', 's', 60, 1] : seconds < 86400 ? ['h', 'm', 3600, 60] : ['d', 'h', 86400, 3600];
  const whole = Math.floor(seconds / Number(size));
  return `${whole} ${large} ${Math.floor((seconds - whole * Number(size)) / Number(sub))} ${small}`;
}

function attribute(attributes: Attributes, ...names: readonly string[]): string {
  return names
    .map((name) => attributes.get(name) ?? '')
    .filter((value) => value !== '' && value !== '0')
    .join(' ');
}

/** A JSON array of text as words. */
function list(json: string | undefined): string {
  return textList(json).join(' ');
}

function textList(json: string | undefined): readonly string[] {
  if (json === undefined) {
    return [];
  }
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  } catch {
    return []; // an event from outside may say anything
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** Both ends of a text too long to be looked at whole. */
function clip(text: string): string {
  return text.length <= 2 * MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}…${text.slice(-MAX_CHARS)}`;
}

function safe(text: string): string {
  return escapeControls(clip(text));
}

function path(text: string): Piece {
  return { text: safe(text), role: 'path' };
}

function plain(text: string): Piece {
  return { text: safe(text), role: 'plain' };
}

function note(text: string): Piece {
  return { text: safe(text), role: 'note' };
}

function bad(text: string): Piece {
  return { text: safe(text), role: 'bad' };
}
