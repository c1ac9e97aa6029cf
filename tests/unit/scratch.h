/* SPDX-License-Identifier: MIT */
/* scratch: a directory in memory for one test, removed behind it. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[64];

static inline void scratch_make(void)
{
	snprintf(scratch, sizeof(scratch), "/dev/shm/oriel-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch));
}

/* How many files are in it; their names are appended to `names`. */
static inline int scratch_list(char *names, size_t size)
{
	DIR *dir = opendir(scratch);
	struct dirent *entry;
	int count = 0;

	names[0] = '\0';
	while ((entry = readdir(dir))) {
		size_t used = strlen(names);

		if (entry->d_name[0] == '.')
			continue;
		snprintf(names + used, size - used, "%s ", entry->d_name);
		count++;
	}
	closedir(dir);
	return count;
}

/* The text of one of them. */
static inline void scratch_read(const char *name, char *out, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	out[fread(out, 1, size - 1, file)] = '\0';
	fclose(file);
}

static inline void scratch_remove(void)
{
	DIR *dir = opendir(scratch);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(scratch);
}

#endif
