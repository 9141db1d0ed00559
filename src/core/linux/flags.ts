/** Flags and small numbers of other system calls, by name. Values are those of x86-64 and arm64, which agree on them. */
import { type FlagTable, flagNames } from './flag-names.ts';

// linux/mount.h
const MOUNT: FlagTable = [
  [1, 'MS_RDONLY'],
  [2, 'MS_NOSUID'],
  [4, 'MS_NODEV'],
  [8, 'MS_NOEXEC'],
  [16, 'MS_SYNCHRONOUS'],
  [32, 'MS_REMOUNT'],
  [64, 'MS_MANDLOCK'],
  [128, 'MS_DIRSYNC'],
  [256, 'MS_NOSYMFOLLOW'],
  [1024, 'MS_NOATIME'],
  [2048, 'MS_NODIRATIME'],
  [4096, 'MS_BIND'],
  [8192, 'MS_MOVE'],
  [16384, 'MS_REC'],
  [32768, 'MS_SILENT'],
  [1 << 16, 'MS_POSIXACL'],
  [1 << 17, 'MS_UNBINDABLE'],
  [1 << 18, 'MS_PRIVATE'],
  [1 << 19, 'MS_SLAVE'],
  [1 << 20, 'MS_SHARED'],
  [1 << 21, 'MS_RELATIME'],
  [1 << 22, 'MS_KERNMOUNT'],
  [1 << 23, 'MS_I_VERSION'],
  [1 << 24, 'MS_STRICTATIME'],
  [1 << 25, 'MS_LAZYTIME'],
];
const MS_MGC_MASK = 0xffff0000;
const MS_MGC_VALUE = 0xc0ed0000;

/** Names of mount(2) flags; the magic number that old callers put in the upper half is taken out first. */
export function mountFlagNames(flags: number): string {
  const low = flags >>> 0;
  return flagNames((low & MS_MGC_MASK) >>> 0 === MS_MGC_VALUE ? low & 0xffff : flags, MOUNT);
}

const MOVE_MOUNT: FlagTable = [
  [0x001, 'MOVE_MOUNT_F_SYMLINKS'],
  [0x002, 'MOVE_MOUNT_F_AUTOMOUNTS'],
  [0x004, 'MOVE_MOUNT_F_EMPTY_PATH'],
  [0x010, 'MOVE_MOUNT_T_SYMLINKS'],
  [0x020, 'MOVE_MOUNT_T_AUTOMOUNTS'],
  [0x040, 'MOVE_MOUNT_T_EMPTY_PATH'],
  [0x100, 'MOVE_MOUNT_SET_GROUP'],
  [0x200, 'MOVE_MOUNT_BENEATH'],
];

/** Names of move_mount(2) flags. */
export function moveMountFlagNames(flags: number): string {
  return flagNames(flags, MOVE_MOUNT);
}

const UMOUNT: FlagTable = [
  [1, 'MNT_FORCE'],
  [2, 'MNT_DETACH'],
  [4, 'MNT_EXPIRE'],
  [8, 'UMOUNT_NOFOLLOW'],
];

/** Names of umount2(2) flags. */
export function umountFlagNames(flags: number): string {
  return flagNames(flags, UMOUNT);
}

// linux/sched.h
const CLONE: FlagTable = [
  [0x00020000, 'CLONE_NEWNS'],
  [0x02000000, 'CLONE_NEWCGROUP'],
  [0x04000000, 'CLONE_NEWUTS'],
  [0x08000000, 'CLONE_NEWIPC'],
  [0x10000000, 'CLONE_NEWUSER'],
  [0x20000000, 'CLONE_NEWPID'],
  [0x40000000, 'CLONE_NEWNET'],
  [0x00000080, 'CLONE_NEWTIME'],
  [0x00000100, 'CLONE_VM'],
  [0x00000200, 'CLONE_FS'],
  [0x00000400, 'CLONE_FILES'],
  [0x00000800, 'CLONE_SIGHAND'],
  [0x00001000, 'CLONE_PIDFD'],
  [0x00002000, 'CLONE_PTRACE'],
  [0x00004000, 'CLONE_VFORK'],
  [0x00008000, 'CLONE_PARENT'],
  [0x00010000, 'CLONE_THREAD'],
  [0x00040000, 'CLONE_SYSVSEM'],
  [0x00080000, 'CLONE_SETTLS'],
  [0x00100000, 'CLONE_PARENT_SETTID'],
  [0x00200000, 'CLONE_CHILD_CLEARTID'],
  [0x00400000, 'CLONE_DETACHED'],
  [0x00800000, 'CLONE_UNTRACED'],
  [0x01000000, 'CLONE_CHILD_SETTID'],
  [0x80000000, 'CLONE_IO'],
];

