// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verifier refuses it, after a long log: the last read is past the packet's checked end. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 sum;

SEC("xdp")
int reads_past_end(struct xdp_md *context)
{
	__u8 *data = (void *)(long)context->data;

	if (data + 64 > (__u8 *)(long)context->data_end)
		return XDP_DROP;
#pragma unroll
	for (int i = 0; i < 64; i++)
		sum += data[i];
	return data[64];
}
