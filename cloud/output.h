/* SPDX-License-Identifier: MIT */
/*
 * output: lines on their way to a file descriptor whose reader may be slow, or
 * may not read at all. Nobody waits for it: what finds no room is dropped, and
 * counted. Server's thread.
 */
#ifndef CLOUD_OUTPUT_H
#define CLOUD_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#define OUTPUT_ROOM (64 << 10) /* bytes that wait */

struct output {
	int fd; /* borrowed */
	size_t size;
	uint64_t dropped; /* lines */
	char waiting[OUTPUT_ROOM];
};

/* -ENOMEM. On failure *out is NULL. */
int output_open(struct output **out, int fd);

/* What can be written at once still is. */
void output_close(struct output **output);

/* Takes a line of `n` bytes with its newline, or drops it. */
void output_add(struct output *o, const char *line, size_t n);

/* Writes what can be written without waiting; now and then. */
void output_flush(struct output *o);

#endif
