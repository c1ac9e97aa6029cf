/* SPDX-License-Identifier: MIT */
#include "cloud/store/audience.h"
#include "tests/unit/check_main.h"

#define SECOND 1000000

/*
 * `viewers` ask for each part of `part_ms` as it comes, for `seconds` from
 * `from_us` on.
 */
static void watch(struct audience *a, int viewers, int part_ms, int seconds,
		  int64_t from_us)
{
	for (int ms = 0; ms < seconds * 1000; ms += part_ms)
		for (int i = 0; i < viewers; i++)
			audience_count(a, (uint32_t)part_ms,
				       from_us + ms * 1000);
}

/* What is seen after a while of this. */
static unsigned int watched(unsigned int viewers, int part_ms, int64_t from_us)
{
	struct audience a = { 0 };

	watch(&a, (int)viewers, part_ms, 12, from_us);
	return audience_viewers(&a, from_us + 12 * SECOND);
}

START_TEST(nobody_watches_what_nobody_asked_for)
{
	struct audience a = { 0 };

	ck_assert_uint_eq(audience_viewers(&a, 0), 0);
	ck_assert_uint_eq(audience_viewers(&a, 1000 * (int64_t)SECOND), 0);
}
END_TEST

START_TEST(as_many_watch_as_ask_for_each_part)
{
	static const int parts[] = { 40, 100, 200, 250 };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		for (int at = 0; at < 10; at++) {
			int64_t from_us = at * 100000;

			/* A part that is due now may not be counted yet. */
			ck_assert_uint_eq(watched(1, parts[i], from_us), 1);
			ck_assert_uint_eq(watched(4, parts[i], from_us), 4);
			ck_assert_uint_ge(watched(20, parts[i], from_us), 18);
			ck_assert_uint_le(watched(20, parts[i], from_us), 21);
		}
}
END_TEST

START_TEST(who_has_just_come_is_one)
{
	struct audience a = { 0 };

	audience_count(&a, 40, 5 * SECOND);
	ck_assert_uint_eq(audience_viewers(&a, 5 * SECOND), 1);
}
END_TEST

START_TEST(a_player_that_polls_once_a_segment_is_one)
{
	struct audience a = { 0 };

	for (int i = 0; i < 10; i++)
		audience_count(&a, 1000, 100 * (int64_t)SECOND + i * SECOND);
	ck_assert_uint_eq(audience_viewers(&a, 109 * (int64_t)SECOND), 1);
}
END_TEST

START_TEST(who_left_is_forgotten_after_four_seconds)
{
	struct audience a = { 0 };

	watch(&a, 3, 200, 8, 0);
	ck_assert_uint_gt(audience_viewers(&a, 10 * SECOND), 0);
	ck_assert_uint_gt(audience_viewers(&a, 11 * SECOND - 1), 0);
	ck_assert_uint_eq(audience_viewers(&a, 11 * SECOND), 0);
}
END_TEST

START_TEST(a_camera_is_watched_again_after_a_long_time)
{
	struct audience a = { 0 };
	int64_t later = 40 * 86400 * (int64_t)SECOND;

	watch(&a, 50, 200, 8, 0);
	watch(&a, 2, 200, 8, later);
	ck_assert_uint_eq(audience_viewers(&a, later + 8 * SECOND - 1000), 2);
}
END_TEST

START_TEST(who_waits_is_one_and_four_seconds_later_none)
{
	struct audience a = { 0 };

	audience_ask(&a, 5 * SECOND);
	ck_assert_uint_eq(audience_viewers(&a, 5 * SECOND), 1);
	ck_assert_uint_eq(audience_viewers(&a, 9 * SECOND - 1), 1);
	ck_assert_uint_eq(audience_viewers(&a, 9 * SECOND), 0);
}
END_TEST

START_TEST(who_waits_beside_others_makes_them_no_more)
{
	struct audience a = { 0 };

	watch(&a, 3, 200, 8, 0);
	audience_ask(&a, 8 * SECOND - 1000);
	ck_assert_uint_eq(audience_viewers(&a, 8 * SECOND - 1000), 3);
}
END_TEST

CHECK_MAIN(audience, NULL, NULL, nobody_watches_what_nobody_asked_for,
	   as_many_watch_as_ask_for_each_part, who_has_just_come_is_one,
	   a_player_that_polls_once_a_segment_is_one,
	   who_left_is_forgotten_after_four_seconds,
	   a_camera_is_watched_again_after_a_long_time,
	   who_waits_is_one_and_four_seconds_later_none,
	   who_waits_beside_others_makes_them_no_more)
