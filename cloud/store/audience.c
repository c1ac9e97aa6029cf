/* SPDX-License-Identifier: MIT */
#include "cloud/store/audience.h"

#include <string.h>

/* Forgets the seconds that are over, so that the newest is now's. */
static void advance(struct audience *a, int64_t now_us)
{
	int64_t second = now_us / 1000000;

	if (second - a->second >= AUDIENCE_SECONDS) {
		memset(a->ms, 0, sizeof(a->ms));
		a->second = second;
	}
	while (a->second < second)
		a->ms[++a->second % AUDIENCE_SECONDS] = 0;
}

void audience_count(struct audience *a, uint32_t ms, int64_t now_us)
{
	advance(a, now_us);
	a->ms[a->second % AUDIENCE_SECONDS] += ms;
}

void audience_ask(struct audience *a, int64_t now_us)
{
	a->asked_until_us = now_us + AUDIENCE_SECONDS * 1000000;
}

/*
 * The newest second has only begun, so it counts as far as it is over. Whoever
 * has just come is one, though it has not played much yet.
 */
unsigned int audience_viewers(const struct audience *a, int64_t now_us)
{
	int64_t second = now_us / 1000000;
	uint64_t window = (AUDIENCE_SECONDS - 1) * 1000 +
			  (uint64_t)(now_us % 1000000) / 1000;
	uint64_t sum = 0;

	for (int64_t s = second - AUDIENCE_SECONDS + 1; s <= a->second; s++)
		if (s >= 0)
			sum += a->ms[s % AUDIENCE_SECONDS];
	if (sum < window / 2)
		return sum > 0 || now_us < a->asked_until_us;
	return (unsigned int)((sum + window / 2) / window);
}
