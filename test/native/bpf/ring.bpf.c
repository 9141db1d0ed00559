// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Producers of numbered records. `produced` and the numbers count what went into the ring only. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_LENGTH 2048

const volatile __u32 target_tgid = 0;
const volatile __u32 discard_every = 0;
const volatile __u64 submit_flags = 0;

struct numbered {
	__u32 cpu;
	__u32 length;
	__u64 sequence;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} produced SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} refused SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__uint(value_size, MAX_LENGTH);
} scratch SEC(".maps");

/* Puts one record of 16 to MAX_LENGTH - 1 bytes into the ring, all bytes after the struct being its
 * number's low byte. */
static void produce(void)
{
	__u32 zero = 0, length;
	__u64 *number = bpf_map_lookup_elem(&produced, &zero);
	__u64 *lost = bpf_map_lookup_elem(&refused, &zero);
	struct numbered *record = bpf_map_lookup_elem(&scratch, &zero);
	void *discarded;

	if (!number || !lost || !record)
		return;
	if (discard_every && *number % discard_every == 0) {
		discarded = bpf_ringbuf_reserve(&ring, 40, 0);
		if (discarded)
			bpf_ringbuf_discard(discarded, submit_flags);
	}
	length = 16 + (*number * 37) % 500;
	record->cpu = bpf_get_smp_processor_id();
	record->length = length;
	record->sequence = *number;
	/* bound for the verifier: length < MAX_LENGTH, which the compiler knows and would leave out
	 */
	asm volatile("" : "+r"(length));
	length &= MAX_LENGTH - 1;
	if (bpf_ringbuf_output(&ring, record, length, submit_flags))
		*lost += 1;
	else
		*number += 1;
}

SEC("xdp")
int produce_one(struct xdp_md *context)
{
	produce();
	return XDP_PASS;
}

SEC("raw_tp/sys_enter")
int produce_call(void *context)
{
	if (bpf_get_current_pid_tgid() >> 32 == target_tgid)
		produce();
	return 0;
}

/* One record of 100,000 bytes. */
SEC("xdp")
int produce_large(struct xdp_md *context)
{
	__u32 *record = bpf_ringbuf_reserve(&ring, 100000, 0);

	if (!record)
		return XDP_DROP;
	record[0] = 0x12345678;
	record[24999] = 0x9abcdef0;
	bpf_ringbuf_submit(record, submit_flags);
	return XDP_PASS;
}
