/* SPDX-License-Identifier: MIT */
#include "cloud/login.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)
#define PAUSE  INT64_C(250000)
/* "ann:secret", "ann:wrong", "bob:secret" */
#define RIGHT "Basic YW5uOnNlY3JldA=="
#define WRONG "Basic YW5uOndyb25n"
#define OTHER "Basic Ym9iOnNlY3JldA=="

static struct login login;
static int looks, asked;
static int64_t cost_us; /* of a look */
static uint8_t address; /* who asks */

static bool matches(const char *hash, const char *password, size_t n)
{
	looks++;
	return n == strlen(hash) && memcmp(hash, password, n) == 0;
}

static void hear(void *context)
{
	(*(int *)context)++;
}

static void setup(void)
{
	looks = asked = 0;
	cost_us = 0;
	address = 0;
	login = (struct login){ .user = "ann",
				.hash = "secret",
				.matches = matches,
				.asked = hear,
				.context = &asked,
				.seed = 42 };
}

static enum login_verdict check_from(uint8_t from, const char *authorization,
				     int64_t now_us)
{
	const struct address a = { { from } };

	return login_check(&login, login_name(&login, authorization),
			   authorization, &a, now_us);
}

static enum login_verdict recall(const char *authorization, int64_t now_us)
{
	const struct address a = { { 0 } };

	return login_check(&login, login_name(&login, authorization), "", &a,
			   now_us);
}

static void look(int64_t now_us)
{
	const struct login_look *next = login_next(&login);

	ck_assert_ptr_nonnull(next);
	login_tell(&login, login_is_right(&login, next), cost_us, now_us);
}

/* Ever new addresses; each one is looked at right away. */
static enum login_verdict check(const char *authorization, int64_t now_us)
{
	enum login_verdict verdict =
		check_from(address++, authorization, now_us);

	if (verdict != LOGIN_LOOKING)
		return verdict;
	look(now_us);
	return recall(authorization, now_us);
}

static const char *attempt(int i)
{
	static char text[] = "Basic YW5uOjA=";

	text[6] = (char)('A' + i % 26);
	text[7] = (char)('a' + i / 26 % 26);
	text[8] = (char)('A' + i / 676 % 26);
	return text;
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
	ck_assert_ptr_null(login_next(&login));
}
END_TEST

START_TEST(what_is_no_base64_is_wrong_without_a_look)
{
	static const char *const bad[] = {
		"Basic YW5uOnNlY3JldA",
		"Basic YW5uOnN=Y3JldA==",
		"Basic YW5uOnNlY3Jl_A==",
	};
	static const char *const incomplete[] = {
		"Basic ",
		"Basic ====",
		"Basic YW5u",	      /* no colon */
		"Basic OnNlY3JldA==", /* no name */
		"Basic YW5uOg==",     /* no password */
	};
	char large[512] = "Basic ";

	memset(large + 6, 'A', 400);
	ck_assert_int_eq(check(large, 0), LOGIN_WRONG);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(check(bad[i], 0) == LOGIN_WRONG, "%s", bad[i]);
	ck_assert_int_eq(asked, 0);
	for (size_t i = 0; i < sizeof(incomplete) / sizeof(*incomplete); i++)
		ck_assert_msg(check(incomplete[i], (int64_t)i * SECOND) ==
				      LOGIN_WRONG,
			      "%s", incomplete[i]);
}
END_TEST

START_TEST(the_longest_that_there_can_be_is_looked_at)
{
	char text[16 + 4 * (LOGIN_PLAIN / 3 + 2)] = "Basic ";

	/* 160 bytes, and one and two more: 162 is LOGIN_PLAIN */
	_Static_assert(LOGIN_PLAIN == 162, "54 times three");
	memset(text + 6, 'A', 216);
	ck_assert_int_eq(check_from(1, text, 0), LOGIN_LOOKING);
	ck_assert_int_eq(login_next(&login)->n, LOGIN_PLAIN);
	memset(text + 6 + 216, 'A', 4);
	ck_assert_int_eq(check_from(2, text, 0), LOGIN_WRONG);
}
END_TEST

START_TEST(the_same_again_costs_nothing_for_a_while)
{
	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(check(RIGHT, SECOND + i), LOGIN_RIGHT);
		ck_assert_int_eq(check(WRONG, SECOND + i), LOGIN_WRONG);
	}
	ck_assert_int_eq(looks, 2);
	ck_assert_int_eq(check(WRONG, 601 * SECOND - 1), LOGIN_WRONG);
	ck_assert_int_eq(looks, 2);
	ck_assert_int_eq(check(WRONG, 601 * SECOND), LOGIN_WRONG);
	ck_assert_int_eq(looks, 3);
	ck_assert_int_eq(check(RIGHT, 602 * SECOND), LOGIN_RIGHT);
	ck_assert_int_eq(looks, 4);
}
END_TEST

