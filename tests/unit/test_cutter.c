/* SPDX-License-Identifier: MIT */
#include "device/stream/cutter.h"

#include "tests/unit/check_main.h"

#define MS 90 /* ticks */
#define S  90000

static struct cutter cutter;

static void start(int64_t part_ms, int64_t target_s, bool keys_at_once)
{
	cutter_init(&cutter, &(struct cutter_params){
				     .part_target_90k = part_ms * MS,
				     .segment_90k = 1 * S,
				     .target_90k = target_s * S,
				     .frame_90k = S / 30,
				     .keys_at_once = keys_at_once,
			     });
}

static struct cutter_step add(int64_t dts, bool key)
{
	return cutter_add(&cutter,
			  &(struct cutter_frame){ .dts_90k = dts, .key = key });
}

/*
 * Watches steps for every rule that the header promises, whatever comes in.
 */
struct referee {
	bool part_open, segment_open, independent, owes_last;
	int64_t part, segment, dts, end;
	int parts, segments, jumps, frames;
	int64_t moved; /* the furthest that a frame was from its own time */
};

static void judge_cut(struct referee *r, const struct cutter_cut *cut)
{
	int64_t shortest = (cutter.params.part_target_90k * 85 + 99) / 100;

	if (cut->part) {
		ck_assert(r->part_open);
		ck_assert_int_gt(cut->end_90k, r->dts);
		ck_assert_int_eq(cut->duration_90k, cut->end_90k - r->part);
		ck_assert_int_le(cut->duration_90k,
				 cutter.params.part_target_90k);
		if (cut->duration_90k < shortest && !r->independent)
			r->owes_last = !cut->segment;
		r->part_open = false;
		r->end = cut->end_90k;
		r->parts++;
	}
	if (cut->segment) {
		ck_assert(r->segment_open && !r->part_open);
		ck_assert_int_le(r->end - r->segment, cutter.params.target_90k);
		r->segment_open = false;
		r->owes_last = false;
		r->segments++;
	}
	ck_assert_msg(!r->owes_last, "a short part in mid-segment");
}

static void judge(struct referee *r, int64_t own, bool key,
		  const struct cutter_step *step)
{
	int64_t moved = step->dts_90k - own;

	judge_cut(r, &step->before);
	if (r->frames++)
		ck_assert_int_gt(step->dts_90k, r->dts);
	if (step->discontinuity) {
		ck_assert(step->segment);
		r->jumps++;
	}
	if (step->segment) {
		ck_assert(!r->segment_open && step->part);
		r->segment_open = true;
		r->segment = step->dts_90k;
	}
	ck_assert(r->segment_open);
	if (step->part) {
		ck_assert(!r->part_open);
		if (r->parts && !step->discontinuity)
			ck_assert_int_eq(step->dts_90k, r->end);
		r->part_open = true;
		r->part = step->dts_90k;
		r->independent = step->independent;
	}
	ck_assert(r->part_open);
	ck_assert(!key || (step->part && step->independent));
	ck_assert(key || !step->independent);
	r->dts = step->dts_90k;
	moved = moved < 0 ? -moved : moved;
	if (moved > r->moved)
		r->moved = moved;
	judge_cut(r, &step->after);
}

/* A small generator: reproducible, and good enough for jitter. */
static uint32_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

START_TEST(a_steady_camera_gets_full_parts_and_keeps_every_timestamp)
{
	struct referee r = { 0 };

	start(210, 2, true);
	for (int i = 0; i < 300; i++) {
		bool key = cutter_wants_key(&cutter);
		int64_t own = 7777 + i * S / 30;
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
		ck_assert_int_eq(step.after.part, i % 6 == 5);
		ck_assert_int_eq(step.after.segment, i % 30 == 29);
		ck_assert(!step.before.part && !step.before.segment);
		if (step.after.part)
			ck_assert_int_eq(step.after.duration_90k, 200 * MS);
	}
	ck_assert_int_eq(r.moved, 0);
	ck_assert_int_eq(r.segments, 10);
	ck_assert_int_eq(r.parts, 50);
}
END_TEST

START_TEST(a_segment_is_known_to_end_once_key_frames_are_regular)
{
	struct referee r = { 0 };

	start(200, 2, false); /* 5 frames at 25/s */
	for (int i = 0; i < 250; i++) {
		int64_t own = i * S / 25;
		bool key = i % 25 == 0;
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
		ck_assert_int_eq(step.before.segment, i == 25);
		ck_assert_int_eq(step.after.segment, i >= 49 && i % 25 == 24);
		ck_assert_int_eq(step.segment, key);
	}
	ck_assert_int_eq(r.moved, 0);
	ck_assert_int_eq(r.segments, 10);
}
END_TEST

/*
 * Hardware gives a key one to two frames behind the request. No part that was
 * announced is then missing from its segment; `turn`: the rate halves or
 * doubles behind so many frames.
 */
