/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deeds STEP [+ STEP]...   does what it is told by bare system calls, and nothing else
 *
 * Statically linked, so that nothing but the steps is there to be seen. Each step prints
 * `<index>=<result>`, where the result is what the call returned or -errno. After the last one the
 * program prints `done` and stays until its standard input ends.
 *
 * step      = keyword argument...
 * argument  = "i:" number | "s:" text | "h:" hex bytes | "b:" count of zero bytes | "n:" NULL
 *           | "a:" text,text,... (a NULL-terminated array) | "x:" count "x" length (the same, of
 *             that many texts of that many characters after "deeds") | "p:" (this process's id)
 *           | "m:" sockaddr in hex [, sockaddr in hex]... (struct mmsghdr, each carrying
 * "datagram") | "$:" index of the step whose result it is text      = characters, with %XX for a
 * byte that cannot be written
 */
#ifndef DEEDS_H
#define DEEDS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* One keyword: takes the values of its arguments, gives a result or -errno. */
struct deed {
	const char *keyword;
	long (*run)(const long *values, int count);
};

extern const struct deed process_deeds[]; /* ends with an empty keyword, as do all of these */
extern const struct deed priv_deeds[];

/* A system call's return value as the kernel gave it. */
static inline long kernel_result(long result)
{
	return result < 0 ? -errno : result;
}

/* Ends the program because the test is wrong. */
_Noreturn void give_up(const char *what, const char *detail);

/* The value of one argument as a system call takes it. */
long value_of(const char *argument);

/* The number of a system call by its name or in digits. */
long syscall_number(const char *name);

#endif
