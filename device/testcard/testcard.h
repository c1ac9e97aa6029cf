/* SPDX-License-Identifier: MIT */
/*
 * testcard: draws the picture that stands in for a camera: a timecode strip
 * (timecode.h), colour bars, a clock for people, and a ball that rolls to and
 * fro. What does not change is drawn once; a picture then costs some thousand
 * instructions.
 *
 * Pure but for the time zone; media thread.
 */
#ifndef DEVICE_TESTCARD_TESTCARD_H
#define DEVICE_TESTCARD_TESTCARD_H

#include <stdint.h>

#include "device/stream/frame.h"

#define TESTCARD_MIN_WIDTH  160
#define TESTCARD_MIN_HEIGHT 96
#define TESTCARD_MAX_SIDE   4096
#define TESTCARD_BALL_US    4000000 /* there and back again */

struct testcard;

/* -EINVAL: a side is odd or out of range. On failure *out is NULL. */
int testcard_open(struct testcard **out, int width, int height);
void testcard_close(struct testcard **card);

/*
 * Draws the picture of `wall_us` (Unix time), with the ball where it is at
 * `media_us`. Fills all of *out but its time; the planes are borrowed until
 * the next call.
 */
void testcard_draw(struct testcard *card, int64_t wall_us, int64_t media_us,
		   struct picture *out);

#endif
