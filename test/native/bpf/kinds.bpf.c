// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One program of each kind of attachment; each counts its runs for one process in `hits`. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target_tgid = 0;
__u64 total_hits;

enum kind {
	KIND_RAW_TRACEPOINT,
	KIND_TP_BTF,
	KIND_TRACEPOINT,
	KIND_UPROBE,
	KIND_KPROBE,
	KIND_FENTRY,
	KIND_XDP,
	KIND_COUNT,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIND_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

static int hit(__u32 kind)
{
	__u64 *count = bpf_map_lookup_elem(&hits, &kind);

	if (count && (kind == KIND_XDP || bpf_get_current_pid_tgid() >> 32 == target_tgid)) {
		__sync_fetch_and_add(count, 1);
		__sync_fetch_and_add(&total_hits, 1);
	}
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tp(void *context)
{
	return hit(KIND_RAW_TRACEPOINT);
}

SEC("tp_btf/sys_enter")
int on_tp_btf(void *context)
{
	return hit(KIND_TP_BTF);
}

SEC("tp/syscalls/sys_enter_getegid")
int on_tracepoint(void *context)
{
	return hit(KIND_TRACEPOINT);
}

SEC("uprobe")
int on_uprobe(void *context)
{
	return hit(KIND_UPROBE);
}

SEC("kprobe/security_file_open")
int on_kprobe(void *context)
{
	return hit(KIND_KPROBE);
}

SEC("fentry/security_file_open")
int on_fentry(void *context)
{
	return hit(KIND_FENTRY);
}

SEC("xdp")
int on_xdp(struct xdp_md *context)
{
	hit(KIND_XDP);
	return XDP_PASS;
}

SEC("iter/task")
int each_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	__u32 pid;

	if (task) {
		pid = task->pid;
		bpf_seq_write(context->meta->seq, &pid, sizeof(pid));
	}
	return 0;
}
