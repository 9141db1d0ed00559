// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One map of each sort, and packet programs that use them. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 answer = 7;
const volatile char label[16] = "unset";
__u64 shared_count;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 20000);
	__type(key, __u32);
	__type(value, __u64);
} plain_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} trie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u32);
} mapped_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_HASH);
			__uint(max_entries, 8);
			__type(key, __u32);
			__type(value, __u32);
		});
} outer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

/* Returns what the inner map at key 1 holds for key 5, or 0. */
SEC("xdp")
int read_inner(struct xdp_md *context)
{
	__u32 outer_key = 1, inner_key = 5, *value = NULL;
	void *inner = bpf_map_lookup_elem(&outer, &outer_key);

	if (inner)
		value = bpf_map_lookup_elem(inner, &inner_key);
	return value ? *value : 0;
}

SEC("xdp")
int jump(struct xdp_md *context)
{
	bpf_tail_call(context, &jumps, 1);
	return 1;
}

SEC("xdp")
int landed(struct xdp_md *context)
{
	return 42;
}

/* Returns the read-only answer, counts in .bss, in the mapped array and for this CPU. */
SEC("xdp")
int count(struct xdp_md *context)
{
	__u32 key = 2;
	__u32 *mapped = bpf_map_lookup_elem(&mapped_array, &key);
	__u32 *mine = bpf_map_lookup_elem(&percpu_array, &key);

	__sync_fetch_and_add(&shared_count, 1);
	if (mapped)
		__sync_fetch_and_add(mapped, 1);
	if (mine)
		*mine += 1;
	return answer;
}

/* Turns the packet's bytes 14 and 15 round. */
SEC("xdp")
int swap(struct xdp_md *context)
{
	__u8 *data = (void *)(long)context->data;
	__u8 first;

	if (data + 16 > (__u8 *)(long)context->data_end)
		return XDP_DROP;
	first = data[14];
	data[14] = data[15];
	data[15] = first;
	return XDP_TX;
}
