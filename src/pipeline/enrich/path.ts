/** Paths that the kernel programs could not resolve: joined, normalised and, where it still can be seen, looked up. */
import { closeSync, lstatSync, openSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import type { Clock } from '../../core/clock.ts';
import type { PathResolver, ResolvedPath } from '../../core/host-context.ts';

const MAX_PATH_CHARS = 4096;
/** Names a file without opening it (uapi/asm-generic/fcntl.h); a FIFO or a device is left alone. */
const O_PATH = 0o10000000;
const MAX_LINKS = 40; // as the kernel: MAXSYMLINKS in linux/namei.h
const MAX_COMPONENTS = 256;

/** `given` below `base`, or `given` alone when it is absolute; not normalised. */
export function joinPath(base: string, given: string): string {
  if (given.startsWith('/')) {
    return given;
  }
  if (given === '' || base === '') {
    return given === '' ? base : given;
  }
  return base.endsWith('/') ? base + given : `${base}/${given}`;
}

/**
 * `path` without `.`, `..` and empty components, by its letters alone. An absolute path does not leave the root; a
 * relative one keeps leading `..`.
 */
export function normalizePath(path: string): string {
  const isAbsolute = path.startsWith('/');
  const kept: string[] = [];
  for (const component of path.split('/')) {
    if (component === '' || component === '.') {
      continue;
    }
    if (component === '..' && kept.length > 0 && kept[kept.length - 1] !== '..') {
      kept.pop();
    } else if (component !== '..' || !isAbsolute) {
      kept.push(component);
    }
  }
  const joined = kept.join('/');
  return isAbsolute ? `/${joined}` : joined === '' ? '.' : joined;
}

/** The looks at the file system that resolving takes; tests bring their own. None throws. */
export interface PathFiles {
  /** True when the process sees the same root directory and mounts as we do. */
  sharesRoot(pid: number): boolean;
  /** The path with every link followed, undefined when there is nothing or it may not be seen. */
  realPath(path: string): string | undefined;
  /** What stands at `path`: the target of a link, `''` for anything else, undefined for nothing. */
  linkTarget(path: string): string | undefined;
}

/** The real file system. */
export const hostFiles: PathFiles = {
  sharesRoot(pid) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt')) {
        return false;
      }
      const theirs = statSync(`/proc/${pid}/root/`, { bigint: true });
      const ours = statSync('/', { bigint: true });
      return theirs.ino === ours.ino && theirs.dev === ours.dev;
    } catch {
      return false; // the process ended: nothing is known of its root
    }
  },
  realPath(path) {
    try {
      return kernelPath(path) ?? realpathSync.native(path);
    } catch {
      return undefined;
    }
  },
  linkTarget(path) {
    try {
      const stat = lstatSync(path, { throwIfNoEntry: false });
      return stat === undefined ? undefined : stat.isSymbolicLink() ? readlinkSync(path) : '';
    } catch {
      return undefined;
    }
  },
};

/** In three calls whatever the depth, where a library asks for each directory on the way. */
function kernelPath(path: string): string | undefined {
  const fd = openSync(path, O_PATH);
  try {
    const found = readlinkSync(`/proc/self/fd/${fd}`);
    // What the kernel says of a directory that was removed; a name may end so too.
    return found.endsWith(' (deleted)') ? undefined : found;
  } finally {
    closeSync(fd);
  }
}

/** What a {@link LookupPathResolver} is made of. */
export interface LookupPathResolverOptions {
  readonly clock: Clock;
  readonly files?: PathFiles;
  /** Directories remembered. */
  readonly capacity?: number;
  /** How long one is believed, in milliseconds. */
  readonly ttlMs?: number;
}

interface Remembered {
  readonly directory: string | undefined;
  readonly untilMs: number;
}

/**
 * Looks at the file system a moment after the call did: right unless someone changed links in between, which is why
 * the result says how it was made.
 */
export class LookupPathResolver implements PathResolver {
  readonly capacity: number;
  readonly #clock: Clock;
  readonly #files: PathFiles;
  readonly #ttlMs: number;
  readonly #directories = new Map<string, Remembered>(); // in order of use, oldest first
  #evictions = 0;

