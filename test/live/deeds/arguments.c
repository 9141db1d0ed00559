// SPDX-License-Identifier: Apache-2.0
/* From the words on the command line to what system calls take. */
#include <sys/socket.h>
#include <sys/uio.h>

#include "deeds.h"

#define MAX_MESSAGES 8

struct numbered_call {
	const char *name;
	long number;
};

/* Written by the harness from the compiler's own <sys/syscall.h>. */
static const struct numbered_call calls[] = {
#include "syscalls.inc"
	{NULL, 0},
};

_Noreturn void give_up(const char *what, const char *detail)
{
	fprintf(stderr, "deeds: %s: %s\n", what, detail);
	_exit(125);
}

long syscall_number(const char *name)
{
	const struct numbered_call *call;

	if (*name >= '0' && *name <= '9')
		return strtol(name, NULL, 10);
	for (call = calls; call->name; call++)
		if (!strcmp(call->name, name))
			return call->number;
	give_up("no such system call", name);
}

static void *room(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		give_up("out of memory", "calloc");
	return memory;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	if (!found)
		give_up("not a hexadecimal digit", (char[]){c, 0});
	return found - digits;
}

/* Decodes %XX up to `length` characters. */
static char *text_of(const char *encoded, size_t length)
{
	char *text = room(length + 1), *out = text;
	size_t i;

	for (i = 0; i < length; i++) {
		if (encoded[i] == '%' && i + 2 < length) {
			*out++ = hex_digit(encoded[i + 1]) << 4 | hex_digit(encoded[i + 2]);
			i += 2;
		} else {
			*out++ = encoded[i];
		}
	}
	return text;
}

static unsigned char *bytes_of(const char *hex, size_t digits)
{
	unsigned char *bytes = room(digits / 2);
	size_t i;

	for (i = 0; i + 1 < digits; i += 2)
		bytes[i / 2] = hex_digit(hex[i]) << 4 | hex_digit(hex[i + 1]);
	return bytes;
}

static char **array_of(const char *list)
{
	size_t count = 1, i;
	char **array;
	const char *c;

	for (c = list; *c; c++)
		count += *c == ',';
	array = room((count + 1) * sizeof(*array));
	for (i = 0; i < count; i++) {
		size_t length = strcspn(list, ",");

		array[i] = text_of(list, length);
		list += length + 1;
	}
	return array;
}

static char **repeated(const char *shape)
{
	char *end, **array;
	size_t count = strtoul(shape, &end, 10), length, i;

	if (*end != 'x')
		give_up("not a count and a length", shape);
	length = strtoul(end + 1, NULL, 10);
	array = room((count + 2) * sizeof(*array));
	array[0] = "deeds";
	for (i = 1; i <= count; i++) {
		array[i] = room(length + 1);
		memset(array[i], 'a' + i % 26, length);
	}
	return array;
}

/* A struct mmsghdr begins with a struct msghdr, so this serves sendmsg as well. */
static struct mmsghdr *messages_of(const char *list)
{
	static const char datagram[] = "datagram";
	struct mmsghdr *messages = room(MAX_MESSAGES * sizeof(*messages));
	struct iovec *vector = room(sizeof(*vector));
	size_t i;

	vector->iov_base = (void *)datagram;
	vector->iov_len = sizeof(datagram) - 1;
	for (i = 0; *list && i < MAX_MESSAGES; i++) {
		size_t length = strcspn(list, ",");

		messages[i].msg_hdr.msg_name = bytes_of(list, length);
		messages[i].msg_hdr.msg_namelen = length / 2;
		messages[i].msg_hdr.msg_iov = vector;
		messages[i].msg_hdr.msg_iovlen = 1;
		list += length + (list[length] == ',');
	}
	return messages;
}

/* One iovec over `size` zero bytes. */
static struct iovec *vector_of(size_t size)
{
	struct iovec *vector = room(sizeof(*vector));

	vector->iov_base = room(size);
	vector->iov_len = size;
	return vector;
}

long value_of(const char *argument)
{
	const char *rest = argument + 2;

	if (!argument[0] || argument[1] != ':')
		give_up("not an argument", argument);
	switch (argument[0]) {
	case 'i':
		return (long)strtoll(rest, NULL, 0);
	case 's':
		return (long)text_of(rest, strlen(rest));
	case 'h':
		return (long)bytes_of(rest, strlen(rest));
	case 'b':
		return (long)room(strtoul(rest, NULL, 10));
	case 'n':
		return 0;
	case 'a':
		return (long)array_of(rest);
	case 'x':
		return (long)repeated(rest);
	case 'p':
		return getpid();
	case 'v':
		return (long)vector_of(strtoul(rest, NULL, 10));
	case 'm':
		return (long)messages_of(rest);
	}
	give_up("no such kind of argument", argument);
}
