/* SPDX-License-Identifier: MIT */
/* rate, and the hash that it rests on. */
#include "cloud/limit/rate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cloud/limit/hash.h"
#include "tests/unit/check_main.h"

#define SECOND INT64_C(1000000)

static struct rate *rate;

static void begin(double per_s, double burst, size_t places)
{
	rate_close(&rate);
	ck_assert_int_eq(rate_open(&rate, &(struct rate_params){ per_s, burst,
								 places, 42 }),
			 0);
}

static void teardown(void)
{
	rate_close(&rate);
}

static int64_t take(const char *who, int64_t now_us)
{
	return rate_take(rate, who, strlen(who), now_us);
}

static int64_t wait_us(const char *who, int64_t now_us)
{
	return rate_wait_us(rate, who, strlen(who), now_us);
}

static void charge(const char *who, const char *what, int64_t now_us)
{
	rate_charge(rate, who, strlen(who), what, strlen(what), now_us);
}

START_TEST(the_hash_is_siphash_2_4)
{
	/* Reckoned by another implementation, key: seed and inverted seed. */
	ck_assert_uint_eq(hash_bytes(1, "", 0), 0x15f9c9e4409f3326);
	ck_assert_uint_eq(hash_bytes(1, "a", 1), 0x2a9203dcbc402923);
	ck_assert_uint_eq(hash_bytes(42, "0123456789abcdefXYZ", 19),
			  0x863718189daf699c);
}
END_TEST

START_TEST(a_burst_passes_then_so_many_a_second)
{
	static const struct {
		int64_t at_ms;
		bool passes;
	} rows[] = {
		{ 0, true },	 { 0, true },	   { 0, true },
		{ 0, false },	 { 499, false },   { 500, true },
		{ 501, false },	 { 999, false },   { 1000, true },
		{ 1001, false }, { 60000, true },  { 60000, true },
		{ 60000, true }, { 60000, false },
	};

	begin(2, 3, 16);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg((take("a", rows[i].at_ms * 1000) == 0) ==
				      rows[i].passes,
			      "row %zu", i);
}
END_TEST

START_TEST(who_comes_too_often_hears_for_how_long)
{
	begin(2, 1, 16);
	ck_assert_int_eq(take("a", 0), 0);
	ck_assert_int_gt(take("a", 0), SECOND / 2 - 10);
	ck_assert_int_lt(take("a", 0), SECOND / 2 + 10);
	ck_assert_int_lt(take("a", SECOND / 4), SECOND / 4 + 10);
	ck_assert_int_eq(take("a", take("a", 1) + 1), 0);
}
END_TEST

START_TEST(one_does_not_count_for_another)
{
	begin(1, 1, 16);
	ck_assert_int_eq(take("a", 0), 0);
	ck_assert_int_gt(take("a", 0), 0);
	ck_assert_int_eq(take("b", 0), 0);
}
END_TEST

START_TEST(a_question_takes_nothing)
{
	begin(1, 1, 16);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(wait_us("a", 0), 0);
	ck_assert_int_eq(take("a", 0), 0);
	ck_assert_int_gt(wait_us("a", 0), 0);
	ck_assert_int_eq(wait_us("a", SECOND), 0);
}
END_TEST

START_TEST(without_a_rate_nothing_is_limited)
{
	begin(0, 0, 16);
	for (int i = 0; i < 1000; i++) {
		charge("a", i % 2 ? "x" : "y", 0);
		ck_assert_int_eq(take("a", 0), 0);
	}
	ck_assert_int_eq(wait_us("a", 0), 0);
}
END_TEST

START_TEST(the_same_guess_again_costs_nothing)
{
	begin(1, 3, 16);
	for (int i = 0; i < 100; i++)
		charge("a", "old link", 0);
	ck_assert_int_eq(wait_us("a", 0), 0);
	charge("a", "1", 0);
	ck_assert_int_eq(wait_us("a", 0), 0);
	charge("a", "2", 0);
	ck_assert_int_gt(wait_us("a", 0), 0);
	charge("a", "3", 0);
	charge("a", "4", 0);
	ck_assert_int_le(wait_us("a", 0), SECOND + 1); /* no debts */
}
END_TEST

START_TEST(many_others_do_not_make_the_table_grow_nor_a_guesser_free)
{
	char name[16];
	int forgotten = 0;

	begin(0.01, 10, 256);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "%d", i);
		charge("guesser", name, 0);
	}
	ck_assert_int_gt(wait_us("guesser", 0), 0);
	/* Each of a hundred thousand did one thing, which is little. */
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		take(name, 0);
		forgotten += wait_us("guesser", 0) == 0;
	}
	ck_assert_int_eq(forgotten, 0);
}
END_TEST

START_TEST(places_are_used_again_when_they_are_full)
{
	char name[16];

	begin(1, 1, 4);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		ck_assert_int_eq(take(name, i * SECOND), 0);
		ck_assert_int_gt(take(name, i * SECOND), 0);
	}
}
END_TEST

START_TEST(who_owes_waits_for_longer_but_not_for_ever)
{
	begin(10, 20, 16);
	rate_owe(rate, "a", 1, 19, 0);
	ck_assert_int_eq(take("a", 0), 0);
	rate_owe(rate, "a", 1, 5, 0);
	ck_assert_int_gt(take("a", SECOND / 2), 0);
	ck_assert_int_eq(take("a", SECOND * 6 / 10), 0);
	rate_owe(rate, "b", 1, 1e9, 0);
	ck_assert_int_gt(take("b", 2 * SECOND), 0);
	ck_assert_int_eq(take("b", 2 * SECOND + SECOND / 10), 0);
	ck_assert_int_eq(take("c", 0), 0);
}
END_TEST

CHECK_MAIN(rate, NULL, teardown, the_hash_is_siphash_2_4,
	   a_burst_passes_then_so_many_a_second,
	   who_comes_too_often_hears_for_how_long,
	   one_does_not_count_for_another, a_question_takes_nothing,
	   without_a_rate_nothing_is_limited,
	   the_same_guess_again_costs_nothing,
	   many_others_do_not_make_the_table_grow_nor_a_guesser_free,
	   places_are_used_again_when_they_are_full,
	   who_owes_waits_for_longer_but_not_for_ever)
