/* SPDX-License-Identifier: MIT */
#include <limits.h>

#include "cloud/store/camera_state.h"
#include "cloud/store/playlist.h"

/* What a player needs to start, whoever else wants the memory. */
#define KEPT_SEGMENTS 3

static bool is_listed(const struct camera *c, const struct segment *s)
{
	return !c->playlist || s->msn >= playlist_meta(c->playlist)->first_msn;
}

bool camera_evict(struct camera *c)
{
	if (!c->segments.count || is_listed(c, &c->segments.segment[0]))
		return false;
	segments_drop_oldest(&c->segments);
	return true;
}

size_t camera_evictable(const struct camera *c)
{
	size_t bytes = 0;

	for (size_t i = 0;
	     i < c->segments.count && !is_listed(c, &c->segments.segment[i]);
	     i++)
		bytes += c->segments.segment[i].memory;
	return bytes;
}

/* Three target durations (RFC 8216 6.2.2), and the segment that is open. */
static unsigned int needed(const struct camera *c)
{
	int64_t need_us =
		(int64_t)playlist_meta(c->playlist)->target_ms * 3 * 1000;
	size_t i = c->segments.count - 1;
	unsigned int count = 1;

	while (i > 0 && (need_us > 0 || count <= KEPT_SEGMENTS)) {
		i--;
		need_us -= camera_length_us(c, &c->segments.segment[i]);
		count++;
	}
	return count;
}

unsigned int camera_fitting(const struct camera *c, size_t bytes)
{
	uint64_t sum = 0, whole = c->segments.count ? c->segments.count - 1 : 0;
	uint64_t fitting;

	if (!c->playlist || whole < KEPT_SEGMENTS)
		return UINT_MAX;
	for (size_t i = 0; i < whole; i++)
		sum += c->segments.segment[i].memory;
	fitting = bytes * whole / sum;
	if (fitting < needed(c))
		fitting = needed(c);
	return fitting < UINT_MAX ? (unsigned int)fitting : UINT_MAX;
}

bool camera_lists_shed(const struct camera *c)
{
	return c->playlist && c->segments.count &&
	       playlist_meta(c->playlist)->first_msn <
		       c->segments.segment[0].msn;
}

bool camera_shed(struct camera *c)
{
	if (c->segments.count <= KEPT_SEGMENTS)
		return false;
	segments_drop_oldest(&c->segments);
	c->counts.shed++;
	return true;
}

size_t camera_sheddable(const struct camera *c)
{
	size_t bytes = 0;

	for (size_t i = 0; i + KEPT_SEGMENTS < c->segments.count; i++)
		bytes += c->segments.segment[i].memory;
	return bytes;
}
