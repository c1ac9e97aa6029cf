/* SPDX-License-Identifier: MIT */
#include "device/budget/budget_plan.h"

/* What is taken to be known already, of a period: 1/30 of it, 1/8 live. */
#define PRIOR_LENGTH 30
#define PRIOR_SHARE  8

/* Where nothing is left, it is as long as can be computed with. */
#define NEVER_US INT64_C(1000000000000000)

static int64_t at_least(int64_t least, int64_t value)
{
	return value < least ? least : value;
}

/* The part of the time that video is sent, 0..1. */
static double live_share(const struct budget_state *s)
{
	double prior = (double)(s->end_us - s->start_us) / PRIOR_LENGTH;
	double elapsed = (double)at_least(0, s->now_us - s->start_us);
	double live = (double)s->live_us;

	if (live > elapsed)
		live = elapsed;
	return (live + prior / PRIOR_SHARE) / (elapsed + prior);
}

static int64_t poster_us(const struct budget_state *s, double left_us)
{
	double left = s->used_bytes < s->limit_bytes
			      ? (double)(s->limit_bytes - s->used_bytes)
			      : 0;
	double posters = s->poster_bytes ? left / (double)s->poster_bytes : 0;

	/* a broken one would be a second over */
	if (posters < 1)
		return NEVER_US;
	return (int64_t)(left_us / posters);
}

struct budget_plan budget_plan_make(const struct budget_state *s)
{
	uint64_t reserve = s->limit_bytes / BUDGET_RESERVE;
	uint64_t for_video = s->limit_bytes - reserve;
	double left_us = (double)at_least(1000000, s->end_us - s->now_us);
	double bytes, live_s;

	struct budget_plan plan = { .poster_us = poster_us(s, left_us) };

	if (s->used_bytes >= for_video) {
		plan.posters_only = true;
		return plan;
	}
	bytes = (double)(for_video - s->used_bytes);
	live_s = left_us / 1e6 * live_share(s);
	plan.bitrate = (int64_t)(bytes * 8 * 100 / BUDGET_GROSS / live_s);
	return plan;
}
