/* SPDX-License-Identifier: MIT */
#include "cloud/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int output_open(struct output **out, int fd)
{
	struct output *o = malloc(sizeof(*o));

	*out = o;
	if (!o)
		return -ENOMEM;
	o->fd = fd;
	o->size = 0;
	o->dropped = 0;
	return 0;
}

void output_close(struct output **output)
{
	struct output *o = *output;

	*output = NULL;
	if (!o)
		return;
	output_flush(o);
	free(o);
}

void output_add(struct output *o, const char *line, size_t n)
{
	if (n > sizeof(o->waiting) - o->size)
		output_flush(o);
	if (n > sizeof(o->waiting) - o->size) {
		o->dropped++;
		return;
	}
	memcpy(o->waiting + o->size, line, n);
	o->size += n;
}

/*
 * A pipe that is writable has room for PIPE_BUF bytes, so as many do not
 * block, though the descriptor does (pipe(7), poll(2)).
 */
void output_flush(struct output *o)
{
	size_t done = 0;

	while (done < o->size) {
		struct pollfd ready = { .fd = o->fd, .events = POLLOUT };
		size_t n = o->size - done;
		ssize_t written;

		if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
			break;
		if (n > PIPE_BUF)
			n = PIPE_BUF;
		written = write(o->fd, o->waiting + done, n);
		if (written <= 0)
			break;
		done += (size_t)written;
	}
	memmove(o->waiting, o->waiting + done, o->size - done);
	o->size -= done;
}
