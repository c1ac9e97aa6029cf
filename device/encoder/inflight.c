/* SPDX-License-Identifier: MIT */
#include "device/encoder/inflight.h"

#define HUNG_US	    1000000
#define HUNG_FRAMES 15
#define ENOUGH	    3 /* pictures that no encoder keeps for more than that */

/* Skipping for this long is no rate control any more. */
#define SKIPPED_US 5000000

void inflight_init(struct inflight *f, int64_t now_us)
{
	*f = (struct inflight){ .unit_us = now_us,
				.progress_us = now_us,
				.offered_us = now_us };
}

static int64_t patience_us(int64_t frame_us)
{
	int64_t frames_us = HUNG_FRAMES * frame_us;

	return frames_us > HUNG_US ? frames_us : HUNG_US;
}

/* Whether it has had nothing to work on, for several frames. */
static bool is_idle(const struct inflight *f, int64_t frame_us, int64_t now_us)
{
	return now_us - f->offered_us >= patience_us(frame_us) / 2;
}

void inflight_offer(struct inflight *f, int64_t frame_us, int64_t now_us)
{
	if (is_idle(f, frame_us, now_us))
		f->unit_us = f->progress_us = now_us;
	f->offered_us = now_us;
}

static void drop_oldest(struct inflight *f)
{
	f->first = (f->first + 1) % INFLIGHT_MOST;
	f->count--;
	f->skipped++;
}

int64_t inflight_add(struct inflight *f, int64_t pts_90k, int64_t now_us)
{
	int64_t at_us = pts_90k * 100 / 9;
	unsigned int i;

	if (at_us <= f->last_us)
		at_us = f->last_us + 1;
	if (!f->count) /* it had nothing to work on until now */
		f->unit_us = f->progress_us = now_us;
	if (f->count == INFLIGHT_MOST)
		drop_oldest(f);
	i = (f->first + f->count++) % INFLIGHT_MOST;
	f->picture[i].at_us = f->last_us = at_us;
	f->picture[i].pts_90k = pts_90k;
	return at_us;
}

void inflight_undo(struct inflight *f)
{
	f->count--;
}

static bool is_inside(const struct inflight *f, int64_t at_us)
{
	for (unsigned int i = 0; i < f->count; i++) {
		if (f->picture[(f->first + i) % INFLIGHT_MOST].at_us == at_us)
			return true;
	}
	return false;
}

bool inflight_match(struct inflight *f, int64_t at_us, int64_t *pts_90k,
		    int64_t now_us)
{
	if (!is_inside(f, at_us))
		return false;
	while (f->picture[f->first].at_us != at_us)
		drop_oldest(f);
	*pts_90k = f->picture[f->first].pts_90k;
	drop_oldest(f);
	f->skipped--; /* not this one */
	f->unit_us = f->progress_us = now_us;
	return true;
}

void inflight_returned(struct inflight *f, int64_t now_us)
{
	f->progress_us = now_us;
}

enum inflight_state inflight_judge(const struct inflight *f,
				   unsigned int inside, unsigned int most,
				   int64_t frame_us, int64_t now_us)
{
	int64_t patience = patience_us(frame_us);
	unsigned int enough = most < ENOUGH ? most : ENOUGH;

	/* also when all units came, and just the buffers do not come back */
	if (inside >= enough && now_us - f->progress_us >= patience)
		return INFLIGHT_HUNG;
	if (f->count < ENOUGH || is_idle(f, frame_us, now_us))
		return INFLIGHT_FINE;
	if (now_us - f->unit_us >= SKIPPED_US)
		return INFLIGHT_HUNG;
	if (now_us - f->unit_us >= patience)
		return INFLIGHT_SKIPPING;
	return INFLIGHT_FINE;
}
