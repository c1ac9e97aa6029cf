/* SPDX-License-Identifier: MIT */
#include "cloud/login.h"

#include <string.h>

#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)
/* "ann:secret", "ann:wrong", "bob:secret" */
#define RIGHT "Basic YW5uOnNlY3JldA=="
#define WRONG "Basic YW5uOndyb25n"
#define OTHER "Basic Ym9iOnNlY3JldA=="

static struct login login;
static int looks;
static int64_t clock_us, cost_us; /* of a look */

static bool matches(const char *hash, const char *password, size_t n)
{
	looks++;
	clock_us += cost_us;
	return n == strlen(hash) && memcmp(hash, password, n) == 0;
}

static int64_t read_clock(void)
{
	return clock_us;
}

static void setup(void)
{
	looks = 0;
	cost_us = 0;
	login = (struct login){ .user = "ann",
				.hash = "secret",
				.matches = matches,
				.clock_us = read_clock,
				.seed = 42 };
}

static enum login_verdict check(const char *authorization, int64_t now_us)
{
	return login_check(&login, authorization, now_us);
}

START_TEST(the_right_name_and_password_are_right_and_others_not)
{
	ck_assert_int_eq(check(RIGHT, SECOND), LOGIN_RIGHT);
	ck_assert_int_eq(check(WRONG, SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check(OTHER, SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check("basic  YW5uOnNlY3JldA==", SECOND), LOGIN_RIGHT);
}
END_TEST

START_TEST(without_a_user_or_basic_there_is_nothing_to_check)
{
	ck_assert_int_eq(check("", 0), LOGIN_NONE);
	ck_assert_int_eq(check("Bearer YW5uOnNlY3JldA==", 0), LOGIN_NONE);
	login.user = NULL;
	ck_assert_int_eq(check(RIGHT, 0), LOGIN_NONE);
	ck_assert_int_eq(looks, 0);
}
END_TEST

START_TEST(what_is_no_base64_is_wrong)
{
	static const char *const bad[] = {
		"Basic ",
		"Basic YW5uOnNlY3JldA",
		"Basic YW5uOnN=Y3JldA==",
		"Basic YW5uOnNlY3Jl_A==",
		"Basic ====",
		"Basic YW5u",	      /* no colon */
		"Basic OnNlY3JldA==", /* no name */
		"Basic YW5uOg==",     /* no password */
	};
	char large[512] = "Basic ";

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(check(bad[i], (int64_t)i * SECOND) == LOGIN_WRONG,
			      "%s", bad[i]);
	memset(large + 6, 'A', 400);
	ck_assert_int_eq(check(large, 0), LOGIN_WRONG);
}
END_TEST

START_TEST(the_same_again_costs_nothing_for_a_while)
{
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(check(RIGHT, SECOND + i), LOGIN_RIGHT);
		ck_assert_int_eq(check(WRONG, SECOND + i), LOGIN_WRONG);
	}
	ck_assert_int_eq(looks, 2);
	ck_assert_int_eq(check(RIGHT, 602 * SECOND), LOGIN_RIGHT);
	ck_assert_int_eq(looks, 3);
}
END_TEST

START_TEST(so_many_others_are_looked_at_in_a_second)
{
	static const char *const tries[] = {
		"Basic YW5uOjA=", "Basic YW5uOjE=", "Basic YW5uOjI=",
		"Basic YW5uOjM=", "Basic YW5uOjQ=", "Basic YW5uOjU=",
	};

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(check(tries[i], 10 * SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check(tries[4], 10 * SECOND), LOGIN_LATER);
	ck_assert_int_eq(check(RIGHT, 10 * SECOND), LOGIN_LATER);
	ck_assert_int_eq(looks, 4);
	ck_assert_int_eq(check(tries[5], 10 * SECOND + 250000), LOGIN_WRONG);
	ck_assert_int_eq(check(RIGHT, 10 * SECOND + 499999), LOGIN_LATER);
	ck_assert_int_eq(check(RIGHT, 11 * SECOND), LOGIN_RIGHT);
	/* Who is known goes on. */
	for (int i = 0; i < 5; i++)
		check(tries[5 - i], 11 * SECOND);
	ck_assert_int_eq(check(RIGHT, 11 * SECOND), LOGIN_RIGHT);
}
END_TEST

START_TEST(who_mistypes_may_try_again_at_once_on_a_slow_machine_too)
{
	cost_us = SECOND / 2;
	ck_assert_int_eq(check(WRONG, SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check(OTHER, SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check("Basic YW5uOjA=", SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check(RIGHT, SECOND), LOGIN_RIGHT);
	ck_assert_int_eq(check("Basic YW5uOjE=", 16 * SECOND), LOGIN_LATER);
	ck_assert_int_eq(check("Basic YW5uOjE=", 17 * SECOND), LOGIN_WRONG);
}
END_TEST

/* As the hash is meant to be; on a slow machine it is more. */
START_TEST(looking_takes_a_small_share_of_the_time)
{
	int64_t now_us = 10 * SECOND;
	char text[] = "Basic YW5uOjA=";

	for (cost_us = 1000; cost_us < SECOND; cost_us *= 2) {
		looks = 0;
		now_us += 100 * SECOND;
		for (int i = 0; i < 10000; i++, now_us += 10000) {
			text[6] = (char)('A' + i % 26);
			text[7] = (char)('a' + i / 26 % 26);
			text[8] = (char)('A' + i / 676 % 26);
			check(text, now_us);
		}
		ck_assert_int_le(looks * cost_us,
				 101 * SECOND / 32 + 5 * cost_us);
		ck_assert_int_le(looks, 4 * 101 + 1);
		ck_assert_int_ge(looks, 3);
	}
}
END_TEST

START_TEST(guessing_makes_nobody_forget_who_is_right)
{
	int64_t now_us = 10 * SECOND;
	char text[] = "Basic YW5uOjA=";

	ck_assert_int_eq(check(RIGHT, now_us), LOGIN_RIGHT);
	for (int i = 0; i < 10 * LOGIN_REMEMBERED; i++, now_us += SECOND) {
		text[6] = (char)('A' + i % 26);
		text[7] = (char)('a' + i / 26);
		ck_assert_int_eq(check(text, now_us), LOGIN_WRONG);
		ck_assert_int_eq(check(RIGHT, now_us), LOGIN_RIGHT);
	}
	ck_assert_int_eq(looks, 1 + 10 * LOGIN_REMEMBERED);
	/* And being in use it is not forgotten after a while either. */
	for (int i = 0; i < 100; i++, now_us += 599 * SECOND)
		ck_assert_int_eq(check(RIGHT, now_us), LOGIN_RIGHT);
	ck_assert_int_eq(looks, 1 + 10 * LOGIN_REMEMBERED);
}
END_TEST

CHECK_MAIN(login, setup, NULL,
	   the_right_name_and_password_are_right_and_others_not,
	   without_a_user_or_basic_there_is_nothing_to_check,
	   what_is_no_base64_is_wrong, the_same_again_costs_nothing_for_a_while,
	   so_many_others_are_looked_at_in_a_second,
	   looking_takes_a_small_share_of_the_time,
	   guessing_makes_nobody_forget_who_is_right,
	   who_mistypes_may_try_again_at_once_on_a_slow_machine_too)
