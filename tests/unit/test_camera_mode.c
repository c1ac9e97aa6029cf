/* SPDX-License-Identifier: MIT */
#include "device/camera/camera_mode.h"

#include <linux/videodev2.h>

#include "device/stream/frame.h"
#include "tests/unit/check_main.h"

#define YU12 V4L2_PIX_FMT_YUV420
#define NV12 V4L2_PIX_FMT_NV12
#define YUYV V4L2_PIX_FMT_YUYV
#define MJPG V4L2_PIX_FMT_MJPEG
#define H264 V4L2_PIX_FMT_H264

#define SOFTWARE (1u << PICTURE_I420 | 1u << PICTURE_NV12)
#define HARDWARE (SOFTWARE | 1u << PICTURE_YUYV)
#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

static const struct camera_wish hd = {
	.width = 1280, .height = 720, .fps = 30, .formats = HARDWARE
};
static const struct camera_wish small = {
	.width = 640, .height = 360, .fps = 30, .formats = HARDWARE
};

START_TEST(the_cheapest_format_goes_first)
{
	static const uint32_t order[] = { H264, NV12, YUYV, MJPG };

	for (int n = 1; n <= COUNT(order); n++) {
		struct camera_mode modes[4];

		/* the expensive ones in front, and one of them after another */
		for (int i = 0; i < n; i++)
			modes[i] = (struct camera_mode){
				order[COUNT(order) - 1 - i], 1280, 720, 30000
			};
		ck_assert_int_eq(camera_mode_choose(modes, n, &hd), n - 1);
	}
}
END_TEST

START_TEST(a_format_that_the_encoder_takes_goes_before_one_to_convert)
{
	static const struct camera_mode modes[] = {
		{ YUYV, 1280, 720, 30000 }, { YU12, 1280, 720, 30000 }
	};
	struct camera_wish wish = hd;

	wish.formats = 1u << PICTURE_YUYV;
	ck_assert_int_eq(camera_mode_choose(modes, 2, &wish), 0);
	wish.formats = SOFTWARE;
	ck_assert_int_eq(camera_mode_choose(modes, 2, &wish), 1);
}
END_TEST

START_TEST(converting_is_cheaper_than_decoding)
{
	static const struct camera_mode modes[] = {
		{ MJPG, 1280, 720, 30000 }, { YUYV, 1280, 720, 30000 }
	};
	struct camera_wish wish = hd;

	wish.formats = SOFTWARE;
	ck_assert_int_eq(camera_mode_choose(modes, 2, &wish), 1);
}
END_TEST

START_TEST(a_usb_camera_that_is_slow_in_raw_gives_mjpeg)
{
	static const struct camera_mode modes[] = {
		{ YUYV, 640, 480, 30000 },
		{ YUYV, 1280, 720, 10000 },
		{ MJPG, 640, 480, 30000 },
		{ MJPG, 1280, 720, 30000 },
	};
	struct camera_wish slow = hd;

	ck_assert_int_eq(camera_mode_choose(modes, 4, &hd), 3);
	slow.fps = 11; /* within a tenth */
	ck_assert_int_eq(camera_mode_choose(modes, 4, &slow), 1);
	slow.fps = 12;
	ck_assert_int_eq(camera_mode_choose(modes, 4, &slow), 3);
	slow.fps = 10;
	ck_assert_int_eq(camera_mode_choose(modes, 4, &slow), 1);
	slow.fps = 12;
	ck_assert_int_eq(camera_mode_choose(modes, 4, &slow), 3);
}
END_TEST

START_TEST(an_unknown_rate_is_no_slow_one)
{
	static const struct camera_mode modes[] = { { MJPG, 1280, 720, 30000 },
						    { YUYV, 1280, 720, 0 } };

	ck_assert_int_eq(camera_mode_choose(modes, 2, &hd), 1);
}
END_TEST

START_TEST(of_slow_ones_the_fastest_is_taken)
{
	static const struct camera_mode modes[] = { { YUYV, 1280, 720, 5000 },
						    { YUYV, 1280, 720, 10000 },
						    { YUYV, 1280, 720, 7500 } };

	ck_assert_int_eq(camera_mode_choose(modes, 3, &hd), 1);
}
END_TEST

START_TEST(a_larger_size_of_the_same_shape_is_made_smaller)
{
	static const struct camera_mode modes[] = {
		{ NV12, 1920, 1080, 30000 },
		{ NV12, 1280, 720, 30000 },
		{ NV12, 640, 480, 30000 },
		{ H264, 1280, 720, 30000 }, /* which cannot be scaled */
	};
	int width, height, best = camera_mode_choose(modes, 4, &small);

	ck_assert_int_eq(best, 1);
	camera_mode_stream(&modes[best], &small, &width, &height);
	ck_assert_int_eq(width, 640);
	ck_assert_int_eq(height, 360);
}
END_TEST

