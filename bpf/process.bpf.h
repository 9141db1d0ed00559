/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process_exec, process_fork, process_exit. */
#ifndef PROCESS_BPF_H
#define PROCESS_BPF_H

#include "syscall.bpf.h"

#define MAX_CGROUP_LEVELS 16
#define ARGS_PIECE        4096

#define PIDTYPE_PGID 2
#define PIDTYPE_SID  3
#define EEXIST       17

static __always_inline void fill_capabilities(struct exec_record *r, const struct cred *cred)
{
	r->cap_permitted = BPF_CORE_READ(cred, cap_permitted.val);
	r->cap_effective = BPF_CORE_READ(cred, cap_effective.val);
	r->cap_inheritable = BPF_CORE_READ(cred, cap_inheritable.val);
}

static __always_inline __u32 pid_number(struct task_struct *task, int kind)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[kind]);
	struct upid upid = {};

	if (pid)
		bpf_core_read(&upid, sizeof(upid), &pid->numbers[0]);
	return upid.nr;
}

/*
 * Appends up to ARGS_BYTES of the argument block. In one read where it is all present, which it
 * is but for a first page that was swapped out already; else page by page up to the hole.
 */
static __always_inline void append_args(struct scratch *s, struct exec_record *r,
					struct mm_struct *mm)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start), end = BPF_CORE_READ(mm, arg_end);
	__u32 offset = s->length, wanted, got = 0;
	int i;

	if (end <= start || !TEXT_ROOM(s, ARGS_BYTES))
		return;
	r->args_bytes = end - start > 0xffffffffUL ? 0xffffffff : end - start;
	wanted = r->args_bytes;
	if (wanted > ARGS_BYTES - 1) {
		wanted = ARGS_BYTES - 1;
		r->h.flags |= RECORD_ARGS_TRUNCATED;
	}
	wanted &= ARGS_BYTES - 1;
	if (!bpf_probe_read_user(&s->data[offset & (RECORD_BYTES - 1)], wanted, (void *)start)) {
		got = wanted;
	} else {
		r->h.flags |= RECORD_ARGS_TRUNCATED;
		for (i = 0; i < ARGS_BYTES / ARGS_PIECE; i++) {
			__u32 piece = ARGS_PIECE - ((start + got) & (ARGS_PIECE - 1));

			if (got >= wanted)
				break;
			if (piece > wanted - got)
				piece = wanted - got;
			if (bpf_probe_read_user(&s->data[(offset + got) & (RECORD_BYTES - 1)],
						piece & (2 * ARGS_PIECE - 1),
						(void *)(start + got)))
				break;
			got += piece;
		}
	}
	r->args.offset = offset;
	r->args.length = got;
	s->length = offset + got;
}

/* The node whose path says where the task is: cgroup v2, or v1's memory or pids hierarchy. */
static __always_inline struct kernfs_node *cgroup_node(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct kernfs_node *node = BPF_CORE_READ(set, dfl_cgrp, kn);
	int id;

	if (kernfs_parent(node))
		return node;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		id = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
		node = BPF_CORE_READ(set, subsys[id], cgroup, kn);
		if (kernfs_parent(node))
			return node;
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id)) {
		id = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id);
		node = BPF_CORE_READ(set, subsys[id], cgroup, kn);
	}
	return node;
}

/* Global for the same reason as walk_path, and leaves its result in the same place. */
__noinline int walk_cgroup(__u64 node_address)
{
	struct kernfs_node *node = (void *)node_address, *parent;
	struct scratch *s = this_scratch();
	const char *name;
	__u32 offset;
	long length;
	int i;

	if (!s)
		return 0;
	s->walk_start = WALK_BYTES - 1;
	s->walk_flags = 0;
	for (i = 0; i < MAX_CGROUP_LEVELS && node; i++) {
		parent = kernfs_parent(node);
		if (!parent)
			break;
		name = BPF_CORE_READ(node, name);
		/* Measured behind the part that is already written, then moved into place. */
		length = bpf_probe_read_kernel_str(&s->walk[WALK_BYTES], 256, name);
		offset = s->walk_start;
		if (length < 2 || offset < length || offset > WALK_BYTES - 1)
			break;
		length = (length - 1) & 255;
		offset -= length;
		bpf_probe_read_kernel(&s->walk[offset & (WALK_BYTES - 1)], length,
				      &s->walk[WALK_BYTES]);
		offset -= 1;
		s->walk[offset & (WALK_BYTES - 1)] = '/';
		s->walk_start = offset;
		node = parent;
	}
	return 0;
}

