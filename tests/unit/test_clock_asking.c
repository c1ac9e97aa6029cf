/* SPDX-License-Identifier: MIT */
#include "device/uplink/clock_asking.h"

#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)
#define BEGUN  (5 * SECOND)

static struct clock_asking a;

static void setup(void)
{
	clock_asking_begin(&a, BEGUN);
}

/* Asks as soon as that is due, and returns when. */
static int64_t next(int64_t now_us, bool rests)
{
	while (!clock_asking_is_due(&a, rests, now_us))
		now_us += SECOND / 10;
	clock_asking_ask(&a, now_us);
	return now_us;
}

static void answer(void)
{
	int64_t asked_us;

	ck_assert(clock_asking_hears(&a, a.number, &asked_us));
}

START_TEST(before_the_welcome_nothing_is_asked)
{
	a = (struct clock_asking){ 0 };
	ck_assert(!clock_asking_is_due(&a, false, INT64_MAX / 2));
	ck_assert(!clock_asking_is_due(&a, true, INT64_MAX / 2));
}
END_TEST

START_TEST(it_asks_often_at_first_and_then_seldom)
{
	static const int pauses[] = { 1, 2, 4, 8, 10, 10, 10 };
	int64_t at_us = BEGUN;

	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
		int64_t before_us = at_us;

		at_us = next(at_us, false);
		answer();
		ck_assert_msg(at_us - before_us == pauses[i] * SECOND,
			      "%zu: %d", i,
			      (int)((at_us - before_us) / SECOND));
	}
}
END_TEST

START_TEST(at_rest_it_asks_once_a_minute)
{
	int64_t at_us = next(BEGUN, true);

	ck_assert_int_eq(at_us, BEGUN + 60 * SECOND);
	answer();
	ck_assert(!clock_asking_is_due(&a, true, at_us + 60 * SECOND - 1));
	ck_assert(clock_asking_is_due(&a, true, at_us + 60 * SECOND));
	/* and at once when it sends again: it may have rested for long */
	ck_assert(clock_asking_is_due(&a, false, at_us + 2 * SECOND));
}
END_TEST

START_TEST(a_relay_that_never_answers_is_left_alone)
{
	int64_t at_us = BEGUN;

	for (int i = 0; i < CLOCK_ASKING_UNHEARD; i++)
		at_us = next(at_us, false);
	ck_assert(!clock_asking_is_due(&a, false, at_us + 3600 * SECOND));
	answer(); /* late, but it knows */
	ck_assert(clock_asking_is_due(&a, false, at_us + 3600 * SECOND));
}
END_TEST

START_TEST(only_the_answer_to_the_newest_question_counts_and_once)
{
	int64_t asked_us = 0, first_us = next(BEGUN, false), second_us;
	uint16_t first = a.number;

	second_us = next(first_us, false);
	ck_assert_uint_ne(a.number, first);
	ck_assert(!clock_asking_hears(&a, first, &asked_us));
	ck_assert(clock_asking_hears(&a, a.number, &asked_us));
	ck_assert_int_eq(asked_us, second_us);
	ck_assert(!clock_asking_hears(&a, a.number, &asked_us));
}
END_TEST

START_TEST(an_answer_to_no_question_says_nothing)
{
	int64_t asked_us;

	for (unsigned int number = 0; number <= UINT16_MAX; number++)
		ck_assert(!clock_asking_hears(&a, (uint16_t)number, &asked_us));
}
END_TEST

START_TEST(numbers_wrap_after_a_week)
{
	int64_t asked_us;

	a.number = UINT16_MAX;
	ck_assert_uint_eq(clock_asking_ask(&a, BEGUN), 0);
	ck_assert(clock_asking_hears(&a, 0, &asked_us));
	ck_assert(clock_asking_is_due(&a, false, BEGUN + 10 * SECOND));
	ck_assert_uint_eq(clock_asking_ask(&a, BEGUN + 10 * SECOND), 1);
}
END_TEST

CHECK_MAIN(clock_asking, setup, NULL, before_the_welcome_nothing_is_asked,
	   it_asks_often_at_first_and_then_seldom,
	   at_rest_it_asks_once_a_minute,
	   a_relay_that_never_answers_is_left_alone,
	   only_the_answer_to_the_newest_question_counts_and_once,
	   an_answer_to_no_question_says_nothing, numbers_wrap_after_a_week)
