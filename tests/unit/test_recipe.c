/* SPDX-License-Identifier: MIT */
#include "device/encoder/recipe.h"

#include <linux/videodev2.h>

#include "tests/unit/check_main.h"

#define LEVEL(name)   V4L2_MPEG_VIDEO_H264_LEVEL_##name
#define PROFILE(name) V4L2_MPEG_VIDEO_H264_PROFILE_##name

static struct recipe rung(int width, int height, int fps, int64_t bitrate,
			  int n)
{
	struct recipe_params params = { width, height, fps, 1, bitrate };
	struct recipe out;

	ck_assert(recipe_rung(&out, &params, n));
	return out;
}

START_TEST(the_level_has_room_for_size_rate_and_bitrate)
{
	static const struct {
		int width, height, fps;
		int64_t bitrate;
		int32_t level;
	} rows[] = {
		{ 640, 360, 30, 1000000, LEVEL(4_0) },
		{ 1920, 1080, 30, 10000000, LEVEL(4_0) },
		{ 1920, 1080, 30, 20000000, LEVEL(4_0) },
		{ 1920, 1080, 30, 20000001, LEVEL(4_1) },
		{ 1920, 1080, 31, 10000000, LEVEL(4_2) },
		{ 1920, 1080, 50, 10000000, LEVEL(4_2) },
		{ 2048, 1024, 30, 5000000, LEVEL(4_0) }, /* exactly */
		{ 1280, 720, 68, 5000000, LEVEL(4_0) },
		{ 1280, 720, 69, 5000000, LEVEL(4_2) },
		{ 1920, 1088, 30, 5000000, LEVEL(4_0) },
		{ 1920, 1090, 25, 5000000, LEVEL(4_2) },
		{ 1920, 1200, 25, 5000000, LEVEL(5_0) },
		{ 1920, 1920, 40, 5000000, LEVEL(5_0) },
		{ 1920, 1920, 41, 5000000, LEVEL(5_1) },
		{ 1920, 1920, 120, 5000000, LEVEL(5_1) }, /* beyond all */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_int_eq(rung(rows[i].width, rows[i].height,
				      rows[i].fps, rows[i].bitrate, 0)
					 .level,
				 rows[i].level);
}
END_TEST

START_TEST(a_rate_is_a_fraction)
{
	struct recipe_params params = { 1920, 1080, 60, 2, 5000000 };
	struct recipe out;

	ck_assert(recipe_rung(&out, &params, 0));
	ck_assert_int_eq(out.level, LEVEL(4_0));
	params.fps_num = 62;
	ck_assert(recipe_rung(&out, &params, 0));
	ck_assert_int_eq(out.level, LEVEL(4_2));
}
END_TEST

START_TEST(a_refusal_is_answered_with_a_higher_level_then_with_less)
{
	struct recipe first = rung(1920, 1080, 30, 15000000, 0),
		      second = rung(1920, 1080, 30, 15000000, 1),
		      third = rung(1920, 1080, 30, 15000000, 2), none;
	struct recipe_params params = { 1920, 1080, 30, 1, 15000000 };

	ck_assert_int_eq(first.profile, PROFILE(HIGH));
	ck_assert_int_eq(first.level, LEVEL(4_0));
	ck_assert_int_eq(second.profile, PROFILE(HIGH));
	ck_assert_int_eq(second.level, LEVEL(4_2));
	ck_assert_int_eq(second.bitrate, 15000000);
	ck_assert_int_eq(third.profile, PROFILE(CONSTRAINED_BASELINE));
	ck_assert_int_eq(third.level, LEVEL(4_2));
	ck_assert_int_eq(third.bitrate, 10000000);
	ck_assert(!recipe_rung(&none, &params, 3));
}
END_TEST

START_TEST(a_level_is_never_lowered)
{
	ck_assert_int_eq(rung(1920, 1200, 30, 5000000, 0).level, LEVEL(5_0));
	ck_assert_int_eq(rung(1920, 1200, 30, 5000000, 2).level, LEVEL(5_0));
	ck_assert_int_eq(rung(640, 360, 30, 1000000, 2).bitrate, 1000000);
}
END_TEST

START_TEST(a_bitrate_is_in_range_and_in_steps)
{
	struct recipe_params small = { 320, 240, 10, 1, 0 };
	struct recipe_params large = { 1920, 1080, 30, 1, 0 };

	ck_assert_int_eq(recipe_bitrate(&small, -1), 100000);
	ck_assert_int_eq(recipe_bitrate(&small, 100000), 100000);
	ck_assert_int_eq(recipe_bitrate(&small, 100001), 125000);
	ck_assert_int_eq(recipe_bitrate(&small, 125000), 125000);
	ck_assert_int_eq(recipe_bitrate(&small, 25000000), 25000000);
	ck_assert_int_eq(recipe_bitrate(&small, 25000001), 25000000);
	ck_assert_int_eq(recipe_bitrate(&small, INT64_MAX), 25000000);
	/* 0.02 bit a pixel: 1244160 */
	ck_assert_int_eq(recipe_bitrate(&large, 500000), 1250000);
	ck_assert_int_eq(recipe_bitrate(&large, 2000000), 2000000);
}
END_TEST

CHECK_MAIN(recipe, NULL, NULL, the_level_has_room_for_size_rate_and_bitrate,
	   a_rate_is_a_fraction,
	   a_refusal_is_answered_with_a_higher_level_then_with_less,
	   a_level_is_never_lowered, a_bitrate_is_in_range_and_in_steps)
