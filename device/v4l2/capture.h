/* SPDX-License-Identifier: MIT */
/*
 * capture: the side of a device that pictures or coded frames come out of, a
 * camera's or a scaler's, lent without a copy: a buffer goes back to the
 * driver when nobody holds it any more.
 *
 * Where its memory comes from is decided between capture_init() and
 * capture_start(), by whoever takes the pictures: its own, exported to another
 * device; that of another device; or, undecided, its own.
 *
 * Media thread.
 */
#ifndef DEVICE_V4L2_CAPTURE_H
#define DEVICE_V4L2_CAPTURE_H

#include <stdbool.h>

#include "device/stream/frame.h"
#include "device/v4l2/v4l2.h"
#include "device/v4l2/v4l2_queue.h"

#define CAPTURE_BUFFERS 6 /* 3 in the encoder, 1 in our hands, 2 to fill */
#define CAPTURE_LEAST	2

struct capture {
	struct v4l2_queue queue;
	struct v4l2_layout layout;
	const char *name; /* for log lines, borrowed */
	/*
	 * Its own memory is scattered over pages (vmalloc), as a USB camera's:
	 * the devices of a Pi cannot read it, and some that try read somewhere
	 * else (raspberrypi/linux#5727).
	 */
	bool scattered;
	/*
	 * Buffers have to go back in the order in which they came, as
	 * libcamera's V4L2 wants it (ustreamer#268).
	 */
	bool ordered;
	unsigned int taken[V4L2_QUEUE_MOST]; /* a ring of those not back yet */
	unsigned int first_taken, count_taken;
	struct picture_buffer buffer[V4L2_QUEUE_MOST];
	int error; /* what kept a buffer from going back to the driver */
};

/* The format is set already; `layout` is what the driver made of it. */
void capture_init(struct capture *c, int fd, uint32_t type,
		  const struct v4l2_layout *layout);

/* Own memory, with a DMABUF for each buffer. */
int capture_export(struct capture *c);

/*
 * Asks for a longer stride, which the reader of the pictures needs. Returns
 * whether the driver took it, and else leaves all as it was. Not once memory
 * was decided.
 */
bool capture_restride(struct capture *c, uint32_t stride);

/* The memory of `from`, which was exported and outlasts this. */
int capture_import(struct capture *c, const struct v4l2_queue *from);

/* Undoes the decision. Not while streaming. */
void capture_undecide(struct capture *c);

/* Gives the driver all buffers and starts. */
int capture_start(struct capture *c);

/*
 * Takes what is done, if anything: *buffer is held once, for the caller to
 * release. Errors as of v4l2_queue_take().
 */
int capture_take(struct capture *c, struct v4l2_done *done,
		 struct picture_buffer **buffer);

/* The bytes of a buffer; NULL: not mapped. */
const uint8_t *capture_bytes(const struct capture *c,
			     const struct v4l2_done *done);

/* Stops and gives up all memory; what is held is gone. */
void capture_finish(struct capture *c);

#endif
