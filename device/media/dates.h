/* SPDX-License-Identifier: MIT */
/*
 * dates: the wall clock of what is in the stream. Media time goes on evenly,
 * a wall clock can be set; so the two are tied together at one moment, and
 * stay so until a discontinuity. But the clock that media time is made of
 * drifts, by a tenth of a second in an hour or less: from segment to segment
 * the tie follows, by so little that dates and durations agree for players
 * (RFC 8216 4.3.2.6).
 *
 * Pure.
 */
#ifndef DEVICE_MEDIA_DATES_H
#define DEVICE_MEDIA_DATES_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: nothing is tied yet. */
struct dates {
	bool set;
	int64_t wall_us, media_90k; /* the same moment */
	int64_t offset_us;	    /* wall minus monotonic at that moment */
	int64_t followed_90k;	    /* until here the tie has followed */
};

/* Ties `media_90k`, taken at `taken_us` (monotonic), to the wall clock. */
void dates_set(struct dates *d, int64_t media_90k, int64_t taken_us,
	       int64_t offset_us);

/* Whether the clock was set since, as `offset_us`, of now, shows. */
bool dates_are_off(const struct dates *d, int64_t offset_us);

/*
 * A segment begins at `media_90k`: follows what `offset_us`, of now, has moved
 * by since, with DATES_MOST_US at most and one in 2000 of the time between.
 */
#define DATES_MOST_US 1000
void dates_follow(struct dates *d, int64_t media_90k, int64_t offset_us);

int64_t dates_wall_us(const struct dates *d, int64_t media_90k);

/*
 * When a picture was taken: media time is the monotonic clock's (frame.h),
 * but for what cannot be, as when a recording is played: that is of now.
 */
int64_t dates_captured_us(int64_t pts_90k, int64_t now_us);

#endif
