/* SPDX-License-Identifier: MIT */
/*
 * budget_plan: how fast a camera may send so that what is left of its data
 * budget lasts for what is left of the time.
 *
 * Nobody knows how long it will be watched. The plan takes it that this goes
 * on as it has in this period so far, and at the beginning that it is
 * an eighth of the time. So a camera that is watched for an hour a day has its
 * month's budget for thirty hours, and one that always sends for 720.
 *
 * What is left over in the end is for posters: a twentieth, or less.
 *
 * Pure.
 */
#ifndef DEVICE_BUDGET_BUDGET_PLAN_H
#define DEVICE_BUDGET_BUDGET_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* The twentieth part of a budget is not for video. */
#define BUDGET_RESERVE 20

/* Of a bitrate that is sent, in percent, with all that is sent for it. */
#define BUDGET_GROSS 112

struct budget_state {
	uint64_t limit_bytes, used_bytes;
	int64_t start_us, end_us; /* of the period */
	int64_t now_us;		  /* within it */
	int64_t live_us;	  /* of it, video was sent */
	uint64_t poster_bytes;	  /* a poster, gross */
};

struct budget_plan {
	bool posters_only;
	int64_t bitrate;   /* bit/s that last, of video, >= 0 */
	int64_t poster_us; /* at least so long from poster to poster */
};

struct budget_plan budget_plan_make(const struct budget_state *s);

#endif
