/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* net_send: the first datagram to each peer of a socket. */
#ifndef SEND_BPF_H
#define SEND_BPF_H

#include "net.bpf.h"

#define PEER_REFUSED  0x8000
#define MMSGHDR_BYTES 64 /* struct mmsghdr of a 64-bit caller */

/* One datagram peer of one socket. */
struct peer_key {
	__u64 socket; /* its inode number */
	__u8 address[16];
	__u16 port;
	__u16 family; /* and PEER_REFUSED */
	__u32 tgid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct peer_key);
	__type(value, __u8);
} peers SEC(".maps");

/* The beginning of struct msghdr, which struct mmsghdr begins with. */
struct message_header {
	__u64 name;
	__u32 length;
	__u32 pad;
};

static __always_inline void read_message(struct message_header *m, const void *address)
{
	if (bpf_probe_read_user(m, sizeof(*m), address))
		m->name = 0;
}

/* One datagram: told when it is the first of its socket to that peer that worked, or that did not.
 */
static __always_inline void send_one(struct scratch *s, const void *address, __u32 length)
{
	int fd = argument(s, s->action.fd_arg);
	struct peer_key key = {};
	struct net_record *r;
	struct sock *sk;
	__u8 one = 1;

	sk = sock_of(fd);
	if (!sk)
		return;
	r = begin_syscall_record(s, struct net_record, EVENT_NET_SEND);
	r->fd = fd;
	fill_sock(r, sk);
	fill_user_address(s, r, address, length, true);
	/* Not the socket's address, which the next socket may have. */
	key.socket = BPF_CORE_READ(file_of(fd), f_inode, i_ino);
	key.tgid = r->h.tgid;
	key.port = r->remote_port;
	key.family = r->family | (s->result < 0 ? PEER_REFUSED : 0);
	__builtin_memcpy(key.address, r->remote, 16);
	if (bpf_map_lookup_elem(&peers, &key))
		return;
	if (bpf_map_update_elem(&peers, &key, &one, BPF_ANY)) {
		count_seen(EVENT_NET_SEND);
		count_lost(EVENT_NET_SEND, LOST_STATE_FULL);
		return;
	}
	submit_record(s, EVENT_NET_SEND);
}

static __always_inline void send_message(struct scratch *s, __u32 index)
{
	struct message_header m = {};

	read_message(&m, (void *)(argument(s, 1) + (__u64)index * MMSGHDR_BYTES));
	send_one(s, (void *)m.name, m.length);
}

#ifdef OLDER_KERNEL
/* Unrolled for the verifier, so of a longer list the rest goes unseen. */
static __always_inline void send_messages(struct scratch *s, __u32 count)
{
	__u32 i;

	for (i = 0; i < 4 && i < count; i++)
		send_message(s, i);
}
#else
static long send_message_callback(__u32 index, struct scratch **s)
{
	send_message(*s, index);
	return 0;
}

static __always_inline void send_messages(struct scratch *s, __u32 count)
{
	bpf_loop(count, send_message_callback, &s, 0);
}
#endif

/* sendto, sendmsg, sendmmsg: the first datagram to each peer of a socket. */
static __always_inline int handle_send(struct scratch *s)
{
	struct sock *sk = sock_of(argument(s, s->action.fd_arg));
	struct message_header m = {};
	__u16 family;

	if (!sk || BPF_CORE_READ(sk, sk_type) != SOCK_DGRAM)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (s->action.flags & ACTION_MMSGHDR) {
		/* The result is how many were sent; of a list that failed, the first was refused.
		 */
		send_messages(s, s->result > 0 ? s->result : 1);
		return 0;
	}
	if (s->action.flags & ACTION_MSGHDR) {
		read_message(&m, (void *)argument(s, 1));
	} else {
		m.name = argument(s, 4);
		m.length = argument(s, 5);
	}
	send_one(s, (void *)m.name, m.length);
	return 0;
}

#endif
