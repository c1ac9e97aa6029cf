/* SPDX-License-Identifier: MIT */
/*
 * whole_file: small files that are there complete or not at all: written
 * under a temporary name beside and renamed. Any thread; nothing is logged.
 */
#ifndef DEVICE_WHOLE_FILE_H
#define DEVICE_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct whole_file_params {
	const char *path;
	unsigned int mode; /* permissions, whatever the umask is */
	bool durable;	   /* survives a power cut: on a disk */
};

/* Replaces what was there. 0 or a negative errno; then that is still there. */
int whole_file_write(const struct whole_file_params *params, const char *text,
		     size_t n);

/*
 * Reads all of it into `out` and ends it with a zero byte. Returns its length;
 * -ENOENT, -EFBIG when it does not fit, ...
 */
int whole_file_read(const char *path, char *out, size_t size);

#endif
