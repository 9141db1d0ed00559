/** Which system calls an event type is made of, and where their arguments are: the content of the map `actions`. */
import { EVENT_TYPE_IDS, type EventType } from '../core/event-types.ts';
import { type SyscallTable, syscallNumber } from '../core/linux/syscalls.ts';

/** `enum handler` in bpf/maps.bpf.h, with the program that each number stands for in `handlers`. */
export const HANDLERS = {
  open: { id: 1, program: 'syscall_open' },
  path: { id: 2, program: 'syscall_path' },
  fd: { id: 3, program: 'syscall_fd' },
  mount: { id: 4, program: 'syscall_mount' },
  io: { id: 5, program: 'syscall_io' },
  execFailed: { id: 6, program: 'syscall_exec' },
  connect: { id: 7, program: 'syscall_connect' },
  accept: { id: 8, program: 'syscall_accept' },
  bind: { id: 9, program: 'syscall_bind' },
  send: { id: 10, program: 'syscall_send' },
  socket: { id: 11, program: 'syscall_socket' },
  arguments: { id: 12, program: 'syscall_arguments' },
  capset: { id: 13, program: 'syscall_capset' },
  setns: { id: 14, program: 'syscall_setns' },
  module: { id: 15, program: 'syscall_module' },
  bpfLoad: { id: 16, program: 'syscall_bpf' },
  memfd: { id: 17, program: 'syscall_memfd' },
  mmap: { id: 18, program: 'syscall_mmap' },
  mprotect: { id: 19, program: 'syscall_mprotect' },
  kill: { id: 20, program: 'syscall_kill' },
  ptrace: { id: 21, program: 'syscall_ptrace' },
} as const;

/** A key of {@link HANDLERS}. */
export type Handler = keyof typeof HANDLERS;

/** `enum action_flag`. */
const FLAG = {
  creat: 1,
  openHow: 2,
  removedir: 4,
  rawText: 8,
  msghdr: 16,
  mmsghdr: 32,
  skipSuccess: 64,
  device: 128,
  noDelivery: 256,
  agentOnly: 512,
  heartbeat: 1024,
} as const;

/** One system call's action: which arguments mean what; what is left out does not exist. */
interface Action {
  readonly type: EventType;
  readonly handler: Handler;
  readonly flags?: readonly (keyof typeof FLAG)[];
  readonly dirfd?: number;
  readonly path?: number;
  readonly dirfd2?: number;
  readonly path2?: number;
  readonly flagsArg?: number;
  readonly mode?: number;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly fd?: number;
}

const open = (rest: Partial<Action>): Action => ({ type: 'file_open', handler: 'open', ...rest });
const path = (type: EventType, rest: Partial<Action>): Action => ({ type, handler: 'path', ...rest });
const onFd = (type: EventType, rest: Partial<Action>): Action => ({ type, handler: 'fd', fd: 0, ...rest });
const args = (type: EventType): Action => ({ type, handler: 'arguments' });
const io = (type: EventType): Action => ({ type, handler: 'io', fd: 0 });

