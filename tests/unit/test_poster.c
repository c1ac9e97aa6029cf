/* SPDX-License-Identifier: MIT */
/* When posters are made, and that they are pictures: JPEG by ITU-T T.81. */
#include "device/poster/poster_maker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "device/encoder/encoder.h"
#include "device/encoder/encoder_kinds.h"
#include "device/poster/poster_jpeg.h"
#include "tests/unit/check_main.h"

#define SECOND	 INT64_C(1000000)
#define T0	 (1000 * SECOND)
#define INTERVAL (60 * SECOND)
#define WIDTH	 320
#define HEIGHT	 240

/* There is no hardware here. */
const struct encoder_kind encoder_m2m = { .name = "v4l2" };

static struct poster *poster;
static struct poster_maker maker;
static uint8_t luma[WIDTH * HEIGHT], chroma[WIDTH * HEIGHT];
static uint8_t jpeg[POSTER_MAX_BYTES];

static void setup(void)
{
	log_set_level((enum log_level)0);
	memset(luma, 128, sizeof(luma));
	memset(chroma, 128, sizeof(chroma));
	ck_assert_int_eq(poster_open(&poster), 0);
	maker = (struct poster_maker){ .poster = poster,
				       .interval_us = INTERVAL,
				       .width = 160 };
}

static void teardown(void)
{
	poster_close(&poster);
	ck_assert_ptr_null(poster);
	poster_close(&poster);
}

static struct picture picture(enum picture_format format)
{
	return (struct picture){
		.format = format,
		.width = WIDTH,
		.height = HEIGHT,
		.plane = { luma, chroma, chroma },
		.stride = { format == PICTURE_YUYV ? 2 * WIDTH / 2 : WIDTH,
			    format == PICTURE_NV12 ? WIDTH : WIDTH / 2,
			    WIDTH / 2 },
	};
}

/* Size in pixels, from the frame header (T.81 B.2.2). */
static void expect_jpeg(const uint8_t *bytes, size_t n, int width, int height)
{
	ck_assert_uint_gt(n, 100);
	ck_assert(bytes[0] == 0xff && bytes[1] == 0xd8);
	ck_assert(bytes[n - 2] == 0xff && bytes[n - 1] == 0xd9);
	for (size_t at = 2; at + 9 < n;) {
		if (bytes[at] == 0xff && bytes[at + 1] == 0xc0) {
			ck_assert_int_eq(bytes[at + 5] << 8 | bytes[at + 6],
					 height);
			ck_assert_int_eq(bytes[at + 7] << 8 | bytes[at + 8],
					 width);
			return;
		}
		at += 2u + (unsigned int)(bytes[at + 2] << 8 | bytes[at + 3]);
	}
	ck_abort_msg("no baseline frame in it");
}

START_TEST(the_first_is_after_two_seconds_and_then_one_an_interval)
{
	struct picture p = picture(PICTURE_I420);
	int64_t taken_us;

	ck_assert(!poster_maker_is_due(&maker, T0));
	ck_assert(!poster_maker_is_due(&maker, T0 + POSTER_FIRST_US - 1));
	ck_assert(poster_maker_is_due(&maker, T0 + POSTER_FIRST_US));
	ck_assert_uint_eq(poster_number(poster), 0);
	ck_assert_uint_eq(poster_read(poster, jpeg, &taken_us), 0);
	poster_maker_show(&maker, &p, T0, 77);
	ck_assert_uint_eq(poster_number(poster), 1);
	ck_assert_uint_gt(poster_read(poster, jpeg, &taken_us), 0);
	ck_assert_int_eq(taken_us, 77);
	ck_assert(!poster_maker_is_due(&maker, T0 + INTERVAL - 1));
	ck_assert(poster_maker_is_due(&maker, T0 + INTERVAL));
}
END_TEST

START_TEST(a_picture_of_any_format_becomes_a_small_jpeg)
{
	static const enum picture_format formats[] = { PICTURE_I420,
						       PICTURE_NV12 };

	for (size_t i = 0; i < 2; i++) {
		struct picture p = picture(formats[i]);
		int n = poster_jpeg_of_picture(jpeg, sizeof(jpeg), &p, 160);

		ck_assert_int_gt(n, 0);
		expect_jpeg(jpeg, (size_t)n, 160, 120);
	}
}
END_TEST

START_TEST(yuyv_becomes_one_too)
{
	struct picture p = picture(PICTURE_YUYV);
	int n;

	p.width /= 2;
	p.height /= 2;
	p.stride[0] = 2 * p.width;
	n = poster_jpeg_of_picture(jpeg, sizeof(jpeg), &p, 100);
	ck_assert_int_gt(n, 0);
	expect_jpeg(jpeg, (size_t)n, 100, 74);
}
END_TEST

