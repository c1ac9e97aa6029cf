/* SPDX-License-Identifier: MIT */
/*
 * frame: the two things that travel through the media thread.
 *
 * Media time is in ticks of 1/90000 s (`_90k`). Its origin is free per
 * source, but it advances with CLOCK_MONOTONIC, never with the wall clock.
 */
#ifndef DEVICE_FRAME_H
#define DEVICE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum picture_format {
	PICTURE_I420, /* planes Y, U, V */
	PICTURE_NV12, /* planes Y, UV */
};

/* One raw picture, borrowed from its source until the next source_next(). */
struct picture {
	enum picture_format format;
	int width, height; /* in pixels, even */
	const uint8_t *plane[3];
	int stride[3]; /* bytes from line to line, >= the line's bytes */
	int64_t pts_90k;
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
