/* SPDX-License-Identifier: MIT */
#include "device/source/source.h"

#include <errno.h>
#include <unistd.h>

#include "common/clock.h"
#include "device/source/source_kinds.h"
#include "device/testcard/timecode.h"
#include "tests/unit/check_main.h"

/* Only this kind is linked; source.c is told of no other. */
const struct source_kind source_annexb, source_libav, source_v4l2,
	source_rpicam;

static struct source *source;
static int stop[2];

static void setup(void)
{
	ck_assert_int_eq(pipe(stop), 0);
}

static void teardown(void)
{
	source_close(&source);
	close(stop[0]);
	close(stop[1]);
}

static int open_source(int width, int height, int fps)
{
	struct source_params params = { .name = "testcard",
					.width = width,
					.height = height,
					.fps = fps,
					.stop_fd = stop[0] };

	source_close(&source);
	return source_open(&source, &params);
}

START_TEST(pictures_come_on_the_grid_and_not_before_their_time)
{
	struct source_item item;
	int64_t first = 0;
	uint32_t ms, wall;

	ck_assert_int_eq(open_source(320, 180, 120), 0);
	ck_assert_int_eq(source_info(source)->gives, SOURCE_PICTURES);
	ck_assert_int_eq(source_info(source)->width, 320);
	ck_assert_int_eq(source_info(source)->height, 180);
	ck_assert_int_eq(source_info(source)->fps_num, 120);
	ck_assert_int_eq(source_info(source)->fps_den, 1);
	for (int i = 0; i < 24; i++) {
		wall = (uint32_t)(clock_wall_us() / 1000);
		ck_assert_int_eq(source_next(source, &item, -1), 0);
		if (i == 0)
			first = item.picture.pts_90k;
		/* a machine that is busy may skip some */
		ck_assert_int_eq((item.picture.pts_90k - first) % 750, 0);
		ck_assert_int_ge(item.picture.pts_90k, first + i * 750);
		ck_assert_int_ge(clock_monotonic_us() * 9 / 100,
				 item.picture.pts_90k);
		ck_assert(timecode_read(item.picture.plane[0],
					item.picture.stride[0], 320, 180, &ms));
		ck_assert_uint_le(ms - wall, 1000);
	}
}
END_TEST

START_TEST(a_stop_ends_the_wait)
{
	struct source_item item;

	ck_assert_int_eq(open_source(320, 180, 1), 0);
	ck_assert_int_eq(source_next(source, &item, -1), 0);
	ck_assert_int_eq(write(stop[1], "x", 1), 1);
	ck_assert_int_eq(source_next(source, &item, -1), -ECANCELED);
}
END_TEST

START_TEST(another_fd_interrupts_the_wait)
{
	struct source_item item;
	int also[2];

	ck_assert_int_eq(pipe(also), 0);
	ck_assert_int_eq(write(also[1], "x", 1), 1);
	ck_assert_int_eq(open_source(320, 180, 1), 0);
	ck_assert_int_eq(source_next(source, &item, -1), 0);
	ck_assert_int_eq(source_next(source, &item, also[0]), -EAGAIN);
	close(also[0]);
	close(also[1]);
}
END_TEST

START_TEST(sizes_and_rates_out_of_range_are_refused)
{
	ck_assert_int_eq(open_source(320, 180, 240), 0);
	ck_assert_int_eq(open_source(320, 180, 241), -EINVAL);
	ck_assert_ptr_null(source);
	ck_assert_int_eq(open_source(320, 180, 1), 0);
	ck_assert_int_eq(open_source(320, 180, 0), -EINVAL);
	ck_assert_int_eq(open_source(321, 180, 30), -EINVAL);
	ck_assert_int_eq(open_source(320, 0, 30), -EINVAL);
}
END_TEST

CHECK_MAIN(source_testcard, setup, teardown,
	   pictures_come_on_the_grid_and_not_before_their_time,
	   a_stop_ends_the_wait, another_fd_interrupts_the_wait,
	   sizes_and_rates_out_of_range_are_refused)
