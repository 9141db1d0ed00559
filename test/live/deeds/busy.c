/* SPDX-License-Identifier: Apache-2.0 */
/* busy threads|timer|datagrams|files|nowhere|protect   what only goes wrong when much happens */
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 200
#define THREADS   15
#define SIGNALS   200
#define PROTECTS  2000
#define NOBODY    65534

static volatile int is_over;

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *change_memory(void *unused)
{
	while (!is_over) {
		void *memory = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		munmap(memory, 1 << 22);
	}
	return unused;
}

/* Processes whose many threads end at the same time. */
static long end_threads(void)
{
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			pthread_t thread;

			for (int j = 0; j < THREADS; j++)
				pthread_create(&thread, NULL, sleep_on, NULL);
			_exit(3);
		}
		wait(NULL);
	}
	return PROCESSES;
}

/* An unprivileged user's timer, which fires while others run. */
static long take_timer_signals(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec each = {{0, 1000000}, {0, 1000000}};
	sigset_t set;
	timer_t timer;

	if (syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY))
		return -1;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &each, NULL);
	for (int i = 0; i < SIGNALS; i++)
		sigwaitinfo(&set, NULL);
	return SIGNALS;
}

/* An IPv4 peer of an IPv6 socket, then of an IPv4 socket without saying the family. */
static long send_to_other_families(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4242)};
	long sent;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sent = sendto(socket(AF_INET6, SOCK_DGRAM, 0), "x", 1, 0, (void *)&to, sizeof(to));
	to.sin_family = AF_UNSPEC;
	return sent + sendto(socket(AF_INET, SOCK_DGRAM, 0), "x", 1, 0, (void *)&to, sizeof(to));
}

/* Short-lived open files, each likely to take the place of the one before. */
static long use_files(const char *path)
{
	char byte;
	long used = 0;

	for (int i = 0; i < 5; i++) {
		int fd = open(path, O_RDONLY);

		used += read(fd, &byte, 1);
		close(fd);
	}
	for (int i = 0; i < 3; i++) {
		int fd = memfd_create("busy", 0);

		used += write(fd, "x", 1);
		close(fd);
	}
	return used;
}

static long open_nowhere(void)
{
	syscall(SYS_open, "", O_RDONLY);
	syscall(SYS_open, 1L, O_RDONLY);
	return 0;
}

/* Makes memory executable while another thread changes the memory map. */
static long protect(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;
	long made = 0;

	pthread_create(&thread, NULL, change_memory, NULL);
	for (int i = 0; i < PROTECTS; i++) {
		made += !mprotect(page, 4096, PROT_READ | PROT_EXEC);
		mprotect(page, 4096, PROT_READ | PROT_WRITE);
	}
	is_over = 1;
	pthread_join(thread, NULL);
	return made;
}

int main(int count, char **words)
{
	const char *deed = count > 1 ? words[1] : "";
	long result = -1;

	if (!strcmp(deed, "threads"))
		result = end_threads();
	else if (!strcmp(deed, "timer"))
		result = take_timer_signals();
	else if (!strcmp(deed, "datagrams"))
		result = send_to_other_families();
	else if (!strcmp(deed, "files") && count > 2)
		result = use_files(words[2]);
	else if (!strcmp(deed, "nowhere"))
		result = open_nowhere();
	else if (!strcmp(deed, "protect"))
		result = protect();
	printf("%ld\n", result);
	return result < 0;
}
