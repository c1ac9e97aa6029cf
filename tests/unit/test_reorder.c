/* SPDX-License-Identifier: MIT */
#include "device/source/reorder.h"

#include "tests/unit/check_main.h"

START_TEST(decode_times_are_the_presentation_times_in_order_and_earlier)
{
	/* I P B B P B B, as x264 has it with two B-frames and a pyramid */
	static const int64_t pts[] = { 0, 120, 80, 40, 240, 200, 160 };
	struct reorder r;

	reorder_init(&r, 2, pts[0], 40);
	for (int i = 0; i < 7; i++) {
		int64_t dts = reorder_add(&r, pts[i]);

		ck_assert_int_eq(dts, (i - 2) * 40);
		ck_assert_int_le(dts, pts[i]);
	}
}
END_TEST

START_TEST(without_a_delay_they_are_the_same)
{
	struct reorder r;

	for (int delay = -1; delay < 1; delay++) {
		reorder_init(&r, delay, 5, 40);
		for (int64_t i = 0; i < 50; i++)
			ck_assert_int_eq(reorder_add(&r, 5 + i * i), 5 + i * i);
	}
}
END_TEST

START_TEST(the_longest_delay_is_sixteen)
{
	struct reorder r;

	for (int delay = 16; delay < 19; delay++) {
		reorder_init(&r, delay, 0, 1);
		for (int i = 0; i < 50; i++)
			ck_assert_int_eq(reorder_add(&r, i), i - 16);
	}
}
END_TEST

CHECK_MAIN(reorder, NULL, NULL,
	   decode_times_are_the_presentation_times_in_order_and_earlier,
	   without_a_delay_they_are_the_same, the_longest_delay_is_sixteen)
