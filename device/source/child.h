/* SPDX-License-Identifier: MIT */
/*
 * child: a program that we start and read from, without a shell between.
 *
 * Owned by one thread. The child gets no signal mask and no descriptor of
 * ours but its own three.
 */
#ifndef DEVICE_SOURCE_CHILD_H
#define DEVICE_SOURCE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
	pid_t pid;    /* 0: none */
	int pid_fd;   /* readable when it has ended; -1: none */
	int out_fd;   /* its standard output; -1: none */
	int error_fd; /* its standard error, of which the beginning is kept */
};

/* Makes one that was never started, which can be stopped. */
void child_init(struct child *c);

/* Starts argv[0], a path. On failure there is nothing to be closed. */
int child_start(struct child *c, const char *const *argv);

/*
 * Ends it if it has not ended, first kindly, after half a second not; reaps
 * it, and writes how it ended and the last that it said, for a log line.
 */
void child_stop(struct child *c, char *words, size_t size);

/* Where a program is, by PATH; false: nowhere. */
bool child_find(char *out, size_t size, const char *name);

#endif
