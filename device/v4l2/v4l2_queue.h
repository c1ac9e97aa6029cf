/* SPDX-License-Identifier: MIT */
/*
 * v4l2_queue: one side of a V4L2 device, and its buffers: requested, mapped,
 * exported or imported, given to the driver and taken back.
 *
 *	request -> [map] [export | import] -> put... -> start
 *	        -> take, put, take, ... -> stop -> put... -> start -> finish
 *
 * A buffer belongs to the driver from put to take; the queue knows which do.
 * An imported DMABUF keeps its index for good: the kernel keeps an import
 * only where the same buffer comes back at the same index, and importing anew
 * for every frame is what firmware is known to leak in.
 *
 * Media thread. Never waits.
 */
#ifndef DEVICE_V4L2_V4L2_QUEUE_H
#define DEVICE_V4L2_V4L2_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define V4L2_QUEUE_MOST 16 /* buffers */

struct v4l2_slot {
	uint8_t *at;   /* mapped; NULL: not */
	size_t length; /* of its memory */
	uint32_t offset;
	int fd; /* of the DMABUF, exported or imported; -1: none */
	bool queued;
};

struct v4l2_queue {
	int fd;	       /* of the device, borrowed */
	uint32_t type; /* V4L2_BUF_TYPE_... */
	uint32_t memory;
	unsigned int count;
	unsigned int queued;
	bool streaming;
	struct v4l2_slot slot[V4L2_QUEUE_MOST];
};

/* A buffer that came back from the driver. */
struct v4l2_done {
	unsigned int index;
	size_t offset, size; /* of what is in it */
	uint32_t flags;
	uint32_t sequence;
	int64_t at_us; /* its timestamp */
};

void v4l2_queue_init(struct v4l2_queue *q, int fd, uint32_t type);

/*
 * Asks for `most` buffers of the driver's memory (V4L2_MEMORY_MMAP) or for
 * as many places for imported ones (V4L2_MEMORY_DMABUF). The driver may give
 * another number; when memory is short, fewer are tried, down to `least`.
 */
int v4l2_queue_request(struct v4l2_queue *q, uint32_t memory, unsigned int most,
		       unsigned int least);

/* Maps all buffers, for reading or (an output) for writing too. */
int v4l2_queue_map(struct v4l2_queue *q);

/* Makes a DMABUF of each buffer. */
int v4l2_queue_export(struct v4l2_queue *q);

/*
 * Takes the exported buffers of `from` as its own, index by index. Both have
 * to have as many, and each long enough. They are borrowed.
 */
int v4l2_queue_import(struct v4l2_queue *q, const struct v4l2_queue *from,
		      size_t size);

/*
 * Has the driver look at an imported buffer, `bytes` of it. -EFAULT: memory
 * that the device cannot reach; -ENOTTY: it cannot tell.
 */
int v4l2_queue_prepare(struct v4l2_queue *q, unsigned int index, size_t bytes);

/* Gives a buffer to the driver; `bytes` and `at_us` are for outputs. */
int v4l2_queue_put(struct v4l2_queue *q, unsigned int index, size_t bytes,
		   int64_t at_us);

/* Those that the driver has not. */
int v4l2_queue_put_all(struct v4l2_queue *q);

/*
 * Takes a buffer back. -EAGAIN: none is done. -EIO: the queue is broken until
 * it is stopped. -ENODEV: the device is gone.
 */
int v4l2_queue_take(struct v4l2_queue *q, struct v4l2_done *done);

int v4l2_queue_start(struct v4l2_queue *q);

/* All buffers are ours again, also when it fails. */
int v4l2_queue_stop(struct v4l2_queue *q);

/* The first buffer that the driver has not; -1: it has all. */
int v4l2_queue_free_slot(const struct v4l2_queue *q);

/* Stops, unmaps, gives all back. Fine on one that was only initialised. */
void v4l2_queue_finish(struct v4l2_queue *q);

#endif
