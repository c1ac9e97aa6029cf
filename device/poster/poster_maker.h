/* SPDX-License-Identifier: MIT */
/*
 * poster_maker: makes a poster of one of the pictures that it is shown, now
 * and then. That takes milliseconds, once a minute.
 *
 * Media thread. Time is an argument: `now_us` is monotonic, `wall_us` is when
 * the picture was taken.
 */
#ifndef DEVICE_POSTER_POSTER_MAKER_H
#define DEVICE_POSTER_POSTER_MAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "device/poster/poster.h"
#include "device/stream/frame.h"
#include "device/stream/h264.h"

/* A camera needs that long until it has found its exposure. */
#define POSTER_FIRST_US 2000000

/* Set `poster` (NULL: none are made), `interval_us` and `width`. */
struct poster_maker {
	struct poster *poster; /* where they go; borrowed */
	int64_t interval_us;   /* from one to the next, > 0 */
	int width;	       /* in pixels; never more than the picture's */

	/* private state */
	bool begun, failed;
	int64_t next_us;
};

/* Whether it is time for another: then show one, the next there is. */
bool poster_maker_is_due(struct poster_maker *m, int64_t now_us);

/* Trouble is logged once, and the next one waits for its time. */
void poster_maker_show(struct poster_maker *m, const struct picture *picture,
		       int64_t now_us, int64_t wall_us);

/* Likewise an H.264 key frame, which is decoded for that. */
void poster_maker_show_key(struct poster_maker *m,
			   const struct h264_parameter_sets *sets,
			   const struct access_unit *unit, int64_t now_us,
			   int64_t wall_us);

#endif
