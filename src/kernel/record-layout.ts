/** Byte offsets of bpf/sentinel.h. A test compares them with the built object's BTF. */

/** `struct` name to member name to byte offset; `$size` is the struct's size. */
export const RECORD_LAYOUT = {
  record_header: {
    size: 0,
    type: 4,
    flags: 6,
    time_ns: 8,
    start_time_ns: 16,
    parent_start_time_ns: 24,
    cgroup_id: 32,
    result: 40,
    tgid: 48,
    tid: 52,
    ppid: 56,
    uid: 60,
    gid: 64,
    euid: 68,
    loginuid: 72,
    sessionid: 76,
    mnt_ns: 80,
    pid_ns: 84,
    syscall: 88,
    comm: 96,
    $size: 112,
  },
  exec_record: {
    cap_permitted: 112,
    cap_effective: 120,
    cap_inheritable: 128,
    inode: 136,
    device: 144,
    mode: 148,
    argc: 152,
    args_bytes: 156,
    sid: 160,
    pgid: 164,
    executable: 168,
    given: 172,
    interpreter: 176,
    cwd: 180,
    args: 184,
    tty: 188,
    cgroup: 192,
    $size: 200,
  },
  fork_record: { child_start_time_ns: 112, child_tgid: 120, $size: 128 },
  exit_record: { exit_code: 112, signal: 116, $size: 120 },
  path_record: {
    inode: 112,
    size: 120,
    value: 128,
    device: 136,
    fd: 140,
    flags: 144,
    mode: 148,
    owner_uid: 152,
    owner_gid: 156,
    state: 160,
    file_mode: 164,
    path: 168,
    given: 172,
    path2: 176,
    given2: 180,
    extra: 184,
    $size: 192,
  },
  net_record: {
    socket: 112,
    bytes_sent: 120,
    bytes_received: 128,
    duration_ns: 136,
    family: 144,
    socket_type: 146,
    protocol: 148,
    local_port: 150,
    remote_port: 152,
    is_inbound: 154,
    fd: 156,
    backlog: 160,
    peer_tgid: 164,
    local: 168,
    remote: 184,
    unix_path: 200,
    $size: 208,
  },
  priv_record: {
    values: 112,
    target_start_time_ns: 160,
    target_tgid: 168,
    target_uid: 172,
    target_comm: 176,
    name: 192,
    path: 196,
    $size: 200,
  },
} as const;

/** `enum record_flag`. */
export const RECORD_FLAG = {
  compat32: 1 << 0,
  givenFault: 1 << 1,
  givenTruncated: 1 << 2,
  pathTruncated: 1 << 3,
  pathDeleted: 1 << 4,
  pathDetached: 1 << 5,
  pathBase: 1 << 6,
  path2Base: 1 << 7,
  argsTruncated: 1 << 8,
  cwdDeleted: 1 << 9,
  kernelThread: 1 << 10,
  notCurrent: 1 << 11,
  path2Deleted: 1 << 12,
  ioUring: 1 << 13,
} as const;

/** `enum path_state`. */
export const PATH_STATE = {
  created: 1,
  truncated: 2,
  openedForWriting: 4,
  isDescriptor: 8,
  isMemfd: 16,
} as const;

/** `enum lost_reason`: what a counter of lost events is about, by number. */
export const LOST_REASONS = [
  'ring_full',
  'no_scratch',
  'read_fault',
  'compat',
  'io_uring',
  'state_full',
] as const;

/** A name in {@link LOST_REASONS}. */
export type LostReason = (typeof LOST_REASONS)[number];

/** `struct type_counters`: bytes of one, and of its `lost` array's start. */
export const COUNTERS_LAYOUT = { seen: 0, lost: 8, $size: 72 } as const;

/** Stands for "none" in loginuid, sessionid and the owner of a chown. */
export const NO_ID = 0xffffffff;

/** Bytes before each record in a drained buffer: u32 length, u32 zero. */
export const FRAME_BYTES = 8;