  constructor(options: LookupPathResolverOptions) {
    this.#clock = options.clock;
    this.#files = options.files ?? hostFiles;
    this.capacity = options.capacity ?? 2048;
    this.#ttlMs = options.ttlMs ?? 500;
  }

  get entries(): number {
    return this.#directories.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  resolve(pid: number, base: string, given: string, followsLast = false): ResolvedPath {
    // The base of an absolute path is the caller's root directory: another one than `/` after a chroot.
    const root = given.startsWith('/') && base.startsWith('/') && base !== '/' ? base : '';
    const joined = root === '' ? joinPath(base, given) : given;
    const lexical = (): ResolvedPath => ({ path: root + normalizePath(joined), resolution: 'lexical' });
    if (!joined.startsWith('/') || joined.length > 2 * MAX_PATH_CHARS) {
      return lexical();
    }
    if (followsLast) {
      const target = this.#directory(pid, root, joined);
      if (target !== undefined) {
        return { path: target, resolution: 'lookup' };
      }
    }
    const trimmed = joined.replace(/(?<=[^/])\/+$/, '');
    const cut = trimmed.lastIndexOf('/');
    const last = trimmed.slice(cut + 1);
    if (last === '' || last === '.' || last === '..') {
      const itself = this.#directory(pid, root, trimmed);
      return itself === undefined ? lexical() : { path: itself, resolution: 'lookup' };
    }
    const parent = this.#directory(pid, root, trimmed.slice(0, cut) || '/');
    return parent === undefined
      ? lexical()
      : { path: parent === '/' ? `/${last}` : `${parent}/${last}`, resolution: 'lookup' };
  }

  /** `directory`, which is below `root`, with all links followed, from memory or by looking. */
  #directory(pid: number, root: string, directory: string): string | undefined {
    const key = `${pid}\0${root}\0${directory}`;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#directories.get(key);
    if (known !== undefined) {
      this.#directories.delete(key);
      if (known.untilMs > nowMs) {
        this.#directories.set(key, known);
        return known.directory;
      }
    }
    const looked = this.#look(pid, root, directory);
    for (const oldest of this.#directories.keys()) {
      if (this.#directories.size < this.capacity) {
        break;
      }
      this.#directories.delete(oldest);
      this.#evictions++;
    }
    this.#directories.set(key, { directory: looked, untilMs: nowMs + this.#ttlMs });
    return looked;
  }

  #look(pid: number, root: string, directory: string): string | undefined {
    if (root.includes('\ufffd') || directory.includes('\0') || directory.includes('\ufffd')) {
      return undefined; // not a name that can be looked up as text
    }
    if (root !== '') {
      const below = this.#walk(pid === 0 ? root : `/proc/${pid}/root`, directory);
      return below === '/' ? root : below && root + below;
    }
    if (pid === 0 || this.#files.sharesRoot(pid)) {
      return this.#files.realPath(directory);
    }
    return this.#walk(`/proc/${pid}/root`, directory);
  }

  /** Follows links below `root`, where an absolute link must start again at that root and not at ours. */
  #walk(root: string, directory: string): string | undefined {
    const pending = directory.split('/').reverse();
    const done: string[] = [];
    for (let links = 0, steps = 0; pending.length > 0; ) {
      const component = pending.pop();
      if (component === undefined || component === '' || component === '.') {
        continue;
      }
      if (component === '..') {
        done.pop();
        continue;
      }
      if (++steps > MAX_COMPONENTS) {
        return undefined;
      }
      const prefix = done.length === 0 ? '' : `/${done.join('/')}`;
      const target = this.#files.linkTarget(`${root}${prefix}/${component}`);
      if (target === undefined) {
        return undefined;
      }
      if (target === '') {
        done.push(component);
        continue;
      }
      if (++links > MAX_LINKS || target.length > MAX_PATH_CHARS) {
        return undefined;
      }
      if (target.startsWith('/')) {
        done.length = 0;
      }
      pending.push(...target.split('/').reverse());
    }
    return `/${done.join('/')}`;
  }
}