static __always_inline int handle_exec(struct task_struct *task, struct linux_binprm *binprm)
{
	struct scratch *s = this_scratch();
	struct exec_record *r;
	struct mm_struct *mm;
	struct file *file;
	struct inode *inode;
	const char *filename, *interpreter;

	if (!s) {
		count_seen(EVENT_PROCESS_EXEC);
		count_lost(EVENT_PROCESS_EXEC, LOST_NO_SCRATCH);
		return 0;
	}
	r = begin_record(s, struct exec_record, EVENT_PROCESS_EXEC);
	mm = BPF_CORE_READ(task, mm);
	file = BPF_CORE_READ(mm, exe_file);
	inode = BPF_CORE_READ(file, f_inode);
	fill_capabilities(r, BPF_CORE_READ(task, cred));
	r->inode = BPF_CORE_READ(inode, i_ino);
	r->device = BPF_CORE_READ(inode, i_sb, s_dev);
	r->mode = BPF_CORE_READ(inode, i_mode);
	r->argc = BPF_CORE_READ(binprm, argc);
	r->sid = pid_number(task, PIDTYPE_SID);
	r->pgid = pid_number(task, PIDTYPE_PGID);

	append_path(s, &r->executable, &file->f_path, RECORD_PATH_DELETED);
	filename = BPF_CORE_READ(binprm, filename);
	append_kernel_string(s, &r->given, filename);
	interpreter = BPF_CORE_READ(binprm, interp);
	if (interpreter != filename)
		append_kernel_string(s, &r->interpreter, interpreter);
	append_path(s, &r->cwd, &BPF_CORE_READ(task, fs)->pwd, RECORD_CWD_DELETED);
	append_kernel_string(s, &r->tty, BPF_CORE_READ(task, signal, tty)->name);
	walk_cgroup((__u64)cgroup_node(task));
	append_walked(s, &r->cgroup, 0);
	append_args(s, r, mm);
	submit_record(s, EVENT_PROCESS_EXEC);
	return 0;
}

static __always_inline int handle_fork(struct task_struct *child)
{
	struct fork_record *r;
	struct scratch *s;
	__u32 tgid = BPF_CORE_READ(child, tgid);

	/* A new thread of the same process is no event. */
	if (tgid != (__u32)BPF_CORE_READ(child, pid))
		return 0;
	s = this_scratch();
	if (!s) {
		count_seen(EVENT_PROCESS_FORK);
		count_lost(EVENT_PROCESS_FORK, LOST_NO_SCRATCH);
		return 0;
	}
	r = begin_record(s, struct fork_record, EVENT_PROCESS_FORK);
	r->child_tgid = tgid;
	r->child_start_time_ns = BPF_CORE_READ(child, start_boottime);
	submit_record(s, EVENT_PROCESS_FORK);
	return 0;
}

/* A process that ends; its number may come back, its number and start time do not. */
struct process_key {
	__u64 start_time_ns;
	__u32 tgid;
	__u32 pad;
};

/* Processes whose end was told. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct process_key);
	__type(value, __u8);
} ended SEC(".maps");

static __always_inline int handle_exit(struct task_struct *task)
{
	struct process_key key = {};
	struct exit_record *r;
	struct scratch *s;
	__u32 code;
	__u8 one = 1;

	/*
	 * The last thread speaks for the process. Threads that end together may all find the count
	 * at 0, as each takes itself off it some time before it comes here: the first one speaks.
	 */
	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0;
	key.tgid = BPF_CORE_READ(task, tgid);
	key.start_time_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	if (bpf_map_update_elem(&ended, &key, &one, BPF_NOEXIST) == -EEXIST)
		return 0;
	s = this_scratch();
	if (!s) {
		count_seen(EVENT_PROCESS_EXIT);
		count_lost(EVENT_PROCESS_EXIT, LOST_NO_SCRATCH);
		return 0;
	}
	r = begin_record(s, struct exit_record, EVENT_PROCESS_EXIT);
	code = BPF_CORE_READ(task, signal, group_exit_code);
	if (!code)
		code = BPF_CORE_READ(task, exit_code);
	r->exit_code = (code >> 8) & 0xff;
	r->signal = code & 0x7f;
	submit_record(s, EVENT_PROCESS_EXIT);
	return 0;
}

/* An execve that failed; one that succeeded was reported from sched_process_exec. */
static __always_inline int handle_exec_failed(struct scratch *s)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct exec_record *r;

	if (s->result >= 0)
		return 0;
	r = begin_syscall_record(s, struct exec_record, EVENT_PROCESS_EXEC);
	fill_capabilities(r, BPF_CORE_READ(task, cred));
	r->sid = pid_number(task, PIDTYPE_SID);
	r->pgid = pid_number(task, PIDTYPE_PGID);
	append_user_string(s, &r->given, (void *)argument(s, s->action.path_arg));
	append_path(s, &r->cwd, &BPF_CORE_READ(task, fs)->pwd, RECORD_CWD_DELETED);
	submit_record(s, EVENT_PROCESS_EXEC);
	return 0;
}

#endif
