/* SPDX-License-Identifier: MIT */
#include "tests/fake/fdtable.h"

#include <stdatomic.h>
#include <stddef.h>

#include "tests/fake/file.h"
#include "tests/fake/memory.h"

static struct {
	struct file *file;
	struct memory *memory;
} entries[FDTABLE_SIZE];
static atomic_bool ours[FDTABLE_SIZE];

static bool in_range(int fd)
{
	return fd >= 0 && fd < FDTABLE_SIZE;
}

bool fdtable_is_ours(int fd)
{
	return in_range(fd) && atomic_load(&ours[fd]);
}

bool fdtable_put_file(int fd, struct file *file)
{
	if (!in_range(fd))
		return false;
	fdtable_remove(fd);
	entries[fd].file = file;
	atomic_store(&ours[fd], true);
	return true;
}

bool fdtable_put_memory(int fd, struct memory *memory)
{
	if (!in_range(fd))
		return false;
	fdtable_remove(fd);
	entries[fd].memory = memory;
	atomic_store(&ours[fd], true);
	return true;
}

struct file *fdtable_file(int fd)
{
	return in_range(fd) ? entries[fd].file : NULL;
}

void fdtable_copy(int from, int to)
{
	if (!in_range(to) || from == to)
		return;
	fdtable_remove(to);
	if (!fdtable_is_ours(from))
		return;
	if (entries[from].file)
		fdtable_put_file(to, file_hold(entries[from].file));
	else
		fdtable_put_memory(to, memory_hold(entries[from].memory));
}

void fdtable_remove(int fd)
{
	struct file *file;
	struct memory *memory;

	if (!fdtable_is_ours(fd))
		return;
	file = entries[fd].file;
	memory = entries[fd].memory;
	entries[fd].file = NULL;
	entries[fd].memory = NULL;
	atomic_store(&ours[fd], false);
	file_release(&file);
	memory_release(&memory);
}

int fdtable_count_files(void)
{
	int count = 0;

	for (int fd = 0; fd < FDTABLE_SIZE; fd++)
		count += entries[fd].file != NULL;
	return count;
}

int fdtable_count_memories(void)
{
	int count = 0;

	for (int fd = 0; fd < FDTABLE_SIZE; fd++)
		count += entries[fd].memory != NULL;
	return count;
}

int fdtable_next_file(int from)
{
	for (int fd = from; fd < FDTABLE_SIZE; fd++) {
		if (entries[fd].file)
			return fd;
	}
	return -1;
}
