// SPDX-License-Identifier: Apache-2.0
/*
 * Process 1 of the sandbox, and its cron.
 *
 * As init it reads lines "how user file", starts each, writes "started PID" before the new process
 * has done anything (it stops itself; whoever asked lets it go on), and "ended PID STATUS" when it
 * is over. It ends with its input, and with it everything in its pid namespace.
 *
 *   login    su -s /bin/bash USER, the file on standard input
 *   service  the file as USER
 *   cron     cron, whose child runs sh -c FILE as USER
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES 512

static void become(const char *user)
{
	struct passwd *entry = getpwnam(user);

	if (!entry || setgid(entry->pw_gid) || initgroups(user, entry->pw_gid) ||
	    setuid(entry->pw_uid) || chdir(entry->pw_dir)) {
		perror(user);
		_exit(126);
	}
	setenv("HOME", entry->pw_dir, 1);
	setenv("USER", user, 1);
	setenv("LOGNAME", user, 1);
}

static void use_input(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0) {
		perror(path);
		_exit(126);
	}
	close(fd);
}

/* Stands for cron: forks, becomes the user and has a shell run the file. */
static int run_cron(const char *user, const char *path)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		setsid();
		become(user);
		execl("/bin/sh", "sh", "-c", path, NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void run(const char *how, const char *user, const char *path)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	raise(SIGSTOP);
	use_input(strcmp(how, "login") == 0 ? path : "/dev/null");
	if (strcmp(how, "login") == 0) {
		execl("/usr/bin/su", "su", "-s", "/bin/bash", user, NULL);
	} else if (strcmp(how, "cron") == 0) {
		execl("/usr/sbin/cron", "cron", user, path, NULL);
	} else if (strcmp(how, "service") == 0) {
		become(user);
		execl(path, path, NULL);
	}
	_exit(127);
}

static void start(char *line)
{
	char *how = strtok(line, " \n");
	char *user = strtok(NULL, " \n");
	char *path = strtok(NULL, " \n");
	pid_t pid;

	if (!how || !user || !path)
		return;
	pid = fork();
	if (pid == 0)
		run(how, user, path);
	printf("started %d\n", pid);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		printf("ended %d %d\n", pid,
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int run_init(void)
{
	char line[LINE_BYTES];
	size_t filled = 0;
	sigset_t child;
	struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	ready[1].fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	for (;;) {
		struct signalfd_siginfo info;
		ssize_t got;

		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			return 1;
		while (read(ready[1].fd, &info, sizeof(info)) > 0)
			;
		reap();
		if (!ready[0].revents)
			continue;
		/* One byte at a time: a line is rare, and nothing may be left in a buffer that a
		 * child inherits. */
		got = read(STDIN_FILENO, line + filled, 1);
		if (got <= 0 || filled + 2 > sizeof(line))
			return 0;
		if (line[filled++] == '\n') {
			line[filled] = 0;
			filled = 0;
			start(line);
		}
	}
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	if (strcmp(name, "cron") == 0)
		return argc == 3 ? run_cron(argv[1], argv[2]) : 2;
	return run_init();
}
