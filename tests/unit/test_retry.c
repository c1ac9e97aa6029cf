/* SPDX-License-Identifier: MIT */
#include "device/uplink/retry.h"

#include "tests/unit/check_main.h"

#define S	1000000LL
#define NOW	(1000 * S)
#define MOST	UINT32_MAX /* the longest pause */
#define MINUTES 60 * S

static struct retry r;

static void setup(void)
{
	retry_init(&r, 55 * MINUTES);
}

START_TEST(the_first_try_is_at_once)
{
	ck_assert_int_eq(retry_when(&r, false), 0);
	ck_assert_int_eq(retry_when(&r, true), INT64_MAX);
}
END_TEST

START_TEST(pauses_grow_to_the_cap_of_what_is_wrong)
{
	static const int64_t pauses[] = { S / 2, S, S, S };

	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
		retry_failed(&r, OUTCOME_UNREACHED, false, NOW, MOST);
		ck_assert_int_eq(retry_when(&r, false), NOW + pauses[i]);
	}
	retry_failed(&r, OUTCOME_FORBIDDEN, false, NOW, MOST);
	ck_assert_int_eq(retry_when(&r, false), NOW + 30 * S);
}
END_TEST

START_TEST(a_connection_is_due_before_it_is_too_old)
{
	retry_worked(&r, NOW, 0);
	ck_assert_int_eq(retry_when(&r, true), NOW + 55 * MINUTES);
	retry_worked(&r, NOW, MOST); /* up to a tenth earlier */
	ck_assert_int_gt(retry_when(&r, true), NOW + 495 * MINUTES / 10);
	ck_assert_int_lt(retry_when(&r, true), NOW + 496 * MINUTES / 10);
	retry_init(&r, 0);
	retry_worked(&r, NOW, 0);
	ck_assert_int_eq(retry_when(&r, true), INT64_MAX);
}
END_TEST

START_TEST(a_second_one_that_fails_is_tried_again_without_hurry)
{
	retry_worked(&r, NOW, 0);
	retry_failed(&r, OUTCOME_UNREACHED, true, NOW + 55 * MINUTES, MOST);
	ck_assert_int_eq(retry_when(&r, true), NOW + 55 * MINUTES + 2 * S);
	for (int i = 0; i < 10; i++)
		retry_failed(&r, OUTCOME_UNREACHED, true, NOW + 55 * MINUTES,
			     MOST);
	ck_assert_int_eq(retry_when(&r, true), NOW + 56 * MINUTES);
}
END_TEST

START_TEST(a_drain_is_followed_at_once_when_the_connection_was_stable)
{
	retry_worked(&r, NOW, 0);
	retry_drained(&r, NOW, NOW + RETRY_STABLE_US, MOST);
	ck_assert_int_eq(retry_when(&r, true), NOW + RETRY_STABLE_US);
	/* And with hurry: the relay will not be there for long. */
	retry_failed(&r, OUTCOME_BUSY, true, NOW, MOST);
	ck_assert_int_eq(retry_when(&r, true), NOW + S);
	retry_worked(&r, NOW, 0);
	ck_assert_int_eq(retry_when(&r, true), NOW + 55 * MINUTES);
}
END_TEST

START_TEST(relays_that_drain_on_and_on_are_followed_with_growing_pauses)
{
	int64_t before = 0;

	for (int i = 0; i < 3; i++) {
		retry_worked(&r, NOW, 0);
		retry_drained(&r, NOW, NOW + RETRY_STABLE_US - 1, MOST);
		ck_assert_int_gt(retry_when(&r, true), before);
		before = retry_when(&r, true);
		retry_drained(&r, NOW, NOW, MOST); /* said twice */
		ck_assert_int_eq(retry_when(&r, true), before);
	}
}
END_TEST

