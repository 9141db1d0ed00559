#include <stdlib.h>
#include <string.h>
#include "tally.h"

int text_split(char *line, char **name, long *value)
{
	char *space = strchr(line, ' ');

	if (!space)
		return 0;
	*space = 0;
	*name = line;
	*value = strtol(space + 1, NULL, 10);
	return 1;
}
