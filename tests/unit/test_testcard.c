/* SPDX-License-Identifier: MIT */
#include "device/testcard/testcard.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "device/testcard/timecode.h"
#include "tests/unit/check_main.h"

#define WIDTH  640
#define HEIGHT 360
#define SIZE   (WIDTH * HEIGHT * 3 / 2)

/* 2023-11-14 22:13:20 UTC */
#define WALL_US INT64_C(1700000000000000)

static struct testcard *card;
static struct picture picture;
static uint8_t copy[SIZE];

static void setup(void)
{
	setenv("TZ", "XYZ-5:45", 1); /* east of UTC, like Nepal */
	tzset();
	ck_assert_int_eq(testcard_open(&card, WIDTH, HEIGHT), 0);
}

static void teardown(void)
{
	testcard_close(&card);
	ck_assert_ptr_null(card);
}

static void draw(int64_t wall_us, int64_t media_us)
{
	testcard_draw(card, wall_us, media_us, &picture);
}

static void keep(void)
{
	memcpy(copy, picture.plane[0], SIZE);
}

/* Lines first..end of the luma that differ from the copy. */
static int count_changes(int first, int end)
{
	int changes = 0;

	for (int y = first; y < end; y++)
		changes += memcmp(copy + y * WIDTH,
				  picture.plane[0] + y * WIDTH, WIDTH) != 0;
	return changes;
}

START_TEST(the_planes_are_those_of_an_i420_picture)
{
	draw(WALL_US, 0);
	ck_assert_int_eq(picture.format, PICTURE_I420);
	ck_assert_int_eq(picture.width, WIDTH);
	ck_assert_int_eq(picture.height, HEIGHT);
	ck_assert_int_eq(picture.stride[0], WIDTH);
	ck_assert_int_eq(picture.stride[1], WIDTH / 2);
	ck_assert_int_eq(picture.stride[2], WIDTH / 2);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		ck_assert_int_ge(picture.plane[0][i], 16);
		ck_assert_int_le(picture.plane[0][i], 235);
	}
	for (int i = 0; i < WIDTH * HEIGHT / 4; i++) {
		ck_assert_int_ge(picture.plane[1][i], 16);
		ck_assert_int_le(picture.plane[1][i], 240);
		ck_assert_int_ge(picture.plane[2][i], 16);
		ck_assert_int_le(picture.plane[2][i], 240);
	}
}
END_TEST

START_TEST(the_strip_tells_the_wall_clock_in_every_picture)
{
	for (int i = 0; i < 100; i++) {
		uint32_t ms;

		draw(WALL_US + i * INT64_C(33333), i * 33333);
		ck_assert(timecode_read(picture.plane[0], WIDTH, WIDTH, HEIGHT,
					&ms));
		ck_assert_uint_eq(
			ms, (uint32_t)((WALL_US + i * INT64_C(33333)) / 1000));
	}
}
END_TEST

START_TEST(the_strip_has_no_colour)
{
	draw(WALL_US, 0);
	for (int i = 0; i < WIDTH / 2 * timecode_height(HEIGHT) / 2; i++) {
		ck_assert_int_eq(picture.plane[1][i], 128);
		ck_assert_int_eq(picture.plane[2][i], 128);
	}
}
END_TEST

START_TEST(what_is_drawn_step_by_step_is_what_is_drawn_at_once)
{
	struct testcard *fresh;

	for (int i = 0; i < 300; i++) {
		int64_t wall = WALL_US + i * INT64_C(1234567890);

		draw(wall, i * INT64_C(33333));
		keep();
		ck_assert_int_eq(testcard_open(&fresh, WIDTH, HEIGHT), 0);
		testcard_draw(fresh, wall, i * INT64_C(33333), &picture);
		ck_assert_mem_eq(copy, picture.plane[0], SIZE);
		testcard_close(&fresh);
	}
}
END_TEST

