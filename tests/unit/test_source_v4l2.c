/* SPDX-License-Identifier: MIT */
/* A camera's pictures, with scaler and encoder, against the fake devices. */
#include "device/source/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "common/log.h"
#include "device/encoder/encoder.h"
#include "device/encoder/encoder_kinds.h"
#include "device/source/source_kinds.h"
#include "device/testcard/timecode.h"
#include "device/v4l2/capture.h"
#include "tests/fake/fake.h"
#include "tests/unit/check_main.h"

#define WIDTH  640
#define HEIGHT 360
#define ALL    (1u << PICTURE_I420 | 1u << PICTURE_NV12 | 1u << PICTURE_YUYV)

/* Only cameras and hardware are linked. */
const struct source_kind source_testcard, source_annexb, source_libav,
	source_rpicam;
const struct encoder_kind encoder_x264 = { .name = "x264" };

static struct source_params params;
static struct source_memory memory;
static struct source *source;
static struct encoder *encoder;
static int stop[2];

static void setup(void)
{
	log_set_level(LOG_ERROR);
	ck_assert_int_eq(pipe(stop), 0);
	memory = (struct source_memory){ 0 };
	params = (struct source_params){ .name = "v4l2",
					 .width = WIDTH,
					 .height = HEIGHT,
					 .fps = 60,
					 .bitrate = 1000000,
					 .gop = 60,
					 .formats = ALL,
					 .memory = &memory,
					 .stop_fd = stop[0] };
}

static void teardown(void)
{
	encoder_close(&encoder);
	source_close(&source);
	close(stop[0]);
	close(stop[1]);
	ck_assert_int_eq(fake_count_held(), 0);
	ck_assert_int_eq(fake_reset(""), 0);
}

static int open_with(const char *script)
{
	ck_assert_int_eq(fake_reset(script), 0);
	return source_open(&source, &params);
}

static int open_encoder(void)
{
	const struct source_info *info = source_info(source);

	return encoder_open(&encoder,
			    &(struct encoder_params){ .name = "v4l2",
						      .format = info->format,
						      .width = info->width,
						      .height = info->height,
						      .fps_num = 60,
						      .fps_den = 1,
						      .bitrate = 1000000,
						      .gop = 600,
						      .from = info->capture });
}

/* Whether it shows the fake's time: the right picture, with the right lines. */
static bool is_readable(const struct picture *p)
{
	static uint8_t luma[HEIGHT * WIDTH];
	const uint8_t *at = p->plane[0];
	int stride = p->stride[0];
	uint32_t ms;

	if (p->format == PICTURE_YUYV) {
		for (int y = 0; y < p->height; y++)
			for (int x = 0; x < p->width; x++)
				luma[y * p->width + x] = at[y * stride + 2 * x];
		at = luma;
		stride = p->width;
	}
	return timecode_read(at, stride, p->width, p->height, &ms);
}

/* Returns how often three or more were missing. */
static int expect_pictures(int count)
{
	int64_t last_90k = 0;
	int gaps = 0;

	for (int i = 0; i < count; i++) {
		struct source_item item;
		int err;

		do {
			err = source_next(source, &item, -1);
		} while (err == -EAGAIN);
		ck_assert_int_eq(err, 0);
		ck_assert_int_gt(item.picture.pts_90k, last_90k);
		gaps += i && item.picture.pts_90k - last_90k > 3 * 1500 + 750;
		last_90k = item.picture.pts_90k;
		ck_assert(is_readable(&item.picture));
	}
	return gaps;
}

/*
 * Of the modules that are tested only: the linker wraps their calls, but not
 * those of the fake devices, which are libraries; and Check allocates, too.
 */
static unsigned int allocations;
static bool counting;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
	allocations += counting;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	allocations += counting;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	allocations += counting;
	return __real_realloc(old, size);
}

/* Through the encoder, until so many units came. */
static void expect_units(int count)
{
	int64_t last_90k = 0;
	int units = 0;

	while (units < count) {
		struct source_item item;
		struct access_unit unit;
		bool rises = true;
		int err, pulled;

		counting = true;
		err = source_next(source, &item, encoder_fd(encoder));
		if (!err)
			err = encoder_push(encoder, &item.picture);
		while (!(pulled = encoder_pull(encoder, &unit))) {
			rises = rises && unit.pts_90k > last_90k;
			last_90k = unit.pts_90k;
			units++;
		}
		counting = false;
		ck_assert(!err || err == -EAGAIN);
		ck_assert_int_eq(pulled, -EAGAIN);
		ck_assert(rises);
	}
}

