// SPDX-License-Identifier: Apache-2.0
/*
 * count_lines TEXT   counts the lines of its input that hold TEXT
 *
 * Prints at the end `lines=N bytes=N last_ns=T`, the last being when the last such line was read,
 * by CLOCK_MONOTONIC.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

int main(int argc, char **argv)
{
	static char block[1 << 20];
	uint64_t lines = 0, bytes = 0, last = 0;
	size_t kept = 0, length;
	ssize_t got;

	if (argc != 2 || !(length = strlen(argv[1])))
		return 2;
	while ((got = read(STDIN_FILENO, block + kept, sizeof(block) - kept)) > 0) {
		char *at = block, *end = block + kept + got, *line_end;
		uint64_t before = lines;

		bytes += got;
		while ((line_end = memchr(at, '\n', end - at))) {
			lines += memmem(at, line_end - at, argv[1], length) != NULL;
			at = line_end + 1;
		}
		if (lines != before)
			last = now_ns();
		kept = end - at;
		if (kept == sizeof(block))
			return 1;
		memmove(block, at, kept);
	}
	printf("lines=%llu bytes=%llu last_ns=%llu\n", (unsigned long long)lines,
	       (unsigned long long)bytes, (unsigned long long)last);
	return 0;
}