/** Names of clone(2), unshare(2) and setns(2) flags, namespaces first. */
export function cloneFlagNames(flags: number): string {
  return flagNames(flags, CLONE);
}

// asm-generic/mman-common.h; PROT_BTI and PROT_MTE are arm64's.
const PROTECTION: FlagTable = [
  [1, 'PROT_READ'],
  [2, 'PROT_WRITE'],
  [4, 'PROT_EXEC'],
  [8, 'PROT_SEM'],
  [0x10, 'PROT_BTI'],
  [0x20, 'PROT_MTE'],
  [0x01000000, 'PROT_GROWSDOWN'],
  [0x02000000, 'PROT_GROWSUP'],
];

/** Names of mmap(2) and mprotect(2) protection bits; `PROT_NONE` for 0. */
export function protectionNames(protection: number): string {
  return protection === 0 ? 'PROT_NONE' : flagNames(protection, PROTECTION);
}

const MMAP: FlagTable = [
  [0x03, 'MAP_SHARED_VALIDATE'],
  [0x01, 'MAP_SHARED'],
  [0x02, 'MAP_PRIVATE'],
  [0x10, 'MAP_FIXED'],
  [0x20, 'MAP_ANONYMOUS'],
  [0x40, 'MAP_32BIT'],
  [0x0100, 'MAP_GROWSDOWN'],
  [0x0800, 'MAP_DENYWRITE'],
  [0x1000, 'MAP_EXECUTABLE'],
  [0x2000, 'MAP_LOCKED'],
  [0x4000, 'MAP_NORESERVE'],
  [0x8000, 'MAP_POPULATE'],
  [0x10000, 'MAP_NONBLOCK'],
  [0x20000, 'MAP_STACK'],
  [0x40000, 'MAP_HUGETLB'],
  [0x80000, 'MAP_SYNC'],
  [0x100000, 'MAP_FIXED_NOREPLACE'],
];

/** Names of mmap(2) flags. */
export function mmapFlagNames(flags: number): string {
  return flagNames(flags, MMAP);
}

const MEMFD: FlagTable = [
  [1, 'MFD_CLOEXEC'],
  [2, 'MFD_ALLOW_SEALING'],
  [4, 'MFD_HUGETLB'],
  [8, 'MFD_NOEXEC_SEAL'],
  [16, 'MFD_EXEC'],
];

/** Names of memfd_create(2) flags. */
export function memfdFlagNames(flags: number): string {
  return flagNames(flags, MEMFD);
}

const RENAME: FlagTable = [
  [1, 'RENAME_NOREPLACE'],
  [2, 'RENAME_EXCHANGE'],
  [4, 'RENAME_WHITEOUT'],
];

/** Names of renameat2(2) flags. */
export function renameFlagNames(flags: number): string {
  return flagNames(flags, RENAME);
}

const AT: FlagTable = [
  [0x100, 'AT_SYMLINK_NOFOLLOW'],
  [0x200, 'AT_REMOVEDIR'],
  [0x400, 'AT_SYMLINK_FOLLOW'],
  [0x800, 'AT_NO_AUTOMOUNT'],
  [0x1000, 'AT_EMPTY_PATH'],
  [0x8000, 'AT_RECURSIVE'],
];

/** Names of the `AT_*` flags of the *at(2) calls. */
export function atFlagNames(flags: number): string {
  return flagNames(flags, AT);
}

const MODULE_INIT: FlagTable = [
  [1, 'MODULE_INIT_IGNORE_MODVERSIONS'],
  [2, 'MODULE_INIT_IGNORE_VERMAGIC'],
  [4, 'MODULE_INIT_COMPRESSED_FILE'],
];

/** Names of finit_module(2) flags. */
export function moduleFlagNames(flags: number): string {
  return flagNames(flags, MODULE_INIT);
}
