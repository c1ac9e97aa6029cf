/* SPDX-License-Identifier: MIT */
#include "cloud/store/blocking.h"

#include <errno.h>
#include <string.h>

#define HOLD_TARGETS  3
#define MIN_TARGET_MS 1000 /* EXT-X-TARGETDURATION is at least a second */
#define ADVANCE_MSN   2	   /* further ahead than this is refused */
#define ADVANCE_MS    3000 /* Advance Part Limit, for parts below a second */
#define ADVANCE_PARTS 3	   /* and for longer ones */

/* Strictly decimal, no longer than what the media sequence may hold. */
static int parse_number(uint32_t *out, const char *text, size_t n)
{
	uint64_t value = 0;

	if (n == 0 || n > 10)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > WIRE_MAX_MSN)
		return -EINVAL;
	*out = (uint32_t)value;
	return 0;
}

/* Whether `argument` is `name=...`; then *value and *n are what follows. */
static bool is_directive(const char *name, const char *argument, size_t *n,
			 const char **value)
{
	size_t size = strlen(name);

	if (*n < size || memcmp(argument, name, size) != 0)
		return false;
	*value = argument + size;
	*n -= size;
	return true;
}

static int take_number(bool *has, uint32_t *out, const char *text, size_t n)
{
	if (*has)
		return -EINVAL;
	*has = true;
	return parse_number(out, text, n);
}

int blocking_parse(struct directives *d, const char *argument, size_t n)
{
	const char *value;

	if (is_directive("_HLS_msn=", argument, &n, &value))
		return take_number(&d->has_msn, &d->msn, value, n);
	if (is_directive("_HLS_part=", argument, &n, &value))
		return take_number(&d->has_part, &d->part, value, n);
	if (is_directive("every=", argument, &n, &value))
		return take_number(&d->has_every, &d->every_s, value, n);
	if (is_directive("_HLS_skip=", argument, &n, &value))
		d->skip = (n == 3 && memcmp(value, "YES", 3) == 0) ||
			  (n == 2 && memcmp(value, "v2", 2) == 0);
	return 0;
}

static bool too_far(const struct blocking_state *s, struct wire_position want)
{
	uint32_t ahead;

	if (want.msn > s->last.msn)
		return want.msn - s->last.msn > ADVANCE_MSN;
	ahead = want.part - s->last.part;
	if (s->part_target_ms >= 1000)
		return ahead > ADVANCE_PARTS;
	return (uint64_t)ahead * s->part_target_ms > ADVANCE_MS;
}

enum blocking blocking_check(const struct blocking_state *s,
			     const struct directives *d)
{
	/*
	 * A missing part counts as the first: Safari asks so after a playlist
	 * that ends with a whole segment, and means its successor's first
	 * part. A part behind the last of its segment needs no rule: the
	 * first part of the next segment is later, and releases it.
	 */
	struct wire_position want = { d->msn, d->has_part ? d->part : 0 };

	if (d->has_part && !d->has_msn)
		return BLOCKING_BAD;
	if (s->ended || !d->has_msn || wire_compare(s->last, want) >= 0)
		return BLOCKING_READY;
	return too_far(s, want) ? BLOCKING_BAD : BLOCKING_WAIT;
}

int64_t blocking_limit_us(uint32_t target_ms)
{
	if (target_ms < MIN_TARGET_MS)
		target_ms = MIN_TARGET_MS;
	return (int64_t)target_ms * HOLD_TARGETS * 1000;
}
