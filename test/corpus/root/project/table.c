#include <string.h>
#include "tally.h"

static struct entry entries[NAMES];
static int used;

struct entry *table_find(const char *name)
{
	for (int i = 0; i < used; i++)
		if (strcmp(entries[i].name, name) == 0)
			return &entries[i];
	if (used == NAMES)
		return NULL;
	strncpy(entries[used].name, name, sizeof(entries[used].name) - 1);
	return &entries[used++];
}

int table_size(void)
{
	return used;
}

struct entry *table_at(int index)
{
	return &entries[index];
}