START_TEST(a_millisecond_changes_the_clock_and_not_the_date)
{
	draw(WALL_US, 0);
	keep();
	draw(WALL_US + 1000, 0);
	ck_assert_int_gt(count_changes(0, 16), 0);
	ck_assert_int_eq(count_changes(16, 108), 0);	 /* bars */
	ck_assert_int_gt(count_changes(150, 220), 0);	 /* clock */
	ck_assert_int_eq(count_changes(240, HEIGHT), 0); /* date, ball */
}
END_TEST

START_TEST(the_clock_is_local_time)
{
	/* 22:13:20 UTC is 03:58:20 of the next day, at 5:45 east */
	static const char *const zones[] = { "XYZ-5:45", "XYZ0", "XYZ5:45" };
	static const int hours[] = { 5, 0, -6 };
	static const int minutes[] = { 45, 0, 15 };

	for (int i = 0; i < 3; i++) {
		struct testcard *utc;
		int64_t shift =
			(hours[i] * 60 + minutes[i]) * INT64_C(60000000);

		setenv("TZ", zones[i], 1);
		tzset();
		ck_assert_int_eq(testcard_open(&utc, WIDTH, HEIGHT), 0);
		testcard_draw(utc, WALL_US, 0, &picture);
		keep();
		testcard_close(&utc);
		setenv("TZ", "XYZ0", 1);
		tzset();
		ck_assert_int_eq(testcard_open(&utc, WIDTH, HEIGHT), 0);
		testcard_draw(utc, WALL_US + shift, 0, &picture);
		ck_assert_int_eq(count_changes(140, 225), 0); /* clock */
		testcard_close(&utc);
	}
}
END_TEST

START_TEST(the_ball_rolls_to_and_fro)
{
	draw(WALL_US, 0);
	keep();
	draw(WALL_US, TESTCARD_BALL_US / 2);
	ck_assert_int_gt(count_changes(288, HEIGHT), 0);
	draw(WALL_US, 33333);
	ck_assert_int_gt(count_changes(288, HEIGHT), 0);
	draw(WALL_US, TESTCARD_BALL_US);
	ck_assert_int_eq(count_changes(288, HEIGHT), 0);
	draw(WALL_US, INT64_C(1000000000) * TESTCARD_BALL_US);
	ck_assert_int_eq(count_changes(288, HEIGHT), 0);
}
END_TEST

START_TEST(sizes_from_the_smallest_to_the_largest_are_drawn)
{
	static const struct {
		int width, height, err;
	} rows[] = {
		{ 160, 96, 0 },		{ 158, 96, -EINVAL },
		{ 160, 94, -EINVAL },	{ 161, 96, -EINVAL },
		{ 160, 97, -EINVAL },	{ 4096, 96, 0 },
		{ 160, 4096, 0 },	{ 4098, 96, -EINVAL },
		{ 160, 4098, -EINVAL }, { 1920, 1080, 0 },
		{ 0, 0, -EINVAL },	{ -640, -360, -EINVAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct testcard *other;
		uint32_t ms;

		ck_assert_int_eq(
			testcard_open(&other, rows[i].width, rows[i].height),
			rows[i].err);
		ck_assert_int_eq(!other, rows[i].err < 0);
		for (int n = 0; other && n < 10; n++) {
			testcard_draw(other, WALL_US, n * INT64_C(543210),
				      &picture);
			ck_assert(timecode_read(
				picture.plane[0], picture.stride[0],
				rows[i].width, rows[i].height, &ms));
		}
		testcard_close(&other);
	}
}
END_TEST

CHECK_MAIN(testcard, setup, teardown, the_planes_are_those_of_an_i420_picture,
	   the_strip_tells_the_wall_clock_in_every_picture,
	   the_strip_has_no_colour,
	   what_is_drawn_step_by_step_is_what_is_drawn_at_once,
	   a_millisecond_changes_the_clock_and_not_the_date,
	   the_clock_is_local_time, the_ball_rolls_to_and_fro,
	   sizes_from_the_smallest_to_the_largest_are_drawn)
