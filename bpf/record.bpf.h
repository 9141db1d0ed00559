/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Building a record in the scratch buffer: header, texts, submission. */
#ifndef RECORD_BPF_H
#define RECORD_BPF_H

#include "maps.bpf.h"

#define PF_KTHREAD 0x00200000
#define NO_ID      0xffffffffu

/*
 * Wakes the consumer for a lone record at once, and in a flood at most once an interval: the
 * consumer's timer fetches the rest. A wake-up costs the producer some 10 us, a record some 0.1.
 */
static __always_inline __u64 wake_flag(__u64 now)
{
	if (now - last_wake_ns < knobs.wake_interval_ns)
		return BPF_RB_NO_WAKEUP;
	last_wake_ns = now;
	return BPF_RB_FORCE_WAKEUP;
}

/* Identity by direct loads, for kernels that give the current task with its type. */
static __always_inline void fill_task_btf(struct record_header *h)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *parent = task->real_parent;
	const struct cred *cred = task->cred;
	struct pid *pid = task->thread_pid;
	struct nsproxy *nsproxy = task->nsproxy;

	h->start_time_ns = task->group_leader->start_boottime;
	h->ppid = parent->tgid;
	h->parent_start_time_ns = parent->group_leader->start_boottime;
	h->uid = cred->uid.val;
	h->gid = cred->gid.val;
	h->euid = cred->euid.val;
	h->loginuid = bpf_core_field_exists(task->loginuid) ? task->loginuid.val : NO_ID;
	h->sessionid = bpf_core_field_exists(task->sessionid) ? task->sessionid : NO_ID;
	h->mnt_ns = nsproxy ? nsproxy->mnt_ns->ns.inum : 0;
	h->pid_ns = 0;
	if (pid && !pid->level) {
		h->pid_ns = pid->numbers[0].ns->ns.inum;
	} else if (pid) {
		struct upid upid = {};

		bpf_core_read(&upid, sizeof(upid), &pid->numbers[pid->level & 31]);
		h->pid_ns = BPF_CORE_READ(upid.ns, ns.inum);
	}
	((__u64 *)h->comm)[0] = ((const __u64 *)task->comm)[0];
	((__u64 *)h->comm)[1] = ((const __u64 *)task->comm)[1];
	if (task->flags & PF_KTHREAD)
		h->flags |= RECORD_KTHREAD;
}

/* The same by probe reads. */
static __always_inline void fill_task_probe(struct record_header *h)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct nsproxy *nsproxy = BPF_CORE_READ(task, nsproxy);
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid upid = {};
	__u32 level;

	h->start_time_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	h->ppid = BPF_CORE_READ(task, real_parent, tgid);
	h->parent_start_time_ns = BPF_CORE_READ(task, real_parent, group_leader, start_boottime);
	h->uid = BPF_CORE_READ(task, cred, uid.val);
	h->gid = BPF_CORE_READ(task, cred, gid.val);
	h->euid = BPF_CORE_READ(task, cred, euid.val);
	h->loginuid =
		bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : NO_ID;
	h->sessionid =
		bpf_core_field_exists(task->sessionid) ? BPF_CORE_READ(task, sessionid) : NO_ID;
	h->mnt_ns = nsproxy ? BPF_CORE_READ(nsproxy, mnt_ns, ns.inum) : 0;
	h->pid_ns = 0;
	if (pid) {
		level = BPF_CORE_READ(pid, level) & 31;
		bpf_core_read(&upid, sizeof(upid), &pid->numbers[level]);
		h->pid_ns = BPF_CORE_READ(upid.ns, ns.inum);
	}
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		h->flags |= RECORD_KTHREAD;
}

/* Everything in the header that is known of the current task. Sets all fields but `size`. */
static __always_inline void fill_header(struct record_header *h, __u16 type)
{
	__u64 id = bpf_get_current_pid_tgid();

	h->size = 0;
	h->type = type;
	h->flags = 0;
	h->time_ns = bpf_ktime_get_boot_ns();
	h->cgroup_id = bpf_get_current_cgroup_id();
	h->result = 0;
	h->tgid = id >> 32;
	h->tid = (__u32)id;
	h->syscall = NO_SYSCALL;
	h->pad = 0;
	if (has_task_btf()) {
		fill_task_btf(h);
	} else {
		bpf_get_current_comm(h->comm, sizeof(h->comm));
		fill_task_probe(h);
	}
}

/* Starts a record of `fixed` bytes, zeroed behind the header; the texts follow. */
#define begin_record(s, kind, event)                                                              \
	({                                                                                        \
		kind *__r = (kind *)(s)->data;                                                    \
		__builtin_memset((char *)__r + sizeof(__r->h), 0, sizeof(*__r) - sizeof(__r->h)); \
		fill_header(&__r->h, event);                                                      \
		(s)->length = sizeof(*__r);                                                       \
		__r;                                                                              \
	})

/* Starts a record for the system call that `s` describes. */
#define begin_syscall_record(s, kind, event)              \
	({                                                \
		kind *__q = begin_record(s, kind, event); \
		__q->h.result = (s)->result;              \
		__q->h.syscall = (s)->syscall;            \
		if ((s)->is_compat)                       \
			__q->h.flags |= RECORD_COMPAT32;  \
		__q;                                      \
	})

static __always_inline void submit_record(struct scratch *s, __u32 type)
{
	struct record_header *h = (void *)s->data;
	__u32 size = (s->length + 7) & 0xfff8; /* bound for the verifier: size <= 65528 */
	long error;

	h->size = size;
	count_seen(type);
	error = bpf_ringbuf_output(&records, s->data, size, wake_flag(h->time_ns));
	if (error)
		count_lost(type, LOST_RING_FULL);
}

/*
 * Bounds a length for the verifier. The empty assembly keeps the compiler from dropping the mask
 * where it knows the bound by a comparison that the verifier has lost by then.
 */
#define bounded(value, mask)                  \
	({                                    \
		__u32 __v = (value);          \
		asm volatile("" : "+r"(__v)); \
		__v &(mask);                  \
	})

/* True while `room` bytes are left for texts. */
#define TEXT_ROOM(s, room) ((s)->length <= RECORD_BYTES - 8 - (room))

/* Appends the NUL-terminated string at a user address. */
static __always_inline void append_user_string(struct scratch *s, struct text_ref *ref,
					       const void *address)
{
	struct record_header *h = (void *)s->data;
	__u32 offset = s->length;
	long n;

	if (!address)
		return;
	if (!TEXT_ROOM(s, PATH_BYTES)) {
		h->flags |= RECORD_GIVEN_TRUNCATED;
		return;
	}
	n = bpf_probe_read_user_str(&s->data[offset & (RECORD_BYTES - 1)], PATH_BYTES, address);
	if (n < 0) {
		h->flags |= RECORD_GIVEN_FAULT;
		return;
	}
	if (n == PATH_BYTES)
		h->flags |= RECORD_GIVEN_TRUNCATED;
	if (n < 2)
		return;
	ref->offset = offset;
	ref->length = n - 1;
	s->length = offset + n - 1;
}

/* Appends the NUL-terminated string at a kernel address. */
static __always_inline void append_kernel_string(struct scratch *s, struct text_ref *ref,
						 const void *address)
{
	__u32 offset = s->length;
	long n;

	if (!address || !TEXT_ROOM(s, PATH_BYTES))
		return;
	n = bpf_probe_read_kernel_str(&s->data[offset & (RECORD_BYTES - 1)], PATH_BYTES, address);
	if (n < 2)
		return;
	ref->offset = offset;
	ref->length = n - 1;
	s->length = offset + n - 1;
}

#endif
