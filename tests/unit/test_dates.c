/* SPDX-License-Identifier: MIT */
#include "device/media/dates.h"

#include "tests/unit/check_main.h"

#define OFFSET 1700000000000000LL /* wall minus monotonic */
#define NOW    100000000LL	  /* monotonic */

static struct dates d;

static void setup(void)
{
	d = (struct dates){ 0 };
}

START_TEST(nothing_is_tied_at_first)
{
	ck_assert(!d.set);
	dates_set(&d, 900000, NOW, OFFSET);
	ck_assert(d.set);
}
END_TEST

START_TEST(dates_go_on_with_media_time)
{
	dates_set(&d, 900000, NOW, OFFSET);
	ck_assert_int_eq(dates_wall_us(&d, 900000), NOW + OFFSET);
	ck_assert_int_eq(dates_wall_us(&d, 990000), NOW + OFFSET + 1000000);
	ck_assert_int_eq(dates_wall_us(&d, 899991), NOW + OFFSET - 100);
	/* months later, without an overflow */
	ck_assert_int_eq(dates_wall_us(&d, 900000 + 90000LL * 86400 * 365),
			 NOW + OFFSET + 1000000LL * 86400 * 365);
}
END_TEST

START_TEST(a_clock_that_drifts_was_not_set)
{
	dates_set(&d, 0, NOW, OFFSET);
	ck_assert(!dates_are_off(&d, OFFSET));
	ck_assert(!dates_are_off(&d, OFFSET + 500000));
	ck_assert(!dates_are_off(&d, OFFSET - 500000));
	ck_assert(dates_are_off(&d, OFFSET + 500001));
	ck_assert(dates_are_off(&d, OFFSET - 500001));
}
END_TEST

START_TEST(a_clock_that_was_set_counts_from_the_next_tie)
{
	dates_set(&d, 0, NOW, 0); /* 1970 */
	ck_assert(dates_are_off(&d, OFFSET));
	dates_set(&d, 180000, NOW + 2000000, OFFSET);
	ck_assert(!dates_are_off(&d, OFFSET));
	ck_assert_int_eq(dates_wall_us(&d, 180000), NOW + 2000000 + OFFSET);
}
END_TEST

START_TEST(a_clock_that_drifts_is_followed_from_segment_to_segment)
{
	dates_set(&d, 0, NOW, OFFSET);
	dates_follow(&d, 90000, OFFSET + 300); /* a second: up to 500 us */
	ck_assert_int_eq(dates_wall_us(&d, 90000),
			 NOW + OFFSET + 1000000 + 300);
	dates_follow(&d, 180000, OFFSET - 100);
	ck_assert_int_eq(dates_wall_us(&d, 180000),
			 NOW + OFFSET + 2000000 - 100);
}
END_TEST

static const struct {
	int64_t gone_90k, moved_us, followed_us;
} steps[] = {
	{ 90000, 500, 500 },	    { 90000, 501, 500 },
	{ 90000, -500, -500 },	    { 90000, -501, -500 },
	{ 180000, 400000, 1000 },   { 540000, 400000, 1000 }, /* at most */
	{ 540000, -400000, -1000 }, { 45000, 400000, 250 },
	{ 270000, 400000, 1000 },   { 0, 400000, 0 },
	{ -90000, 400000, 0 },	    { 90000LL * 86400, 999, 999 },
};

START_TEST(it_is_followed_by_little_at_a_time)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		dates_set(&d, 0, NOW, OFFSET);
		dates_follow(&d, steps[i].gone_90k, OFFSET + steps[i].moved_us);
		ck_assert_msg(dates_wall_us(&d, 0) ==
				      NOW + OFFSET + steps[i].followed_us,
			      "%zu: %d", i,
			      (int)(dates_wall_us(&d, 0) - NOW - OFFSET));
	}
}
END_TEST

START_TEST(each_segment_follows_by_its_own_length)
{
	dates_set(&d, 0, NOW, OFFSET);
	dates_follow(&d, 90000, OFFSET + 400000);
	dates_follow(&d, 180000, OFFSET + 400000);
	dates_follow(&d, 270000, OFFSET + 400000);
	ck_assert_int_eq(dates_wall_us(&d, 0), NOW + OFFSET + 1500);
}
END_TEST

/* What is followed already is no step of the clock. */
START_TEST(what_was_followed_was_not_set)
{
	int64_t offset_us = OFFSET;

	dates_set(&d, 0, NOW, OFFSET);
	for (int i = 1; i <= 24 * 3600; i++) { /* 100 ppm for a day: 8.6 s */
		offset_us += 100;
		ck_assert(!dates_are_off(&d, offset_us));
		dates_follow(&d, i * 90000LL, offset_us);
	}
	ck_assert_int_eq(d.offset_us, offset_us);
}
END_TEST

START_TEST(a_picture_was_taken_when_it_says_or_now)
{
	static const struct {
		const char *what;
		int64_t pts_90k, expected;
	} rows[] = {
		{ "just now", NOW * 9 / 100, NOW },
		{ "a second ago", (NOW - 1000000) * 9 / 100, NOW - 1000000 },
		{ "five seconds ago", (NOW - 5000000) * 9 / 100,
		  NOW - 5000000 },
		{ "longer ago", (NOW - 5000000) * 9 / 100 - 1, NOW },
		{ "in the future", NOW * 9 / 100 + 1, NOW },
		{ "a recording, from zero", 0, NOW },
		{ "before zero", -90000, NOW },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(dates_captured_us(rows[i].pts_90k, NOW) ==
				      rows[i].expected,
			      "%s", rows[i].what);
}
END_TEST

CHECK_MAIN(dates, setup, NULL, nothing_is_tied_at_first,
	   dates_go_on_with_media_time, a_clock_that_drifts_was_not_set,
	   a_clock_that_was_set_counts_from_the_next_tie,
	   a_clock_that_drifts_is_followed_from_segment_to_segment,
	   it_is_followed_by_little_at_a_time,
	   each_segment_follows_by_its_own_length,
	   what_was_followed_was_not_set,
	   a_picture_was_taken_when_it_says_or_now)
