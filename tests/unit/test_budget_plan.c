/* SPDX-License-Identifier: MIT */
#include "device/budget/budget_plan.h"

#include "tests/unit/check_main.h"

#define DAY   INT64_C(86400000000)
#define MONTH (30 * DAY)
#define GB    UINT64_C(1000000000)

static struct budget_state s;

static void setup(void)
{
	s = (struct budget_state){
		.limit_bytes = 5 * GB,
		.start_us = 1000 * DAY,
		.end_us = 1030 * DAY,
		.now_us = 1000 * DAY,
		.poster_bytes = 16000,
	};
}

static int64_t rate(void)
{
	return budget_plan_make(&s).bitrate;
}

/* Within a hundredth. */
static void expect(int64_t bitrate, int64_t expected)
{
	ck_assert_int_ge(bitrate, expected - expected / 100);
	ck_assert_int_le(bitrate, expected + expected / 100);
}

START_TEST(at_the_beginning_an_eighth_of_the_time_is_planned)
{
	/* 4.75 GB, of which 100/112 is video, in 3.75 days */
	expect(rate(), 104720);
	ck_assert(!budget_plan_make(&s).posters_only);
}
END_TEST

START_TEST(who_is_watched_seldom_may_send_more)
{
	int64_t always, seldom;

	s.now_us = s.start_us + 15 * DAY;
	s.used_bytes = 2 * GB;
	s.live_us = 15 * DAY;
	always = rate();
	s.live_us = 15 * DAY / 24; /* an hour a day */
	seldom = rate();
	expect(always, 16030);
	expect(seldom, 323300);
}
END_TEST

START_TEST(what_was_used_makes_it_less)
{
	int64_t before = rate();

	s.used_bytes = GB;
	ck_assert_int_lt(rate(), before);
	s.used_bytes = 4 * GB;
	ck_assert_int_lt(rate(), before / 4);
	ck_assert_int_gt(rate(), 0);
}
END_TEST

START_TEST(at_the_end_the_rest_may_go_at_once)
{
	s.now_us = s.end_us - 3600 * INT64_C(1000000);
	s.live_us = 7 * DAY;
	s.used_bytes = 4 * GB;
	ck_assert_int_gt(rate(), 1000000);
	s.now_us = s.end_us; /* a second is the least there is */
	ck_assert_int_gt(rate(), 1000000);
}
END_TEST

START_TEST(a_twentieth_is_for_posters)
{
	s.used_bytes = 5 * GB - 5 * GB / 20 - 1;
	ck_assert(!budget_plan_make(&s).posters_only);
	s.used_bytes++;
	ck_assert(budget_plan_make(&s).posters_only);
	ck_assert_int_eq(rate(), 0);
}
END_TEST

START_TEST(posters_last_to_the_end)
{
	struct budget_plan plan;

	s.used_bytes = 5 * GB - 16000 * 30; /* one a day */
	plan = budget_plan_make(&s);
	ck_assert(plan.posters_only);
	ck_assert_int_eq(plan.poster_us, DAY);
	s.used_bytes = 5 * GB - 16000;
	ck_assert_int_eq(budget_plan_make(&s).poster_us, MONTH);
	s.used_bytes++;
	ck_assert_int_gt(budget_plan_make(&s).poster_us, 300 * DAY);
	s.used_bytes = 6 * GB; /* an estimate may be over */
	ck_assert_int_gt(budget_plan_make(&s).poster_us, 300 * DAY);
}
END_TEST

/*
 * A month of an ideal camera that follows the plan, watched for the same hours
 * of each day: the budget lasts, and most of it is used.
 */
static void live_through(int hours)
{
	const int64_t step_us = 600 * INT64_C(1000000);

	s.used_bytes = 0;
	s.live_us = 0;
	for (s.now_us = s.start_us; s.now_us < s.end_us; s.now_us += step_us) {
		int64_t of_day_us = (s.now_us - s.start_us) % DAY;
		int64_t bitrate = rate();

		if (of_day_us / 3600000000 >= hours)
			continue;
		ck_assert_msg(!budget_plan_make(&s).posters_only,
			      "%d hours a day: used up after %d days", hours,
			      (int)((s.now_us - s.start_us) / DAY));
		s.live_us += step_us;
		s.used_bytes += (uint64_t)(bitrate * BUDGET_GROSS / 100 / 8 *
					   (step_us / 1000000));
	}
	ck_assert_msg(s.used_bytes > 4 * GB, "%d hours a day: only %d MB",
		      hours, (int)(s.used_bytes / 1000000));
	ck_assert_uint_le(s.used_bytes, 5 * GB);
}

START_TEST(a_budget_lasts_for_a_month_however_long_it_is_watched)
{
	static const int hours[] = { 1, 2, 6, 12, 24 };

	for (size_t i = 0; i < sizeof(hours) / sizeof(*hours); i++)
		live_through(hours[i]);
}
END_TEST

START_TEST(odd_clocks_make_no_odd_plans)
{
	s.now_us = s.start_us - DAY; /* not within the period */
	ck_assert_int_gt(rate(), 0);
	s.now_us = s.end_us + DAY;
	ck_assert_int_gt(rate(), 0);
	s.now_us = s.start_us;
	s.live_us = 400 * DAY; /* more than can be */
	ck_assert_int_gt(rate(), 0);
	s.limit_bytes = 100000;
	s.end_us = s.start_us + 1000000;
	ck_assert_int_gt(rate(), 0);
}
END_TEST

CHECK_MAIN(budget_plan, setup, NULL,
	   at_the_beginning_an_eighth_of_the_time_is_planned,
	   who_is_watched_seldom_may_send_more, what_was_used_makes_it_less,
	   at_the_end_the_rest_may_go_at_once, a_twentieth_is_for_posters,
	   posters_last_to_the_end,
	   a_budget_lasts_for_a_month_however_long_it_is_watched,
	   odd_clocks_make_no_odd_plans)
