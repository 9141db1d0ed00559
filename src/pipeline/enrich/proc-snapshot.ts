/** Running processes as /proc shows them: for those that started before we did, and for one that we missed. */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

const MAX_ARGS_BYTES = 32768;
const SMALL_FILE_BYTES = 8192;
const NO_LOGIN_UID = 0xffffffff;
const DELETED = ' (deleted)';

/** A process as /proc shows it. */
export interface SnapshotEntry {
  readonly pid: number;
  /** Ticks of 10 ms since boot. */
  readonly startTicks: number;
  readonly parentPid: number;
  readonly comm: string;
  readonly uid: number;
  readonly loginUid: number;
  readonly executable: string | undefined;
  readonly args: readonly string[] | undefined;
  readonly argsTruncated: boolean;
  readonly workingDirectory: string | undefined;
  readonly ttyName: string | undefined;
  readonly cgroupPath: string | undefined;
}

/** Reads /proc, or a directory that looks like it. Processes may end at any moment: what is gone is left out. */
export class ProcReader {
  readonly #root: string;
  readonly #buffer = Buffer.allocUnsafe(MAX_ARGS_BYTES);

  constructor(root = '/proc') {
    this.#root = root;
  }

  /** All processes that run now, kernel threads too; about 0.1 ms each. */
  readAll(): SnapshotEntry[] {
    const entries: SnapshotEntry[] = [];
    for (const name of readdirSync(this.#root)) {
      if (/^[1-9][0-9]{0,9}$/.test(name)) {
        const entry = this.read(Number(name));
        if (entry !== undefined) {
          entries.push(entry);
        }
      }
    }
    return entries;
  }

  /** One process; undefined when it is gone. A part that may not be read is undefined. */
  read(pid: number): SnapshotEntry | undefined {
    const stat = parseStat(this.#text(pid, 'stat', SMALL_FILE_BYTES));
    if (stat === undefined) {
      return undefined;
    }
    const uid = parseRealUid(this.#text(pid, 'status', SMALL_FILE_BYTES));
    if (uid === undefined) {
      return undefined;
    }
    const cmdline = this.#text(pid, 'cmdline', MAX_ARGS_BYTES);
    const loginUid = this.#text(pid, 'loginuid', 32);
    const cgroup = this.#text(pid, 'cgroup', SMALL_FILE_BYTES);
    const executable = this.#link(pid, 'exe');
    return {
      pid,
      startTicks: stat.startTicks,
      parentPid: stat.parentPid,
      comm: stat.comm,
      uid,
      loginUid:
        loginUid !== undefined && /^[0-9]{1,10}/.test(loginUid)
          ? Number.parseInt(loginUid, 10)
          : NO_LOGIN_UID,
      executable: executable?.endsWith(DELETED) ? executable.slice(0, -DELETED.length) : executable,
      args: cmdline === undefined || cmdline === '' ? undefined : cmdline.replace(/\0$/, '').split('\0'),
      argsTruncated: cmdline !== undefined && Buffer.byteLength(cmdline) >= MAX_ARGS_BYTES,
      workingDirectory: this.#link(pid, 'cwd'),
      ttyName: ttyName(stat.ttyNumber),
      cgroupPath: cgroup === undefined ? undefined : chooseCgroup(cgroup),
    };
  }

  #text(pid: number, file: string, maxBytes: number): string | undefined {
    let fd: number;
    try {
      fd = openSync(`${this.#root}/${pid}/${file}`, 'r');
    } catch {
      return undefined; // ended, or not ours to read
    }
    try {
      let length = 0;
      while (length < maxBytes) {
        const bytes = readSync(fd, this.#buffer, length, maxBytes - length, null);
        if (bytes === 0) {
          break;
        }
        length += bytes;
      }
      return this.#buffer.toString('utf8', 0, length);
    } catch {
      return undefined; // ESRCH: ended between open and read
    } finally {
      closeSync(fd);
    }
  }

  #link(pid: number, name: string): string | undefined {
    try {
      return readlinkSync(`${this.#root}/${pid}/${name}`);
    } catch {
      return undefined; // a kernel thread has none; or ended, or not ours to read
    }
  }
}

/** What we take from /proc/<pid>/stat. */
export interface ProcStat {
  readonly comm: string;
  readonly parentPid: number;
  readonly ttyNumber: number;
  /** Ticks of 10 ms since boot. */
  readonly startTicks: number;
}

/** Parses /proc/<pid>/stat; `comm` may hold anything, also parentheses. Undefined when the text is not whole. */
export function parseStat(text: string | undefined): ProcStat | undefined {
  const open = text?.indexOf('(') ?? -1;
  const close = text?.lastIndexOf(')') ?? -1;
  if (text === undefined || open < 0 || close < open) {
    return undefined;
  }
  const fields = text.slice(close + 2).split(' '); // from field 3, state (proc(5))
  const parentPid = Number(fields[1]);
  const ttyNumber = Number(fields[4]);
  const startTicks = Number(fields[19]);
  if (![parentPid, ttyNumber, startTicks].every(Number.isSafeInteger)) {
    return undefined;
  }
  return { comm: text.slice(open + 1, close), parentPid, ttyNumber, startTicks };
}

/** Real uid from /proc/<pid>/status. */
export function parseRealUid(text: string | undefined): number | undefined {
  const uid = /^Uid:\t([0-9]{1,10})\b/m.exec(text ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}

// linux/major.h; a device number here is minor low byte, major, minor high bits (proc(5), tty_nr).
const TTY_MAJOR = 4;
const FIRST_SERIAL_MINOR = 64;
const PTS_FIRST_MAJOR = 136;
const PTS_LAST_MAJOR = 143;

/** Name below /dev of a controlling terminal; undefined for none and for kinds that we do not know. */
export function ttyName(ttyNumber: number): string | undefined {
  const major = (ttyNumber >>> 8) & 0xfff;
  const minor = (ttyNumber & 0xff) | ((ttyNumber >>> 12) & 0xfff00);
  if (major >= PTS_FIRST_MAJOR && major <= PTS_LAST_MAJOR) {
    return `pts/${(major - PTS_FIRST_MAJOR) * 256 + minor}`;
  }
  if (major === TTY_MAJOR) {
    return minor < FIRST_SERIAL_MINOR ? `tty${minor}` : `ttyS${minor - FIRST_SERIAL_MINOR}`;
  }
  return undefined;
}

// Runtimes put containers into these version 1 hierarchies; of several the first that is not the root counts.
const V1_PREFERENCE = ['', 'name=systemd', 'pids', 'memory', 'devices', 'cpu,cpuacct', 'cpu'];

/** The path in /proc/<pid>/cgroup that says most: version 2 if it is not the root, else a version 1 hierarchy's. */
export function chooseCgroup(text: string): string | undefined {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^[0-9]+:([^:]*):(\/.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) {
      paths.set(match[1], match[2]);
    }
  }
  for (const controllers of [...V1_PREFERENCE, ...paths.keys()]) {
    const path = paths.get(controllers);
    if (path !== undefined && path !== '/') {
      return path;
    }
  }
  return paths.size === 0 ? undefined : '/';
}