START_TEST(many_who_ask_the_same_wait_for_one_look)
{
	for (uint8_t i = 0; i < 200; i++)
		ck_assert_int_eq(check_from(i, RIGHT, 0), LOGIN_LOOKING);
	ck_assert_int_eq(asked, 1);
	ck_assert_int_eq(recall(RIGHT, 0), LOGIN_LOOKING);
	look(1);
	ck_assert_int_eq(looks, 1);
	ck_assert_ptr_null(login_next(&login));
	ck_assert_int_eq(recall(RIGHT, 1), LOGIN_RIGHT);
	ck_assert_int_eq(recall(WRONG, 1), LOGIN_LATER);
}
END_TEST

START_TEST(an_address_has_one_look_at_a_time)
{
	ck_assert_int_eq(check_from(1, WRONG, 0), LOGIN_LOOKING);
	ck_assert_int_eq(check_from(1, OTHER, 0), LOGIN_LATER);
	ck_assert_int_eq(check_from(1, WRONG, 0), LOGIN_LOOKING);
	ck_assert_int_eq(check_from(2, OTHER, 0), LOGIN_LOOKING);
	look(0);
	ck_assert_int_eq(check_from(1, RIGHT, 0), LOGIN_LOOKING);
	ck_assert_int_eq(check_from(2, attempt(0), 0), LOGIN_LATER);
	look(0);
	look(0);
	ck_assert_int_eq(recall(WRONG, 0), LOGIN_WRONG);
	ck_assert_int_eq(recall(OTHER, 0), LOGIN_WRONG);
	ck_assert_int_eq(recall(RIGHT, 0), LOGIN_RIGHT);
	ck_assert_int_eq(looks, 3);
}
END_TEST

START_TEST(so_many_wait_and_are_looked_at_in_turn)
{
	for (uint8_t i = 0; i < LOGIN_QUEUE; i++)
		ck_assert_int_eq(check_from(i, attempt(i), 0), LOGIN_LOOKING);
	ck_assert_int_eq(check_from(100, RIGHT, 0), LOGIN_LATER);
	/* A place is not enough ... */
	look(0);
	ck_assert_int_eq(recall(attempt(0), 0), LOGIN_WRONG);
	ck_assert_int_eq(recall(attempt(1), 0), LOGIN_LOOKING);
	ck_assert_int_eq(check_from(100, RIGHT, 0), LOGIN_LATER);
	ck_assert_int_eq(check_from(100, RIGHT, PAUSE - 1), LOGIN_LATER);
	/* ... and neither is time without one. */
	ck_assert_int_eq(check_from(100, RIGHT, PAUSE), LOGIN_LOOKING);
	ck_assert_int_eq(check_from(101, attempt(100), 9 * SECOND),
			 LOGIN_LATER);
	for (int i = 1; i < LOGIN_QUEUE; i++)
		look(PAUSE);
	ck_assert_int_eq(recall(RIGHT, PAUSE), LOGIN_LOOKING);
	look(PAUSE);
	ck_assert_int_eq(recall(RIGHT, PAUSE), LOGIN_RIGHT);
	ck_assert_ptr_null(login_next(&login));
}
END_TEST

START_TEST(so_many_others_are_looked_at_in_a_second)
{
	int64_t now_us = 10 * SECOND;

	for (int i = 0; i < LOGIN_QUEUE; i++)
		ck_assert_int_eq(check(attempt(i), now_us), LOGIN_WRONG);
	ck_assert_int_eq(check(attempt(8), now_us), LOGIN_LATER);
	ck_assert_int_eq(check(RIGHT, now_us), LOGIN_LATER);
	ck_assert_int_eq(looks, LOGIN_QUEUE);
	ck_assert_int_eq(check(attempt(9), now_us + PAUSE), LOGIN_WRONG);
	ck_assert_int_eq(check(RIGHT, now_us + 2 * PAUSE - 1), LOGIN_LATER);
	ck_assert_int_eq(check(RIGHT, now_us + SECOND), LOGIN_RIGHT);
	/* Who is known goes on. */
	for (int i = 10; i < 20; i++)
		check(attempt(i), now_us + SECOND);
	ck_assert_int_eq(check(attempt(20), now_us + SECOND), LOGIN_LATER);
	ck_assert_int_eq(check(RIGHT, now_us + SECOND), LOGIN_RIGHT);
}
END_TEST

