/* SPDX-License-Identifier: MIT */
/*
 * reorder: makes decode times where a container tells only when pictures are
 * shown (Matroska): the decode times are the presentation times in order,
 * earlier by as many pictures as the decoder may hold back.
 *
 * Pure. All in one unit of time, whatever it is.
 */
#ifndef DEVICE_SOURCE_REORDER_H
#define DEVICE_SOURCE_REORDER_H

#include <stdint.h>

#define REORDER_MAX 16 /* max_num_reorder_frames, E.2.1 */

struct reorder {
	int count;
	int64_t pts[REORDER_MAX + 1]; /* not yet used, sorted */
};

/*
 * `first_pts` and `frame`: of the first picture in decode order, which must
 * be the first that is shown too, and the distance of two. A delay out of
 * range is the nearest.
 */
void reorder_init(struct reorder *r, int delay, int64_t first_pts,
		  int64_t frame);

/* The decode time of the next picture, the first one included. */
int64_t reorder_add(struct reorder *r, int64_t pts);

#endif
