/* SPDX-License-Identifier: MIT */
#include "device/stream/cutter.h"

#include <assert.h>

/* A key frame may come this many frames before or after its rhythm. */
#define KEY_SLACK 3

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The shortest part that needs no excuse: 85 % of PART-TARGET, rounded up. */
static int64_t shortest_part(const struct cutter *c)
{
	return (c->params.part_target_90k * 85 + 99) / 100;
}

/* How long the open part may become: by its own limit and its segment's. */
static int64_t room(const struct cutter *c)
{
	int64_t left = c->segment_90k + c->params.target_90k - c->part_90k;

	return least(c->params.part_target_90k, left);
}

/*
 * The interval to the next frame: the median of the last three, so that one
 * late frame changes nothing and a new frame rate is believed at its second.
 */
static int64_t interval(const struct cutter *c)
{
	int64_t a = c->recent_90k[0], b = c->recent_90k[1],
		d = c->recent_90k[2];

	if (c->intervals < 3)
		return c->intervals ? c->recent_90k[c->intervals - 1]
				    : c->params.frame_90k;
	return most(least(a, b), least(most(a, b), d));
}

static void remember_interval(struct cutter *c, int64_t delta)
{
	if (c->intervals < 3) {
		c->recent_90k[c->intervals++] = delta;
		return;
	}
	c->recent_90k[0] = c->recent_90k[1];
	c->recent_90k[1] = c->recent_90k[2];
	c->recent_90k[2] = delta;
}

void cutter_init(struct cutter *c, const struct cutter_params *params)
{
	assert(params->part_target_90k > 0 && params->frame_90k > 0);
	assert(params->target_90k >= params->segment_90k);
	*c = (struct cutter){ .params = *params, .key_90k = -1 };
}

/* Ends the open part as near to `end` as its limits allow. */
static struct cutter_cut end_part(struct cutter *c, int64_t end, bool last)
{
	struct cutter_cut cut = { .part = true, .segment = last };

	if (!last && !c->independent)
		end = most(end, c->part_90k + shortest_part(c));
	end = least(end, c->part_90k + room(c));
	end = most(end, c->dts_90k + 1);
	cut.end_90k = end;
	cut.duration_90k = end - c->part_90k;
	c->end_90k = end;
	c->part_open = false;
	c->segment_open = !last;
	return cut;
}

static struct cutter_cut end_segment(struct cutter *c, int64_t end)
{
	if (c->part_open)
		return end_part(c, end, true);
	if (!c->segment_open)
		return (struct cutter_cut){ 0 };
	c->segment_open = false;
	return (struct cutter_cut){ .segment = true, .end_90k = c->end_90k };
}

struct cutter_cut cutter_flush(struct cutter *c)
{
	struct cutter_cut cut = end_segment(c, c->own_90k + interval(c));

	c->started = false;
	c->key_90k = -1;
	c->gop_90k = 0;
	c->gop_frames = 0;
	return cut;
}

/* Key frames come often enough to wait for one. Not known: hope so. */
static bool key_is_near(const struct cutter *c)
{
	return c->params.keys_at_once ||
	       c->gop_90k + interval(c) <= c->params.target_90k;
}

/* Whether a segment that ends at `end` is as long as was wanted. */
static bool long_enough(const struct cutter *c, int64_t end, int64_t slack)
{
	return end - c->segment_90k + slack >= c->params.segment_90k;
}

bool cutter_wants_key(const struct cutter *c)
{
	int64_t d = interval(c);

	return !c->segment_open || long_enough(c, c->own_90k + d, d / 2);
}

/*
 * Whether the rest up to the next key frame is too short for a segment of its
 * own, and still fits into this one.
 */
static bool rest_is_short(const struct cutter *c, int64_t end)
{
	int64_t key = c->key_90k + c->gop_90k;

	return c->gop_90k && key - end < c->params.segment_90k / 2 &&
	       key - c->segment_90k <= c->params.target_90k;
}

/* Whether a part that ends at `end` is the last of its segment. */
static bool ends_segment(const struct cutter *c, int64_t end, int64_t d)
{
	if (c->segment_90k + c->params.target_90k - end < d)
		return true; /* not one more frame fits */
	return !key_is_near(c) && !rest_is_short(c, end) &&
	       long_enough(c, end, c->params.part_target_90k / 2);
}

