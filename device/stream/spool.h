/* SPDX-License-Identifier: MIT */
/*
 * spool: files in tmpfs, complete or absent: written under a temporary name
 * and renamed. One directory per camera, one process at a time.
 *
 * Any thread; distinct files only. Nothing here knows what is in them.
 */
#ifndef DEVICE_STREAM_SPOOL_H
#define DEVICE_STREAM_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spool;

/*
 * Opens (and makes, mode 0700) `directory` and removes what an interrupted
 * write left. On failure *out is NULL and a line was logged that names the
 * directory, the reason and the next step. -ENOTSUP: not in memory, and
 * `any_filesystem` is not set; -EBUSY: another process uses it.
 */
int spool_open(struct spool **out, const char *directory, bool any_filesystem);
void spool_close(struct spool **s);

/* Writes a whole file, replacing one of that name. Not logged. */
int spool_write(struct spool *s, const char *name, const void *bytes,
		size_t size);

/* Adds to the end of a file, making it if need be. Not logged. */
int spool_append(struct spool *s, const char *name, const void *bytes,
		 size_t size);

/* Reads at most `size` bytes; returns how many, -ENOENT, ... Not logged. */
int spool_read(struct spool *s, const char *name, void *out, size_t size);

/* Size of a file, or -ENOENT, ... */
int64_t spool_size(struct spool *s, const char *name);

/* A file that is not there is fine. */
void spool_remove(struct spool *s, const char *name);

/*
 * Removes every file for which `keep` returns false. Other people's
 * directories in there are left alone.
 */
void spool_sweep(struct spool *s, bool (*keep)(const char *name, void *context),
		 void *context);

#endif
