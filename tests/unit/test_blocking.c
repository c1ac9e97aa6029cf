/* SPDX-License-Identifier: MIT */
#include "cloud/store/blocking.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

/* 0.334 s parts: the Advance Part Limit is 8 whole ones (3 / 0.334 = 8.98). */
static const struct blocking_state live = {
	.last = { 100, 3 },
	.target_ms = 2000,
	.part_target_ms = 334,
};

static enum blocking check(uint32_t msn, int part)
{
	struct directives d = { .has_msn = true, .msn = msn };

	if (part >= 0) {
		d.has_part = true;
		d.part = (uint32_t)part;
	}
	return blocking_check(&live, &d);
}

static int parse(struct directives *d, const char *argument)
{
	return blocking_parse(d, argument, strlen(argument));
}

START_TEST(a_plain_request_is_answered_at_once)
{
	ck_assert_int_eq(blocking_check(&live, &(struct directives){ 0 }),
			 BLOCKING_READY);
}
END_TEST

START_TEST(what_is_listed_is_answered_and_the_next_part_is_held)
{
	ck_assert_int_eq(check(100, 3), BLOCKING_READY);
	ck_assert_int_eq(check(100, 4), BLOCKING_WAIT);
	ck_assert_int_eq(check(101, 0), BLOCKING_WAIT);
}
END_TEST

START_TEST(what_is_long_gone_is_answered_with_the_newest)
{
	ck_assert_int_eq(check(1, 0), BLOCKING_READY);
	ck_assert_int_eq(check(99, 7), BLOCKING_READY);
	ck_assert_int_eq(check(0, -1), BLOCKING_READY);
}
END_TEST

START_TEST(a_missing_part_is_part_0)
{
	struct blocking_state begun = live;

	ck_assert_int_eq(check(100, -1), BLOCKING_READY);
	ck_assert_int_eq(check(101, -1), BLOCKING_WAIT);
	begun.last = (struct wire_position){ 101, 0 };
	ck_assert_int_eq(
		blocking_check(&begun, &(struct directives){ .has_msn = true,
							     .msn = 101 }),
		BLOCKING_READY);
}
END_TEST

START_TEST(a_part_behind_the_last_is_released_by_the_next_segment)
{
	struct blocking_state next = live;
	const struct directives d = {
		.has_msn = true, .has_part = true, .msn = 100, .part = 6
	};

	ck_assert_int_eq(blocking_check(&live, &d), BLOCKING_WAIT);
	next.last = (struct wire_position){ 101, 0 };
	ck_assert_int_eq(blocking_check(&next, &d), BLOCKING_READY);
}
END_TEST

START_TEST(a_part_without_a_segment_is_bad)
{
	const struct directives d = { .has_part = true, .part = 1 };
	struct blocking_state ended = live;

	ck_assert_int_eq(blocking_check(&live, &d), BLOCKING_BAD);
	ended.ended = true;
	ck_assert_int_eq(blocking_check(&ended, &d), BLOCKING_BAD);
}
END_TEST

START_TEST(two_segments_ahead_are_held_and_three_refused)
{
	ck_assert_int_eq(check(102, -1), BLOCKING_WAIT);
	ck_assert_int_eq(check(102, 9), BLOCKING_WAIT);
	ck_assert_int_eq(check(103, -1), BLOCKING_BAD);
	ck_assert_int_eq(check(WIRE_MAX_MSN, 0), BLOCKING_BAD);
}
END_TEST

START_TEST(parts_ahead_are_held_up_to_the_advance_part_limit)
{
	struct directives d = { .has_msn = true, .has_part = true, .msn = 100 };
	struct blocking_state even = live;

	ck_assert_int_eq(check(100, 3 + 8), BLOCKING_WAIT);
	ck_assert_int_eq(check(100, 3 + 9), BLOCKING_BAD);
	even.part_target_ms = 300; /* of which ten are three seconds */
	d.part = 13;
	ck_assert_int_eq(blocking_check(&even, &d), BLOCKING_WAIT);
	d.part = 14;
	ck_assert_int_eq(blocking_check(&even, &d), BLOCKING_BAD);
}
END_TEST

START_TEST(the_limit_is_three_parts_when_parts_are_long)
{
	struct blocking_state slow = live;
	struct directives d = { .has_msn = true, .has_part = true, .msn = 100 };

	slow.part_target_ms = 1000;
	d.part = 6;
	ck_assert_int_eq(blocking_check(&slow, &d), BLOCKING_WAIT);
	d.part = 7;
	ck_assert_int_eq(blocking_check(&slow, &d), BLOCKING_BAD);
	slow.part_target_ms = 999;
	d.part = 6;
	ck_assert_int_eq(blocking_check(&slow, &d), BLOCKING_WAIT);
	d.part = 7;
	ck_assert_int_eq(blocking_check(&slow, &d), BLOCKING_BAD);
}
END_TEST

