/** Names of users and groups from the host's files; no directory service is asked, which could block or be watched. */
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';

const RECHECK_MS = 1000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 65536;
const MAX_NAME_CHARS = 256;

/** Where the names are. */
export interface UserNamesOptions {
  readonly clock: Clock;
  readonly passwdFile?: string;
  readonly groupFile?: string;
}

/** Names by id; the files are read again when they change, looked at no more than once a second. */
export class UserNames {
  readonly #clock: Clock;
  readonly #users: NameFile;
  readonly #groups: NameFile;
  #nextCheckMs = Number.NEGATIVE_INFINITY;

  constructor(options: UserNamesOptions) {
    this.#clock = options.clock;
    this.#users = new NameFile(options.passwdFile ?? '/etc/passwd');
    this.#groups = new NameFile(options.groupFile ?? '/etc/group');
  }

  /** Name of a user, undefined when the file has none. */
  userName(uid: number): string | undefined {
    return this.#users.names.get(uid);
  }

  /** Name of a group, undefined when the file has none. */
  groupName(gid: number): string | undefined {
    return this.#groups.names.get(gid);
  }

  /**
   * Reads the files if they changed. To be called often: it costs a look at the clock, and a `stat` once a second.
   *
   * @returns True when a name may have changed.
   */
  refresh(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#nextCheckMs) {
      return false;
    }
    this.#nextCheckMs = nowMs + RECHECK_MS;
    const usersChanged = this.#users.reload();
    return this.#groups.reload() || usersChanged;
  }
}

class NameFile {
  names: ReadonlyMap<number, string> = new Map();
  readonly #path: string;
  #version = '';

  constructor(path: string) {
    this.#path = path;
    this.reload();
  }

  reload(): boolean {
    try {
      const stat = statSync(this.#path, { bigint: true });
      const version = `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
      if (version === this.#version) {
        return false;
      }
      this.#version = version;
      this.names = stat.size > MAX_FILE_BYTES ? new Map() : parseNames(readFileSync(this.#path, 'utf8'));
      return true;
    } catch {
      return false; // being replaced, or missing in a minimal image: what was known stays
    }
  }
}

/** Names by id in text of the form of passwd(5) or group(5); the first of an id counts, broken lines are skipped. */
export function parseNames(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':', 3);
    if (
      name === undefined ||
      name === '' ||
      name.length > MAX_NAME_CHARS ||
      id === undefined ||
      !/^[0-9]{1,10}$/.test(id)
    ) {
      continue;
    }
    const number = Number(id);
    if (!names.has(number) && names.size < MAX_ENTRIES) {
      names.set(number, name);
    }
  }
  return names;
}
