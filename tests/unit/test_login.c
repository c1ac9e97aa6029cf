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

static bool matches(const char *hash, const char *password, size_t n)
{
	looks++;
	return n == strlen(hash) && memcmp(hash, password, n) == 0;
}

static void setup(void)
{
	looks = 0;
	login = (struct login){
		.user = "ann", .hash = "secret", .matches = matches, .seed = 42
	};
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

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(check(tries[i], 10 * SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check(tries[5], 10 * SECOND), LOGIN_LATER);
	ck_assert_int_eq(check(RIGHT, 10 * SECOND), LOGIN_LATER);
	ck_assert_int_eq(looks, 5);
	ck_assert_int_eq(check(RIGHT, 11 * SECOND), LOGIN_RIGHT);
	/* Who is known goes on. */
	for (int i = 0; i < 5; i++)
		check(tries[5 - i], 11 * SECOND);
	ck_assert_int_eq(check(RIGHT, 11 * SECOND), LOGIN_RIGHT);
}
END_TEST

CHECK_MAIN(login, setup, NULL,
	   the_right_name_and_password_are_right_and_others_not,
	   without_a_user_or_basic_there_is_nothing_to_check,
	   what_is_no_base64_is_wrong, the_same_again_costs_nothing_for_a_while,
	   so_many_others_are_looked_at_in_a_second)
