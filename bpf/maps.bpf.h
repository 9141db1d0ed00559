/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps and the knobs that all programs share. */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include "core_fixes.bpf.h"
#include "sentinel.h"

#define MAX_SYSCALLS 1024
#define NO_ARGUMENT  (-1)

/* Which program of `handlers` a system call goes to. */
enum handler {
	HANDLER_NONE = 0,
	HANDLER_OPEN,
	HANDLER_PATH,
	HANDLER_FD,
	HANDLER_MOUNT,
	HANDLER_IO,
	HANDLER_EXEC_FAILED,
	HANDLER_CONNECT,
	HANDLER_ACCEPT,
	HANDLER_BIND,
	HANDLER_SEND,
	HANDLER_SOCKET,
	HANDLER_ARGUMENTS,
	HANDLER_CAPSET,
	HANDLER_SETNS,
	HANDLER_MODULE,
	HANDLER_BPF_LOAD,
	HANDLER_MEMFD,
	HANDLER_MMAP,
	HANDLER_MPROTECT,
	HANDLER_KILL,
	HANDLER_PTRACE,
	HANDLER_COUNT,
};

enum action_flag {
	ACTION_CREAT = 1 << 0,        /* creat(2): flags are O_CREAT|O_WRONLY|O_TRUNC */
	ACTION_OPEN_HOW = 1 << 1,     /* flags_arg points at a struct open_how */
	ACTION_REMOVEDIR = 1 << 2,    /* the type is file_rmdir when flags_arg has AT_REMOVEDIR */
	ACTION_RAW_TEXT = 1 << 3,     /* path2_arg is text, not a path: a link's target */
	ACTION_MSGHDR = 1 << 4,       /* the address is inside a struct msghdr */
	ACTION_MMSGHDR = 1 << 5,      /* the same, of a struct mmsghdr */
	ACTION_SKIP_SUCCESS = 1 << 6, /* success is reported by another hook */
	ACTION_DEVICE = 1 << 7,       /* size_arg is a device number */
	ACTION_NO_DELIVERY = 1 << 8,  /* only counted as LOST_COMPAT */
	ACTION_AGENT_ONLY = 1 << 9,   /* looked at for the heartbeat alone */
	ACTION_HEARTBEAT = 1 << 10,   /* kill(2): of the agent to itself it is the heartbeat */
};

/* What to do at the end of one system call. Argument numbers, or NO_ARGUMENT. */
struct syscall_action {
	__u8 handler; /* enum handler */
	__u8 type;    /* enum event_type */
	__u16 flags;  /* enum action_flag */
	__s8 dirfd_arg;
	__s8 path_arg;
	__s8 dirfd2_arg;
	__s8 path2_arg;
	__s8 flags_arg;
	__s8 mode_arg;
	__s8 size_arg;
	__s8 uid_arg;
	__s8 gid_arg;
	__s8 fd_arg;
	__s8 pad[2];
};
_Static_assert(sizeof(struct syscall_action) == 16, "syscall_action");

#define RECORD_BYTES 65536
#define WALK_BYTES   4096

/*
 * One per CPU. An ARRAY with an element a CPU and not a PERCPU_ARRAY, whose values cannot exceed
 * 32 KiB. Used only where no other program of ours can run in between on this CPU: system call
 * exit, exec, fork, exit. Twice as long as a record, so that the verifier sees every masked
 * offset plus every masked length inside it.
 */
struct scratch {
	__u8 data[2 * RECORD_BYTES];
	__u8 walk[2 * WALK_BYTES]; /* a path, right-aligned before WALK_BYTES */
	__u64 arguments[6];
	struct syscall_action action;
	__s64 result;
	__u32 length; /* of the record so far */
	__u32 walk_start;
	__u32 walk_flags; /* enum walk_flag */
	__u32 syscall;
	__u32 is_compat;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVENT_TYPE_COUNT);
	__type(key, __u32);
	__type(value, struct type_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the loader sets it to the number of possible CPUs */
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * MAX_SYSCALLS); /* native, then 32-bit */
	__type(key, __u32);
	__type(value, struct syscall_action);
} actions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, HANDLER_COUNT);
	__type(key, __u32);
	__type(value, __u32);
} handlers SEC(".maps");

/* io_uring opcode to the event type that its work would have been. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u8);
} io_uring_types SEC(".maps");

const volatile struct knobs knobs SEC(".rodata.knobs") = {
	.wake_interval_ns = 200000,
};

/* When the consumer was last woken. Unlocked: a race costs one wake-up more. */
__u64 last_wake_ns = 0;

static __always_inline bool is_enabled(__u32 type)
{
	return knobs.type_enabled[type & 63];
}

static __always_inline void count_seen(__u32 type)
{
	struct type_counters *c = bpf_map_lookup_elem(&counters, &type);

	if (c)
		__sync_fetch_and_add(&c->seen, 1);
}

static __always_inline void count_lost(__u32 type, __u32 reason)
{
	struct type_counters *c = bpf_map_lookup_elem(&counters, &type);

	if (c)
		__sync_fetch_and_add(&c->lost[reason & (LOST_REASON_COUNT - 1)], 1);
}

static __always_inline struct scratch *this_scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratches, &cpu);
}

#endif