START_TEST(the_end_of_the_stream_ends_all_waiting)
{
	struct blocking_state ended = live;

	ended.ended = true;
	ck_assert_int_eq(
		blocking_check(&ended, &(struct directives){ .has_msn = true,
							     .msn = 200 }),
		BLOCKING_READY);
}
END_TEST

START_TEST(directives_are_read_in_any_order)
{
	struct directives d = { 0 };

	ck_assert_int_eq(parse(&d, "_HLS_part=7"), 0);
	ck_assert_int_eq(parse(&d, "_HLS_skip=YES"), 0);
	ck_assert_int_eq(parse(&d, "_HLS_msn=2147483647"), 0);
	ck_assert(d.has_msn && d.has_part && d.skip);
	ck_assert_uint_eq(d.msn, 2147483647);
	ck_assert_uint_eq(d.part, 7);
	d = (struct directives){ 0 };
	ck_assert_int_eq(parse(&d, "_HLS_msn=1098765432"), 0);
	ck_assert_uint_eq(d.msn, 1098765432);
}
END_TEST

START_TEST(what_is_no_directive_is_ignored)
{
	static const char *const others[] = { "",	    "x",       "msn=7",
					      "_HLS_msn",   "_HLS_",   "=",
					      "_hls_msn=7", "_HLS_x=1" };
	struct directives d = { 0 };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_int_eq(parse(&d, others[i]), 0);
	ck_assert(!d.has_msn && !d.has_part && !d.skip);
}
END_TEST

START_TEST(numbers_that_are_none_are_refused)
{
	static const char *const bad[] = {
		"_HLS_msn=",
		"_HLS_msn=-1",
		"_HLS_msn=+1",
		"_HLS_msn=1x",
		"_HLS_msn= 1",
		"_HLS_msn=0x10",
		"_HLS_msn=2147483648",
		"_HLS_part=",
		"_HLS_part=a",
		"_HLS_msn=99999999999999999999999999",
		"_HLS_msn=18446744073709551617", /* 1, if it wrapped */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct directives d = { 0 };

		ck_assert_msg(parse(&d, bad[i]) == -EINVAL, "%s", bad[i]);
	}
}
END_TEST

START_TEST(a_directive_twice_is_refused)
{
	struct directives d = { 0 };

	ck_assert_int_eq(parse(&d, "_HLS_msn=1"), 0);
	ck_assert_int_eq(parse(&d, "_HLS_msn=1"), -EINVAL);
	ck_assert_int_eq(parse(&d, "_HLS_part=1"), 0);
	ck_assert_int_eq(parse(&d, "_HLS_part=1"), -EINVAL);
}
END_TEST

START_TEST(skip_takes_yes_and_v2_and_nothing_else)
{
	static const struct {
		const char *argument;
		bool skip;
	} rows[] = { { "_HLS_skip=YES", true }, { "_HLS_skip=v2", true },
		     { "_HLS_skip=NO", false }, { "_HLS_skip=yes", false },
		     { "_HLS_skip=", false },	{ "_HLS_skip=YESS", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct directives d = { 0 };

		ck_assert_int_eq(parse(&d, rows[i].argument), 0);
		ck_assert_int_eq(d.skip, rows[i].skip);
	}
}
END_TEST

START_TEST(bytes_behind_the_argument_are_not_read)
{
	struct directives d = { 0 };

	ck_assert_int_eq(blocking_parse(&d, "_HLS_msn=12", 10), 0);
	ck_assert_uint_eq(d.msn, 1);
}
END_TEST

START_TEST(requests_are_held_for_three_target_durations)
{
	ck_assert_int_eq(blocking_limit_us(2000), 6000000);
	ck_assert_int_eq(blocking_limit_us(1000), 3000000);
	ck_assert_int_eq(blocking_limit_us(0), 3000000);
	ck_assert_int_eq(blocking_limit_us(WIRE_MAX_TARGET_MS), 180000000);
}
END_TEST

CHECK_MAIN(blocking, NULL, NULL, a_plain_request_is_answered_at_once,
	   what_is_listed_is_answered_and_the_next_part_is_held,
	   what_is_long_gone_is_answered_with_the_newest,
	   a_missing_part_is_part_0,
	   a_part_behind_the_last_is_released_by_the_next_segment,
	   a_part_without_a_segment_is_bad,
	   two_segments_ahead_are_held_and_three_refused,
	   parts_ahead_are_held_up_to_the_advance_part_limit,
	   the_limit_is_three_parts_when_parts_are_long,
	   the_end_of_the_stream_ends_all_waiting,
	   directives_are_read_in_any_order, what_is_no_directive_is_ignored,
	   numbers_that_are_none_are_refused, a_directive_twice_is_refused,
	   skip_takes_yes_and_v2_and_nothing_else,
	   bytes_behind_the_argument_are_not_read,
	   requests_are_held_for_three_target_durations)
