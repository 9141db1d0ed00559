/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record ABI between the kernel programs and src/kernel. Append only: fields are added at the
 * end of a struct, numbers are never reused. Little-endian, natural alignment, no pointers.
 *
 * record   = header, the rest of its type's struct, text
 * text     = the bytes that the struct's text_refs point at, in any order, no terminator
 *
 * Times are CLOCK_BOOTTIME nanoseconds. Ids are those of the initial namespaces.
 */
#ifndef SENTINEL_H
#define SENTINEL_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define COMM_BYTES 16
#define PATH_BYTES 4096
#define ARGS_BYTES 32768

enum event_type {
	EVENT_NONE = 0,
	EVENT_PROCESS_EXEC = 1,
	EVENT_PROCESS_FORK = 2,
	EVENT_PROCESS_EXIT = 3,
	EVENT_FILE_OPEN = 4,
	EVENT_FILE_UNLINK = 5,
	EVENT_FILE_RENAME = 6,
	EVENT_FILE_LINK = 7,
	EVENT_FILE_SYMLINK = 8,
	EVENT_FILE_MKDIR = 9,
	EVENT_FILE_RMDIR = 10,
	EVENT_FILE_MKNOD = 11,
	EVENT_FILE_CHMOD = 12,
	EVENT_FILE_CHOWN = 13,
	EVENT_FILE_TRUNCATE = 14,
	EVENT_FILE_READ = 15,
	EVENT_FILE_WRITE = 16,
	EVENT_FILE_CLOSE = 17,
	EVENT_FS_MOUNT = 18,
	EVENT_FS_UMOUNT = 19,
	EVENT_NET_CONNECT = 20,
	EVENT_NET_ACCEPT = 21,
	EVENT_NET_BIND = 22,
	EVENT_NET_LISTEN = 23,
	EVENT_NET_CLOSE = 24,
	EVENT_NET_SEND = 25,
	EVENT_NET_SOCKET = 26,
	EVENT_DNS_QUERY = 27,
	EVENT_DNS_ANSWER = 28,
	EVENT_PRIV_SETUID = 29,
	EVENT_PRIV_SETGID = 30,
	EVENT_PRIV_CAPSET = 31,
	EVENT_PRIV_PTRACE = 32,
	EVENT_PRIV_SETNS = 33,
	EVENT_PRIV_UNSHARE = 34,
	EVENT_PRIV_MODULE_LOAD = 35,
	EVENT_PRIV_BPF_LOAD = 36,
	EVENT_PRIV_MEMFD = 37,
	EVENT_PRIV_MMAP_EXEC = 38,
	EVENT_PRIV_KILL = 39,
	EVENT_SYS_CALL = 40,
	EVENT_NET_BURST = 41,
	EVENT_AGENT_HEARTBEAT = 42,
	EVENT_AGENT_LOSS = 43,
	EVENT_AGENT_TAMPER = 44,
	EVENT_TYPE_COUNT = 45,
};

/* Why an event did not become a record, or what kept it from being seen at all. */
enum lost_reason {
	LOST_RING_FULL = 0,
	LOST_NO_SCRATCH = 1, /* per-CPU buffer missing: cannot happen, counted all the same */
	LOST_READ_FAULT = 2, /* a kernel structure that the record needs could not be read */
	LOST_COMPAT = 3,     /* x32 call, or a 32-bit call that is not decoded */
	LOST_IO_URING = 4,   /* done by io_uring, which no system call hook sees */
	LOST_STATE_FULL = 5, /* a bounded tracking map had no room */
	LOST_REASON_COUNT = 8,
};

/* One per CPU and event type, in the map `counters`. seen = submitted records + sum of lost. */
struct type_counters {
	__u64 seen;
	__u64 lost[LOST_REASON_COUNT];
};
_Static_assert(sizeof(struct type_counters) == 72, "type_counters");

