// SPDX-License-Identifier: Apache-2.0
/* Children and threads, by each call that makes them. */
#include <linux/sched.h>

#include "deeds.h"

static long reap_exited(long pid)
{
	int status;

	if (pid < 0)
		return kernel_result(pid);
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return pid;
}

/* fork CODE: a child that ends with CODE at once. */
static long do_fork(const long *values, int count)
{
#ifdef SYS_fork
	long pid = syscall(SYS_fork);
#else
	long pid = fork();
#endif

	if (pid == 0)
		_exit(values[0]);
	return reap_exited(pid);
}

/* The vfork function and not the bare call: the child runs on this very stack. */
static long do_vfork(const long *values, int count)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(values[0]);
	return reap_exited(pid);
}

static long do_clone(const long *values, int count)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(values[0]);
	return reap_exited(pid);
}

static long do_clone3(const long *values, int count)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (pid == 0)
		_exit(values[0]);
	return reap_exited(pid);
}

/* spawn: a child that does nothing until it is ended. */
static long do_spawn(const long *values, int count)
{
	pid_t pid = fork();

	while (pid == 0)
		pause();
	return kernel_result(pid);
}

/* reap PID: ends a child of `spawn`. */
static long do_reap(const long *values, int count)
{
	kill(values[0], SIGKILL);
	return reap_exited(values[0]);
}

const struct deed process_deeds[] = {
	{"fork", do_fork},   {"vfork", do_vfork}, {"clone", do_clone}, {"clone3", do_clone3},
	{"spawn", do_spawn}, {"reap", do_reap},   {NULL, NULL},
};
