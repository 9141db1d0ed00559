/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fields that moved between kernels, one helper each. */
#ifndef CORE_FIXES_BPF_H
#define CORE_FIXES_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct kernfs_node___v615 {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

/* 633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent."), 6.15, renamed the field. */
static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___v615 *newer = (void *)node;

	if (bpf_core_field_exists(newer->__parent))
		return BPF_CORE_READ(newer, __parent);
	return BPF_CORE_READ(node, parent);
}

/* bpf_get_current_task_btf, whose fields are read without a helper call, came with 5.11. */
static __always_inline bool has_task_btf(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;
extern int LINUX_KERNEL_VERSION __kconfig;

/*
 * Reads one field of a kernel object behind an address: by a load that gives 0 where it faults
 * since 6.2, which brought bpf_rdonly_cast ("bpf: Add a kfunc for generic type cast"), and before
 * it by a helper, which takes some 20 ns.
 */
#ifdef OLDER_KERNEL
#define FIELD(type, pointer, field) BPF_CORE_READ((type *)(pointer), field)
#else
#define RDONLY_CAST_KERNEL ((6 << 16) + (2 << 8))
#define TYPED(type, pointer) \
	((type *)bpf_rdonly_cast((void *)(pointer), bpf_core_type_id_kernel(type)))
#define FIELD(type, pointer, field)                                    \
	({                                                             \
		__typeof__(((type *)0)->field) __f;                    \
                                                                       \
		if (LINUX_KERNEL_VERSION >= RDONLY_CAST_KERNEL)        \
			__f = TYPED(type, pointer)->field;             \
		else                                                   \
			__f = BPF_CORE_READ((type *)(pointer), field); \
		__f;                                                   \
	})
#endif

#endif