/* What the loader decides, in the section .rodata.knobs. */
struct knobs {
	__u64 wake_interval_ns; /* least time between two wake-ups of the consumer */
	__u32 agent_tgid;       /* whose own deeds are left out */
	__u32 track_file_io;    /* 1: file_read and file_write are wanted */
	__u8 type_enabled[64];  /* by enum event_type */
};
_Static_assert(sizeof(struct knobs) == 80, "knobs");

enum record_flag {
	RECORD_COMPAT32 = 1 << 0,    /* a 32-bit system call; `syscall` is its 32-bit number */
	RECORD_GIVEN_FAULT = 1 << 1, /* what the caller passed could not be read back */
	RECORD_GIVEN_TRUNCATED = 1 << 2,
	RECORD_PATH_TRUNCATED = 1 << 3, /* the leading components are missing */
	RECORD_PATH_DELETED = 1 << 4,   /* the resolved path was already unlinked */
	RECORD_PATH_DETACHED = 1 << 5,  /* not below the mount namespace's root */
	RECORD_PATH_BASE = 1 << 6,      /* `path` is the directory that `given` is relative to */
	RECORD_PATH2_BASE = 1 << 7,     /* the same of `path2` and `given2` */
	RECORD_ARGS_TRUNCATED = 1 << 8,
	RECORD_CWD_DELETED = 1 << 9,
	RECORD_KTHREAD = 1 << 10, /* the task is a kernel thread */
	RECORD_NOT_CURRENT =
		1
		<< 11, /* header identity was kept from earlier: the event came from an interrupt */
	RECORD_PATH2_DELETED = 1 << 12,
	RECORD_IO_URING = 1 << 13,
};

struct text_ref {
	__u16 offset; /* bytes from the record's start */
	__u16 length; /* bytes; 0 is absent */
};
_Static_assert(sizeof(struct text_ref) == 4, "text_ref");

#define NO_SYSCALL 0xffffffffu

struct record_header {
	__u32 size;  /* of the whole record, a multiple of 8 */
	__u16 type;  /* enum event_type */
	__u16 flags; /* enum record_flag */
	__u64 time_ns;
	__u64 start_time_ns; /* of the process (thread group leader) */
	__u64 parent_start_time_ns;
	__u64 cgroup_id; /* cgroup v2 */
	__s64 result;    /* what the system call returned: negative is -errno */
	__u32 tgid;
	__u32 tid;
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 euid;
	__u32 loginuid;  /* 0xffffffff: none */
	__u32 sessionid; /* audit session, 0xffffffff: none */
	__u32 mnt_ns;
	__u32 pid_ns;
	__u32 syscall; /* number, or NO_SYSCALL */
	__u32 pad;
	char comm[COMM_BYTES];
};
_Static_assert(sizeof(struct record_header) == 112, "record_header");

struct exec_record {
	struct record_header h;
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_inheritable;
	__u64 inode;
	__u32 device; /* dev_t as the kernel has it: major << 20 | minor */
	__u32 mode;   /* of the executable, with its type bits */
	__u32 argc;
	__u32 args_bytes; /* before truncation */
	__u32 sid;
	__u32 pgid;
	struct text_ref executable; /* resolved; absent when the exec failed */
	struct text_ref given;
	struct text_ref interpreter; /* of a script, else absent */
	struct text_ref cwd;
	struct text_ref args; /* each argument ends with a NUL */
	struct text_ref tty;
	struct text_ref cgroup; /* path in its hierarchy */
	struct text_ref pad_ref;
};
_Static_assert(sizeof(struct exec_record) == 112 + 32 + 24 + 32, "exec_record");

struct fork_record {
	struct record_header h; /* the parent */
	__u64 child_start_time_ns;
	__u32 child_tgid;
	__u32 pad;
};
_Static_assert(sizeof(struct fork_record) == 112 + 16, "fork_record");

struct exit_record {
	struct record_header h;
	__u32 exit_code; /* 0 to 255 */
	__u32 signal;    /* that ended it, or 0 */
};
_Static_assert(sizeof(struct exit_record) == 112 + 8, "exit_record");

