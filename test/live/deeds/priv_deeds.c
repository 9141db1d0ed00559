// SPDX-License-Identifier: Apache-2.0
/* What takes more than one call, or a struct with pointers in it. */
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "deeds.h"

/* bpf-load NAME: loads a socket filter that returns 0, and closes it. */
static long do_bpf_load(const long *values, int count)
{
	static const char license[] = "GPL";
	struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = 2,
		.insns = (uintptr_t)program,
		.license = (uintptr_t)license,
	};
	long fd;

	strncpy(attributes.prog_name, (const char *)values[0], sizeof(attributes.prog_name) - 1);
	fd = kernel_result(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)));
	if (fd >= 0)
		close(fd);
	return fd;
}

/* copy-self FD: writes this program into an open file. */
static long do_copy_self(const long *values, int count)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat status;
	off_t offset = 0;

	if (self < 0 || fstat(self, &status))
		return -errno;
	while (offset < status.st_size)
		if (sendfile(values[0], self, &offset, status.st_size - offset) <= 0)
			return -errno;
	close(self);
	return offset;
}

/* attached PID: waits for a traced child to stop, then lets it go. */
static long do_attached(const long *values, int count)
{
	int status;

	if (waitpid(values[0], &status, __WALL) < 0)
		return -errno;
	return kernel_result(ptrace(PTRACE_DETACH, values[0], 0, 0));
}

/* traceme: a child that asks to be traced and ends with the answer. */
static long do_traceme(const long *values, int count)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) ? 1 : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return pid;
}

/* open-by-handle PATH: opens what a handle of PATH stands for. */
static long do_open_by_handle(const long *values, int count)
{
	struct {
		struct file_handle head;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	const char *path = (const char *)values[0];
	int mount_id;

	if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount_id, 0))
		return -errno;
	return kernel_result(syscall(SYS_open_by_handle_at, AT_FDCWD, &handle.head, O_RDONLY));
}

static void *map_ring(int ring, size_t size, off_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, offset);

	if (memory == MAP_FAILED)
		give_up("cannot map the ring", "mmap");
	return memory;
}

/* uring-open PATH: opens a file for reading by io_uring, without any open call. */
static long do_uring_open(const long *values, int count)
{
	struct io_uring_params p = {};
	int ring = syscall(SYS_io_uring_setup, 1, &p);
	struct io_uring_sqe *entry;
	struct io_uring_cqe *done;
	char *submission, *completion;

	if (ring < 0)
		return -errno;
	submission = map_ring(ring, p.sq_off.array + p.sq_entries * sizeof(uint32_t),
			      IORING_OFF_SQ_RING);
	completion =
		map_ring(ring, p.cq_off.cqes + p.cq_entries * sizeof(*done), IORING_OFF_CQ_RING);
	entry = map_ring(ring, p.sq_entries * sizeof(*entry), IORING_OFF_SQES);
	entry->opcode = IORING_OP_OPENAT;
	entry->fd = AT_FDCWD;
	entry->addr = values[0];
	entry->open_flags = O_RDONLY;
	*(uint32_t *)(submission + p.sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(submission + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	done = (struct io_uring_cqe *)(completion + p.cq_off.cqes);
	return done->res;
}

const struct deed priv_deeds[] = {
	{"uring-open", do_uring_open},
	{"open-by-handle", do_open_by_handle},
	{"bpf-load", do_bpf_load},
	{"copy-self", do_copy_self},
	{"attached", do_attached},
	{"traceme", do_traceme},
	{NULL, NULL},
};