/** The action of each system call by its x86-64 name. */
const ACTIONS: Readonly<Record<string, Action>> = {
  open: open({ path: 0, flagsArg: 1, mode: 2 }),
  openat: open({ dirfd: 0, path: 1, flagsArg: 2, mode: 3 }),
  openat2: open({ dirfd: 0, path: 1, flagsArg: 2, flags: ['openHow'] }),
  creat: open({ path: 0, mode: 1, flags: ['creat'] }),
  open_by_handle_at: open({ flagsArg: 2 }),
  unlink: path('file_unlink', { path: 0 }),
  unlinkat: path('file_unlink', { dirfd: 0, path: 1, flagsArg: 2, flags: ['removedir'] }),
  rmdir: path('file_rmdir', { path: 0 }),
  rename: path('file_rename', { path: 0, path2: 1 }),
  renameat: path('file_rename', { dirfd: 0, path: 1, dirfd2: 2, path2: 3 }),
  renameat2: path('file_rename', { dirfd: 0, path: 1, dirfd2: 2, path2: 3, flagsArg: 4 }),
  link: path('file_link', { path: 0, path2: 1 }),
  linkat: path('file_link', { dirfd: 0, path: 1, dirfd2: 2, path2: 3, flagsArg: 4 }),
  symlink: path('file_symlink', { path: 1, path2: 0, flags: ['rawText'] }),
  symlinkat: path('file_symlink', { dirfd: 1, path: 2, path2: 0, flags: ['rawText'] }),
  mkdir: path('file_mkdir', { path: 0, mode: 1 }),
  mkdirat: path('file_mkdir', { dirfd: 0, path: 1, mode: 2 }),
  mknod: path('file_mknod', { path: 0, mode: 1, size: 2, flags: ['device'] }),
  mknodat: path('file_mknod', { dirfd: 0, path: 1, mode: 2, size: 3, flags: ['device'] }),
  chmod: path('file_chmod', { path: 0, mode: 1 }),
  fchmodat: path('file_chmod', { dirfd: 0, path: 1, mode: 2 }),
  fchmodat2: path('file_chmod', { dirfd: 0, path: 1, mode: 2, flagsArg: 3 }),
  fchmod: onFd('file_chmod', { mode: 1 }),
  chown: path('file_chown', { path: 0, uid: 1, gid: 2 }),
  lchown: path('file_chown', { path: 0, uid: 1, gid: 2 }),
  fchownat: path('file_chown', { dirfd: 0, path: 1, uid: 2, gid: 3, flagsArg: 4 }),
  fchown: onFd('file_chown', { uid: 1, gid: 2 }),
  truncate: path('file_truncate', { path: 0, size: 1 }),
  ftruncate: onFd('file_truncate', { size: 1 }),
  read: io('file_read'),
  pread64: io('file_read'),
  readv: io('file_read'),
  preadv: io('file_read'),
  preadv2: io('file_read'),
  write: io('file_write'),
  pwrite64: io('file_write'),
  writev: io('file_write'),
  pwritev: io('file_write'),
  pwritev2: io('file_write'),
  mount: { type: 'fs_mount', handler: 'mount', path: 1, path2: 0, mode: 2, flagsArg: 3 },
  move_mount: { type: 'fs_mount', handler: 'mount', dirfd: 2, path: 3, path2: 1, flagsArg: 4 },
  umount2: { type: 'fs_umount', handler: 'mount', path: 0, flagsArg: 1 },
  execve: { type: 'process_exec', handler: 'execFailed', path: 0, flags: ['skipSuccess'] },
  execveat: { type: 'process_exec', handler: 'execFailed', path: 1, flags: ['skipSuccess'] },
  connect: { type: 'net_connect', handler: 'connect', fd: 0 },
  accept: { type: 'net_accept', handler: 'accept', fd: 0 },
  accept4: { type: 'net_accept', handler: 'accept', fd: 0 },
  bind: { type: 'net_bind', handler: 'bind', fd: 0 },
  listen: { type: 'net_listen', handler: 'bind', fd: 0 },
  sendto: { type: 'net_send', handler: 'send', fd: 0 },
  sendmsg: { type: 'net_send', handler: 'send', fd: 0, flags: ['msghdr'] },
  sendmmsg: { type: 'net_send', handler: 'send', fd: 0, flags: ['mmsghdr'] },
  socket: { type: 'net_socket', handler: 'socket' },
  setuid: args('priv_setuid'),
  setreuid: args('priv_setuid'),
  setresuid: args('priv_setuid'),
  setfsuid: args('priv_setuid'),
  setgid: args('priv_setgid'),
  setregid: args('priv_setgid'),
  setresgid: args('priv_setgid'),
  setfsgid: args('priv_setgid'),
  setgroups: args('priv_setgid'),
  capset: { type: 'priv_capset', handler: 'capset' },
  ptrace: { type: 'priv_ptrace', handler: 'ptrace' },
  setns: { type: 'priv_setns', handler: 'setns' },
  unshare: args('priv_unshare'),
  init_module: { type: 'priv_module_load', handler: 'module', path: 2, size: 1 },
  finit_module: { type: 'priv_module_load', handler: 'module', path: 1, fd: 0, flagsArg: 2 },
  bpf: { type: 'priv_bpf_load', handler: 'bpfLoad' },
  memfd_create: { type: 'priv_memfd', handler: 'memfd' },
  mmap: { type: 'priv_mmap_exec', handler: 'mmap', flagsArg: 3 },
  mprotect: { type: 'priv_mmap_exec', handler: 'mprotect' },
  pkey_mprotect: { type: 'priv_mmap_exec', handler: 'mprotect' },
  kill: { type: 'priv_kill', handler: 'kill', fd: 0, flagsArg: 1 },
  tkill: { type: 'priv_kill', handler: 'kill', fd: 0, flagsArg: 1 },
  tgkill: { type: 'priv_kill', handler: 'kill', fd: 0, flagsArg: 2 },
  rt_sigqueueinfo: { type: 'priv_kill', handler: 'kill', fd: 0, flagsArg: 1 },
  rt_tgsigqueueinfo: { type: 'priv_kill', handler: 'kill', fd: 0, flagsArg: 2 },
};

/** 32-bit calls under another name, or that the 64-bit table lacks, as the call of {@link ACTIONS} that they equal. */
const IA32_ALIASES: Readonly<Record<string, string>> = {
  chown32: 'chown',
  lchown32: 'lchown',
  fchown32: 'fchown',
  setuid32: 'setuid',
  setreuid32: 'setreuid',
  setresuid32: 'setresuid',
  setfsuid32: 'setfsuid',
  setgid32: 'setgid',
  setregid32: 'setregid',
  setresgid32: 'setresgid',
  setfsgid32: 'setfsgid',
  setgroups32: 'setgroups',
  mmap2: 'mmap',
};

/** 32-bit calls whose arguments need a decoder that we do not have: counted as lost, reason `compat`. */
const IA32_COUNTED: Readonly<Record<string, EventType>> = {
  socketcall: 'net_connect',
  sendmsg: 'net_send',
  sendmmsg: 'net_send',
  mmap: 'priv_mmap_exec', // takes a struct; the C library calls mmap2
  truncate64: 'file_truncate',
  ftruncate64: 'file_truncate',
  umount: 'fs_umount',
};