/* What has to end before a frame at `own`, which has come and is no jump. */
static struct cutter_cut cut_before(struct cutter *c, int64_t own, bool key)
{
	if (key && c->segment_open) {
		int64_t end = c->part_open ? own : c->end_90k;
		bool runt = c->part_open && !c->independent &&
			    own - c->part_90k < shortest_part(c);

		if (runt || long_enough(c, end, interval(c) / 2))
			return end_segment(c, own);
		if (c->part_open)
			return end_part(c, own, false);
	} else if (c->part_open && own + interval(c) - c->part_90k > room(c)) {
		return end_part(c, own, ends_segment(c, own, interval(c)));
	}
	return (struct cutter_cut){ 0 };
}

/*
 * Whether a key frame is next: it was asked for, or the camera sends them at
 * regular intervals. Where that is wrong, a segment begins without one.
 */
static bool key_is_next(const struct cutter *c)
{
	return c->params.keys_at_once ||
	       (c->gop_frames && c->since_key == c->gop_frames);
}

/*
 * Whether a key frame may be next, and nobody knows: one that was asked for
 * comes a frame or two later, or the camera has not shown its rhythm yet.
 */
static bool key_may_be_next(const struct cutter *c)
{
	return !c->params.keys_at_once && cutter_wants_key(c) &&
	       key_is_near(c) &&
	       (c->params.keys_asked || !c->gop_frames ||
		c->since_key + KEY_SLACK >= c->gop_frames);
}

/* Whether the part is full with the frame that was just added. */
static struct cutter_cut cut_after(struct cutter *c, int64_t d)
{
	int64_t end = c->own_90k + d; /* the next frame's own time */

	if (key_is_next(c) && cutter_wants_key(c))
		return end_part(c, end, true);
	/*
	 * A full part ends at once; but not where the next frame decides
	 * whether its segment ends too, or the hint would be a wrong one.
	 */
	if (end + d - c->part_90k > room(c) &&
	    (ends_segment(c, end, d) || !key_may_be_next(c)))
		return end_part(c, end, ends_segment(c, end, d));
	return (struct cutter_cut){ 0 };
}

static void follow_keys(struct cutter *c, int64_t own, bool key)
{
	if (key && c->key_90k >= 0) {
		c->gop_90k = own - c->key_90k;
		c->gop_frames = c->since_key;
	}
	if (key) {
		c->key_90k = own;
		c->since_key = 0;
	}
	c->since_key++;
}

static void place(struct cutter *c, struct cutter_step *step, bool key)
{
	if (!c->segment_open) {
		step->segment = true;
		c->segment_open = true;
		c->part_open = false;
		c->segment_90k = step->dts_90k;
	}
	if (!c->part_open) {
		step->part = true;
		step->independent = key;
		c->part_open = true;
		c->independent = key;
		c->part_90k = step->dts_90k;
	}
	c->dts_90k = step->dts_90k;
}

bool cutter_jumps(const struct cutter *c, int64_t dts_90k)
{
	int64_t delta = dts_90k + c->offset_90k - c->own_90k;

	return !c->started || delta <= 0 || delta > c->params.part_target_90k;
}

struct cutter_step cutter_add(struct cutter *c,
			      const struct cutter_frame *frame)
{
	struct cutter_step step = { 0 };
	int64_t own = frame->dts_90k + c->offset_90k;
	int64_t delta = own - c->own_90k;
	int64_t d;

	if (frame->discontinuity || cutter_jumps(c, frame->dts_90k)) {
		step.discontinuity = c->started || c->end_90k;
		step.before = cutter_flush(c);
		if (own < c->end_90k) { /* stream time never goes back */
			c->offset_90k += c->end_90k - own;
			own = c->end_90k;
		}
		step.dts_90k = own;
	} else {
		remember_interval(c, delta);
		step.before = cut_before(c, own, frame->key);
		/* a part starts where the one before ended */
		step.dts_90k =
			c->part_open ? most(own, c->dts_90k + 1) : c->end_90k;
	}
	follow_keys(c, own, frame->key);
	c->started = true;
	c->own_90k = own;
	place(c, &step, frame->key);
	d = frame->duration_90k > 0 ? frame->duration_90k : interval(c);
	step.after = cut_after(c, least(d, c->params.part_target_90k));
	return step;
}

int cutter_part_target_ms(int part_ms, int fps_num, int fps_den, int min_fps)
{
	int64_t slowest = (1000 + min_fps - 1) / min_fps;
	int64_t frames, target = part_ms;

	if (fps_num > 0 && fps_den > 0) {
		frames = ((int64_t)part_ms * fps_num + 500LL * fps_den) /
			 (1000LL * fps_den);
		frames = most(frames, 1);
		/* frames / fps * 1.05, in ms, rounded up */
		target = (frames * 1050 * fps_den + fps_num - 1) / fps_num;
	}
	return (int)most(target, slowest);
}