START_TEST(each_kind_of_camera_gives_its_pictures)
{
	static const struct {
		const char *script;
		enum picture_format format;
	} rows[] = {
		{ "node cam camera profile=unicam", PICTURE_NV12 },
		{ "node cam camera profile=unicam formats=YU12", PICTURE_I420 },
		{ "node cam camera profile=unicam pad=256", PICTURE_NV12 },
		{ "node cam camera profile=uvc", PICTURE_YUYV },
		{ "node cam camera profile=uvc formats=MJPG", PICTURE_I420 },
		{ "node cam camera profile=uvc formats=MJPG; cam no-tables x*",
		  PICTURE_I420 },
		{ "node cam camera profile=libcamerify", PICTURE_NV12 },
		{ "node cam camera profile=legacy formats=YU12 readwrite",
		  PICTURE_I420 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memory = (struct source_memory){ 0 };
		ck_assert_int_eq(open_with(rows[i].script), 0);
		ck_assert_int_eq(source_info(source)->gives, SOURCE_PICTURES);
		ck_assert_int_eq(source_info(source)->format, rows[i].format);
		ck_assert_int_eq(source_info(source)->width, WIDTH);
		expect_pictures(10);
		source_close(&source);
		ck_assert_int_eq(fake_count_held(), 0);
	}
}
END_TEST

START_TEST(the_h264_of_a_camera_is_passed_on)
{
	struct source_item item;
	int64_t last_90k = 0;

	ck_assert_int_eq(open_with("node cam camera profile=legacy"), 0);
	ck_assert_int_eq(source_info(source)->gives, SOURCE_ACCESS_UNITS);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(source_next(source, &item, -1), 0);
		ck_assert_int_eq(item.unit.key, i == 0);
		ck_assert_int_gt(item.unit.dts_90k, last_90k);
		last_90k = item.unit.dts_90k;
	}
}
END_TEST

/* Those before it refer to what was lost; a key comes each second. */
START_TEST(behind_a_broken_unit_of_a_camera_the_next_is_a_key)
{
	struct source_item item;
	int keys = 0;

	ck_assert_int_eq(open_with("node cam camera profile=legacy; "
				   "frame=3 cam error"),
			 0);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(source_next(source, &item, -1), 0);
		keys += item.unit.key;
	}
	ck_assert_int_ge(keys, 2);
}
END_TEST

START_TEST(the_encoder_reads_the_memory_of_a_csi_camera)
{
	ck_assert_int_eq(open_with("pi; node cam camera profile=unicam"), 0);
	ck_assert_int_eq(open_encoder(), 0);
	expect_units(40);
	ck_assert_uint_ge(fake_count("encoder", "imports"), 40);
	ck_assert_uint_eq(fake_count("encoder", "copies"), 0);
	/* each buffer once, and never again */
	ck_assert_uint_eq(fake_count("encoder", "attaches"), CAPTURE_BUFFERS);
	ck_assert_uint_eq(fake_count("encoder", "reattaches"), 0);
}
END_TEST

START_TEST(a_picture_on_its_way_costs_no_allocation)
{
	static const char *const scripts[] = {
		"pi; node cam camera profile=unicam",
		"pi; node cam camera profile=uvc formats=YUYV",
	};

	for (size_t i = 0; i < 2; i++) {
		memory = (struct source_memory){ 0 };
		counting = true;
		ck_assert_int_eq(open_with(scripts[i]), 0);
		ck_assert_int_eq(open_encoder(), 0);
		ck_assert_uint_gt(allocations, 0); /* opening does */
		expect_units(3);
		allocations = 0;
		expect_units(20);
		ck_assert_uint_eq(allocations, 0);
		encoder_close(&encoder);
		source_close(&source);
	}
}
END_TEST

START_TEST(a_usb_camera_writes_into_the_encoder_s_memory)
{
	ck_assert_int_eq(open_with("pi; node cam camera profile=uvc"), 0);
	ck_assert_int_eq(open_encoder(), 0);
	expect_units(40);
	ck_assert_uint_ge(fake_count("encoder", "exported"), 40);
	ck_assert_uint_eq(fake_count("encoder", "copies"), 0);
	ck_assert_uint_eq(fake_count("encoder", "attaches"), 0);
	ck_assert_uint_eq(fake_count("cam", "reattaches"), 0);
}
END_TEST

