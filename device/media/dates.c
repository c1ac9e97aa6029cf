/* SPDX-License-Identifier: MIT */
#include "device/media/dates.h"

/* A wall clock that moved by more than this was set, and did not just drift. */
#define CLOCK_STEP_US 500000

/* More than twice of what two bad quartzes drift apart: 500 ppm. */
#define FOLLOW_PART 2000

/* What was taken longer ago has no time of its own. */
#define MOST_AGE_US 5000000

void dates_set(struct dates *d, int64_t media_90k, int64_t taken_us,
	       int64_t offset_us)
{
	*d = (struct dates){
		.set = true,
		.wall_us = taken_us + offset_us,
		.media_90k = media_90k,
		.offset_us = offset_us,
		.followed_90k = media_90k,
	};
}

bool dates_are_off(const struct dates *d, int64_t offset_us)
{
	int64_t moved = offset_us - d->offset_us;

	return moved > CLOCK_STEP_US || moved < -CLOCK_STEP_US;
}

void dates_follow(struct dates *d, int64_t media_90k, int64_t offset_us)
{
	int64_t gone_us = (media_90k - d->followed_90k) * 100 / 9;
	int64_t most_us = gone_us / FOLLOW_PART;
	int64_t by_us = offset_us - d->offset_us;

	if (gone_us <= 0)
		return;
	if (most_us > DATES_MOST_US)
		most_us = DATES_MOST_US;
	if (by_us > most_us)
		by_us = most_us;
	else if (by_us < -most_us)
		by_us = -most_us;
	d->wall_us += by_us;
	d->offset_us += by_us;
	d->followed_90k = media_90k;
}

int64_t dates_wall_us(const struct dates *d, int64_t media_90k)
{
	return d->wall_us + (media_90k - d->media_90k) * 100 / 9;
}

int64_t dates_captured_us(int64_t pts_90k, int64_t now_us)
{
	int64_t at_us = pts_90k * 100 / 9;

	return at_us > now_us || at_us < now_us - MOST_AGE_US ? now_us : at_us;
}
