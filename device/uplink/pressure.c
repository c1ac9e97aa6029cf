/* SPDX-License-Identifier: MIT */
#include "device/uplink/pressure.h"

/* The line is busy for this percentage: what it carries is known. */
#define BUSY 50

/* A key frame may wait: so much is no trouble. The rest goes in DRAIN_US. */
#define USUAL_US 500000
#define DRAIN_US 3000000

/* And never so fast that nothing is to be seen meanwhile: of the capacity. */
#define DRAIN_SHARE 35

/*
 * Above what the line was seen to carry: by so many percent in the first
 * second, and by so many more in each that follows.
 */
#define PROBE 5

/* Up by no more than a half in a second. */
#define RISE_US 2000000

/* Not worth a change, in percent. */
#define UP_BY	5
#define DOWN_BY 3

/* More frames again, after so long, and with so many percent to spare. */
#define DIVIDED_US    4000000
#define DIVIDED_SPARE 20

/* Between two looks; more was a pause. */
#define MOST_STEP_US 1000000

static int64_t between(int64_t value, int64_t least, int64_t most)
{
	if (value > most)
		value = most;
	return value < least ? least : value;
}

void pressure_init(struct pressure *p, const struct pressure_params *params,
		   int64_t now_us)
{
	*p = (struct pressure){
		.params = *params,
		.wish = { .bitrate = params->bitrate, .divisor = 1 },
		.looked_us = now_us,
		.divided_us = now_us,
		.limit = params->most,
		.limited_us = now_us,
	};
}

void pressure_pause(struct pressure *p, int64_t now_us)
{
	p->looked_us = now_us;
	p->wish.skip = false;
}

int64_t pressure_wait_us(const struct pressure_sight *sight)
{
	if (!sight->flow.capacity)
		return sight->behind_us;
	return sight->behind_bytes * 8000000 / sight->flow.capacity;
}

/* --- bits ------------------------------------------------------------------
 */

/* What is left for media, when what waits is to go, too. */
static int64_t affordable(const struct pressure_sight *sight)
{
	int64_t capacity = sight->flow.capacity;
	int64_t extra_us = pressure_wait_us(sight) - USUAL_US;
	int64_t share = capacity * PRESSURE_SHARE / 100 - sight->flow.other;

	if (extra_us > 0)
		share -= capacity * between(extra_us, 0, DRAIN_US) / DRAIN_US;
	return share > capacity * DRAIN_SHARE / 100
		       ? share
		       : capacity * DRAIN_SHARE / 100;
}

/* At all frames, no encoder is asked for less. */
static int64_t least_bitrate(const struct pressure *p,
			     const struct pressure_sight *sight)
{
	int64_t least = p->params.least;

	if (least < sight->media.least_bitrate)
		least = sight->media.least_bitrate;
	return least < p->params.most ? least : p->params.most;
}

static int most_divisor(const struct pressure_sight *sight)
{
	return sight->media.most_divisor > 1 ? sight->media.most_divisor : 1;
}

static int64_t floor_bitrate(const struct pressure *p,
			     const struct pressure_sight *sight)
{
	return least_bitrate(p, sight) / most_divisor(sight);
}

/* What the line may carry by now, after it was seen to carry p->limit. */
static void move_limit(struct pressure *p, const struct pressure_sight *sight,
		       bool known, int64_t now_us, int64_t step_us)
{
	int64_t seconds = (now_us - p->limited_us) / 1000000;

	if (known) {
		p->limit = affordable(sight);
		p->limited_us = now_us;
		return;
	}
	p->limit += p->limit * PROBE * (1 + seconds) / 100 * step_us / 1000000;
	p->limit = between(p->limit, p->params.least, p->params.most);
}

static int64_t choose_bitrate(struct pressure *p,
			      const struct pressure_sight *sight,
			      int64_t now_us, int64_t step_us)
{
	int64_t now = p->wish.bitrate;
	int64_t highest = now + now * step_us / RISE_US;
	bool known =
		sight->flow.capacity && (sight->flow.load >= BUSY ||
					 pressure_wait_us(sight) > USUAL_US);
	int64_t want;

	move_limit(p, sight, known, now_us, step_us);
	want = known || p->limit > now ? p->limit : now;
	if (known && want > now && want < now + now * UP_BY / 100)
		want = now;
	if (want < now && want > now - now * DOWN_BY / 100)
		want = now;
	return between(between(want, 0, highest), floor_bitrate(p, sight),
		       p->params.most);
}

/* --- pictures --------------------------------------------------------------
 */

static void choose_divisor(struct pressure *p,
			   const struct pressure_sight *sight, int64_t now_us)
{
	int64_t least = least_bitrate(p, sight), bitrate = p->wish.bitrate;
	int64_t spared = bitrate - bitrate * DIVIDED_SPARE / 100;
	int most = most_divisor(sight), divisor = p->wish.divisor;

	if (divisor > most)
		divisor = most;
	while (divisor < most && bitrate * divisor < least)
		divisor++;
	if (divisor > 1 && now_us - p->divided_us >= DIVIDED_US &&
	    spared * (divisor - 1) >= least)
		divisor--;
	if (divisor != p->wish.divisor)
		p->divided_us = now_us;
	p->wish.divisor = divisor;
}

/* --- GOPs ------------------------------------------------------------------
 */

static bool choose_skip(const struct pressure *p,
			const struct pressure_sight *sight)
{
	int64_t wait_us = pressure_wait_us(sight);
	bool lowest = !sight->media.encodes ||
		      p->wish.bitrate <= floor_bitrate(p, sight);

	/* Behind a connection that has just begun or rested all waits. */
	if (!sight->flow.capacity && wait_us <= PRESSURE_UNKNOWN_US)
		return false;
	if (p->wish.skip)
		return wait_us > PRESSURE_GO_US;
	return lowest && wait_us > PRESSURE_SKIP_US;
}

const struct steering_wish *pressure_look(struct pressure *p,
					  const struct pressure_sight *sight,
					  int64_t now_us)
{
	int64_t step_us = between(now_us - p->looked_us, 0, MOST_STEP_US);

	p->looked_us = now_us;
	if (sight->flow.cut) { /* nothing is known until it is back */
		p->wish.skip = false;
		return &p->wish;
	}
	if (sight->media.encodes) {
		p->wish.bitrate = choose_bitrate(p, sight, now_us, step_us);
		choose_divisor(p, sight, now_us);
	}
	p->wish.skip = choose_skip(p, sight);
	return &p->wish;
}
