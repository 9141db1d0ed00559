// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The host probe, tracepoint way: one program at the end of every system call, which leaves at
 * once when nobody asked for that call, and tail-calls a handler when somebody did. Arguments are
 * still in the saved registers then, so no program runs at the start of a call.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "priv.bpf.h"
#include "process.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Types that nothing global has are left out of the object's BTF. This keeps the record ABI in it,
 * for a test to compare with the decoder's offsets.
 */
union record_types {
	struct exec_record exec;
	struct fork_record fork;
	struct exit_record exit;
	struct path_record path;
	struct net_record net;
	struct priv_record priv;
	struct text_ref text;
	enum event_type type;
	enum lost_reason lost;
	enum record_flag flag;
	enum path_state state;
	enum handler handler;
	enum action_flag action;
} *record_types = NULL;

SEC("tp_btf/sys_exit")
int BPF_PROG(on_syscall_exit, struct pt_regs *regs, long result)
{
	unsigned long number = regs->orig_ax;
	struct syscall_action *action;
	bool is_compat = false;
	struct scratch *s;
	__u32 key;

	if ((number & ~(unsigned long)X32_SYSCALL_BIT) >= MAX_SYSCALLS)
		return 0;
	key = number & (MAX_SYSCALLS - 1);
	if (is_compat_call()) {
		is_compat = true;
		key += MAX_SYSCALLS;
	}
	action = bpf_map_lookup_elem(&actions, &key);
	if (!action || action->handler == HANDLER_NONE)
		return 0;
	if ((__u32)(bpf_get_current_pid_tgid() >> 32) == knobs.agent_tgid) {
		if (!(action->flags & ACTION_HEARTBEAT) || regs->di != knobs.agent_tgid || regs->si)
			return 0;
		s = this_scratch();
		if (!s)
			return 0;
		s->result = result;
		s->syscall = number;
		s->is_compat = 0;
		return handle_heartbeat(s);
	}
	if (action->flags & ACTION_AGENT_ONLY)
		return 0;
	if ((number & X32_SYSCALL_BIT) || (action->flags & ACTION_NO_DELIVERY)) {
		count_seen(action->type);
		count_lost(action->type, LOST_COMPAT);
		return 0;
	}
	if ((action->flags & ACTION_SKIP_SUCCESS) && result >= 0)
		return 0;
	s = this_scratch();
	if (!s) {
		count_seen(action->type);
		count_lost(action->type, LOST_NO_SCRATCH);
		return 0;
	}
	s->action = *action;
	s->result = result;
	s->syscall = number;
	s->is_compat = is_compat;
	read_arguments(s, regs);
	bpf_tail_call(ctx, &handlers, action->handler);
	/* Reached only when the handler was not loaded. */
	count_seen(s->action.type);
	count_lost(s->action.type, LOST_NO_SCRATCH);
	return 0;
}

#define SYSCALL_HANDLER(name, function)                       \
	SEC("tp_btf/sys_exit")                                \
	int BPF_PROG(name, struct pt_regs *regs, long result) \
	{                                                     \
		struct scratch *s = this_scratch();           \
                                                              \
		return s ? function(s) : 0;                   \
	}

SYSCALL_HANDLER(syscall_open, handle_open)
SYSCALL_HANDLER(syscall_path, handle_path)
SYSCALL_HANDLER(syscall_fd, handle_fd)
SYSCALL_HANDLER(syscall_mount, handle_mount)
SYSCALL_HANDLER(syscall_io, handle_io)
SYSCALL_HANDLER(syscall_exec, handle_exec_failed)
SYSCALL_HANDLER(syscall_connect, handle_connect)
SYSCALL_HANDLER(syscall_accept, handle_accept)
SYSCALL_HANDLER(syscall_bind, handle_bind)
SYSCALL_HANDLER(syscall_send, handle_send)
SYSCALL_HANDLER(syscall_socket, handle_socket)
SYSCALL_HANDLER(syscall_arguments, handle_arguments)
SYSCALL_HANDLER(syscall_capset, handle_capset)
SYSCALL_HANDLER(syscall_setns, handle_setns)
SYSCALL_HANDLER(syscall_module, handle_module)
SYSCALL_HANDLER(syscall_bpf, handle_bpf_load)
SYSCALL_HANDLER(syscall_memfd, handle_memfd)
SYSCALL_HANDLER(syscall_mmap, handle_mmap)
SYSCALL_HANDLER(syscall_mprotect, handle_mprotect)
SYSCALL_HANDLER(syscall_kill, handle_kill_refused)
SYSCALL_HANDLER(syscall_ptrace, handle_ptrace)

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm)
{
	if ((__u32)(bpf_get_current_pid_tgid() >> 32) == knobs.agent_tgid)
		return 0;
	return handle_exec(task, binprm);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	if ((__u32)(bpf_get_current_pid_tgid() >> 32) == knobs.agent_tgid)
		return 0;
	return handle_fork(child);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	if ((__u32)(bpf_get_current_pid_tgid() >> 32) == knobs.agent_tgid)
		return 0;
	return handle_exit(task);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_tcp_state, struct sock *sk, int before, int after)
{
	return handle_tcp_state(sk, before, after);
}

SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int number, struct kernel_siginfo *info, struct task_struct *target)
{
	return handle_signal(number, info, target);
}

#ifndef OLDER_KERNEL
/* io_uring does its work outside of system calls: what it does is counted as not seen. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_io_uring, struct io_kiocb *request)
{
	__u32 opcode = BPF_CORE_READ(request, opcode);
	__u8 *type = bpf_map_lookup_elem(&io_uring_types, &opcode);

	if (type && *type) {
		count_seen(*type);
		count_lost(*type, LOST_IO_URING);
	}
	return 0;
}
#endif
