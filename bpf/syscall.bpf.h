/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the end of a system call to the handler of its action. */
#ifndef SYSCALL_BPF_H
#define SYSCALL_BPF_H

#include "path.bpf.h"

#define TS_COMPAT       0x0002 /* arch/x86/include/asm/thread_info.h */
#define X32_SYSCALL_BIT 0x40000000

/* The value of argument `index` of the call, 0 for NO_ARGUMENT. */
static __always_inline __u64 argument(struct scratch *s, __s8 index)
{
	if (index < 0 || index > 5)
		return 0;
	return s->arguments[index];
}

static __always_inline int directory_argument(struct scratch *s, __s8 index)
{
	return index < 0 ? AT_FDCWD : (int)argument(s, index);
}

static __always_inline bool is_compat_call(void)
{
	struct task_struct *task;

	if (has_task_btf())
		return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}

static __always_inline void read_arguments(struct scratch *s, struct pt_regs *regs)
{
	if (s->is_compat) {
		s->arguments[0] = (__u32)regs->bx;
		s->arguments[1] = (__u32)regs->cx;
		s->arguments[2] = (__u32)regs->dx;
		s->arguments[3] = (__u32)regs->si;
		s->arguments[4] = (__u32)regs->di;
		s->arguments[5] = (__u32)regs->bp;
		return;
	}
	s->arguments[0] = regs->di;
	s->arguments[1] = regs->si;
	s->arguments[2] = regs->dx;
	s->arguments[3] = regs->r10;
	s->arguments[4] = regs->r8;
	s->arguments[5] = regs->r9;
}

#endif
