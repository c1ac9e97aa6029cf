/* SPDX-License-Identifier: MIT */
#include "device/source/timeline.h"

void timeline_init(struct timeline *t, bool live, int64_t duration)
{
	*t = (struct timeline){ .live = live, .duration = duration };
}

void timeline_restart(struct timeline *t)
{
	t->restarted = true;
}

/* Whether the item's own time goes on from the item before. */
static bool jumps(const struct timeline *t, int64_t at)
{
	int64_t most =
		t->live ? TIMELINE_LIVE_JUMP_90K : TIMELINE_FILE_JUMP_90K;

	return at < t->last_in || at - t->last_in > most;
}

static bool is_late(const struct timeline *t, int64_t out, int64_t now)
{
	return now - out >
	       (t->live ? TIMELINE_LIVE_LATE_90K : TIMELINE_FILE_LATE_90K);
}

struct timeline_place timeline_add(struct timeline *t, int64_t at,
				   int64_t duration, int64_t now)
{
	struct timeline_place place = { 0 };
	int64_t behind = t->last_out + t->duration; /* the item before */

	if (!t->started) {
		t->shift = now - at;
	} else if (t->restarted) {
		t->shift = behind - at;
	} else if (jumps(t, at)) {
		place.discontinuity = true;
		t->shift = (t->live && now > behind ? now : behind) - at;
	}
	if (is_late(t, at + t->shift, now)) {
		place.discontinuity = place.late = true;
		t->shift = now - at;
	}
	place.at = at + t->shift;
	if (t->started && place.at <= t->last_out)
		place.at = t->last_out + 1;
	place.shift = t->shift;
	if (duration > 0)
		t->duration = duration;
	else if (t->started && !t->restarted && !place.discontinuity &&
		 place.at - t->last_out > 1)
		t->duration = place.at - t->last_out;
	t->started = true;
	t->restarted = false;
	t->last_in = at;
	t->last_out = place.at;
	return place;
}
