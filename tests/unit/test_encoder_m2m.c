/* SPDX-License-Identifier: MIT */
/* The hardware encoder, against the fake one, which runs in real time. */
#include "device/encoder/encoder.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <linux/videodev2.h>

#include "common/clock.h"
#include "common/log.h"
#include "device/encoder/encoder_kinds.h"
#include "device/stream/h264.h"
#include "device/testcard/testcard.h"
#include "device/v4l2/v4l2.h"
#include "tests/fake/fake.h"
#include "tests/unit/check_main.h"

#define WIDTH	320
#define HEIGHT	192
#define FRAME	1500 /* 60 a second: no test waits long */
#define WAIT_MS 5000 /* for what is sure to come */

/* Only the hardware is linked. */
static int open_nothing(void *self, const struct encoder_params *params)
{
	(void)self;
	(void)params;
	return -ENOTSUP;
}

static void close_nothing(void *self)
{
	(void)self;
}

const struct encoder_kind encoder_x264 = { .name = "x264",
					   .open = open_nothing,
					   .close = close_nothing };

static struct encoder_params params;
static struct encoder *encoder;
static struct testcard *card;
static int pushed;

static void setup(void)
{
	log_set_level(LOG_ERROR);
	pushed = 0;
	params = (struct encoder_params){ .name = "v4l2",
					  .width = WIDTH,
					  .height = HEIGHT,
					  .fps_num = 60,
					  .fps_den = 1,
					  .bitrate = 1000000,
					  .gop = 600 };
	ck_assert_int_eq(testcard_open(&card, WIDTH, HEIGHT), 0);
}

static void teardown(void)
{
	encoder_close(&encoder);
	testcard_close(&card);
	ck_assert_int_eq(fake_count_held(), 0);
	ck_assert_int_eq(fake_reset(""), 0);
}

static int open_with(const char *script)
{
	ck_assert_int_eq(fake_reset(script), 0);
	return encoder_open(&encoder, &params);
}

static int64_t pts(int n)
{
	return 90000 + (int64_t)FRAME * n;
}

static int push(void)
{
	struct picture picture;
	int err;

	testcard_draw(card, 1700000000000000, pushed * 16666LL, &picture);
	picture.pts_90k = pts(pushed);
	err = encoder_push(encoder, &picture);
	pushed += !err;
	return err;
}

/* As many as it takes. */
static void fill(void)
{
	while (!push())
		;
}

/* Waits for what comes next, as the media thread does. */
static int pull_within(struct access_unit *unit, int ms)
{
	int64_t end_us = clock_monotonic_us() + ms * 1000LL;
	int err;

	while ((err = encoder_pull(encoder, unit)) == -EAGAIN &&
	       clock_monotonic_us() < end_us) {
		struct pollfd fd = { .fd = encoder_fd(encoder),
				     .events = POLLIN };

		poll(&fd, 1, 20);
	}
	return err;
}

static int pull(struct access_unit *unit)
{
	return pull_within(unit, WAIT_MS);
}

/* Pictures in, as many as it takes, and a unit out, if one comes soon. */
static int fill_and_pull(struct access_unit *unit)
{
	fill();
	return pull_within(unit, 100);
}

/* One picture in, one unit out: its number. */
static int code_one(struct access_unit *unit)
{
	ck_assert_int_eq(push(), 0);
	ck_assert_int_eq(pull(unit), 0);
	return (int)((unit->pts_90k - pts(0)) / FRAME);
}

static bool has_sets(const struct access_unit *unit)
{
	struct h264_parameter_sets sets = { 0 };

	return h264_collect(&sets, unit->bytes, unit->size) == 1 &&
	       sets.sps_size && sets.pps_size;
}

static uint64_t counted(const char *name)
{
	return fake_count("encoder", name);
}

START_TEST(a_unit_has_the_time_of_its_picture)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi"), 0);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(code_one(&unit), i);
		ck_assert_int_eq(unit.pts_90k, pts(i));
		ck_assert_int_eq(unit.dts_90k, pts(i));
		ck_assert_int_eq(unit.key, i == 0);
		ck_assert(!i == has_sets(&unit));
	}
	ck_assert_uint_eq(counted("copies"), 10);
	ck_assert_uint_eq(counted("late_parms"), 0);
}
END_TEST

/* By two controls, of which old kernels have one. */
START_TEST(keys_that_cannot_be_asked_for_come_once_a_second)
{
	static const char *const kernels[] = { "2019", "6.6" };
	struct access_unit unit;
	char script[80];

	for (size_t i = 0; i < 2; i++) {
		snprintf(script, sizeof(script),
			 "kernel %s; pi; encoder no-control %d", kernels[i],
			 V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME);
		ck_assert_int_eq(open_with(script), 0);
		pushed = 0;
		for (int n = 0; n < 121; n++) {
			encoder_request_key(encoder);
			code_one(&unit);
			ck_assert_msg(unit.key == (n % 60 == 0), "%s: %d",
				      kernels[i], n);
		}
		encoder_close(&encoder);
	}
}
END_TEST

