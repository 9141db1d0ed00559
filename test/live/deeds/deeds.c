// SPDX-License-Identifier: Apache-2.0
/* Runs the steps. The language is in deeds.h. */
#include <pthread.h>

#include "deeds.h"

#define MAX_STEPS        64
#define MAX_VALUES       6
#define LIFETIME_SECONDS 60

struct run {
	char **words;
	int count;
	int index; /* of the next step */
};

static long results[MAX_STEPS];

static void say(const char *line, size_t length)
{
	if (write(STDOUT_FILENO, line, length) < 0)
		_exit(126);
}

static void report(int index, long result)
{
	char line[64];

	say(line, snprintf(line, sizeof(line), "%d=%ld\n", index, result));
}

/* Blocks until the harness writes a line or closes the pipe; false when it closed it. */
static bool wait_for_line(void)
{
	char c;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, &c, 1);
	} while (n == 1 && c != '\n');
	return n == 1;
}

static long call(char **words, const long *values, int count)
{
	long a[MAX_VALUES] = {0};

	memcpy(a, values, count * sizeof(*a));
	return kernel_result(syscall(syscall_number(words[1]), a[0], a[1], a[2], a[3], a[4], a[5]));
}

static const struct deed *find(const struct deed *table, const char *keyword)
{
	for (; table->keyword; table++)
		if (!strcmp(table->keyword, keyword))
			return table;
	return NULL;
}

static long run_step(char **words, int count)
{
	int first = strcmp(words[0], "call") ? 1 : 2, i;
	const struct deed *deed;
	long values[MAX_VALUES];

	if (count < first || count - first > MAX_VALUES)
		give_up("wrong number of arguments", words[0]);
	for (i = first; i < count; i++) {
		if (!strncmp(words[i], "$:", 2))
			values[i - first] = results[atoi(words[i] + 2) % MAX_STEPS];
		else
			values[i - first] = value_of(words[i]);
	}
	if (first == 2)
		return call(words, values, count - first);
	if (!strcmp(words[0], "wait"))
		return wait_for_line();
	deed = find(process_deeds, words[0]);
	if (!deed)
		deed = find(priv_deeds, words[0]);
	if (!deed)
		give_up("no such deed", words[0]);
	return deed->run(values, count - first);
}

static void *run_steps(void *argument)
{
	struct run *run = argument;
	pthread_t thread;

	while (run->count > 0) {
		char **words = run->words;
		int length = 0;

		while (length < run->count && strcmp(words[length], "+"))
			length++;
		run->words += length + 1;
		run->count -= length + 1;
		if (run->index == MAX_STEPS || length == 0)
			give_up("too many steps, or an empty one", "+");
		/* The steps after this word are done by a thread that is not the leader. */
		if (!strcmp(words[0], "thread")) {
			report(run->index++, 0);
			if (pthread_create(&thread, NULL, run_steps, run))
				give_up("no thread", "pthread_create");
			pthread_join(thread, NULL);
			return NULL;
		}
		results[run->index] = run_step(words, length);
		report(run->index, results[run->index]);
		run->index++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct run run = {.words = argv + 1, .count = argc - 1};

	/* No test waits this long; nothing is left behind when a harness dies. */
	alarm(LIFETIME_SECONDS);
	run_steps(&run);
	say("done\n", 5);
	while (wait_for_line())
		;
	return 0;
}
