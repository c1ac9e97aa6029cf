/* SPDX-License-Identifier: MIT */
#include "device/testcard/grid.h"

void grid_init(struct grid *g, int64_t start_us, int fps)
{
	*g = (struct grid){ .start_us = start_us, .fps = fps };
}

int64_t grid_us(const struct grid *g, int64_t n)
{
	return g->start_us + n * 1000000 / g->fps;
}

int64_t grid_90k(const struct grid *g, int64_t n)
{
	return g->start_us * 9 / 100 + n * 90000 / g->fps;
}

int64_t grid_next(const struct grid *g, int64_t now_us)
{
	/* the newest n with grid_us(n) <= now */
	int64_t due = ((now_us - g->start_us + 1) * g->fps - 1) / 1000000;

	return due > g->next ? due : g->next;
}

void grid_took(struct grid *g, int64_t n)
{
	g->next = n + 1;
}
