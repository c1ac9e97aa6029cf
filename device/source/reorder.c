/* SPDX-License-Identifier: MIT */
#include "device/source/reorder.h"

#include <string.h>

static void insert(struct reorder *r, int64_t pts)
{
	int i = r->count++;

	for (; i > 0 && r->pts[i - 1] > pts; i--)
		r->pts[i] = r->pts[i - 1];
	r->pts[i] = pts;
}

void reorder_init(struct reorder *r, int delay, int64_t first_pts,
		  int64_t frame)
{
	*r = (struct reorder){ 0 };
	if (delay > REORDER_MAX)
		delay = REORDER_MAX;
	for (int i = delay; i > 0; i--)
		insert(r, first_pts - i * frame);
}

int64_t reorder_add(struct reorder *r, int64_t pts)
{
	int64_t dts;

	insert(r, pts);
	dts = r->pts[0];
	memmove(r->pts, r->pts + 1, sizeof(r->pts) - sizeof(r->pts[0]));
	r->count--;
	return dts;
}