START_TEST(it_takes_what_the_hardware_takes)
{
	ck_assert_int_eq(fake_reset("pi"), 0);
	ck_assert_uint_eq(encoder_formats("v4l2"), 1u << PICTURE_I420 |
							   1u << PICTURE_NV12 |
							   1u << PICTURE_YUYV);
	ck_assert_uint_eq(encoder_formats("v4l2:/dev/video11"),
			  encoder_formats("auto"));
	/* what is no encoder takes at least what all take */
	ck_assert_uint_eq(encoder_formats("v4l2:/dev/video10"),
			  1u << PICTURE_I420);
}
END_TEST

START_TEST(a_size_that_it_would_change_is_refused)
{
	params.width = 2048;
	ck_assert_int_eq(open_with("pi"), -EINVAL);
	params.width = 322; /* even: it keeps that, with a longer line */
	ck_assert_int_eq(encoder_open(&encoder, &params), 0);
}
END_TEST

START_TEST(without_hardware_it_says_so_and_auto_goes_on)
{
	ck_assert_int_eq(open_with("node cam camera profile=uvc"), -ENODEV);
	params.name = "v4l2:/dev/video0";
	ck_assert_int_eq(encoder_open(&encoder, &params), -ENODEV);
	params.name = "auto";
	ck_assert_int_eq(encoder_open(&encoder, &params), -ENOTSUP);
	ck_assert_ptr_null(encoder);
}
END_TEST

START_TEST(it_is_found_among_others_at_any_number)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("shuffle 7; kernel 2019; pi"), 0);
	ck_assert_int_eq(code_one(&unit), 0);
}
END_TEST

START_TEST(skipped_pictures_are_not_waited_for)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi; frame=3 encoder skip x2"), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(code_one(&unit), i);
	ck_assert_int_eq(push(), 0);
	ck_assert_int_eq(push(), 0);
	ck_assert_int_eq(code_one(&unit), 4);
	ck_assert_uint_eq(counted("skipped"), 2);
}
END_TEST

START_TEST(garbage_and_empty_buffers_are_left_out)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi; frame=1 encoder garbage; "
				   "frame=2 encoder empty x2"),
			 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(code_one(&unit), i);
}
END_TEST

START_TEST(a_key_without_sets_gets_those_of_before)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi; frame=2 encoder no-headers x*"), 0);
	code_one(&unit);
	ck_assert(has_sets(&unit));
	encoder_request_key(encoder);
	do {
		code_one(&unit);
	} while (!unit.key);
	ck_assert(has_sets(&unit));
}
END_TEST

START_TEST(behind_a_broken_unit_the_next_is_a_key)
{
	struct access_unit unit;
	int n;

	ck_assert_int_eq(open_with("pi; frame=5 encoder error"), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(code_one(&unit), i);
	do { /* the broken one, and what refers to it */
		ck_assert_int_eq(push(), 0);
		n = pull_within(&unit, 100);
	} while (n == -EAGAIN);
	ck_assert_int_eq(n, 0);
	ck_assert_int_gt(unit.pts_90k, pts(4));
	ck_assert(unit.key);
	ck_assert_uint_ge(counted("key_requests"), 1); /* it was asked for */
}
END_TEST

START_TEST(a_storm_of_requests_makes_few_keys)
{
	struct access_unit unit;
	int64_t start_us;

	ck_assert_int_eq(open_with("pi"), 0);
	start_us = clock_monotonic_us();
	for (int i = 0; i < 20; i++) {
		encoder_request_key(encoder);
		code_one(&unit);
	}
	ck_assert_uint_le(counted("key_requests"),
			  1 + (uint64_t)(clock_monotonic_us() - start_us) /
					  500000);
	ck_assert_uint_ge(counted("key_requests"), 1);
}
END_TEST

static int32_t bitrate(void)
{
	int32_t value = 0;

	ck_assert_int_eq(v4l2_get_control(encoder_fd(encoder),
					  V4L2_CID_MPEG_VIDEO_BITRATE, &value),
			 0);
	return value;
}

START_TEST(a_bitrate_is_set_while_it_runs_but_not_all_the_time)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi"), 0);
	ck_assert_int_eq(bitrate(), 1000000);
	encoder_set_bitrate(encoder, 600000, 1);
	code_one(&unit);
	ck_assert_int_eq(bitrate(), 600000);
	encoder_set_bitrate(encoder, 2000000, 1);
	code_one(&unit);
	ck_assert_int_eq(bitrate(), 600000); /* soon, not now */
	encoder_set_bitrate(encoder, 700000, 1);
	while (bitrate() == 600000)
		code_one(&unit);
	ck_assert_int_eq(bitrate(), 700000);
}
END_TEST

