/* SPDX-License-Identifier: MIT */
/*
 * memory: what video buffers lie in. Each is a memfd, so that a program can
 * map it, that its exported descriptor is a real one, and that another fake
 * device knows it again by its inode, as a DMABUF.
 *
 * All under world_lock (node.h).
 */
#ifndef TESTS_FAKE_MEMORY_H
#define TESTS_FAKE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct memory {
	int refs;
	int fd; /* memfd */
	dev_t device;
	ino_t inode;
	size_t size;	 /* whole pages */
	uint8_t *at;	 /* mapped here for the fake itself */
	bool contiguous; /* CMA; else scattered pages (vmalloc) */
	/* Filled by a fake device since the program last queued it as input. */
	bool filled_by_device;
	struct memory *next;
};

/* Pages of zeros, held once. NULL: no memory. */
struct memory *memory_new(size_t size, bool contiguous);
struct memory *memory_hold(struct memory *m);
void memory_release(struct memory **m);

/* The memory behind a descriptor, borrowed; NULL: not one of ours. */
struct memory *memory_find(int fd);

/* What the program maps; 0 or a negative errno. */
int memory_map(struct memory *m, void *hint, size_t length, int protection,
	       int flags, void **out);
/* Forgets what it unmaps; any address. */
void memory_note_unmap(const void *at, size_t length);
/* Whether the program has any mapping. Any thread, without the lock. */
bool memory_is_mapped(void);
/* Mappings that the program still has. */
int memory_count_maps(void);
/* Memories that still exist. */
int memory_count(void);

#endif
