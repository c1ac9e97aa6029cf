/* SPDX-License-Identifier: MIT */
#include "cloud/limit/crowd.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

static struct crowd *crowd;
static char somebody[1000]; /* their addresses are the members */
static const struct address a = { { 1 } }, b = { { 2 } };

static void begin(size_t max, size_t max_per_address)
{
	crowd_close(&crowd);
	ck_assert_int_eq(
		crowd_open(&crowd,
			   &(struct crowd_params){ max, max_per_address, 7 }),
		0);
}

static void setup(void)
{
	begin(4, 2);
}

static void teardown(void)
{
	crowd_close(&crowd);
}

static int enter(int who, const struct address *from)
{
	return crowd_enter(crowd, &somebody[who], from, true, 0);
}

START_TEST(so_many_may_come_from_one_address)
{
	ck_assert_int_eq(enter(0, &a), 0);
	ck_assert_int_eq(enter(1, &a), 0);
	ck_assert_int_eq(enter(2, &a), -EDQUOT);
	ck_assert_int_eq(enter(3, &b), 0);
	ck_assert_uint_eq(crowd_count(crowd, &a), 2);
	ck_assert(crowd_leave(crowd, &somebody[0]));
	ck_assert_int_eq(enter(2, &a), 0);
}
END_TEST

START_TEST(so_many_may_come_in_all)
{
	begin(3, 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(enter(i, &a), 0);
	ck_assert_int_eq(enter(3, &b), -ENFILE);
	ck_assert(crowd_leave(crowd, &somebody[1]));
	ck_assert_int_eq(enter(3, &b), 0);
}
END_TEST

START_TEST(who_is_not_counted_takes_no_share)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(crowd_enter(crowd, &somebody[i], &a, false, 0),
				 0);
	ck_assert_uint_eq(crowd_count(crowd, &a), 0);
	ck_assert_int_eq(enter(3, &a), 0);
	ck_assert(crowd_leave(crowd, &somebody[0]));
	ck_assert_uint_eq(crowd_count(crowd, &a), 1);
}
END_TEST

START_TEST(who_comes_twice_is_here_once)
{
	ck_assert_int_eq(enter(0, &a), 0);
	ck_assert_int_eq(enter(0, &a), 0);
	ck_assert_uint_eq(crowd_count(crowd, &a), 1);
	ck_assert(crowd_leave(crowd, &somebody[0]));
	ck_assert(!crowd_leave(crowd, &somebody[0]));
	ck_assert_uint_eq(crowd_count(crowd, &a), 0);
}
END_TEST

START_TEST(it_knows_where_each_is_from)
{
	enter(0, &a);
	enter(1, &b);
	ck_assert(address_equal(crowd_hear(crowd, &somebody[0]), &a));
	ck_assert(address_equal(crowd_hear(crowd, &somebody[1]), &b));
	ck_assert_ptr_null(crowd_hear(crowd, &somebody[2]));
}
END_TEST

START_TEST(who_said_something_is_told_from_the_silent)
{
	enter(0, &a);
	enter(1, &a);
	crowd_hear(crowd, &somebody[1]);
	crowd_hear(crowd, &somebody[2]);
	ck_assert_int_eq(crowd_leave(crowd, &somebody[0]), CROWD_WAS_SILENT);
	ck_assert_int_eq(crowd_leave(crowd, &somebody[1]), CROWD_WAS_HEARD);
	ck_assert_int_eq(crowd_leave(crowd, &somebody[2]), CROWD_WAS_NOT_HERE);
	enter(1, &a);
	ck_assert_int_eq(crowd_leave(crowd, &somebody[1]), CROWD_WAS_SILENT);
}
END_TEST

START_TEST(the_silent_are_found_the_oldest_first)
{
	for (int i = 0; i < 4; i++)
		crowd_enter(crowd, &somebody[i], &a, false, 10 * i);
	ck_assert_uint_eq(crowd_silent(crowd), 4);
	ck_assert_ptr_null(crowd_find_silent(crowd, 0));
	ck_assert_ptr_eq(crowd_find_silent(crowd, 1), &somebody[0]);
	crowd_hear(crowd, &somebody[0]);
	crowd_hear(crowd, &somebody[0]);
	ck_assert_uint_eq(crowd_silent(crowd), 3);
	ck_assert_ptr_null(crowd_find_silent(crowd, 10));
	ck_assert_ptr_eq(crowd_find_silent(crowd, 11), &somebody[1]);
	crowd_leave(crowd, &somebody[2]);
	crowd_leave(crowd, &somebody[1]);
	ck_assert_ptr_eq(crowd_find_silent(crowd, 100), &somebody[3]);
	crowd_leave(crowd, &somebody[3]);
	ck_assert_uint_eq(crowd_silent(crowd), 0);
	ck_assert_ptr_null(crowd_find_silent(crowd, 100));
	crowd_enter(crowd, &somebody[5], &a, false, 50);
	ck_assert_ptr_eq(crowd_find_silent(crowd, 100), &somebody[5]);
}
END_TEST

START_TEST(the_books_balance_after_many_came_and_went)
{
	static bool here[1000];
	struct address from = { 0 };
	uint32_t chance = 1;

	begin(500, 0);
	for (int i = 0; i < 100000; i++) {
		chance = chance * 1664525 + 1013904223;
		uint32_t who = (chance >> 8) % 1000;

		from.byte[0] = who % 7;
		if (here[who])
			ck_assert(crowd_leave(crowd, &somebody[who]));
		here[who] = !here[who] && crowd_enter(crowd, &somebody[who],
						      &from, who % 2, i) == 0;
	}
	for (int from0 = 0; from0 < 7; from0++) {
		size_t counted = 0;

		from.byte[0] = (uint8_t)from0;
		for (int who = from0; who < 1000; who += 7)
			counted += here[who] && who % 2;
		ck_assert_uint_eq(crowd_count(crowd, &from), counted);
	}
	for (int who = 0; who < 1000; who++)
		ck_assert((crowd_leave(crowd, &somebody[who]) !=
			   CROWD_WAS_NOT_HERE) == here[who]);
}
END_TEST

START_TEST(limits_that_are_none_are_refused)
{
	crowd_close(&crowd);
	ck_assert_int_eq(crowd_open(&crowd, &(struct crowd_params){ 0 }),
			 -EINVAL);
	ck_assert_ptr_null(crowd);
}
END_TEST

CHECK_MAIN(crowd, setup, teardown, so_many_may_come_from_one_address,
	   so_many_may_come_in_all, who_is_not_counted_takes_no_share,
	   who_comes_twice_is_here_once, it_knows_where_each_is_from,
	   who_said_something_is_told_from_the_silent,
	   the_silent_are_found_the_oldest_first,
	   the_books_balance_after_many_came_and_went,
	   limits_that_are_none_are_refused)
