#define NAMES 256

struct entry {
	char name[32];
	long sum;
};

struct entry *table_find(const char *name);
int table_size(void);
struct entry *table_at(int index);
int text_split(char *line, char **name, long *value);
