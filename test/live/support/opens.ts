/** Opens, and what is said of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Harness } from './harness.ts';
import { outcome, pathAttributes, type SeenEvent } from './seen.ts';
import { AT_FDCWD, call, type Step } from './steps.ts';

/** An open that worked, by descriptor 3. */
export function opened(
  path: string,
  given: string | undefined,
  names: string,
  flags: number,
  more: Record<string, string> = {},
): SeenEvent {
  return {
    type: 'file_open',
    object: path,
    detail: String(flags),
    attributes: {
      ...pathAttributes(path, given, 'kernel'),
      'file.flags': names,
      open_flags: names,
      'file.created': 'false',
      'file.fd': '3',
      ...more,
    },
  };
}

/** An open that failed, of a path that was looked up afterwards. */
export function failed(
  path: string,
  given: string | undefined,
  error: string,
  flags = 0,
  names = 'O_RDONLY',
  more: Record<string, string> = {},
): SeenEvent {
  return {
    type: 'file_open',
    object: path,
    detail: String(flags),
    attributes: {
      ...outcome('openat', error),
      ...pathAttributes(path, given, 'lookup'),
      'file.flags': names,
      open_flags: names,
      ...more,
    },
  };
}

/** A read-only openat that worked. */
export function read(path: string, given: string | undefined, more: Record<string, string> = {}): SeenEvent {
  return opened(path, given, 'O_RDONLY', 0, { ...outcome('openat'), ...more });
}

/** An openat of a path. */
export const openFile = (path: string, flags = 0, mode = 0): Step =>
  call('openat', AT_FDCWD, path, flags, mode);

/** A new directory with a file `plain` in it. */
export function directoryWithFile(harness: Harness): { cwd: string; path: string } {
  const cwd = harness.newDirectory();
  const path = join(cwd, 'plain');
  writeFileSync(path, 'content');
  return { cwd, path };
}
