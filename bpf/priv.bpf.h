/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* priv_*, sys_call and the heartbeat. */
#ifndef PRIV_BPF_H
#define PRIV_BPF_H

#include "send.bpf.h"

#define PROT_WRITE            0x2
#define PROT_EXEC             0x4
#define MAP_ANONYMOUS         0x20
#define BPF_PROG_LOAD_COMMAND 5
#define SI_USER_MAX           0 /* codes above it are the kernel's own */
#define SI_TIMER              (-2)
#define PTRACE_TRACEME        0
#define PTRACE_POKETEXT       4
#define PTRACE_POKEDATA       5
#define PTRACE_ATTACH         16
#define PTRACE_SEIZE          0x4206
#define MAX_STACK_BYTES       32768 /* x86-64 with KASAN; else half of it */
#define EBUSY                 16

static __always_inline void copy_arguments(struct priv_record *r, struct scratch *s)
{
	__builtin_memcpy(r->values, s->arguments, sizeof(r->values));
}

/* Calls whose arguments say it all: the setuid family, unshare, sys_call. */
static __always_inline int handle_arguments(struct scratch *s)
{
	__u32 type = s->action.type;
	struct priv_record *r = begin_syscall_record(s, struct priv_record, type);

	copy_arguments(r, s);
	submit_record(s, type);
	return 0;
}

static __always_inline int handle_capset(struct scratch *s)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct priv_record *r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_CAPSET);
	const struct cred *cred = BPF_CORE_READ(task, cred);

	r->values[0] = BPF_CORE_READ(cred, cap_effective.val);
	r->values[1] = BPF_CORE_READ(cred, cap_permitted.val);
	r->values[2] = BPF_CORE_READ(cred, cap_inheritable.val);
	submit_record(s, EVENT_PRIV_CAPSET);
	return 0;
}

static __always_inline int handle_setns(struct scratch *s)
{
	struct priv_record *r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_SETNS);
	struct file *file = file_of(argument(s, 0));

	r->values[0] = argument(s, 0);
	r->values[1] = argument(s, 1);
	if (file) {
		r->values[2] = BPF_CORE_READ(file, f_inode, i_ino);
		append_path(s, &r->path, &file->f_path, 0);
	}
	submit_record(s, EVENT_PRIV_SETNS);
	return 0;
}

/* init_module(image, size, parameters), finit_module(fd, parameters, flags). */
static __always_inline int handle_module(struct scratch *s)
{
	struct priv_record *r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_MODULE_LOAD);
	struct file *file = NULL;

	r->values[0] = argument(s, s->action.size_arg);
	r->values[1] = argument(s, s->action.flags_arg);
	append_user_string(s, &r->name, (void *)argument(s, s->action.path_arg));
	if (s->action.fd_arg >= 0)
		file = file_of(argument(s, s->action.fd_arg));
	if (file)
		append_path(s, &r->path, &file->f_path, RECORD_PATH_DELETED);
	submit_record(s, EVENT_PRIV_MODULE_LOAD);
	return 0;
}

static __always_inline int handle_bpf_load(struct scratch *s)
{
	/* union bpf_attr of BPF_PROG_LOAD: the offsets are user space ABI. */
	const char *attributes = (void *)argument(s, 1);
	struct priv_record *r;
	__u32 head[2] = {};

	if (argument(s, 0) != BPF_PROG_LOAD_COMMAND)
		return 0;
	r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_BPF_LOAD);
	if (bpf_probe_read_user(head, sizeof(head), attributes))
		r->h.flags |= RECORD_GIVEN_FAULT;
	r->values[0] = argument(s, 0);
	r->values[1] = head[0];
	r->values[2] = head[1];
	if (argument(s, 2) >= 64)
		append_user_string(s, &r->name, attributes + 48);
	submit_record(s, EVENT_PRIV_BPF_LOAD);
	return 0;
}

static __always_inline int handle_memfd(struct scratch *s)
{
	struct priv_record *r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_MEMFD);

	r->values[0] = s->result;
	r->values[1] = argument(s, 1);
	append_user_string(s, &r->name, (void *)argument(s, 0));
	submit_record(s, EVENT_PRIV_MEMFD);
	return 0;
}

static __always_inline int submit_executable_memory(struct scratch *s)
{
	struct priv_record *r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_MMAP_EXEC);

	r->values[0] = argument(s, 0);
	r->values[1] = argument(s, 1);
	r->values[2] = argument(s, 2);
	r->values[3] = s->action.flags_arg < 0 ? 0 : argument(s, s->action.flags_arg);
	if (s->action.flags_arg >= 0)
		r->values[0] = s->result;
	submit_record(s, EVENT_PRIV_MMAP_EXEC);
	return 0;
}

/* mmap that makes anonymous memory executable. */
static __always_inline int handle_mmap(struct scratch *s)
{
	if (!(argument(s, 2) & PROT_EXEC) || !(argument(s, 3) & MAP_ANONYMOUS))
		return 0;
	if (s->result < 0 && s->result > -4096)
		return 0;
	return submit_executable_memory(s);
}