START_TEST(what_has_worked_for_ten_seconds_is_a_new_story_once)
{
	retry_failed(&r, OUTCOME_LOST, false, NOW, MOST);
	retry_failed(&r, OUTCOME_LOST, false, NOW, MOST);
	retry_worked(&r, NOW, 0);
	ck_assert(!retry_settle(&r, NOW, NOW + RETRY_STABLE_US - 1));
	ck_assert(retry_settle(&r, NOW, NOW + RETRY_STABLE_US));
	ck_assert(!retry_settle(&r, NOW, NOW + RETRY_STABLE_US));
	retry_failed(&r, OUTCOME_LOST, false, NOW, MOST);
	ck_assert_int_eq(retry_when(&r, false), NOW + S / 2);
}
END_TEST

START_TEST(a_change_of_the_network_makes_it_sooner_never_later)
{
	retry_failed(&r, OUTCOME_FORBIDDEN, false, NOW, MOST);
	retry_hurry(&r, NOW + S);
	ck_assert_int_eq(retry_when(&r, false), NOW + S);
	retry_hurry(&r, NOW + 2 * S);
	ck_assert_int_eq(retry_when(&r, false), NOW + S);
}
END_TEST

START_TEST(who_is_woken_tries_at_once)
{
	retry_failed(&r, OUTCOME_FORBIDDEN, false, NOW, MOST);
	retry_forget(&r);
	ck_assert_int_eq(retry_when(&r, false), 0);
}
END_TEST

START_TEST(who_left_is_looked_for_at_another_relay_once)
{
	retry_worked(&r, NOW, 0);
	retry_watched(&r, false, NOW + S);
	ck_assert_int_eq(retry_when(&r, true), NOW + S + RETRY_ELSEWHERE_US);
	retry_worked(&r, NOW + 4 * S, 0);
	ck_assert_int_eq(retry_when(&r, true), NOW + 4 * S + 55 * MINUTES);
}
END_TEST

START_TEST(who_comes_back_in_time_is_not_looked_for)
{
	retry_worked(&r, NOW, 0);
	retry_watched(&r, false, NOW + S);
	retry_watched(&r, true, NOW + 2 * S);
	ck_assert_int_eq(retry_when(&r, true), NOW + 55 * MINUTES);
}
END_TEST

START_TEST(looking_elsewhere_makes_nothing_later_than_age_does)
{
	retry_worked(&r, NOW, 0);
	retry_watched(&r, false, NOW + 55 * MINUTES - S);
	ck_assert_int_eq(retry_when(&r, true), NOW + 55 * MINUTES);
}
END_TEST

START_TEST(a_look_elsewhere_that_fails_is_tried_again_without_hurry)
{
	retry_worked(&r, NOW, 0);
	retry_watched(&r, false, NOW);
	retry_failed(&r, OUTCOME_UNREACHED, true, NOW + 2 * S, MOST);
	ck_assert_int_eq(retry_when(&r, true), NOW + 4 * S);
}
END_TEST

START_TEST(who_never_replaces_connections_does_not_look_elsewhere)
{
	retry_init(&r, 0);
	retry_worked(&r, NOW, 0);
	retry_watched(&r, false, NOW);
	ck_assert_int_eq(retry_when(&r, true), INT64_MAX);
}
END_TEST

CHECK_MAIN(retry, setup, NULL, the_first_try_is_at_once,
	   pauses_grow_to_the_cap_of_what_is_wrong,
	   a_connection_is_due_before_it_is_too_old,
	   a_second_one_that_fails_is_tried_again_without_hurry,
	   a_drain_is_followed_at_once_when_the_connection_was_stable,
	   relays_that_drain_on_and_on_are_followed_with_growing_pauses,
	   what_has_worked_for_ten_seconds_is_a_new_story_once,
	   a_change_of_the_network_makes_it_sooner_never_later,
	   who_is_woken_tries_at_once,
	   who_left_is_looked_for_at_another_relay_once,
	   who_comes_back_in_time_is_not_looked_for,
	   looking_elsewhere_makes_nothing_later_than_age_does,
	   a_look_elsewhere_that_fails_is_tried_again_without_hurry,
	   who_never_replaces_connections_does_not_look_elsewhere)