static void run_hardware(int frames, int turn)
{
	struct referee r = { 0 };
	bool hinted = false; /* the next part of this segment was announced */
	int64_t own = 0;

	seed = 4;
	for (int i = 0, asked = 0; i < frames; i++) {
		bool key = !i || (asked && i >= asked + 1 + (int)chance(2));
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
		ck_assert_msg(!hinted || !step.before.segment ||
				      step.before.part,
			      "at frame %d", i);
		hinted = step.after.part && !step.after.segment;
		if (key)
			asked = 0;
		if (!asked && cutter_wants_key(&cutter))
			asked = i;
		own += i / turn % 2 ? S / 15 : S / 30;
	}
	ck_assert_int_ge(r.segments, frames / 35);
}

START_TEST(a_part_that_is_full_waits_where_the_next_frame_may_be_a_key)
{
	start(210, 2, false);
	run_hardware(900, 900);
}
END_TEST

START_TEST(a_key_that_was_asked_for_is_waited_for_at_any_rate)
{
	for (int turn = 50; turn < 130; turn++) {
		start(210, 2, false);
		cutter.params.keys_asked = true;
		run_hardware(900, turn);
	}
}
END_TEST

START_TEST(a_key_frame_that_does_not_come_when_it_should_breaks_no_rule)
{
	struct referee r = { 0 };

	start(200, 2, false);
	for (int i = 0; i < 250; i++) {
		int64_t own = i * S / 25;
		bool key = i < 100 ? i % 25 == 0 : i % 25 == 7;
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
	}
	ck_assert_int_eq(r.jumps, 0);
}
END_TEST

START_TEST(key_frames_further_apart_than_a_segment_do_not_hold_it_open)
{
	struct referee r = { 0 };
	int without_key = 0;

	start(210, 2, false);
	for (int i = 0; i < 1500; i++) {
		int64_t own = i * S / 30;
		bool key = i % 150 == 0; /* every five seconds */
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
		without_key += step.segment && !key;
	}
	ck_assert_int_eq(r.moved, 0);
	ck_assert_int_ge(r.segments, 45);
	ck_assert_int_ge(without_key, 36);
}
END_TEST

START_TEST(a_gop_of_two_jittering_segments_leaves_no_runt_of_a_segment)
{
	struct referee r = { 0 };
	int64_t shortest = INT64_MAX, begun = 0;

	seed = 5;
	start(210, 2, false);
	for (int i = 0; i < 1800; i++) {
		int64_t own = i * S / 30 + chance(5 * MS);
		bool key = i % 60 == 0; /* two seconds, as TARGETDURATION */
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
		if (step.segment && i > 120 && own - begun < shortest)
			shortest = own - begun;
		if (step.segment)
			begun = own;
	}
	ck_assert_int_gt(shortest, S / 2);
	ck_assert_int_eq(r.jumps, 0);
}
END_TEST

START_TEST(a_key_in_the_middle_of_a_segment_starts_a_part)
{
	struct referee r = { 0 };

	start(210, 2, false);
	for (int i = 0; i < 300; i++) {
		int64_t own = i * S / 30;
		bool key = i % 7 == 0;
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
	}
	ck_assert_int_eq(r.jumps, 0);
}
END_TEST

static void run_rate(int64_t mean, int64_t jitter, bool at_once, int gop)
{
	struct referee r = { 0 };
	int64_t base = 0;

	start(210, 2, at_once);
	for (int i = 0; i < 700; i++, base += mean) {
		int64_t own = base + (jitter ? chance((uint32_t)jitter) : 0);
		bool key = at_once ? cutter_wants_key(&cutter)
				   : gop && i % gop == 0;
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
		ck_assert_msg(!step.discontinuity, "at frame %d, %d ticks", i,
			      (int)mean);
	}
	ck_assert_int_lt(r.moved, mean + 2 * jitter);
	ck_assert_int_ge(r.segments, (int)(700 * mean / (2 * S)) - 2);
}

START_TEST(the_rules_hold_at_every_frame_rate_above_the_minimum)
{
	seed = 1;
	for (int64_t mean = S / 120; mean < 209 * MS; mean += 317) {
		run_rate(mean, 0, true, 0);
		run_rate(mean, 0, false, 30);
		run_rate(mean, 0, false, 400);
	}
}
END_TEST

START_TEST(the_rules_hold_for_timestamps_that_jitter)
{
	seed = 2;
	for (int64_t mean = S / 60; mean < 150 * MS; mean += 811) {
		run_rate(mean, mean / 4, true, 0);
		run_rate(mean, mean / 4, false, 30);
		run_rate(mean, mean / 3, false, 77);
	}
}
END_TEST

START_TEST(the_rules_hold_while_the_frame_rate_falls_and_rises)
{
	struct referee r = { 0 };
	int64_t own = 0;

	seed = 3;
	start(210, 2, true);
	for (int i = 0; i < 6000; i++) {
		int64_t rate = 5 + (i / 50 * 7) % 56; /* 5..60 per second */
		bool key = cutter_wants_key(&cutter);
		struct cutter_step step = add(own, key);

		judge(&r, own, key, &step);
		ck_assert(!step.discontinuity);
		own += S / rate + chance(90);
	}
}
END_TEST

