/* SPDX-License-Identifier: MIT */
/*
 * grid: the times at which a generated picture is due: number n at exactly
 * n / fps behind the start, so that nothing adds up. When late, pictures are
 * skipped and not bunched.
 *
 * Pure: time is an argument.
 */
#ifndef DEVICE_TESTCARD_GRID_H
#define DEVICE_TESTCARD_GRID_H

#include <stdint.h>

struct grid {
	int64_t start_us;
	int fps;
	int64_t next; /* number of the picture that comes next */
};

void grid_init(struct grid *g, int64_t start_us, int fps);

/* When picture n is due, in microseconds and in media time. */
int64_t grid_us(const struct grid *g, int64_t n);
int64_t grid_90k(const struct grid *g, int64_t n);

/*
 * The picture to wait for at `now_us`: the next one, or the newest that is
 * due already.
 */
int64_t grid_next(const struct grid *g, int64_t now_us);

/* Picture n was made. */
void grid_took(struct grid *g, int64_t n);

#endif
