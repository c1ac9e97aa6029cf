/* SPDX-License-Identifier: MIT */
#include "device/testcard/grid.h"

#include "tests/unit/check_main.h"

#define START INT64_C(1000000)

static struct grid grid;

static void setup(void)
{
	grid_init(&grid, START, 30);
}

START_TEST(times_are_exact_after_a_year)
{
	int64_t year = INT64_C(365) * 86400;

	ck_assert_int_eq(grid_us(&grid, 30 * year), START + year * 1000000);
	ck_assert_int_eq(grid_90k(&grid, 30 * year), 90000 + year * 90000);
	ck_assert_int_eq(grid_90k(&grid, 30 * year + 1),
			 90000 + year * 90000 + 3000);
}
END_TEST

START_TEST(a_rate_that_does_not_divide_adds_nothing_up)
{
	grid_init(&grid, 0, 7);
	for (int64_t n = 0; n < 1000; n++) {
		ck_assert_int_eq(grid_90k(&grid, n), n * 90000 / 7);
		ck_assert_int_eq(grid_us(&grid, n), n * 1000000 / 7);
	}
}
END_TEST

START_TEST(in_time_each_picture_comes_once)
{
	for (int64_t n = 0; n < 100; n++) {
		int64_t due = grid_us(&grid, n);

		/* too early, or in time, or until the next is due */
		ck_assert_int_eq(grid_next(&grid, due - 20000), n);
		ck_assert_int_eq(grid_next(&grid, due), n);
		ck_assert_int_eq(grid_next(&grid, grid_us(&grid, n + 1) - 1),
				 n);
		grid_took(&grid, n);
	}
}
END_TEST

START_TEST(late_the_newest_that_is_due_comes_and_the_rest_is_skipped)
{
	grid_took(&grid, 4);
	ck_assert_int_eq(grid_next(&grid, grid_us(&grid, 91)), 91);
	ck_assert_int_eq(grid_next(&grid, grid_us(&grid, 91) - 1), 90);
	grid_took(&grid, 91);
	ck_assert_int_eq(grid_next(&grid, grid_us(&grid, 91)), 92);
}
END_TEST

START_TEST(a_clock_before_the_start_waits_for_the_first)
{
	ck_assert_int_eq(grid_next(&grid, 0), 0);
	ck_assert_int_eq(grid_next(&grid, START - 1), 0);
}
END_TEST

CHECK_MAIN(grid, setup, NULL, times_are_exact_after_a_year,
	   a_rate_that_does_not_divide_adds_nothing_up,
	   in_time_each_picture_comes_once,
	   late_the_newest_that_is_due_comes_and_the_rest_is_skipped,
	   a_clock_before_the_start_waits_for_the_first)
