/* SPDX-License-Identifier: MIT */
/*
 * rate: who may do something how often: a token bucket for each of many, in a
 * table that never grows.
 *
 * A bucket is full at first and holds `burst`; it fills by `per_s` a second,
 * and doing something takes one out. A full bucket need not be remembered.
 * Where all places for a newcomer are taken, the fullest of these is
 * forgotten: whoever comes from ever new addresses forgets others who did
 * little, and gains what those addresses would have got anyway.
 *
 * Pure: time is an argument, may not go back, and so is chance.
 */
#ifndef CLOUD_LIMIT_RATE_H
#define CLOUD_LIMIT_RATE_H

#include <stddef.h>
#include <stdint.h>

struct rate;

struct rate_params {
	double per_s;  /* 0: no limit, for anybody */
	double burst;  /* at least 1 */
	size_t places; /* remembered at a time; rounded up */
	uint64_t seed; /* random, so that nobody can choose neighbours */
};

/* -ENOMEM. On failure *out is NULL. */
int rate_open(struct rate **out, const struct rate_params *params);
void rate_close(struct rate **rate);

/*
 * Whoever `n` bytes at `who` name does it now: 0, or how many microseconds
 * are left until it may, and nothing was taken.
 */
int64_t rate_take(struct rate *r, const void *who, size_t n, int64_t now_us);

/* Likewise, without doing it: 0 when it might. */
int64_t rate_wait_us(const struct rate *r, const void *who, size_t n,
		     int64_t now_us);

/*
 * Has done `count` more of it, however few were left: who owes waits for
 * longer, at most until a whole burst is paid back.
 */
void rate_owe(struct rate *r, const void *who, size_t n, double count,
	      int64_t now_us);

/*
 * Does it, although it may be too often, and says what it was: what is the
 * same as the last time costs nothing.
 */
void rate_charge(struct rate *r, const void *who, size_t n, const void *what,
		 size_t what_size, int64_t now_us);

#endif
