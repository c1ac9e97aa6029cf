/* SPDX-License-Identifier: MIT */
#include "device/encoder/inflight.h"

#include "tests/unit/check_main.h"

#define FRAME_US 33333
#define SECOND	 1000000

static struct inflight f;

static void setup(void)
{
	inflight_init(&f, 0);
}

static int64_t add(int n, int64_t now_us)
{
	return inflight_add(&f, 9000 + 3000LL * n, now_us);
}

static bool match(int64_t at_us, int64_t *pts)
{
	return inflight_match(&f, at_us, pts, 0);
}

static enum inflight_state judge(unsigned int inside, int64_t now_us)
{
	return inflight_judge(&f, inside, 3, FRAME_US, now_us);
}

START_TEST(a_unit_gets_the_time_of_its_picture)
{
	int64_t a = add(0, 0), b = add(1, 0), pts;

	ck_assert_int_eq(a, 100000);
	ck_assert(match(a, &pts));
	ck_assert_int_eq(pts, 9000);
	ck_assert(match(b, &pts));
	ck_assert_int_eq(pts, 12000);
	ck_assert_uint_eq(f.skipped, 0);
	ck_assert_uint_eq(f.count, 0);
}
END_TEST

START_TEST(pictures_before_it_were_skipped)
{
	int64_t pts, c;

	add(0, 0);
	add(1, 0);
	c = add(2, 0);
	ck_assert(match(c, &pts));
	ck_assert_int_eq(pts, 15000);
	ck_assert_uint_eq(f.skipped, 2);
}
END_TEST

START_TEST(what_belongs_to_no_picture_is_garbage)
{
	int64_t a = add(0, 0), pts = 7;

	ck_assert(!match(0, &pts));
	ck_assert(!match(a + 1, &pts));
	ck_assert_int_eq(pts, 7);
	ck_assert(match(a, &pts));
	ck_assert(!match(a, &pts)); /* and no second time */
	ck_assert_uint_eq(f.skipped, 0);
}
END_TEST

START_TEST(timestamps_rise_and_are_never_0)
{
	int64_t a = inflight_add(&f, 0, 0), b = inflight_add(&f, 0, 0),
		c = inflight_add(&f, -90000, 0), pts;

	ck_assert_int_gt(a, 0);
	ck_assert_int_gt(b, a);
	ck_assert_int_gt(c, b);
	ck_assert(match(c, &pts));
	ck_assert_int_eq(pts, -90000);
}
END_TEST

START_TEST(a_picture_that_did_not_go_in_is_forgotten)
{
	int64_t a = add(0, 0), b, pts;

	b = add(1, 0);
	inflight_undo(&f);
	ck_assert(!match(b, &pts));
	ck_assert(match(a, &pts));
}
END_TEST

START_TEST(the_list_has_an_end)
{
	int64_t first = add(0, 0), second = add(1, 0), pts;

	for (int i = 2; i < INFLIGHT_MOST; i++)
		add(i, 0);
	ck_assert_uint_eq(f.skipped, 0);
	add(INFLIGHT_MOST, 0);
	ck_assert_uint_eq(f.skipped, 1);
	ck_assert_uint_eq(f.count, INFLIGHT_MOST);
	ck_assert(!match(first, &pts));
	ck_assert(match(second, &pts));
}
END_TEST

START_TEST(nothing_back_for_a_second_is_a_hang)
{
	for (int i = 0; i < 3; i++)
		add(i, 0);
	ck_assert_int_eq(judge(3, SECOND - 1), INFLIGHT_FINE);
	ck_assert_int_eq(judge(3, SECOND), INFLIGHT_HUNG);
	ck_assert_int_ne(judge(2, SECOND), INFLIGHT_HUNG);
}
END_TEST

START_TEST(a_slow_camera_has_fifteen_frames)
{
	for (int i = 0; i < 3; i++)
		add(i, 0);
	ck_assert_int_eq(inflight_judge(&f, 3, 3, 200000, 2999999),
			 INFLIGHT_FINE);
	ck_assert_int_eq(inflight_judge(&f, 3, 3, 200000, 3000000),
			 INFLIGHT_HUNG);
}
END_TEST

