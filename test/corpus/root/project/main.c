#include <stdio.h>
#include "tally.h"

int main(void)
{
	char line[256], *name;
	long value;

	while (fgets(line, sizeof(line), stdin)) {
		struct entry *entry;

		if (text_split(line, &name, &value) && (entry = table_find(name)))
			entry->sum += value;
	}
	for (int i = 0; i < table_size(); i++)
		printf("%s %ld\n", table_at(i)->name, table_at(i)->sum);
	return 0;
}
