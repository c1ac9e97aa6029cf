/* SPDX-License-Identifier: MIT */
#include "device/uplink/relay_clock.h"

#include <stdlib.h>

#include "device/media/dates.h"
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

/* --- a day ---------------------------------------------------------------- */

/* Relay, device and the line between them, with a truth that nobody sees. */
struct day {
	const char *what;
	double ppm;		   /* the device's clock is fast by that */
	int64_t there_us, back_us; /* the line's way, at its fastest */
	int64_t jitter_us;	   /* and what may be added to each of both */
	int64_t pause_us;	   /* between two questions */
	int64_t step_us; /* the relay's clock is set by that, at noon */
	int64_t own_us;	 /* by that our own wall clock is wrong */
	int64_t most_us; /* that a date may be wrong by */
};

static uint32_t seed;

static int64_t some(int64_t most_us)
{
	seed = seed * 1664525u + 1013904223u;
	return most_us * (int64_t)(seed >> 16) / 65536;
}

static int64_t monotonic(const struct day *day, int64_t t_us)
{
	return t_us + (int64_t)((double)t_us * day->ppm / 1e6);
}

static int64_t relay_wall(const struct day *day, int64_t t_us)
{
	return TRUTH + t_us + (t_us >= 12 * HOUR ? day->step_us : 0);
}

static void ask_on(const struct day *day, int64_t t_us)
{
	int64_t there_us = day->there_us + some(day->jitter_us);
	int64_t back_us = day->back_us + some(day->jitter_us);

	relay_clock_sample(&clock_, monotonic(day, t_us),
			   monotonic(day, t_us + there_us + back_us),
			   relay_wall(day, t_us + there_us));
}

/* Returns by how much the worst date was wrong, the first minute and ten
 * minutes behind a step left out. */
static int64_t live_through(const struct day *day)
{
	struct dates dates = { 0 };
	int64_t worst_us = 0, before_us = 0;

	for (int64_t t = 0; t < 24 * HOUR; t += 2 * SECOND) {
		int64_t mono_us = monotonic(day, t), offset_us, wrong_us;
		int64_t media_90k = mono_us * 9 / 100;

		if (t % day->pause_us == 0)
			ask_on(day, t);
		offset_us = relay_clock_offset(&clock_, TRUTH + t - mono_us +
								day->own_us);
		if (!dates.set || dates_are_off(&dates, offset_us))
			dates_set(&dates, media_90k, mono_us, offset_us);
		else
			dates_follow(&dates, media_90k, offset_us);
		wrong_us =
			dates_wall_us(&dates, media_90k) - relay_wall(day, t);
		wrong_us = wrong_us < 0 ? -wrong_us : wrong_us;
		if (t > 60 * SECOND && wrong_us > worst_us &&
		    (t < 12 * HOUR || t > 12 * HOUR + 600 * SECOND ||
		     !day->step_us))
			worst_us = wrong_us;
		if (t && t != 12 * HOUR) /* dates go on: 2 s each, by 1 ms */
			ck_assert_int_le(
				llabs(dates_wall_us(&dates, media_90k) -
				      before_us - 2 * SECOND),
				DATES_MOST_US + 500);
		before_us = dates_wall_us(&dates, media_90k);
	}
	return worst_us;
}

#define WRONG (-3600 * SECOND) /* a clock that nobody has set */

static const struct day days[] = {
	{ "on a good line", 0, 5000, 5000, 5000, 10 * SECOND, 0, WRONG, 5000 },
	{ "fast", 100, 5000, 5000, 20000, 10 * SECOND, 0, WRONG, 20000 },
	{ "slow", -100, 5000, 5000, 20000, 10 * SECOND, 0, WRONG, 20000 },
	{ "fast, at rest", 100, 5000, 5000, 20000, 60 * SECOND, 0, WRONG,
	  20000 },
	{ "slow, at rest", -100, 5000, 5000, 20000, 60 * SECOND, 0, WRONG,
	  20000 },
	{ "on a line that varies", 100, 20000, 20000, 300000, 10 * SECOND, 0,
	  WRONG, 60000 },
	/* which no clock can see: half the difference */
	{ "asymmetrical", 100, 45000, 5000, 10000, 10 * SECOND, 0, WRONG,
	  20000 + 10000 },
	{ "asymmetrical, the other way", -100, 5000, 45000, 10000, 10 * SECOND,
	  0, WRONG, 20000 + 10000 },
	{ "with a clock of our own that is right", 100, 45000, 5000, 10000,
	  10 * SECOND, 0, 0, 5000 },
	{ "with a relay that is set by 0.1 s", 100, 5000, 5000, 20000,
	  10 * SECOND, 100000, WRONG, 20000 },
	{ "with a relay that is set back by an hour", -100, 5000, 5000, 20000,
	  10 * SECOND, -HOUR, WRONG, 20000 },
};

START_TEST(dates_are_right_for_a_day)
{
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++) {
		int64_t worst_us;

		seed = 1;
		setup();
		worst_us = live_through(&days[i]);
		ck_assert_msg(worst_us <= days[i].most_us, "%s: %d us",
			      days[i].what, (int)worst_us);
	}
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
	   a_time_beyond_any_calendar_says_nothing, dates_are_right_for_a_day)