START_TEST(another_shape_stays_as_it_is)
{
	static const struct camera_mode modes[] = { { YUYV, 320, 240, 30000 },
						    { YUYV, 640, 480, 30000 },
						    { YUYV, 800, 600, 30000 } };
	int width, height, best = camera_mode_choose(modes, 3, &small);

	ck_assert_int_eq(best, 1);
	camera_mode_stream(&modes[best], &small, &width, &height);
	ck_assert_int_eq(width, 640);
	ck_assert_int_eq(height, 480);
}
END_TEST

START_TEST(of_other_shapes_the_nearest_in_size_is_taken)
{
	static const struct camera_mode modes[] = { { YUYV, 800, 600, 30000 },
						    { YUYV, 480, 360, 30000 } };
	static const struct camera_mode far[] = { { YUYV, 640, 480, 30000 },
						  { YUYV, 1280, 960, 30000 } };
	struct camera_wish wish = small;

	ck_assert_int_eq(camera_mode_choose(modes, 2, &small), 1);
	wish.capture_width = 1300;
	wish.capture_height = 700;
	ck_assert_int_eq(camera_mode_choose(far, 2, &wish), 1);
}
END_TEST

START_TEST(of_equals_the_first_is_taken)
{
	static const struct camera_mode modes[] = {
		{ NV12, 1280, 720, 30000 }, { YU12, 1280, 720, 30000 }
	};

	ck_assert_int_eq(camera_mode_choose(modes, 2, &hd), 0);
}
END_TEST

START_TEST(nothing_is_made_larger)
{
	static const struct camera_mode mode = { YUYV, 320, 180, 30000 };
	static const struct camera_mode flat = { YUYV, 1280, 300, 30000 };
	static const struct camera_mode narrow = { YUYV, 320, 400, 30000 };
	struct camera_wish wish = small;
	int width, height;

	camera_mode_stream(&mode, &small, &width, &height);
	ck_assert_int_eq(width, 320);
	ck_assert_int_eq(height, 180);
	/* nor in one direction, though the owner named the camera's size */
	wish.capture_width = 1280;
	wish.capture_height = 300;
	camera_mode_stream(&flat, &wish, &width, &height);
	ck_assert_int_eq(height, 300);
	wish.capture_width = 320;
	wish.capture_height = 400;
	camera_mode_stream(&narrow, &wish, &width, &height);
	ck_assert_int_eq(width, 320);
	ck_assert_int_eq(height, 400);
}
END_TEST

START_TEST(a_chosen_size_of_the_camera_is_taken_and_scaled)
{
	static const struct camera_mode modes[] = {
		{ NV12, 640, 360, 30000 },
		{ NV12, 1280, 720, 30000 },
		{ NV12, 640, 480, 30000 },
	};
	struct camera_wish wish = small;
	int width, height;

	wish.capture_width = 1280;
	wish.capture_height = 720;
	ck_assert_int_eq(camera_mode_choose(modes, 3, &wish), 1);
	camera_mode_stream(&modes[1], &wish, &width, &height);
	ck_assert_int_eq(width, 640);
	ck_assert_int_eq(height, 360);
	/* also into another shape: it was asked for */
	wish.capture_width = 640;
	wish.capture_height = 480;
	ck_assert_int_eq(camera_mode_choose(modes, 3, &wish), 2);
	camera_mode_stream(&modes[2], &wish, &width, &height);
	ck_assert_int_eq(height, 360);
}
END_TEST

START_TEST(coded_pictures_keep_their_size)
{
	static const struct camera_mode mode = { H264, 1280, 720, 30000 };
	int width, height;

	camera_mode_stream(&mode, &small, &width, &height);
	ck_assert_int_eq(width, 1280);
	ck_assert_int_eq(height, 720);
}
END_TEST

START_TEST(what_nobody_can_use_is_left_out)
{
	static const struct camera_mode modes[] = {
		{ V4L2_PIX_FMT_SBGGR10, 1280, 720, 30000 },
		{ NV12, 1281, 720, 30000 },
		{ NV12, 1280, 721, 30000 },
	};

	ck_assert_int_eq(camera_mode_choose(modes, 3, &hd), -1);
	ck_assert_int_eq(camera_mode_choose(modes, 0, &hd), -1);
	ck_assert(!camera_mode_usable(V4L2_PIX_FMT_SBGGR10));
	ck_assert(camera_mode_usable(V4L2_PIX_FMT_JPEG));
}
END_TEST

CHECK_MAIN(camera_mode, NULL, NULL, the_cheapest_format_goes_first,
	   a_format_that_the_encoder_takes_goes_before_one_to_convert,
	   converting_is_cheaper_than_decoding,
	   a_usb_camera_that_is_slow_in_raw_gives_mjpeg,
	   an_unknown_rate_is_no_slow_one, of_slow_ones_the_fastest_is_taken,
	   a_larger_size_of_the_same_shape_is_made_smaller,
	   another_shape_stays_as_it_is,
	   of_other_shapes_the_nearest_in_size_is_taken,
	   of_equals_the_first_is_taken, nothing_is_made_larger,
	   a_chosen_size_of_the_camera_is_taken_and_scaled,
	   coded_pictures_keep_their_size, what_nobody_can_use_is_left_out)