enum path_state {
	PATH_CREATED = 1 << 0,
	PATH_TRUNCATED_FILE = 1 << 1,
	PATH_OPENED_WRITE = 1 << 2,
	PATH_IS_FD = 1 << 3, /* the caller gave a descriptor and no string */
	PATH_IS_MEMFD = 1 << 4,
};

/*
 * All of file_* and fs_*. With RECORD_PATH_BASE `path` is a directory, to be joined with `given`;
 * else `path` is what the kernel resolved.
 *
 * type           path, given        path2, given2      mode            flags
 * file_open      the file           -                  creation mode   open(2) flags
 * file_rename    old                new                -               RENAME_*
 * file_link      existing           new name           -               AT_*
 * file_symlink   the link           given2: target     -               -
 * file_chmod     the file           -                  new mode        AT_*
 * file_chown     the file           -                  -               AT_*; uid, gid: 0xffffffff
 * keeps file_truncate  the file; size     -                  -               - file_mknod     the
 * file           -                  mode; device    - fs_mount       the mount point    given2:
 * source     -               value: MS_* flags; extra: type fs_umount      the mount point    - -
 * MNT_*
 */
struct path_record {
	struct record_header h;
	__u64 inode;
	__u64 size;
	__u64 value;
	__u32 device;
	__s32 fd;
	__u32 flags;
	__u32 mode;
	__u32 owner_uid;
	__u32 owner_gid;
	__u32 state;     /* enum path_state */
	__u32 file_mode; /* of the inode, with its type bits; 0 unknown */
	struct text_ref path;
	struct text_ref given;
	struct text_ref path2;
	struct text_ref given2;
	struct text_ref extra;
	struct text_ref pad_ref;
};
_Static_assert(sizeof(struct path_record) == 112 + 24 + 32 + 24, "path_record");

struct net_record {
	struct record_header h;
	__u64 socket; /* identifies the socket while it lives */
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 duration_ns;
	__u16 family;
	__u16 socket_type;
	__u16 protocol;
	__u16 local_port;
	__u16 remote_port;
	__u16 is_inbound; /* net_close: 1 accepted, 0 connected */
	__s32 fd;
	__u32 backlog;
	__u32 peer_tgid; /* unix sockets */
	__u8 local[16];  /* IPv4 in the first 4 bytes */
	__u8 remote[16];
	struct text_ref unix_path; /* leading NUL: abstract */
	struct text_ref pad_ref;
};
_Static_assert(sizeof(struct net_record) == 112 + 32 + 24 + 32 + 8, "net_record");

/*
 * All of priv_* and sys_call.
 *
 * type              values                                            name        path
 * priv_setuid       new ruid, euid, suid, fsuid as the call had them  -           -
 * priv_setgid       new rgid, egid, sgid, fsgid, or group count       -           -
 * priv_capset       effective, permitted, inheritable after it        -           -
 * priv_ptrace       request, pid, addr, data                          -           -
 * priv_setns        fd, namespace type                                -           namespace file
 * priv_unshare      flags                                             -           -
 * priv_module_load  size, flags                                       parameters  module file
 * priv_bpf_load     command, program or map type, insn count          name        -
 * priv_memfd        fd, flags                                         name        -
 * priv_mmap_exec    address, length, protection, flags                -           backing file
 * priv_kill         signal, pid as given                              -           -
 * sys_call          the six arguments                                 -           -
 * agent_heartbeat   sequence                                          -           -
 */
struct priv_record {
	struct record_header h;
	__u64 values[6];
	__u64 target_start_time_ns;
	__u32 target_tgid;
	__u32 target_uid;
	char target_comm[COMM_BYTES];
	struct text_ref name;
	struct text_ref path;
};
_Static_assert(sizeof(struct priv_record) == 112 + 48 + 16 + 16 + 8, "priv_record");

#endif