START_TEST(one_picture_is_enough_where_no_more_fit)
{
	add(0, 0);
	ck_assert_int_eq(inflight_judge(&f, 1, 1, FRAME_US, SECOND),
			 INFLIGHT_HUNG);
	ck_assert_int_eq(inflight_judge(&f, 0, 1, FRAME_US, SECOND),
			 INFLIGHT_FINE);
}
END_TEST

START_TEST(pictures_that_come_back_without_units_are_skipped)
{
	for (int i = 0; i < 3; i++)
		add(i, 0);
	inflight_returned(&f, SECOND - 1);
	f.offered_us = SECOND - FRAME_US; /* they go on coming */
	ck_assert_int_eq(judge(3, SECOND - 1), INFLIGHT_FINE);
	ck_assert_int_eq(judge(3, SECOND), INFLIGHT_SKIPPING);
	f.offered_us = 5 * SECOND - FRAME_US;
	inflight_returned(&f, 5 * SECOND - 1);
	ck_assert_int_eq(judge(0, 5 * SECOND - 1), INFLIGHT_SKIPPING);
	ck_assert_int_eq(judge(0, 5 * SECOND), INFLIGHT_HUNG);
}
END_TEST

START_TEST(buffers_that_do_not_come_back_are_a_hang_though_units_came)
{
	int64_t pts;

	for (int i = 0; i < 3; i++)
		ck_assert(match(add(i, 0), &pts));
	ck_assert_int_eq(judge(3, SECOND - 1), INFLIGHT_FINE);
	ck_assert_int_eq(judge(3, SECOND), INFLIGHT_HUNG);
}
END_TEST

START_TEST(a_pause_of_the_camera_is_no_hang)
{
	int64_t pts, at = add(0, 0);

	ck_assert(inflight_match(&f, at, &pts, 1000));
	ck_assert_int_eq(judge(0, 60 * SECOND), INFLIGHT_FINE);
	add(1, 60 * SECOND);
	ck_assert_int_eq(inflight_judge(&f, 1, 1, FRAME_US, 60 * SECOND),
			 INFLIGHT_FINE);
	for (int i = 2; i < 5; i++)
		add(i, 60 * SECOND);
	ck_assert_int_eq(judge(3, 60 * SECOND), INFLIGHT_FINE);
}
END_TEST

/* As while nobody watches, behind pictures that it had skipped. */
START_TEST(while_nothing_is_offered_what_was_skipped_is_no_hang)
{
	int64_t hour = INT64_C(3600) * SECOND, at;

	for (int i = 0; i < 5; i++) {
		inflight_offer(&f, FRAME_US, i * FRAME_US);
		add(i, i * FRAME_US);
		inflight_returned(&f, i * FRAME_US);
	}
	ck_assert_int_eq(judge(0, SECOND), INFLIGHT_FINE);
	ck_assert_int_eq(judge(0, 5 * SECOND), INFLIGHT_FINE);
	ck_assert_int_eq(judge(0, hour), INFLIGHT_FINE);
	/* buffers that do not come back are one, whenever */
	ck_assert_int_eq(judge(3, hour), INFLIGHT_HUNG);
	/* and from the first picture on it has all the time anew */
	for (at = hour; at < hour + SECOND; at += FRAME_US) {
		inflight_offer(&f, FRAME_US, at);
		ck_assert_int_eq(judge(3, at), INFLIGHT_FINE);
	}
	ck_assert_int_eq(judge(0, at), INFLIGHT_SKIPPING);
	ck_assert_int_eq(judge(3, at), INFLIGHT_HUNG);
}
END_TEST

CHECK_MAIN(inflight, setup, NULL, a_unit_gets_the_time_of_its_picture,
	   pictures_before_it_were_skipped,
	   what_belongs_to_no_picture_is_garbage,
	   timestamps_rise_and_are_never_0,
	   a_picture_that_did_not_go_in_is_forgotten, the_list_has_an_end,
	   nothing_back_for_a_second_is_a_hang,
	   a_slow_camera_has_fifteen_frames,
	   one_picture_is_enough_where_no_more_fit,
	   pictures_that_come_back_without_units_are_skipped,
	   buffers_that_do_not_come_back_are_a_hang_though_units_came,
	   a_pause_of_the_camera_is_no_hang,
	   while_nothing_is_offered_what_was_skipped_is_no_hang)
