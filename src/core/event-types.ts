/** The event types: their names, which last, and the numbers that the kernel programs give them (bpf/sentinel.h). */

/** Event type name to its number in `enum event_type`. Append only. */
export const EVENT_TYPE_IDS = {
  process_exec: 1,
  process_fork: 2,
  process_exit: 3,
  file_open: 4,
  file_unlink: 5,
  file_rename: 6,
  file_link: 7,
  file_symlink: 8,
  file_mkdir: 9,
  file_rmdir: 10,
  file_mknod: 11,
  file_chmod: 12,
  file_chown: 13,
  file_truncate: 14,
  file_read: 15,
  file_write: 16,
  file_close: 17,
  fs_mount: 18,
  fs_umount: 19,
  net_connect: 20,
  net_accept: 21,
  net_bind: 22,
  net_listen: 23,
  net_close: 24,
  net_send: 25,
  net_socket: 26,
  dns_query: 27,
  dns_answer: 28,
  priv_setuid: 29,
  priv_setgid: 30,
  priv_capset: 31,
  priv_ptrace: 32,
  priv_setns: 33,
  priv_unshare: 34,
  priv_module_load: 35,
  priv_bpf_load: 36,
  priv_memfd: 37,
  priv_mmap_exec: 38,
  priv_kill: 39,
  sys_call: 40,
  net_burst: 41,
  agent_heartbeat: 42,
  agent_loss: 43,
  agent_tamper: 44,
} as const;

/** The name of an event type, as every file, table and rule spells it. */
export type EventType = keyof typeof EVENT_TYPE_IDS;

/** All event types, in the order of their numbers. */
export const EVENT_TYPES = Object.keys(EVENT_TYPE_IDS) as EventType[]; // the compiler widens keys to string

/** Event type by number; index 0 is no type. */
export const EVENT_TYPE_BY_ID: readonly (EventType | undefined)[] = [undefined, ...EVENT_TYPES];

/** The families that `--events` takes, each the prefix of its types' names. */
export const EVENT_FAMILIES = ['process', 'file', 'fs', 'net', 'dns', 'priv', 'agent'] as const;

/** True when `name` is the name of an event type. */
export function isEventType(name: string): name is EventType {
  return Object.hasOwn(EVENT_TYPE_IDS, name);
}
