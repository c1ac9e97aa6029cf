/* SPDX-License-Identifier: MIT */
#include "device/encoder/stamp.h"

#include "tests/unit/check_main.h"

#define NOW 100000000LL

static struct stamp s;

static void setup(void)
{
	s = (struct stamp){ 0 };
}

START_TEST(a_time_that_can_be_true_is_believed)
{
	ck_assert_int_eq(stamp_us(&s, NOW - 40000, true, NOW), NOW - 40000);
	ck_assert_int_eq(stamp_us(&s, NOW - 7000, true, NOW + 33000),
			 NOW - 7000);
}
END_TEST

START_TEST(one_that_cannot_is_the_moment_it_came)
{
	static const struct {
		const char *what;
		int64_t said_us;
		bool monotonic;
		int64_t expected;
	} rows[] = {
		{ "zero", 0, true, NOW },
		{ "another clock", NOW - 1, false, NOW },
		{ "the nearest future", NOW + 500000, true, NOW + 500000 },
		{ "too far ahead", NOW + 500001, true, NOW },
		{ "the longest past", NOW - 2000000, true, NOW - 2000000 },
		{ "too long ago", NOW - 2000001, true, NOW },
		{ "before time began", -5, true, NOW },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		setup();
		ck_assert_msg(stamp_us(&s, rows[i].said_us, rows[i].monotonic,
				       NOW) == rows[i].expected,
			      "%s", rows[i].what);
	}
}
END_TEST

START_TEST(time_never_goes_back)
{
	ck_assert_int_eq(stamp_us(&s, NOW, true, NOW), NOW);
	/* the same again: when it came */
	ck_assert_int_eq(stamp_us(&s, NOW, true, NOW + 33000), NOW + 33000);
	ck_assert_int_eq(stamp_us(&s, NOW - 500, true, NOW + 66000),
			 NOW + 66000);
	/* and when that was not later either */
	ck_assert_int_eq(stamp_us(&s, 0, true, NOW + 66000), NOW + 66012);
	ck_assert_int_eq(stamp_us(&s, 0, true, NOW), NOW + 66024);
}
END_TEST

START_TEST(a_camera_that_mends_is_believed_again)
{
	stamp_us(&s, 0, true, NOW);
	ck_assert_int_eq(stamp_us(&s, NOW + 12, true, NOW + 33000), NOW + 12);
}
END_TEST

START_TEST(no_two_pictures_share_a_tick_of_90_khz)
{
	int64_t last = stamp_us(&s, NOW, true, NOW) * 9 / 100;

	for (int i = 0; i < 200; i++) {
		int64_t at = stamp_us(&s, NOW + i, true, NOW + i) * 9 / 100;

		ck_assert_int_gt(at, last);
		last = at;
	}
}
END_TEST

CHECK_MAIN(stamp, setup, NULL, a_time_that_can_be_true_is_believed,
	   one_that_cannot_is_the_moment_it_came, time_never_goes_back,
	   a_camera_that_mends_is_believed_again,
	   no_two_pictures_share_a_tick_of_90_khz)