/* What was decided between the two is undone, and decided anew. */
START_TEST(an_encoder_that_starts_with_less_shares_memory_all_the_same)
{
	static const char *const cameras[] = { "unicam", "uvc" };
	char script[160];

	for (size_t i = 0; i < 2; i++) {
		memory = (struct source_memory){ 0 };
		snprintf(script, sizeof(script),
			 "pi; node cam camera profile=%s; call=STREAMON.out "
			 "encoder fail ESRCH x2",
			 cameras[i]);
		ck_assert_int_eq(open_with(script), 0);
		ck_assert_int_eq(open_encoder(), 0);
		expect_units(10);
		ck_assert_uint_eq(fake_count("encoder", "copies"), 0);
		encoder_close(&encoder);
		source_close(&source);
		ck_assert_int_eq(fake_count_held(), 0);
	}
}
END_TEST

START_TEST(where_neither_can_pictures_are_copied)
{
	ck_assert_int_eq(open_with("pi; node cam camera profile=uvc; call="
				   "REQBUFS cam fail EINVAL"),
			 0);
	ck_assert_int_eq(open_encoder(), 0);
	expect_units(20);
	ck_assert_uint_ge(fake_count("encoder", "copies"), 20);
}
END_TEST

START_TEST(lines_that_do_not_fit_are_copied_or_asked_for)
{
	params.width = 848;
	ck_assert_int_eq(
		open_with("pi; node cam camera profile=uvc sizes=848x480"), 0);
	params.height = 480;
	ck_assert_int_eq(open_encoder(), 0);
	expect_units(10);
	ck_assert_uint_ge(fake_count("encoder", "copies"), 10);
}
END_TEST

START_TEST(memory_that_turns_out_unreadable_is_copied)
{
	ck_assert_int_eq(open_with("pi; node cam camera profile=unicam; "
				   "call=PREPARE_BUF encoder fail ENOTTY; "
				   "call=QBUF.out encoder fail EFAULT"),
			 0);
	ck_assert_int_eq(open_encoder(), 0);
	expect_units(10);
	ck_assert_uint_ge(fake_count("encoder", "copies"), 10);
}
END_TEST

START_TEST(the_isp_makes_a_large_picture_small)
{
	params.capture_width = 1280;
	params.capture_height = 720;
	ck_assert_int_eq(open_with("pi; node cam camera profile=unicam"), 0);
	ck_assert_int_eq(source_info(source)->width, WIDTH);
	ck_assert_int_eq(open_encoder(), 0);
	expect_units(40);
	ck_assert_uint_ge(fake_count("isp", "imports"), 40);
	ck_assert_uint_ge(fake_count("encoder", "imports"), 40);
	ck_assert_uint_eq(fake_count("isp", "reattaches"), 0);
	ck_assert_uint_eq(fake_count("encoder", "reattaches"), 0);
}
END_TEST

START_TEST(without_an_isp_the_processor_does)
{
	params.capture_width = 1280;
	params.capture_height = 720;
	ck_assert_int_eq(open_with("node cam camera profile=uvc formats=YUYV"),
			 0);
	ck_assert_int_eq(source_info(source)->format, PICTURE_I420);
	ck_assert_int_eq(source_info(source)->width, WIDTH);
	expect_pictures(5);
}
END_TEST

START_TEST(what_the_encoder_does_not_take_is_converted)
{
	params.formats = 1u << PICTURE_I420;
	ck_assert_int_eq(open_with("node cam camera profile=uvc formats=YUYV"),
			 0);
	ck_assert_int_eq(source_info(source)->format, PICTURE_I420);
	expect_pictures(5);
}
END_TEST

START_TEST(broken_pictures_are_left_out)
{
	ck_assert_int_eq(open_with("node cam camera profile=unicam; "
				   "frame=3 cam error x3; "
				   "frame=10 cam short 1000 x3"),
			 0);
	ck_assert_int_ge(expect_pictures(20), 2);
	source_close(&source);
	memory = (struct source_memory){ 0 };
	ck_assert_int_eq(open_with("node cam camera profile=uvc formats=MJPG; "
				   "frame=3 cam short 5000 x3"),
			 0);
	expect_pictures(10);
}
END_TEST

START_TEST(times_that_cannot_be_are_not_believed)
{
	static const char *const scripts[] = {
		"cam zero-time x*",	  "cam wall-time x*",
		"cam wall-time 1 x*",	  "frame=5 cam back 1000 x*",
		"frame=5 cam gap 100000", "cam jitter 30 x*",
	};

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		ck_assert_int_eq(open_with("node cam camera profile=unicam"),
				 0);
		ck_assert_int_eq(fake_script(scripts[i]), 0);
		expect_pictures(12);
		source_close(&source);
	}
}
END_TEST