#ifdef OLDER_KERNEL
/* Without bpf_find_vma (before 5.17) only memory that is writable as well is surely not a file's.
 */
static __always_inline int find_anonymous(struct scratch *s, bool *answer)
{
	*answer = argument(s, 2) & PROT_WRITE;
	return 0;
}
#else
static long note_anonymous(struct task_struct *task, struct vm_area_struct *vma, bool *answer)
{
	*answer = !BPF_CORE_READ(vma, vm_file);
	return 0;
}

/* 0, or -EBUSY when another thread is changing the memory map: a tracepoint cannot wait for it. */
static __always_inline int find_anonymous(struct scratch *s, bool *answer)
{
	return bpf_find_vma(bpf_get_current_task_btf(), argument(s, 0), note_anonymous, answer, 0);
}
#endif

/* mprotect and pkey_mprotect that make anonymous memory executable. */
static __always_inline int handle_mprotect(struct scratch *s)
{
	bool is_anonymous = false;

	if (!(argument(s, 2) & PROT_EXEC) || s->result)
		return 0;
	/* Memory that cannot be looked at is told: it may be what a thread is there to hide. */
	if (find_anonymous(s, &is_anonymous) == -EBUSY || is_anonymous)
		return submit_executable_memory(s);
	return 0;
}

static __always_inline int handle_ptrace(struct scratch *s)
{
	struct priv_record *r;
	__u32 request = argument(s, 0);

	/* Of a session its beginning and writes of memory; not the reads and the steps in it. */
	if (request != PTRACE_TRACEME && request != PTRACE_POKETEXT && request != PTRACE_POKEDATA &&
	    request != PTRACE_ATTACH && request != PTRACE_SEIZE)
		return 0;
	r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_PTRACE);
	copy_arguments(r, s);
	r->target_tgid = argument(s, 1);
	submit_record(s, EVENT_PRIV_PTRACE);
	return 0;
}

/* A kill that the kernel refused; one that it allowed is seen as the signal is made. */
static __always_inline int handle_kill_refused(struct scratch *s)
{
	struct priv_record *r;

	if (s->result != -1 /* EPERM */)
		return 0;
	r = begin_syscall_record(s, struct priv_record, EVENT_PRIV_KILL);
	r->values[0] = argument(s, s->action.flags_arg);
	r->values[1] = argument(s, s->action.fd_arg);
	r->target_tgid = argument(s, s->action.fd_arg);
	submit_record(s, EVENT_PRIV_KILL);
	return 0;
}

/*
 * True for the signal of an expired POSIX timer, which comes in whatever task the timer's interrupt
 * met. A sender can claim the same code (rt_sigqueueinfo), but its siginfo is on its own stack.
 */
static __always_inline bool is_expired_timer(struct task_struct *task, struct kernel_siginfo *info)
{
	__u64 stack = (__u64)BPF_CORE_READ(task, stack), end = stack + MAX_STACK_BYTES;

	/* For the verifier, which allows comparisons of `info` but no arithmetic with it. */
	asm volatile("" : "+r"(end));
	return BPF_CORE_READ(info, si_code) == SI_TIMER &&
	       ((__u64)info < stack || (__u64)info >= end);
}

/* A signal that one process sends to another user's process, or to the agent. */
static __always_inline int handle_signal(int number, struct kernel_siginfo *info,
					 struct task_struct *target)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct priv_record *r;
	__u32 uid, tgid;

	/* The two lowest addresses stand for "no info" and "the kernel". */
	if ((unsigned long)info <= 1 || BPF_CORE_READ(info, si_code) > SI_USER_MAX)
		return 0;
	if (is_expired_timer(task, info))
		return 0;
	uid = BPF_CORE_READ(target, cred, uid.val);
	tgid = BPF_CORE_READ(target, tgid);
	if (uid == BPF_CORE_READ(task, cred, uid.val) && tgid != knobs.agent_tgid)
		return 0;
	if (tgid == BPF_CORE_READ(task, tgid))
		return 0;
	count_seen(EVENT_PRIV_KILL);
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		count_lost(EVENT_PRIV_KILL, LOST_RING_FULL);
		return 0;
	}
	__builtin_memset(r, 0, sizeof(*r));
	fill_header(&r->h, EVENT_PRIV_KILL);
	r->h.size = sizeof(*r);
	r->values[0] = number;
	r->values[1] = tgid;
	r->target_tgid = tgid;
	r->target_uid = uid;
	r->target_start_time_ns = BPF_CORE_READ(target, group_leader, start_boottime);
	bpf_core_read(r->target_comm, sizeof(r->target_comm), &target->comm);
	bpf_ringbuf_submit(r, wake_flag(r->h.time_ns));
	return 0;
}

/* The agent's own kill(self, 0): proves that hook, ring and reader are alive. */
static __always_inline int handle_heartbeat(struct scratch *s)
{
	begin_syscall_record(s, struct priv_record, EVENT_AGENT_HEARTBEAT);
	submit_record(s, EVENT_AGENT_HEARTBEAT);
	return 0;
}

#endif