START_TEST(a_gap_up_to_the_part_target_is_told_and_one_tick_more_is_a_jump)
{
	struct cutter_step step;

	start(210, 2, false);
	add(0, true);
	ck_assert(!cutter_jumps(&cutter, 210 * MS));
	ck_assert(cutter_jumps(&cutter, 210 * MS + 1));
	ck_assert(cutter_jumps(&cutter, 0));
	step = add(210 * MS, false);
	ck_assert(!step.discontinuity);
	step = add(2 * 210 * MS + 1, false);
	ck_assert(step.discontinuity && step.segment && step.part);
	ck_assert_int_eq(step.dts_90k, 2 * 210 * MS + 1);
}
END_TEST

START_TEST(time_that_goes_back_is_a_jump_and_stream_time_goes_on)
{
	struct referee r = { 0 };
	struct cutter_step step;

	start(210, 2, false);
	for (int i = 0; i < 10; i++) {
		step = add(1000 * S + i * S / 30, i == 0);
		judge(&r, 0, i == 0, &step);
	}
	for (int i = 0; i < 40; i++) {
		step = add(i * S / 30, i % 30 == 0);
		judge(&r, 0, i % 30 == 0, &step);
		ck_assert_int_eq(step.discontinuity, i == 0);
		ck_assert_int_ge(step.dts_90k, 1000 * S);
	}
}
END_TEST

START_TEST(a_source_that_says_discontinuity_gets_one)
{
	struct cutter_step step;

	start(210, 2, false);
	add(0, true);
	step = cutter_add(&cutter,
			  &(struct cutter_frame){ .dts_90k = S / 30,
						  .key = true,
						  .discontinuity = true });
	ck_assert(step.before.part && step.before.segment);
	ck_assert(step.discontinuity);
}
END_TEST

START_TEST(the_first_frame_of_all_is_no_discontinuity)
{
	struct cutter_step step;

	start(210, 2, false);
	step = add(5 * S, true);
	ck_assert(!step.discontinuity && step.segment && step.part);
}
END_TEST

START_TEST(flush_ends_the_open_part_and_segment_once)
{
	struct cutter_cut cut;

	start(210, 2, false);
	add(0, true);
	add(S / 30, false);
	cut = cutter_flush(&cutter);
	ck_assert(cut.part && cut.segment);
	ck_assert_int_eq(cut.end_90k, 2 * S / 30);
	cut = cutter_flush(&cutter);
	ck_assert(!cut.part && !cut.segment);
}
END_TEST

START_TEST(part_targets_are_whole_frames_and_never_below_one_frame)
{
	ck_assert_int_eq(cutter_part_target_ms(200, 30, 1, 10), 210);
	ck_assert_int_eq(cutter_part_target_ms(200, 25, 1, 10), 210);
	ck_assert_int_eq(cutter_part_target_ms(200, 24, 1, 10), 219);
	ck_assert_int_eq(cutter_part_target_ms(200, 30000, 1001, 10), 211);
	ck_assert_int_eq(cutter_part_target_ms(10, 30, 1, 10), 100);
	ck_assert_int_eq(cutter_part_target_ms(200, 0, 0, 10), 200);
	ck_assert_int_eq(cutter_part_target_ms(200, 30, 1, 4), 250);
	ck_assert_int_eq(cutter_part_target_ms(200, 30, 1, 3), 334);
}
END_TEST

CHECK_MAIN(cutter, NULL, NULL,
	   a_steady_camera_gets_full_parts_and_keeps_every_timestamp,
	   a_segment_is_known_to_end_once_key_frames_are_regular,
	   a_part_that_is_full_waits_where_the_next_frame_may_be_a_key,
	   a_key_that_was_asked_for_is_waited_for_at_any_rate,
	   a_key_frame_that_does_not_come_when_it_should_breaks_no_rule,
	   key_frames_further_apart_than_a_segment_do_not_hold_it_open,
	   a_gop_of_two_jittering_segments_leaves_no_runt_of_a_segment,
	   a_key_in_the_middle_of_a_segment_starts_a_part,
	   the_rules_hold_at_every_frame_rate_above_the_minimum,
	   the_rules_hold_for_timestamps_that_jitter,
	   the_rules_hold_while_the_frame_rate_falls_and_rises,
	   a_gap_up_to_the_part_target_is_told_and_one_tick_more_is_a_jump,
	   time_that_goes_back_is_a_jump_and_stream_time_goes_on,
	   a_source_that_says_discontinuity_gets_one,
	   the_first_frame_of_all_is_no_discontinuity,
	   flush_ends_the_open_part_and_segment_once,
	   part_targets_are_whole_frames_and_never_below_one_frame)