/* What source_next() says in the end. */
static int run_out(void)
{
	struct source_item item;
	int err;

	do {
		err = source_next(source, &item, -1);
	} while (!err || err == -EAGAIN);
	return err;
}

START_TEST(an_unplugged_camera_is_found_under_another_number)
{
	params.name = "v4l2:/dev/video0";
	ck_assert_int_eq(open_with("node cam camera profile=uvc; "
				   "node other camera profile=uvc card=Other; "
				   "frame=10 cam unplug 0"),
			 0);
	ck_assert_int_eq(run_out(), -ENODEV);
	source_close(&source);
	ck_assert_int_eq(source_open(&source, &params), -ENODEV);
	ck_assert_ptr_null(source);
	ck_assert_int_eq(fake_script("cam plug 9"), 0);
	while (source_open(&source, &params) == -ENODEV)
		;
	expect_pictures(5);
	ck_assert_uint_eq(fake_count("other", "reqbufs"), 0);
}
END_TEST

START_TEST(a_broken_queue_is_an_error_to_open_again_from)
{
	ck_assert_int_eq(open_with("node cam camera profile=unicam; "
				   "frame=10 cam eio"),
			 0);
	ck_assert_int_eq(run_out(), -EIO);
	source_close(&source);
	ck_assert_int_eq(source_open(&source, &params), 0);
	expect_pictures(5);
}
END_TEST

START_TEST(a_camera_that_stops_is_noticed)
{
	ck_assert_int_eq(open_with("node cam camera profile=unicam; "
				   "frame=10 cam stall"),
			 0);
	ck_assert_int_eq(run_out(), -ETIMEDOUT);
}
END_TEST

START_TEST(a_stop_ends_the_waiting)
{
	struct source_item item;

	ck_assert_int_eq(open_with("node cam camera profile=unicam; "
				   "cam stall"),
			 0);
	ck_assert_int_eq(write(stop[1], "", 1), 1);
	ck_assert_int_eq(source_next(source, &item, -1), -ECANCELED);
}
END_TEST

START_TEST(there_is_no_camera_or_another_program_has_it)
{
	ck_assert_int_eq(open_with("pi"), -ENODEV);
	ck_assert_int_eq(open_with("node cam camera profile=uvc; call=open cam "
				   "fail EBUSY x*"),
			 -EBUSY);
	params.name = "v4l2:nobody";
	ck_assert_int_eq(open_with("node cam camera profile=uvc"), -ENODEV);
	params.name = "v4l2:usb";
	ck_assert_int_eq(open_with("node cam camera profile=uvc"), 0);
}
END_TEST

START_TEST(a_start_that_fails_is_an_error)
{
	struct source_item item;

	ck_assert_int_eq(open_with("node cam camera profile=uvc; call=STREAMON "
				   "cam fail ENOSPC"),
			 0);
	ck_assert_int_eq(source_next(source, &item, -1), -ENOSPC);
}
END_TEST

START_TEST(controls_are_set)
{
	params.controls = "exposure_time_absolute=333,nothing=1";
	ck_assert_int_eq(open_with("node cam camera profile=uvc"), 0);
	expect_pictures(2);
}
END_TEST

CHECK_MAIN(source_v4l2, setup, teardown, each_kind_of_camera_gives_its_pictures,
	   the_h264_of_a_camera_is_passed_on,
	   behind_a_broken_unit_of_a_camera_the_next_is_a_key,
	   the_encoder_reads_the_memory_of_a_csi_camera,
	   a_picture_on_its_way_costs_no_allocation,
	   a_usb_camera_writes_into_the_encoder_s_memory,
	   an_encoder_that_starts_with_less_shares_memory_all_the_same,
	   where_neither_can_pictures_are_copied,
	   lines_that_do_not_fit_are_copied_or_asked_for,
	   memory_that_turns_out_unreadable_is_copied,
	   the_isp_makes_a_large_picture_small,
	   without_an_isp_the_processor_does,
	   what_the_encoder_does_not_take_is_converted,
	   broken_pictures_are_left_out, times_that_cannot_be_are_not_believed,
	   an_unplugged_camera_is_found_under_another_number,
	   a_broken_queue_is_an_error_to_open_again_from,
	   a_camera_that_stops_is_noticed, a_stop_ends_the_waiting,
	   there_is_no_camera_or_another_program_has_it,
	   a_start_that_fails_is_an_error, controls_are_set)
