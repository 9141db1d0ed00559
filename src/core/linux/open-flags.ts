/** Flags of open(2). */
import { type FlagTable, flagNames } from './flag-names.ts';

const O_ACCMODE = 3;
const O_PATH = 0o10000000;

// The upstream's eleven first and in its order, so that its readers find what they look for; then the rest.
const X86: FlagTable = [
  [0o100, 'O_CREAT'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o2000000, 'O_CLOEXEC'],
  [0o200, 'O_EXCL'],
  [0o20200000, 'O_TMPFILE'],
  [0o200000, 'O_DIRECTORY'],
  [0o400000, 'O_NOFOLLOW'],
  [0o4010000, 'O_SYNC'],
  [0o10000, 'O_DSYNC'],
  [0o400, 'O_NOCTTY'],
  [0o4000, 'O_NONBLOCK'],
  [0o20000, 'O_ASYNC'],
  [0o40000, 'O_DIRECT'],
  [0o100000, 'O_LARGEFILE'],
  [0o1000000, 'O_NOATIME'],
  [O_PATH, 'O_PATH'],
];

// arm64 swaps four bits (arch/arm64/include/uapi/asm/fcntl.h).
const ARM64_BITS: Readonly<Record<string, number>> = {
  O_DIRECTORY: 0o40000,
  O_NOFOLLOW: 0o100000,
  O_DIRECT: 0o200000,
  O_LARGEFILE: 0o400000,
  O_TMPFILE: 0o20040000,
};
const ARM64: FlagTable = X86.map(([bits, name]) => [ARM64_BITS[name] ?? bits, name]);

const ACCESS = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'] as const;

/**
 * Names of open(2) flags, joined by `|`, the access mode first: `O_WRONLY|O_CREAT|O_TRUNC`.
 *
 * The access mode is always named, also `O_RDONLY` (0), which upstream never prints; with `O_PATH` it has no
 * meaning and is left out.
 *
 * @param flags Non-negative, as the kernel got them.
 * @param arch Whose bits they are; four differ between the two.
 */
export function openFlagNames(flags: number, arch: string = process.arch): string {
  const table = arch === 'arm64' ? ARM64 : X86;
  const rest = flags - (flags & O_ACCMODE);
  if ((flags & O_PATH) !== 0) {
    return flagNames(rest, table);
  }
  const access = ACCESS[flags & O_ACCMODE] ?? 'O_RDONLY';
  return rest === 0 ? access : `${access}|${flagNames(rest, table)}`;
}

/** True when the flags neither let the file be written nor create or empty it: a plain read, or `O_PATH`. */
export function isReadOnlyOpen(flags: number): boolean {
  return (flags & O_PATH) !== 0 || ((flags & O_ACCMODE) === 0 && (flags & 0o1100) === 0);
}