/** Operations of io_uring by number (uapi/linux/io_uring.h) that do what an event type reports. */
export const IO_URING_TYPES: Readonly<Record<number, EventType>> = {
  9: 'net_send', // IORING_OP_SENDMSG
  13: 'net_accept',
  16: 'net_connect',
  18: 'file_open', // IORING_OP_OPENAT
  26: 'net_send', // IORING_OP_SEND
  28: 'file_open', // IORING_OP_OPENAT2
  35: 'file_rename',
  36: 'file_unlink',
  37: 'file_mkdir',
  38: 'file_symlink',
  39: 'file_link',
  45: 'net_socket',
  47: 'net_send', // IORING_OP_SEND_ZC
  48: 'net_send', // IORING_OP_SENDMSG_ZC
  55: 'file_truncate', // IORING_OP_FTRUNCATE
  56: 'net_bind',
  57: 'net_listen',
};

/** `MAX_SYSCALLS` in bpf/maps.bpf.h: the 32-bit calls follow from there. */
const MAX_SYSCALLS = 1024;
const ACTION_BYTES = 16;
const NONE = -1;

/** One entry of the map `actions`. */
export interface ActionEntry {
  /** Key in the map. */
  readonly index: number;
  /** `struct syscall_action`. */
  readonly value: Uint8Array;
  readonly handler: Handler;
}

/**
 * The entries for the wanted event types.
 *
 * @param syscalls Names of system calls to report as `sys_call`; each must exist in the x86-64 table.
 * @param ia32 Whether 32-bit calls are looked at.
 */
export function actionEntries(
  wanted: ReadonlySet<EventType>,
  syscalls: readonly string[],
  ia32: boolean,
): ActionEntry[] {
  const entries = new Map<number, ActionEntry>();
  const put = (name: string, table: SyscallTable, action: Action): void => {
    const number = syscallNumber(name, table);
    if (number === undefined || number >= MAX_SYSCALLS) {
      return;
    }
    const index = number + (table === 'ia32' ? MAX_SYSCALLS : 0);
    // The agent's heartbeat is its own kill(2).
    const isHeartbeat = name === 'kill' && table === 'x64';
    const flags = [...(action.flags ?? []), ...(isHeartbeat ? (['heartbeat'] as const) : [])];
    entries.set(index, { index, value: encodeAction({ ...action, flags }), handler: action.handler });
  };
  const isWanted = (action: Action): boolean =>
    wanted.has(action.type) ||
    (action.type === 'file_unlink' && action.flags !== undefined && wanted.has('file_rmdir')) ||
    // An open begins the first read and the first write anew.
    (action.type === 'file_open' && (wanted.has('file_read') || wanted.has('file_write'))) ||
    // Who accepted a connection is what net_close reports at its end.
    (action.type === 'net_accept' && wanted.has('net_close'));

  if (wanted.has('sys_call')) {
    for (const name of syscalls) {
      put(name, 'x64', args('sys_call'));
      if (ia32) {
        put(name, 'ia32', args('sys_call'));
      }
    }
  }
  for (const [name, action] of Object.entries(ACTIONS)) {
    if (!isWanted(action)) {
      continue;
    }
    put(name, 'x64', action);
    if (ia32 && !(name in IA32_COUNTED)) {
      put(name, 'ia32', action);
    }
  }
  // The call of the heartbeat is always looked at.
  if (!wanted.has('priv_kill') && !(wanted.has('sys_call') && syscalls.includes('kill'))) {
    put('kill', 'x64', { ...(ACTIONS['kill'] as Action), flags: ['agentOnly'] }); // the table has it, above
  }
  if (ia32) {
    for (const [name, like] of Object.entries(IA32_ALIASES)) {
      const action = ACTIONS[like];
      if (action !== undefined && isWanted(action)) {
        put(name, 'ia32', action);
      }
    }
    for (const [name, type] of Object.entries(IA32_COUNTED)) {
      if (wanted.has(type)) {
        put(name, 'ia32', { type, handler: 'arguments', flags: ['noDelivery'] });
      }
    }
  }
  return [...entries.values()];
}

/** `struct syscall_action`. */
function encodeAction(action: Action): Uint8Array {
  const value = new Uint8Array(ACTION_BYTES);
  const view = new DataView(value.buffer);
  view.setUint8(0, HANDLERS[action.handler].id);
  view.setUint8(1, EVENT_TYPE_IDS[action.type]);
  view.setUint16(
    2,
    (action.flags ?? []).reduce((bits, flag) => bits | FLAG[flag], 0),
    true,
  );
  const positions = [
    action.dirfd,
    action.path,
    action.dirfd2,
    action.path2,
    action.flagsArg,
    action.mode,
    action.size,
    action.uid,
    action.gid,
    action.fd,
  ];
  positions.forEach((argument, index) => {
    view.setInt8(4 + index, argument ?? NONE);
  });
  return value;
}
