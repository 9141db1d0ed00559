// SPDX-License-Identifier: Apache-2.0
/*
 * Makes system calls for the benches.
 *
 *   load getppid THREADS CALLS         getppid(2), as fast as it can
 *   load missing THREADS CALLS         openat(2) of a file that is not there, 62 bytes of path
 *   load open THREADS CALLS DIR FILES  openat(2) and close(2) of DIR/0000 and on, FILES of them in
 * turn load exec CALLS BYTES              execve(2) of itself with BYTES of arguments, one after
 * the other load paced RATE SECONDS            getppid(2) at RATE a second, in bursts of a
 * millisecond above 1000 load paced-open RATE SECONDS       the same with openat(2) of a file that
 * is not there load clocks                        CLOCK_BOOTTIME less CLOCK_MONOTONIC load serve
 * FILE                    does what each line of its input says, `getppid CALLS` or `open CALLS`,
 * and answers with the nanoseconds of thread time
 *
 * Prints `calls=N begin_ns=T elapsed_ns=T cpu_ns=T`, times by CLOCK_MONOTONIC.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS   16
#define NS_PER_SECOND 1000000000ull
#define MISSING       "/this/path/has/sixty-two/bytes/and/names/no/file/of/this/host1"

_Static_assert(sizeof(MISSING) - 1 == 62, "with the header and `/` that is a record of 256 bytes");

struct job {
	void (*one)(const struct job *job, uint64_t index);
	uint64_t calls;
	const char *directory;
	uint64_t files;
	uint64_t argument_bytes;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

static void call_getppid(const struct job *job, uint64_t index)
{
	syscall(SYS_getppid);
}

static void call_missing(const struct job *job, uint64_t index)
{
	syscall(SYS_openat, AT_FDCWD, MISSING, O_RDONLY, 0);
}

static void call_open(const struct job *job, uint64_t index)
{
	char path[256];
	uint64_t file = index % job->files;
	char *end = stpcpy(path, job->directory);
	int fd;

	*end++ = '/';
	for (int digit = 3; digit >= 0; digit--, file /= 10)
		end[digit] = '0' + file % 10;
	end[4] = 0;
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	syscall(SYS_close, fd);
}

static void call_exec(const struct job *job, uint64_t index)
{
	pid_t child = vfork();
	int status;

	if (!child) {
		char *text = malloc(job->argument_bytes + 1);

		memset(text, 'a', job->argument_bytes);
		text[job->argument_bytes] = 0;
		execl("/proc/self/exe", "load", "nothing", text, NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status) {
		fprintf(stderr, "exec: %d\n", status);
		exit(1);
	}
}

static void *make_calls(void *argument)
{
	const struct job *job = argument;

	for (uint64_t index = 0; index < job->calls; index++)
		job->one(job, index);
	return NULL;
}

static void report(uint64_t calls, uint64_t begin)
{
	printf("calls=%llu begin_ns=%llu elapsed_ns=%llu cpu_ns=%llu\n", (unsigned long long)calls,
	       (unsigned long long)begin, (unsigned long long)(now_ns(CLOCK_MONOTONIC) - begin),
	       (unsigned long long)now_ns(CLOCK_PROCESS_CPUTIME_ID));
	fflush(stdout);
}

static int run(struct job *job, unsigned int threads)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC);
	pthread_t running[MAX_THREADS];
	unsigned int i;

	if (!threads || threads > MAX_THREADS || !job->calls)
		return 2;
	for (i = 0; i < threads; i++)
		if (pthread_create(&running[i], NULL, make_calls, job))
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(running[i], NULL);
	report(job->calls * threads, begin);
	return 0;
}

static int run_paced(const struct job *job, uint64_t rate, uint64_t seconds)
{
	uint64_t burst = rate > 1000 ? rate / 1000 : 1, total = rate * seconds, made = 0;
	uint64_t step = NS_PER_SECOND * burst / rate, begin, next;

	/* Up to 10,000 a second a burst is one call, so that each has a wait of its own. */
	if (rate <= 10000) {
		burst = 1;
		step = NS_PER_SECOND / rate;
	}
	begin = now_ns(CLOCK_MONOTONIC);
	for (next = begin; made < total; next += step) {
		struct timespec until = {next / NS_PER_SECOND, next % NS_PER_SECOND};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		for (uint64_t i = 0; i < burst; i++)
			job->one(job, made++);
	}
	report(made, begin);
	return 0;
}

static int print_clocks(void)
{
	uint64_t width, best = ~0ull;
	int64_t offset = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t before = now_ns(CLOCK_MONOTONIC), boot = now_ns(CLOCK_BOOTTIME);

		width = now_ns(CLOCK_MONOTONIC) - before;
		if (width < best) {
			best = width;
			offset = boot - before - width / 2;
		}
	}
	printf("offset_ns=%lld width_ns=%llu\n", (long long)offset, (unsigned long long)best);
	return 0;
}

static int serve(const char *file)
{
	char line[64], what[16];
	unsigned long long calls;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		uint64_t begin;
		int fd;

		if (sscanf(line, "%15s %llu", what, &calls) != 2)
			return 2;
		begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
		if (!strcmp(what, "getppid")) {
			for (unsigned long long i = 0; i < calls; i++)
				syscall(SYS_getppid);
		} else {
			for (unsigned long long i = 0; i < calls; i++) {
				fd = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY, 0);
				syscall(SYS_close, fd);
			}
		}
		printf("ns=%llu\n", (unsigned long long)(now_ns(CLOCK_THREAD_CPUTIME_ID) - begin));
	}
	return 0;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

static int dispatch(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct job job = {.one = call_getppid};

	if (!strcmp(what, "nothing"))
		return 0;
	if (!strcmp(what, "clocks"))
		return print_clocks();
	if (argc == 3 && !strcmp(what, "serve"))
		return serve(argv[2]);
	if (argc < 4)
		return 2;
	job.calls = number(argv[3]);
	if (!strcmp(what, "getppid"))
		return run(&job, number(argv[2]));
	if (!strcmp(what, "missing")) {
		job.one = call_missing;
		return run(&job, number(argv[2]));
	}
	if (argc == 6 && !strcmp(what, "open")) {
		job.one = call_open;
		job.directory = argv[4];
		job.files = number(argv[5]);
		return strlen(argv[4]) > 200 || !job.files || job.files > 10000
			       ? 2
			       : run(&job, number(argv[2]));
	}
	if (!strcmp(what, "exec")) {
		job.one = call_exec;
		job.calls = number(argv[2]);
		job.argument_bytes = number(argv[3]);
		return run(&job, 1);
	}
	if (!strcmp(what, "paced-open")) {
		job.one = call_missing;
		return run_paced(&job, number(argv[2]), number(argv[3]));
	}
	if (!strcmp(what, "paced"))
		return run_paced(&job, number(argv[2]), number(argv[3]));
	return 2;
}

int main(int argc, char **argv)
{
	int status = dispatch(argc, argv);

	if (status == 2)
		fprintf(stderr, "usage: see the top of load.c\n");
	return status;
}
