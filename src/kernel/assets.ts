/** Where the addon and the kernel programs come from. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { type BpfNative, loadBpfNative } from '../../native/index.ts';
import { assetFile, isSingleExecutable, readAsset } from '../core/assets.ts';
import { messageOf, SentinelError } from '../core/errors.ts';
import type { KernelImages } from './kernel-probe.ts';

const ADDON = 'build/Release/bpf_native.node';

// include/uapi/asm-generic/fcntl.h; Node has no name for it. With O_EXCL the file can never be linked to a path.
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

let loaded: BpfNative | undefined;

/**
 * The addon, loaded on first use, once per thread.
 *
 * In the single executable it is written to a file without a name, which is gone once the addon is mapped: nothing
 * is left on disk.
 *
 * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED, naming what was tried.
 */
export function loadNative(): BpfNative {
  loaded ??= isSingleExecutable() ? loadFromExecutable() : loadFromTree();
  return loaded;
}

/**
 * One compiled kernel object.
 *
 * @param name Without suffix, `sentinel` for `build/bpf/sentinel.bpf.o`.
 * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED when it was not built.
 */
export function bpfObject(name: string): Uint8Array {
  const path = `build/bpf/${name}.bpf.o`;
  try {
    return readAsset(path);
  } catch (error) {
    throw new SentinelError(
      'SNT_KERNEL_UNSUPPORTED',
      `Cannot read the kernel programs ${path}: ${reasonOf(error)}`,
      {
        cause: error,
        hint: 'build them with: make build',
      },
    );
  }
}

/** The host probe's programs. */
export const KERNEL_IMAGES: KernelImages = {
  current: () => bpfObject('sentinel'),
  older: () => bpfObject('sentinel-older'),
};

/** One directory in which the addon could not be loaded. */
export interface FailedTry {
  readonly directory: string;
  readonly reason: string;
}

/** The directories that can hold the nameless file, best first: memory before disk, the service's own before shared. */
export function addonDirectories(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  // systemd separates several runtime directories with colons
  const runtime = (env['RUNTIME_DIRECTORY'] ?? '').split(':').filter((path) => path.startsWith('/'));
  return [...new Set(['/dev/shm', ...runtime, '/run', '/tmp', '/var/tmp'])];
}

/**
 * Loads a shared object that exists only as bytes.
 *
 * @param load Given a path such as `/proc/self/fd/20`, valid until it returns.
 * @param directories Tried in order until one is writable and not mounted noexec.
 * @throws {SentinelError} SNT_KERNEL_UNSUPPORTED when none will do.
 */
export function loadFromMemory<T>(
  image: Uint8Array,
  load: (path: string) => T,
  directories: readonly string[],
): T {
  const failed: FailedTry[] = [];
  for (const directory of directories) {
    try {
      return loadThrough(directory, image, load);
    } catch (error) {
      failed.push({ directory, reason: reasonOf(error) });
    }
  }
  throw unloadable(failed);
}

function loadThrough<T>(directory: string, image: Uint8Array, load: (path: string) => T): T {
  const fd = openSync(directory, O_TMPFILE | constants.O_RDWR | constants.O_EXCL, 0o700);
  try {
    for (let written = 0; written < image.length; ) {
      written += writeSync(fd, image, written);
    }
    return load(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

function loadFromExecutable(): BpfNative {
  return loadFromMemory(readAsset(ADDON), loadBpfNative, addonDirectories());
}

function loadFromTree(): BpfNative {
  const path = assetFile(ADDON);
  try {
    return loadBpfNative(path);
  } catch (error) {
    throw new SentinelError('SNT_KERNEL_UNSUPPORTED', `Cannot load the eBPF addon: ${reasonOf(error)}`, {
      cause: error,
      hint: glibcHint([{ directory: path, reason: reasonOf(error) }]) ?? 'build it with: make build',
    });
  }
}

function unloadable(failed: readonly FailedTry[]): SentinelError {
  const tried = failed.map(({ directory, reason }) => `${directory}: ${reason}`).join('; ');
  return new SentinelError('SNT_KERNEL_UNSUPPORTED', `Cannot load the eBPF addon (${tried})`, {
    hint:
      glibcHint(failed) ??
      `one of ${failed.map(({ directory }) => directory).join(', ')} must be writable and not mounted noexec`,
  });
}

function glibcHint(failed: readonly FailedTry[]): string | undefined {
  const version = /GLIBC_[0-9.]+/.exec(failed.map(({ reason }) => reason).join(' '))?.[0];
  return version === undefined
    ? undefined
    : `this host's C library is older than ${version.replace('_', ' ')}`;
}

function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return (text.split('\n', 1)[0] ?? '').replace(/^\/proc\/self\/fd\/\d+: /, '');
}
