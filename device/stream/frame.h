/* SPDX-License-Identifier: MIT */
/*
 * frame: the two things that travel through the media thread.
 *
 * Media time is in ticks of 1/90000 s (`_90k`), on CLOCK_MONOTONIC and never
 * on the wall clock: a picture's is when it was taken.
 */
#ifndef DEVICE_STREAM_FRAME_H
#define DEVICE_STREAM_FRAME_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum picture_format {
	PICTURE_I420, /* planes Y, U, V */
	PICTURE_NV12, /* planes Y, UV */
	PICTURE_YUYV, /* one plane, Y U Y V; colour for each line */
};

/*
 * The memory of a picture, where others may read it without a copy and keep
 * it for longer than it is borrowed: whoever does so holds it meanwhile. Back
 * with its owner when nobody holds it any more.
 */
struct picture_buffer {
	int fd;		    /* DMABUF; -1: none */
	size_t length;	    /* of the DMABUF */
	unsigned int index; /* from 0; always the same for the same memory */
	unsigned int holds;
	void (*idle)(struct picture_buffer *buffer); /* nobody holds it */
	void *owner;
};

static inline void picture_hold(struct picture_buffer *buffer)
{
	buffer->holds++;
}

static inline void picture_release(struct picture_buffer *buffer)
{
	assert(buffer->holds); /* whoever releases it has held it */
	if (!--buffer->holds)
		buffer->idle(buffer);
}

/* One raw picture, borrowed from its source until the next source_next(). */
struct picture {
	enum picture_format format;
	int width, height; /* in pixels, even */
	const uint8_t *plane[3];
	int stride[3]; /* bytes from line to line, >= the line's bytes */
	int64_t pts_90k;
	struct picture_buffer *buffer; /* NULL: gone with the next call */
};

/*
 * One coded picture: H.264 Annex B with start codes, whole. Borrowed until
 * the next call to whoever gave it.
 */
struct access_unit {
	const uint8_t *bytes;
	size_t size;
	int64_t dts_90k; /* strictly increasing but across a discontinuity */
	int64_t pts_90k; /* >= dts_90k */
	int64_t duration_90k; /* 0: not known yet */
	bool key;	      /* an IDR picture */
	bool discontinuity;   /* time does not go on from the unit before */
};

#endif
