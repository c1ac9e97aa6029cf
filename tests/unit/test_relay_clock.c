/* SPDX-License-Identifier: MIT */
#include "device/uplink/relay_clock.h"

#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)

/* The relay's wall clock minus our monotonic one, in truth. */
#define TRUTH (INT64_C(1763823600) * SECOND)

static struct relay_clock clock_;

static void setup(void)
{
	clock_ = (struct relay_clock){ 0 };
}

/* An answer that took `there_us` and `back_us`, sent at `at_us`. */
static void ask(int64_t at_us, int64_t there_us, int64_t back_us)
{
	relay_clock_sample(&clock_, at_us, at_us + there_us + back_us,
			   TRUTH + at_us + there_us);
}

START_TEST(nothing_is_known_before_the_first_answer)
{
	ck_assert(!clock_.known);
	ask(SECOND, 0, 0);
	ck_assert(clock_.known);
}
END_TEST

START_TEST(an_answer_at_once_is_exact)
{
	ask(SECOND, 0, 0);
	ck_assert_int_eq(relay_clock_offset(&clock_, 0), TRUTH);
}
END_TEST

START_TEST(the_middle_is_off_by_half_the_difference_of_both_ways)
{
	ask(SECOND, 10000, 30000);
	ck_assert_int_eq(relay_clock_offset(&clock_, 0), TRUTH - 10000);
	setup();
	ask(SECOND, 30000, 10000);
	ck_assert_int_eq(relay_clock_offset(&clock_, 0), TRUTH + 10000);
}
END_TEST

START_TEST(our_own_clock_is_believed_up_to_the_bounds)
{
	ask(SECOND, 10000, 30000);
	ck_assert_int_eq(relay_clock_offset(&clock_, TRUTH), TRUTH);
	ck_assert_int_eq(relay_clock_offset(&clock_, TRUTH - 30000),
			 TRUTH - 30000);
	ck_assert_int_eq(relay_clock_offset(&clock_, TRUTH + 10000),
			 TRUTH + 10000);
	ck_assert_int_eq(relay_clock_offset(&clock_, TRUTH - 30001),
			 TRUTH - 10000);
	ck_assert_int_eq(relay_clock_offset(&clock_, TRUTH + 10001),
			 TRUTH - 10000);
}
END_TEST

START_TEST(a_clock_that_started_in_1970_is_not_believed)
{
	ask(SECOND, 100, 100);
	ck_assert_int_eq(relay_clock_offset(&clock_, 5 * SECOND), TRUTH);
}
END_TEST

START_TEST(the_fastest_answers_decide)
{
	ask(SECOND, 100, 30000);     /* fast there ... */
	ask(2 * SECOND, 30000, 100); /* ... and back: bounds of both */
	ck_assert_int_ge(clock_.low_us, TRUTH - 30000 - 7);
	ck_assert_int_ge(clock_.low_us, TRUTH - 100);
	ck_assert_int_le(clock_.high_us, TRUTH + 100 + 300);
	ask(3 * SECOND, 500000, 900000); /* a slow one changes little */
	ck_assert_int_ge(clock_.low_us, TRUTH - 1000);
	ck_assert_int_le(clock_.high_us, TRUTH + 1000);
}
END_TEST

START_TEST(bounds_widen_with_time_so_that_drift_is_followed)
{
	int64_t drift_us = HOUR * 50 / 1000000; /* 50 ppm */

	ask(0, 100, 100);
	relay_clock_sample(&clock_, HOUR, HOUR + 1000,
			   TRUTH + HOUR + 500 + drift_us);
	ck_assert_int_ge(relay_clock_offset(&clock_, 0),
			 TRUTH + drift_us - 500);
	ck_assert_int_le(relay_clock_offset(&clock_, 0),
			 TRUTH + drift_us + 500);
}
END_TEST

START_TEST(a_relay_whose_clock_was_set_is_followed_at_once)
{
	ask(SECOND, 100, 100);
	relay_clock_sample(&clock_, 2 * SECOND, 2 * SECOND + 200,
			   TRUTH + 62 * SECOND + 100);
	ck_assert_int_eq(relay_clock_offset(&clock_, 0), TRUTH + 60 * SECOND);
	relay_clock_sample(&clock_, 3 * SECOND, 3 * SECOND + 200,
			   TRUTH + 3 * SECOND + 100);
	ck_assert_int_eq(relay_clock_offset(&clock_, 0), TRUTH);
}
END_TEST

START_TEST(bounds_that_just_touch_agree)
{
	relay_clock_sample(&clock_, 0, 1000, TRUTH + 1000);    /* 0 to 1000 */
	relay_clock_sample(&clock_, 1000, 2000, TRUTH + 3000); /* 1000, 2000 */
	ck_assert_int_eq(relay_clock_offset(&clock_, 0), TRUTH + 1000);
}
END_TEST

START_TEST(an_answer_before_its_question_says_nothing)
{
	relay_clock_sample(&clock_, 1000, 999, TRUTH);
	ck_assert(!clock_.known);
}
END_TEST

START_TEST(a_time_beyond_any_calendar_says_nothing)
{
	relay_clock_sample(&clock_, 0, 1000, -1);
	ck_assert(!clock_.known);
	relay_clock_sample(&clock_, 0, 1000, INT64_MAX);
	ck_assert(!clock_.known);
	relay_clock_sample(&clock_, 0, 1000, RELAY_CLOCK_MAX_US + 1);
	ck_assert(!clock_.known);
	relay_clock_sample(&clock_, 0, 1000, RELAY_CLOCK_MAX_US);
	ck_assert(clock_.known);
}
END_TEST

CHECK_MAIN(relay_clock, setup, NULL, nothing_is_known_before_the_first_answer,
	   an_answer_at_once_is_exact,
	   the_middle_is_off_by_half_the_difference_of_both_ways,
	   our_own_clock_is_believed_up_to_the_bounds,
	   a_clock_that_started_in_1970_is_not_believed,
	   the_fastest_answers_decide,
	   bounds_widen_with_time_so_that_drift_is_followed,
	   a_relay_whose_clock_was_set_is_followed_at_once,
	   bounds_that_just_touch_agree,
	   an_answer_before_its_question_says_nothing,
	   a_time_beyond_any_calendar_says_nothing)
