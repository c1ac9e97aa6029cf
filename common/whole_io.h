/* SPDX-License-Identifier: MIT */
/*
 * whole_io: read(2) and write(2) until all of it is done, signals and short
 * counts notwithstanding. For files; blocks. Any thread.
 */
#ifndef COMMON_WHOLE_IO_H
#define COMMON_WHOLE_IO_H

#include <stddef.h>
#include <sys/types.h>

/* Writes all `n` bytes: 0, or a negative errno after some of them. */
int write_whole(int fd, const void *bytes, size_t n);

/*
 * Reads up to the end, but no more than `size` bytes. Returns how many, or a
 * negative errno.
 */
ssize_t read_whole(int fd, void *out, size_t size);

#endif
