/* SPDX-License-Identifier: MIT */
#include "device/program/watchdog.h"

#include "tests/unit/check_main.h"

#define SECOND 1000000LL
#define LONG   WATCHDOG_REBOOT_PAUSE_US

static const struct watchdog_params params = { .lost_us = 20 * SECOND,
					       .silent_us = 120 * SECOND };
static struct watchdog w;
static struct watchdog_sight sight;

static void setup(void)
{
	watchdog_init(&w, &params, 0);
	sight = (struct watchdog_sight){ .guarded = true,
					 .since_boot_us = LONG };
}

static enum watchdog_action look(int64_t now_us)
{
	return watchdog_look(&w, &sight, now_us);
}

START_TEST(a_call_that_comes_back_is_none_of_its_business)
{
	for (int i = 0; i < 1000; i++) {
		sight.beats++;
		ck_assert_int_eq(look(i * 19 * SECOND), WATCHDOG_NOTHING);
	}
}
END_TEST

START_TEST(one_that_does_not_is_left)
{
	ck_assert_int_eq(look(20 * SECOND - 1), WATCHDOG_NOTHING);
	ck_assert_int_eq(look(20 * SECOND), WATCHDOG_LEAVE);
}
END_TEST

START_TEST(a_pipe_may_be_silent_for_ever)
{
	sight.guarded = false;
	ck_assert_int_eq(look(86400 * SECOND), WATCHDOG_NOTHING);
}
END_TEST

START_TEST(trouble_without_pictures_is_left_after_a_while)
{
	sight.trouble = true;
	for (int64_t t = 0; t < 120; t++) {
		sight.beats++; /* it opens, fails and waits */
		ck_assert_int_eq(look(t * SECOND), WATCHDOG_NOTHING);
	}
	sight.beats++;
	ck_assert_int_eq(look(120 * SECOND), WATCHDOG_LEAVE);
}
END_TEST

START_TEST(pictures_end_the_trouble)
{
	sight.trouble = true;
	sight.beats++;
	ck_assert_int_eq(look(119 * SECOND), WATCHDOG_NOTHING);
	sight.beats++;
	sight.units++;
	ck_assert_int_eq(look(120 * SECOND), WATCHDOG_NOTHING);
	sight.beats++;
	ck_assert_int_eq(look(240 * SECOND - 1), WATCHDOG_NOTHING);
}
END_TEST

START_TEST(a_camera_that_is_not_there_is_no_trouble)
{
	for (int64_t t = 0; t < 1000; t++) {
		sight.beats++;
		ck_assert_int_eq(look(t * SECOND), WATCHDOG_NOTHING);
	}
	/* and the time of trouble begins when it does */
	sight.trouble = true;
	sight.beats++;
	ck_assert_int_eq(look(1001 * SECOND), WATCHDOG_NOTHING);
}
END_TEST

START_TEST(what_cannot_be_killed_is_not_left)
{
	sight.unkillable = true;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(look(20 * SECOND), WATCHDOG_NOTHING);
	ck_assert_int_eq(look(21 * SECOND), WATCHDOG_STUCK);
	ck_assert_int_eq(look(22 * SECOND), WATCHDOG_STUCK);
	/* not even when it looks better for a moment */
	sight.unkillable = false;
	ck_assert_int_eq(look(23 * SECOND), WATCHDOG_STUCK);
}
END_TEST

START_TEST(a_short_sleep_in_the_kernel_means_nothing)
{
	sight.unkillable = true;
	ck_assert_int_eq(look(20 * SECOND), WATCHDOG_NOTHING);
	ck_assert_int_eq(look(20 * SECOND), WATCHDOG_NOTHING);
	sight.beats++;
	ck_assert_int_eq(look(21 * SECOND), WATCHDOG_NOTHING);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(look(41 * SECOND), WATCHDOG_NOTHING);
	ck_assert_int_eq(look(41 * SECOND), WATCHDOG_STUCK);
}
END_TEST

START_TEST(what_comes_back_after_all_begins_anew)
{
	sight.unkillable = true;
	for (int i = 0; i < 4; i++)
		look(20 * SECOND);
	sight.beats++;
	ck_assert_int_eq(look(60 * SECOND), WATCHDOG_LEAVE);
}
END_TEST

START_TEST(a_reboot_is_for_who_asks_and_not_soon_after_another)
{
	w.params.may_reboot = true;
	sight.unkillable = true;
	sight.since_boot_us = LONG - 1;
	for (int i = 0; i < 4; i++)
		look(20 * SECOND);
	ck_assert_int_eq(look(21 * SECOND), WATCHDOG_STUCK);
	sight.since_boot_us = LONG;
	ck_assert_int_eq(look(22 * SECOND), WATCHDOG_REBOOT);
	w.params.may_reboot = false;
	ck_assert_int_eq(look(22 * SECOND), WATCHDOG_STUCK);
}
END_TEST

START_TEST(what_can_be_killed_needs_no_reboot)
{
	w.params.may_reboot = true;
	ck_assert_int_eq(look(20 * SECOND), WATCHDOG_LEAVE);
}
END_TEST

CHECK_MAIN(watchdog, setup, NULL,
	   a_call_that_comes_back_is_none_of_its_business,
	   one_that_does_not_is_left, a_pipe_may_be_silent_for_ever,
	   trouble_without_pictures_is_left_after_a_while,
	   pictures_end_the_trouble, a_camera_that_is_not_there_is_no_trouble,
	   what_cannot_be_killed_is_not_left,
	   a_short_sleep_in_the_kernel_means_nothing,
	   what_comes_back_after_all_begins_anew,
	   a_reboot_is_for_who_asks_and_not_soon_after_another,
	   what_can_be_killed_needs_no_reboot)
