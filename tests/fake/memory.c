/* SPDX-License-Identifier: MIT */
#include "tests/fake/memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fake/real.h"

struct map {
	const uint8_t *at;
	size_t length;
	struct memory *memory;
	struct map *next;
};

static struct memory *memories;
static struct map *maps;
static atomic_int map_count;

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static int map_pages(struct memory *m, size_t size, bool contiguous)
{
	struct stat st;
	void *at;

	m->contiguous = contiguous;
	m->size = whole_pages(size);
	m->fd = memfd_create("video buffer", MFD_CLOEXEC);
	if (m->fd < 0 || ftruncate(m->fd, (off_t)m->size) < 0 ||
	    real()->fstat(m->fd, &st) < 0)
		return -errno;
	m->device = st.st_dev;
	m->inode = st.st_ino;
	at = real()->mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  m->fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	m->at = at;
	return 0;
}

struct memory *memory_new(size_t size, bool contiguous)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	*m = (struct memory){ .refs = 1, .fd = -1, .next = memories };
	memories = m;
	if (map_pages(m, size, contiguous) < 0)
		memory_release(&m);
	return m;
}

struct memory *memory_hold(struct memory *m)
{
	m->refs++;
	return m;
}

void memory_release(struct memory **memory)
{
	struct memory *m = *memory, **link = &memories;

	*memory = NULL;
	if (!m || --m->refs > 0)
		return;
	while (*link != m)
		link = &(*link)->next;
	*link = m->next;
	if (m->at)
		real()->munmap(m->at, m->size);
	if (m->fd >= 0)
		real()->close(m->fd);
	free(m);
}

struct memory *memory_find(int fd)
{
	struct stat st;

	if (real()->fstat(fd, &st) < 0)
		return NULL;
	for (struct memory *m = memories; m; m = m->next) {
		if (m->inode == st.st_ino && m->device == st.st_dev)
			return m;
	}
	return NULL;
}

int memory_map(struct memory *m, void *hint, size_t length, int protection,
	       int flags, void **out)
{
	struct map *map = calloc(1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	*out = real()->mmap(hint, length, protection, flags, m->fd, 0);
	if (*out == MAP_FAILED) {
		int err = -errno;

		free(map);
		return err;
	}
	*map = (struct map){ .at = *out,
			     .length = length,
			     .memory = memory_hold(m),
			     .next = maps };
	maps = map;
	map_count++;
	return 0;
}

/* As programs do: a mapping goes as a whole. */
void memory_note_unmap(const void *address, size_t length)
{
	const uint8_t *at = address;
	struct map **link = &maps;

	while (*link) {
		struct map *map = *link;

		if (map->at < at || map->at >= at + length) {
			link = &map->next;
			continue;
		}
		*link = map->next;
		memory_release(&map->memory);
		free(map);
		map_count--;
	}
}

bool memory_is_mapped(void)
{
	return map_count > 0;
}

int memory_count_maps(void)
{
	return map_count;
}

int memory_count(void)
{
	int count = 0;

	for (const struct memory *m = memories; m; m = m->next)
		count++;
	return count;
}