START_TEST(a_full_encoder_has_no_room_until_something_came_back)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi; frame=1 encoder keep-output x3"), 0);
	fill();
	ck_assert_int_eq(pushed, 3);
	ck_assert_int_eq(push(), -EAGAIN);
	ck_assert_int_eq(pull(&unit), 0);
}
END_TEST

START_TEST(one_that_hangs_is_started_again_once_and_then_given_up)
{
	struct access_unit unit;
	int err;

	ck_assert_int_eq(open_with("pi; frame=3 encoder stall"), 0);
	do {
		err = fill_and_pull(&unit);
	} while (!err || err == -EAGAIN);
	ck_assert_int_eq(err, -ETIMEDOUT);
	/* the stall held on over the first start */
	ck_assert_int_eq(fake_script("encoder resume"), 0);
	encoder_close(&encoder);
	ck_assert_int_eq(encoder_open(&encoder, &params), 0);
	pushed = 0;
	ck_assert_int_eq(code_one(&unit), 0);
	ck_assert(unit.key);
}
END_TEST

START_TEST(a_restart_mends_what_it_can)
{
	struct access_unit unit;
	int before, err;

	ck_assert_int_eq(open_with("pi; frame=3 encoder keep-output x3"), 0);
	for (int i = 0; i < 2; i++)
		code_one(&unit);
	fill();
	before = pushed;
	do { /* those three, then nothing, then a new start */
		err = fill_and_pull(&unit);
		ck_assert(!err || err == -EAGAIN);
	} while (err || unit.pts_90k < pts(before));
	ck_assert(unit.key);
}
END_TEST

START_TEST(a_refused_recipe_is_followed_by_less)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi; call=STREAMON encoder fail ESRCH x2"),
			 0);
	ck_assert_int_eq(code_one(&unit), 0);
	encoder_close(&encoder);
	ck_assert_int_eq(open_with("pi; call=STREAMON encoder fail ESRCH x*"),
			 -ESRCH);
}
END_TEST

START_TEST(dead_firmware_is_an_error_of_opening)
{
	ck_assert_int_eq(open_with("pi; call=open encoder die"), -EINVAL);
	params.name = "auto";
	ck_assert_int_eq(encoder_open(&encoder, &params), -ENOTSUP);
}
END_TEST

START_TEST(little_memory_makes_fewer_buffers)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi; call=REQBUFS encoder fail ENOMEM x3"),
			 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(code_one(&unit), i);
}
END_TEST

START_TEST(a_broken_queue_is_an_error)
{
	struct access_unit unit;
	int err;

	ck_assert_int_eq(open_with("pi; frame=2 encoder eio"), 0);
	do {
		err = push();
		if (!err || err == -EAGAIN)
			err = pull(&unit);
	} while (!err);
	ck_assert_int_eq(err, -EIO);
}
END_TEST

START_TEST(a_fd_that_is_readable_for_nothing_is_not_polled)
{
	struct access_unit unit;

	ck_assert_int_eq(open_with("pi"), 0);
	ck_assert_int_ge(encoder_fd(encoder), 0);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(encoder_pull(encoder, &unit), -EAGAIN);
	ck_assert_int_eq(encoder_fd(encoder), -1);
	ck_assert_int_eq(push(), 0);
	ck_assert_int_ge(encoder_fd(encoder), 0);
	ck_assert_int_eq(pull(&unit), 0);
}
END_TEST

CHECK_MAIN(encoder_m2m, setup, teardown, a_unit_has_the_time_of_its_picture,
	   keys_that_cannot_be_asked_for_come_once_a_second,
	   it_takes_what_the_hardware_takes,
	   a_size_that_it_would_change_is_refused,
	   without_hardware_it_says_so_and_auto_goes_on,
	   it_is_found_among_others_at_any_number,
	   skipped_pictures_are_not_waited_for,
	   garbage_and_empty_buffers_are_left_out,
	   a_key_without_sets_gets_those_of_before,
	   behind_a_broken_unit_the_next_is_a_key,
	   a_storm_of_requests_makes_few_keys,
	   a_bitrate_is_set_while_it_runs_but_not_all_the_time,
	   a_full_encoder_has_no_room_until_something_came_back,
	   one_that_hangs_is_started_again_once_and_then_given_up,
	   a_restart_mends_what_it_can, a_refused_recipe_is_followed_by_less,
	   dead_firmware_is_an_error_of_opening,
	   little_memory_makes_fewer_buffers, a_broken_queue_is_an_error,
	   a_fd_that_is_readable_for_nothing_is_not_polled)