START_TEST(no_poster_is_larger_than_its_picture)
{
	struct picture p = picture(PICTURE_I420);
	int n = poster_jpeg_of_picture(jpeg, sizeof(jpeg), &p, 5000);

	ck_assert_int_gt(n, 0);
	expect_jpeg(jpeg, (size_t)n, WIDTH, HEIGHT);
}
END_TEST

START_TEST(what_does_not_fit_is_coarser_and_in_the_end_refused)
{
	struct picture p = picture(PICTURE_I420);
	int fine, coarse;

	srand(1);
	for (size_t i = 0; i < sizeof(luma); i++)
		luma[i] = (uint8_t)rand();
	fine = poster_jpeg_of_picture(jpeg, sizeof(jpeg), &p, WIDTH);
	ck_assert_int_gt(fine, 0);
	coarse = poster_jpeg_of_picture(jpeg, (size_t)fine - 1, &p, WIDTH);
	ck_assert_int_gt(coarse, 0);
	ck_assert_int_lt(coarse, fine);
	expect_jpeg(jpeg, (size_t)coarse, WIDTH, HEIGHT);
	ck_assert_int_eq(poster_jpeg_of_picture(jpeg, 1000, &p, WIDTH),
			 -EMSGSIZE);
}
END_TEST

START_TEST(what_only_hardware_can_read_gives_none)
{
	struct picture p = picture(PICTURE_I420);

	p.plane[0] = NULL;
	ck_assert_int_eq(poster_jpeg_of_picture(jpeg, sizeof(jpeg), &p, 160),
			 -ENOTSUP);
	poster_maker_show(&maker, &p, T0, 1);
	ck_assert_uint_eq(poster_number(poster), 0);
	ck_assert(!poster_maker_is_due(&maker,
				       T0 + INTERVAL - 1)); /* and waits */
}
END_TEST

START_TEST(a_key_frame_is_decoded_for_one)
{
	struct picture p = picture(PICTURE_I420);
	struct h264_parameter_sets sets = { 0 };
	struct access_unit unit;
	struct encoder *encoder;
	int64_t taken_us;

	ck_assert_int_eq(
		encoder_open(&encoder,
			     &(struct encoder_params){ .name = "x264",
						       .format = PICTURE_I420,
						       .width = WIDTH,
						       .height = HEIGHT,
						       .fps_num = 10,
						       .fps_den = 1,
						       .bitrate = 500000,
						       .gop = 10 }),
		0);
	for (int i = 0; i < 50; i++) {
		p.pts_90k = i * 9000;
		ck_assert_int_eq(encoder_push(encoder, &p), 0);
		if (encoder_pull(encoder, &unit) == 0)
			break;
	}
	ck_assert(unit.key);
	ck_assert_int_eq(h264_collect(&sets, unit.bytes, unit.size), 1);
	poster_maker_show_key(&maker, &sets, &unit, T0, 5);
	expect_jpeg(jpeg, poster_read(poster, jpeg, &taken_us), 160, 120);
	ck_assert_int_eq(taken_us, 5);
	unit.size = 40; /* the rest of it is lost */
	ck_assert_int_lt(poster_jpeg_of_key(jpeg, sizeof(jpeg),
					    &(struct h264_parameter_sets){ 0 },
					    &unit, 160),
			 0);
	encoder_close(&encoder);
}
END_TEST

START_TEST(without_a_poster_nothing_is_due)
{
	int64_t taken_us;

	maker.poster = NULL;
	ck_assert(!poster_maker_is_due(&maker, T0));
	ck_assert(!poster_maker_is_due(&maker, T0 + INTERVAL));
	poster_put(NULL, jpeg, 1, 1);
	ck_assert_uint_eq(poster_number(NULL), 0);
	ck_assert_uint_eq(poster_read(NULL, jpeg, &taken_us), 0);
}
END_TEST

CHECK_MAIN(poster, setup, teardown,
	   the_first_is_after_two_seconds_and_then_one_an_interval,
	   a_picture_of_any_format_becomes_a_small_jpeg, yuyv_becomes_one_too,
	   no_poster_is_larger_than_its_picture,
	   what_does_not_fit_is_coarser_and_in_the_end_refused,
	   what_only_hardware_can_read_gives_none,
	   a_key_frame_is_decoded_for_one, without_a_poster_nothing_is_due)
