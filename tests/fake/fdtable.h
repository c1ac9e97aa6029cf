/* SPDX-License-Identifier: MIT */
/*
 * fdtable: which of the process's descriptors are ours: opened nodes, and
 * exported buffers.
 *
 * Under world_lock, but for fdtable_is_ours().
 */
#ifndef TESTS_FAKE_FDTABLE_H
#define TESTS_FAKE_FDTABLE_H

#include <stdbool.h>

struct file;
struct memory;

/* Descriptors from here on are never ours; open() then fails with EMFILE. */
#define FDTABLE_SIZE 4096

/* Any thread, without the lock: most descriptors are not. */
bool fdtable_is_ours(int fd);

/* Each takes over one hold. False, and nothing taken: out of range. */
bool fdtable_put_file(int fd, struct file *file);
bool fdtable_put_memory(int fd, struct memory *memory);

/* Borrowed; NULL: not one. */
struct file *fdtable_file(int fd);

/* The program has duplicated `from`. */
void fdtable_copy(int from, int to);
/* The program closes it. Releases what it held. */
void fdtable_remove(int fd);

/* What is open now. */
int fdtable_count_files(void);
int fdtable_count_memories(void);
/* One that is an open node, from `from` on; -1: no more. */
int fdtable_next_file(int from);

#endif
