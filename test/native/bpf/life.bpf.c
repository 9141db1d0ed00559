// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the lifetime test leaves behind if an exit path forgets it. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target_tgid = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} life_ring SEC(".maps");

SEC("raw_tp/sys_enter")
int life_probe(void *context)
{
	__u64 now;

	if (bpf_get_current_pid_tgid() >> 32 != target_tgid)
		return 0;
	now = bpf_ktime_get_ns();
	bpf_ringbuf_output(&life_ring, &now, sizeof(now), 0);
	return 0;
}