START_TEST(who_mistypes_may_try_again_at_once_on_a_slow_machine_too)
{
	cost_us = SECOND / 2;
	for (int i = 0; i < LOGIN_QUEUE - 1; i++)
		ck_assert_int_eq(check(attempt(i), SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check(RIGHT, SECOND), LOGIN_RIGHT);
	/* Four times half a second later, less what was before. */
	ck_assert_int_eq(check(attempt(8), 3 * SECOND - 1), LOGIN_LATER);
	ck_assert_int_eq(check(attempt(8), 3 * SECOND), LOGIN_WRONG);
	ck_assert_int_eq(check(attempt(9), 3 * SECOND), LOGIN_LATER);
}
END_TEST

START_TEST(what_took_long_makes_what_was_before_no_longer)
{
	ck_assert_int_eq(check(attempt(0), 0), LOGIN_WRONG);
	for (int i = 1; i < LOGIN_QUEUE; i++)
		ck_assert_int_eq(check_from(address++, attempt(i), 0),
				 LOGIN_LOOKING);
	cost_us = SECOND / 2;
	look(2 * SECOND);
	for (int i = 8; i < 10; i++)
		ck_assert_int_eq(check_from(address++, attempt(i), 2 * SECOND),
				 LOGIN_LOOKING);
}
END_TEST

/* As the hash is meant to be; on a slow machine it is more. */
START_TEST(looking_takes_a_share_of_the_time)
{
	int64_t now_us = 10 * SECOND;

	for (cost_us = 1000; cost_us < SECOND; cost_us *= 2) {
		looks = 0;
		now_us += 100 * SECOND;
		for (int i = 0; i < 10000; i++, now_us += 10000)
			check(attempt(i), now_us);
		ck_assert_int_le(looks * cost_us,
				 101 * SECOND / 4 + 9 * cost_us);
		ck_assert_int_le(looks, 4 * 101 + LOGIN_QUEUE);
		ck_assert_int_ge(looks, 24);
	}
}
END_TEST

START_TEST(guessing_makes_nobody_forget_who_is_right)
{
	int64_t now_us = 10 * SECOND;

	ck_assert_int_eq(check(RIGHT, now_us), LOGIN_RIGHT);
	for (int i = 0; i < 10 * LOGIN_REMEMBERED; i++, now_us += SECOND) {
		ck_assert_int_eq(check(attempt(i), now_us), LOGIN_WRONG);
		ck_assert_int_eq(check(RIGHT, now_us), LOGIN_RIGHT);
	}
	ck_assert_int_eq(looks, 1 + 10 * LOGIN_REMEMBERED);
	/* And being in use it is not forgotten after a while either. */
	for (int i = 0; i < 100; i++, now_us += 599 * SECOND)
		ck_assert_int_eq(check(RIGHT, now_us), LOGIN_RIGHT);
	ck_assert_int_eq(looks, 1 + 10 * LOGIN_REMEMBERED);
}
END_TEST

START_TEST(no_password_stays_in_memory)
{
	check_from(1, WRONG, 0);
	check_from(2, RIGHT, 0);
	ck_assert_ptr_nonnull(memmem(&login, sizeof(login), "ann:secret", 10));
	ck_assert_ptr_nonnull(memmem(&login, sizeof(login), "ann:wrong", 9));
	look(0);
	ck_assert_ptr_null(memmem(&login, sizeof(login), "ann:wrong", 9));
	look(0);
	ck_assert_ptr_null(memmem(&login, sizeof(login), "ann:secret", 10));
	check_from(1, OTHER, 0);
	login_forget(&login);
	ck_assert_ptr_null(login_next(&login));
	ck_assert_ptr_null(memmem(&login, sizeof(login), "bob:secret", 10));
}
END_TEST

CHECK_MAIN(login, setup, NULL,
	   the_right_name_and_password_are_right_and_others_not,
	   without_a_user_or_basic_there_is_nothing_to_check,
	   what_is_no_base64_is_wrong_without_a_look,
	   the_longest_that_there_can_be_is_looked_at,
	   the_same_again_costs_nothing_for_a_while,
	   many_who_ask_the_same_wait_for_one_look,
	   an_address_has_one_look_at_a_time,
	   so_many_wait_and_are_looked_at_in_turn,
	   so_many_others_are_looked_at_in_a_second,
	   who_mistypes_may_try_again_at_once_on_a_slow_machine_too,
	   what_took_long_makes_what_was_before_no_longer,
	   looking_takes_a_share_of_the_time,
	   guessing_makes_nobody_forget_who_is_right,
	   no_password_stays_in_memory)
