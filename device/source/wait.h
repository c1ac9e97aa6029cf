/* SPDX-License-Identifier: MIT */
/*
 * wait: how a source waits: for a time or for a file descriptor, and always
 * for the program's stop too.
 *
 * Media thread only.
 */
#ifndef DEVICE_SOURCE_WAIT_H
#define DEVICE_SOURCE_WAIT_H

#include <stdint.h>

struct wait {
	int timer_fd; /* -1: not open */
	int stop_fd;  /* readable: the program is to stop; -1: never */
};

int wait_open(struct wait *w, int stop_fd);
void wait_close(struct wait *w);

/*
 * Waits until CLOCK_MONOTONIC is at `due_us`. Returns 0; -EAGAIN when
 * `also_fd` (-1: none) was readable first; -ECANCELED on stop.
 */
int wait_until(struct wait *w, int64_t due_us, int also_fd);

/* Waits until `fd` is readable, or at its end; as above. */
int wait_readable(const struct wait *w, int fd, int also_fd);

/* Looks without waiting: 0 nothing, -EAGAIN, -ECANCELED as above. */
int wait_look(const struct wait *w, int also_fd);

#endif
