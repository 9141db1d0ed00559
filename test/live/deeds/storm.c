// SPDX-License-Identifier: Apache-2.0
/*
 * storm THREADS CALLS   makes CALLS times getppid(2) in each of THREADS threads, as fast as it can
 *
 * Prints `calls=<all> elapsed_ns=<wall time>` and ends.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64

static void *make_calls(void *argument)
{
	uint64_t left = *(uint64_t *)argument;

	while (left--)
		syscall(SYS_getppid);
	return NULL;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(int argc, char **argv)
{
	unsigned int threads = argc == 3 ? atoi(argv[1]) : 0, i;
	uint64_t calls = argc == 3 ? strtoull(argv[2], NULL, 10) : 0, begin;
	pthread_t running[MAX_THREADS];

	if (!threads || threads > MAX_THREADS || !calls) {
		fprintf(stderr, "usage: storm THREADS CALLS\n");
		return 2;
	}
	begin = now_ns();
	for (i = 0; i < threads; i++)
		if (pthread_create(&running[i], NULL, make_calls, &calls))
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(running[i], NULL);
	printf("calls=%llu elapsed_ns=%llu\n", (unsigned long long)calls * threads,
	       (unsigned long long)(now_ns() - begin));
	return 0;
}
