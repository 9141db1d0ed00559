/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* net_*: addresses come from the kernel's socket, and from the caller only where it has none. */
#ifndef NET_BPF_H
#define NET_BPF_H

#include "file.bpf.h"

#define AF_UNSPEC       0
#define AF_UNIX         1
#define AF_INET         2
#define AF_INET6        10
#define AF_NETLINK      16
#define SOCK_DGRAM      2
#define SOCK_RAW        3
#define SOCK_TYPE_MASK  0xf
#define IPPROTO_TCP     6
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT    2
#define TCP_CLOSE       7
#define SOCK_DONE       1 /* include/net/sock.h, enum sock_flags */
#define EINPROGRESS     115

/* The beginning of any struct sockaddr, to 32 bytes so that a length masked with 31 stays inside.
 */
struct address {
	__u16 family;
	__be16 port;
	union {
		__u8 v4[4];
		struct {
			__u32 flow;
			__u8 v6[16];
			__u32 scope;
			__u32 pad;
		};
	};
};

/* Who opened a connection, for the end of it, which an interrupt may bring. */
struct connection {
	struct record_header owner;
	__u64 since_ns;
	__u16 is_inbound;
	__u16 is_established;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

static __always_inline struct sock *sock_of(int fd)
{
	struct file *file = file_of(fd);
	struct socket *socket;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

/* Both ends as the kernel has them. */
static __always_inline void fill_sock(struct net_record *r, struct sock *sk)
{
	r->socket = (__u64)sk;
	r->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	r->socket_type = BPF_CORE_READ(sk, sk_type);
	r->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (r->family == AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)r->local, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)r->remote, sk, __sk_common.skc_daddr);
	} else if (r->family == AF_INET6) {
		bpf_core_read(r->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(r->remote, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		return;
	}
	r->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	r->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

/* Appends the name that a unix socket is bound to: length counts the family's two bytes. */
static __always_inline void append_unix_name(struct scratch *s, struct text_ref *ref,
					     struct sock *sk)
{
	struct unix_address *name = BPF_CORE_READ((struct unix_sock *)sk, addr);
	__u32 offset = s->length, length;

	if (!name || !TEXT_ROOM(s, 128))
		return;
	length = BPF_CORE_READ(name, len);
	if (length <= 2 || length > 110)
		return;
	length = bounded(length - 2, 127);
	bpf_probe_read_kernel(&s->data[offset & (RECORD_BYTES - 1)], length,
			      &name->name[0].sun_path);
	ref->offset = offset;
	ref->length = length;
	s->length = offset + length;
}

/* Appends the path of a struct sockaddr_un that the caller passed. */
static __always_inline void append_user_unix(struct scratch *s, struct text_ref *ref,
					     const char *address, __u32 length)
{
	__u32 offset = s->length;

	if (length <= 2 || length > 110 || !TEXT_ROOM(s, 128))
		return;
	length = bounded(length - 2, 127);
	if (bpf_probe_read_user(&s->data[offset & (RECORD_BYTES - 1)], length, address + 2))
		return;
	ref->offset = offset;
	ref->length = length;
	s->length = offset + length;
}

/* The address that the caller passed, for one end. */
static __always_inline void fill_user_address(struct scratch *s, struct net_record *r,
					      const void *address, __u32 length, bool is_remote)
{
	struct address a = {};

	if (!address || length < 2)
		return;
	if (length > 28)
		length = 28; /* struct sockaddr_in6 */
	if (bpf_probe_read_user(&a, bounded(length, 31), address)) {
		r->h.flags |= RECORD_GIVEN_FAULT;
		return;
	}
	if (!r->family)
		r->family = a.family;
	/* IPv4 takes no family for its own when it sends (udp_sendmsg). */
	if (a.family == AF_UNSPEC && r->family == AF_INET)
		a.family = AF_INET;
	if (a.family == AF_INET && r->family == AF_INET6) {
		/* An IPv6 socket shows an IPv4 address as ::ffff:a.b.c.d, and so do we. */
		__builtin_memcpy(&a.v6[12], a.v4, 4);
		__builtin_memset(a.v6, 0, 10);
		__builtin_memset(&a.v6[10], 0xff, 2);
		a.family = AF_INET6;
	}
	if (a.family == AF_INET) {
		if (is_remote) {
			__builtin_memcpy(r->remote, a.v4, 4);
			r->remote_port = bpf_ntohs(a.port);
		} else {
			__builtin_memcpy(r->local, a.v4, 4);
			r->local_port = bpf_ntohs(a.port);
		}
	} else if (a.family == AF_INET6) {
		if (is_remote) {
			__builtin_memcpy(r->remote, a.v6, 16);
			r->remote_port = bpf_ntohs(a.port);
		} else {
			__builtin_memcpy(r->local, a.v6, 16);
			r->local_port = bpf_ntohs(a.port);
		}
	}
}

static __always_inline int handle_connect(struct scratch *s)
{
	struct net_record *r = begin_syscall_record(s, struct net_record, EVENT_NET_CONNECT);
	const void *given = (void *)argument(s, 1);
	__u32 length = argument(s, 2);
	struct sock *sk;

	r->fd = argument(s, s->action.fd_arg);
	sk = sock_of(r->fd);
	if (sk)
		fill_sock(r, sk);
	if (r->family == AF_NETLINK)
		return 0;
	if (!sk || r->remote_port == 0 || (s->result < 0 && s->result != -EINPROGRESS))
		fill_user_address(s, r, given, length, true);
	if (r->family == AF_UNIX)
		append_user_unix(s, &r->unix_path, given, length);
	submit_record(s, EVENT_NET_CONNECT);
	return 0;
}

static __always_inline void remember_connection(struct sock *sk, const struct record_header *owner,
						bool is_inbound)
{
	struct connection c = {};
	__u64 key = (__u64)sk;

	__builtin_memcpy(&c.owner, owner, sizeof(c.owner));
	c.since_ns = owner->time_ns;
	c.is_inbound = is_inbound;
	c.is_established = is_inbound;
	if (bpf_map_update_elem(&connections, &key, &c, BPF_ANY)) {
		count_seen(EVENT_NET_CLOSE);
		count_lost(EVENT_NET_CLOSE, LOST_STATE_FULL);
	}
}

static __always_inline int handle_accept(struct scratch *s)
{
	struct net_record *r = begin_syscall_record(s, struct net_record, EVENT_NET_ACCEPT);
	struct sock *sk;

	/* A listener without a caller waiting is no event. */
	if (s->result == -11 /* EAGAIN */)
		return 0;
	r->fd = s->result >= 0 ? s->result : (int)argument(s, s->action.fd_arg);
	sk = sock_of(r->fd);
	if (sk) {
		fill_sock(r, sk);
		if (r->family == AF_UNIX)
			append_unix_name(s, &r->unix_path, sk);
		if (s->result >= 0 && r->protocol == IPPROTO_TCP && is_enabled(EVENT_NET_CLOSE))
			remember_connection(sk, &r->h, true);
	}
	if (!is_enabled(EVENT_NET_ACCEPT))
		return 0;
	r->is_inbound = 1;
	submit_record(s, EVENT_NET_ACCEPT);
	return 0;
}

/* bind and listen. */
static __always_inline int handle_bind(struct scratch *s)
{
	__u32 type = s->action.type;
	struct net_record *r = begin_syscall_record(s, struct net_record, type);
	const void *given = (void *)argument(s, 1);
	struct sock *sk;

	r->fd = argument(s, s->action.fd_arg);
	sk = sock_of(r->fd);
	if (sk)
		fill_sock(r, sk);
	if (r->family == AF_NETLINK)
		return 0;
	if (type == EVENT_NET_LISTEN) {
		r->backlog = argument(s, 1);
		if (sk && r->family == AF_UNIX)
			append_unix_name(s, &r->unix_path, sk);
	} else {
		if (!sk || s->result < 0)
			fill_user_address(s, r, given, argument(s, 2), false);
		if (r->family == AF_UNIX)
			append_user_unix(s, &r->unix_path, given, argument(s, 2));
	}
	submit_record(s, type);
	return 0;
}

/* Sockets that speak past the ordinary protocols: raw, packet, AF_ALG, vsock, and so on. */
static __always_inline int handle_socket(struct scratch *s)
{
	__u32 family = argument(s, 0), kind = argument(s, 1) & SOCK_TYPE_MASK;
	struct net_record *r;

	if (family == AF_UNIX || family == AF_NETLINK)
		return 0;
	if ((family == AF_INET || family == AF_INET6) && kind != SOCK_RAW)
		return 0;
	r = begin_syscall_record(s, struct net_record, EVENT_NET_SOCKET);
	r->family = family;
	r->socket_type = kind;
	r->protocol = argument(s, 2);
	r->fd = s->result;
	submit_record(s, EVENT_NET_SOCKET);
	return 0;
}

/* A TCP socket changed its state; may run in an interrupt, so no scratch. */
static __always_inline int handle_tcp_state(struct sock *sk, int before, int after)
{
	struct connection *c;
	struct net_record *r;
	struct tcp_sock *tcp;
	__u64 key = (__u64)sk, now;

	if (after == TCP_SYN_SENT) {
		struct record_header owner;

		fill_header(&owner, EVENT_NET_CLOSE);
		if (owner.tgid != knobs.agent_tgid)
			remember_connection(sk, &owner, false);
		return 0;
	}
	if (after != TCP_ESTABLISHED && after != TCP_CLOSE)
		return 0;
	c = bpf_map_lookup_elem(&connections, &key);
	if (!c)
		return 0;
	if (after == TCP_ESTABLISHED) {
		c->is_established = 1;
		return 0;
	}
	if (!c->is_established) {
		bpf_map_delete_elem(&connections, &key);
		return 0;
	}
	count_seen(EVENT_NET_CLOSE);
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r) {
		count_lost(EVENT_NET_CLOSE, LOST_RING_FULL);
		bpf_map_delete_elem(&connections, &key);
		return 0;
	}
	now = bpf_ktime_get_boot_ns();
	__builtin_memset(r, 0, sizeof(*r));
	__builtin_memcpy(&r->h, &c->owner, sizeof(r->h));
	r->h.size = sizeof(*r);
	r->h.type = EVENT_NET_CLOSE;
	r->h.flags |= RECORD_NOT_CURRENT;
	r->h.time_ns = now;
	r->h.result = 0;
	r->h.syscall = NO_SYSCALL;
	r->duration_ns = now - c->since_ns;
	r->is_inbound = c->is_inbound;
	r->fd = -1;
	fill_sock(r, sk);
	/* The port was given back just before (inet_put_port), but for its copy in the headers. */
	r->local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	tcp = (struct tcp_sock *)sk;
	r->bytes_sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
	r->bytes_received = BPF_CORE_READ(tcp, bytes_received);
	/* The kernel counts the peer's FIN as a byte, and sets SOCK_DONE when it comes (tcp_fin).
	 */
	if (r->bytes_received && (BPF_CORE_READ(sk, __sk_common.skc_flags) & (1 << SOCK_DONE)))
		r->bytes_received--;
	bpf_ringbuf_submit(r, wake_flag(now));
	bpf_map_delete_elem(&connections, &key);
	return 0;
}

#endif
