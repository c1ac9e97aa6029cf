/* SPDX-License-Identifier: MIT */
/*
 * clock: the only place that reads time. Everything that decides by time
 * takes it as an argument.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Never goes back, does not see the wall clock being set. */
static inline int64_t clock_monotonic_us(void)
{
	return clock_read_us(CLOCK_MONOTONIC);
}

/* What the calling thread has had of a core. */
static inline int64_t clock_thread_us(void)
{
	return clock_read_us(CLOCK_THREAD_CPUTIME_ID);
}

/* Unix time. May jump. */
static inline int64_t clock_wall_us(void)
{
	return clock_read_us(CLOCK_REALTIME);
}

#endif
