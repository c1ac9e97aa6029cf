/* SPDX-License-Identifier: MIT */
#include "device/source/timeline.h"

#include "tests/unit/check_main.h"

#define NOW   INT64_C(1000000)
#define FRAME 3000

static struct timeline t;

static void begin(bool live)
{
	timeline_init(&t, live, FRAME);
}

/* An item that comes in time. */
static struct timeline_place add(int64_t at)
{
	int64_t now = t.started ? t.last_out : NOW;

	return timeline_add(&t, at, 0, now);
}

START_TEST(the_first_item_is_now_and_the_others_keep_their_distance)
{
	static const int64_t in[] = { -6000, -3000, 1, 2, 77, 90077 };

	for (int live = 0; live < 2; live++) {
		begin(live);
		for (int i = 0; i < 6; i++) {
			struct timeline_place place = add(in[i]);

			ck_assert_int_eq(place.at, NOW + in[i] + 6000);
			ck_assert_int_eq(place.shift, NOW + 6000);
			ck_assert(!place.discontinuity);
		}
	}
}
END_TEST

START_TEST(each_loop_goes_on_exactly_one_frame_behind)
{
	int64_t out = NOW;

	begin(false);
	for (int loop = 0; loop < 5; loop++) {
		for (int i = 0; i < 10; i++, out += 3003) {
			struct timeline_place place =
				timeline_add(&t, 500 + i * 3003, 3003, out);

			ck_assert_int_eq(place.at, out);
			ck_assert(!place.discontinuity);
		}
		timeline_restart(&t);
	}
}
END_TEST

START_TEST(a_loop_without_durations_takes_the_last_distance)
{
	begin(false);
	add(0);
	add(1500);
	add(6000);
	timeline_restart(&t);
	ck_assert_int_eq(add(0).at, NOW + 6000 + 4500);
	ck_assert_int_eq(add(1500).at, NOW + 6000 + 4500 + 1500);
}
END_TEST

START_TEST(a_duration_that_is_told_goes_before_the_last_distance)
{
	begin(false);
	timeline_add(&t, 0, 100, NOW);
	timeline_add(&t, 3000, 700, NOW);
	timeline_restart(&t);
	ck_assert_int_eq(add(0).at, NOW + 3700);
}
END_TEST

START_TEST(a_loop_of_one_item_takes_the_expected_duration)
{
	begin(false);
	add(0);
	timeline_restart(&t);
	ck_assert_int_eq(add(0).at, NOW + FRAME);
	timeline_restart(&t);
	ck_assert_int_eq(add(0).at, NOW + 2 * FRAME);
}
END_TEST

START_TEST(a_restart_before_anything_came_is_a_start)
{
	begin(false);
	timeline_restart(&t);
	ck_assert_int_eq(add(77).at, NOW);
}
END_TEST

START_TEST(the_longest_gap_goes_through_and_not_one_tick_more)
{
	static const int64_t most[] = { TIMELINE_FILE_JUMP_90K,
					TIMELINE_LIVE_JUMP_90K };
	struct timeline_place place;

	for (int live = 0; live < 2; live++) {
		begin(live);
		add(0);
		place = timeline_add(&t, most[live], 0, NOW + most[live]);
		ck_assert_int_eq(place.at, NOW + most[live]);
		ck_assert(!place.discontinuity);
		begin(live);
		add(0);
		place = timeline_add(&t, most[live] + 1, 0, NOW + 100);
		ck_assert(place.discontinuity);
		ck_assert(!place.late);
		ck_assert_int_eq(place.at, NOW + FRAME);
		ck_assert_int_eq(add(most[live] + 11).at, NOW + FRAME + 10);
	}
}
END_TEST

START_TEST(time_that_goes_back_is_a_discontinuity)
{
	struct timeline_place place;

	begin(false);
	add(90000);
	place = add(89999);
	ck_assert(place.discontinuity);
	ck_assert_int_eq(place.at, NOW + FRAME);
	ck_assert_int_eq(add(89999 + 5).at, NOW + FRAME + 5);
	/* the clock does not matter while it is not far ahead */
	place = timeline_add(&t, 0, 0, NOW + 2 * FRAME + 40000);
	ck_assert(place.discontinuity);
	ck_assert(!place.late);
	ck_assert_int_eq(place.at, NOW + FRAME + 5 + 5);
}
END_TEST

START_TEST(a_live_jump_goes_on_from_now)
{
	struct timeline_place place;

	begin(true);
	add(90000);
	place = timeline_add(&t, 0, 0, NOW + 500000);
	ck_assert(place.discontinuity);
	ck_assert_int_eq(place.at, NOW + 500000);
}
END_TEST

START_TEST(equal_times_are_one_tick_apart)
{
	begin(false);
	add(0);
	ck_assert_int_eq(add(0).at, NOW + 1);
	ck_assert_int_eq(add(0).at, NOW + 2);
	ck_assert_int_eq(add(1).at, NOW + 3);
	ck_assert(!add(1).discontinuity);
	ck_assert_int_eq(add(3000).at, NOW + 3000);
}
END_TEST

START_TEST(what_fell_behind_goes_on_from_now)
{
	static const int64_t most[] = { TIMELINE_FILE_LATE_90K,
					TIMELINE_LIVE_LATE_90K };
	struct timeline_place place;

	for (int live = 0; live < 2; live++) {
		int64_t now = NOW + FRAME + most[live];

		begin(live);
		add(0);
		place = timeline_add(&t, FRAME, 0, now);
		ck_assert(!place.discontinuity);
		ck_assert_int_eq(place.at, NOW + FRAME);
		now += FRAME + 1;
		place = timeline_add(&t, 2 * FRAME, 0, now);
		ck_assert(place.discontinuity);
		ck_assert(place.late);
		ck_assert_int_eq(place.at, now);
		ck_assert(!add(2 * FRAME + 5).discontinuity);
		ck_assert_int_eq(t.last_out, now + 5);
	}
}
END_TEST

START_TEST(a_loop_that_begins_late_is_marked)
{
	struct timeline_place place;

	begin(false);
	add(0);
	timeline_restart(&t);
	place = timeline_add(&t, 0, 0, NOW + 500000);
	ck_assert(place.discontinuity);
	ck_assert_int_eq(place.at, NOW + 500000);
}
END_TEST

CHECK_MAIN(timeline, NULL, NULL,
	   the_first_item_is_now_and_the_others_keep_their_distance,
	   each_loop_goes_on_exactly_one_frame_behind,
	   a_loop_without_durations_takes_the_last_distance,
	   a_duration_that_is_told_goes_before_the_last_distance,
	   a_loop_of_one_item_takes_the_expected_duration,
	   a_restart_before_anything_came_is_a_start,
	   the_longest_gap_goes_through_and_not_one_tick_more,
	   time_that_goes_back_is_a_discontinuity, a_live_jump_goes_on_from_now,
	   equal_times_are_one_tick_apart, what_fell_behind_goes_on_from_now,
	   a_loop_that_begins_late_is_marked)
