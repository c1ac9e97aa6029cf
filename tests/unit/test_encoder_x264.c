/* SPDX-License-Identifier: MIT */
#include "device/encoder/encoder.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "device/encoder/encoder_kinds.h"
#include "device/stream/h264.h"
#include "device/testcard/testcard.h"
#include "device/testcard/timecode.h"
#include "tests/unit/check_main.h"

#define WIDTH  640
#define HEIGHT 360
#define FPS    30
#define FRAME  3000

/* There is no hardware here: "auto" has to go on to x264. */
static int open_nothing(void *self, const struct encoder_params *params)
{
	(void)self;
	(void)params;
	return -ENODEV;
}

static void close_nothing(void *self)
{
	(void)self;
}

const struct encoder_kind encoder_m2m = { .name = "v4l2",
					  .open = open_nothing,
					  .close = close_nothing };

static const struct encoder_params defaults = {
	.name = "x264",
	.width = WIDTH,
	.height = HEIGHT,
	.fps_num = FPS,
	.fps_den = 1,
	.bitrate = 1000000,
	.gop = FPS,
};

static struct encoder *encoder;
static struct testcard *card;

static void setup(void)
{
	ck_assert_int_eq(encoder_open(&encoder, &defaults), 0);
	ck_assert_int_eq(testcard_open(&card, WIDTH, HEIGHT), 0);
}

static void teardown(void)
{
	encoder_close(&encoder);
	testcard_close(&card);
}

static void reopen(const struct encoder_params *params)
{
	encoder_close(&encoder);
	ck_assert_int_eq(encoder_open(&encoder, params), 0);
}

/* Pushes picture n of the test card and pulls what comes of it. */
static struct access_unit encode_at(int n, int64_t pts_90k)
{
	struct access_unit unit = { 0 };
	struct picture picture;

	testcard_draw(card, 1700000000000000 + n * 33333LL, n * 33333LL,
		      &picture);
	picture.pts_90k = pts_90k;
	ck_assert_int_eq(encoder_push(encoder, &picture), 0);
	ck_assert_int_eq(encoder_pull(encoder, &unit), 0);
	ck_assert_int_eq(encoder_pull(encoder, &unit), -EAGAIN);
	return unit;
}

static struct access_unit encode(int n)
{
	return encode_at(n, n * FRAME);
}

/* A picture that costs many bits. */
static size_t encode_noise(int n)
{
	static uint8_t noise[WIDTH * HEIGHT * 3 / 2];
	static uint32_t seed = 1;
	struct picture picture = {
		.format = PICTURE_I420,
		.width = WIDTH,
		.height = HEIGHT,
		.plane = { noise, noise + WIDTH * HEIGHT,
			   noise + WIDTH * HEIGHT * 5 / 4 },
		.stride = { WIDTH, WIDTH / 2, WIDTH / 2 },
		.pts_90k = n * FRAME,
	};
	struct access_unit unit;

	for (size_t i = 0; i < sizeof(noise); i++) {
		seed = seed * 1664525 + 1013904223;
		noise[i] = 64 + (seed >> 24) % 128;
	}
	ck_assert_int_eq(encoder_push(encoder, &picture), 0);
	ck_assert_int_eq(encoder_pull(encoder, &unit), 0);
	return unit.size;
}

static bool has_sets(const struct access_unit *unit)
{
	struct h264_parameter_sets sets = { 0 };

	return h264_collect(&sets, unit->bytes, unit->size) == 1 &&
	       sets.sps_size && sets.pps_size;
}

START_TEST(each_picture_gives_one_unit_at_its_own_time)
{
	int64_t pts = INT64_C(90000) * 86400 * 365; /* a year of uptime */

	for (int n = 0; n < 70; n++) {
		struct access_unit unit = encode_at(n, pts);

		ck_assert_int_eq(unit.pts_90k, pts);
		ck_assert_int_eq(unit.dts_90k, pts);
		ck_assert(!unit.discontinuity);
		pts += n % 7 == 3 ? 1 : n % 5 == 2 ? 17001 : FRAME - n;
	}
}
END_TEST

START_TEST(the_first_picture_and_each_gop_begin_with_an_idr_and_its_sets)
{
	for (int n = 0; n < 3 * FPS; n++) {
		struct access_unit unit = encode(n);

		ck_assert_int_eq(unit.key, n % FPS == 0);
		ck_assert_int_eq(has_sets(&unit), n % FPS == 0);
	}
}
END_TEST

START_TEST(a_key_frame_that_was_asked_for_is_the_very_next_picture)
{
	ck_assert(encoder_keys_at_once(encoder));
	for (int n = 0; n < 12; n++) {
		struct access_unit unit;

		if (n == 5 || n == 10)
			encoder_request_key(encoder);
		unit = encode(n);
		ck_assert_int_eq(unit.key, n % 5 == 0);
		ck_assert_int_eq(has_sets(&unit), n % 5 == 0);
	}
}
END_TEST

START_TEST(a_scene_cut_makes_no_key_frame)
{
	for (int n = 0; n < 20; n++) {
		struct access_unit unit;

		if (n % 2)
			encode_noise(n);
		else
			ck_assert_int_eq((unit = encode(n)).key, n == 0);
	}
}
END_TEST

START_TEST(there_are_no_b_frames_and_the_sps_says_so)
{
	struct h264_sps sps;

	for (int n = 0; n < 40; n++) {
		struct access_unit unit = encode(n);
		struct h264_nal nal;
		size_t at = 0;
		int slices = 0;

		while (h264_next_nal(&nal, unit.bytes, unit.size, &at)) {
			if (nal.type == H264_SPS) {
				ck_assert_int_eq(h264_parse_sps(&sps, nal.bytes,
								nal.size),
						 0);
				ck_assert(!sps.reorders);
				ck_assert_int_eq(sps.width, WIDTH);
				ck_assert_int_eq(sps.height, HEIGHT);
				ck_assert_int_eq(sps.fps_num, FPS);
				ck_assert_int_eq(sps.fps_den, 1);
			}
			if (nal.type != H264_SLICE && nal.type != H264_IDR)
				continue;
			slices++;
			ck_assert_int_ne(h264_slice_type(nal.bytes, nal.size),
					 1);
		}
		ck_assert_int_gt(slices, 0);
	}
}
END_TEST

START_TEST(a_second_push_waits_for_the_pull_and_loses_nothing)
{
	struct access_unit unit;
	struct picture picture;

	testcard_draw(card, 0, 0, &picture);
	picture.pts_90k = 7;
	ck_assert_int_eq(encoder_pull(encoder, &unit), -EAGAIN);
	ck_assert_int_eq(encoder_push(encoder, &picture), 0);
	picture.pts_90k = 8;
	ck_assert_int_eq(encoder_push(encoder, &picture), -EAGAIN);
	ck_assert_int_eq(encoder_pull(encoder, &unit), 0);
	ck_assert_int_eq(unit.pts_90k, 7);
	ck_assert_int_eq(encoder_push(encoder, &picture), 0);
	ck_assert_int_eq(encoder_pull(encoder, &unit), 0);
	ck_assert_int_eq(unit.pts_90k, 8);
	ck_assert_int_eq(encoder_fd(encoder), -1);
}
END_TEST

START_TEST(the_same_parameters_give_the_same_sets_whatever_happens_later)
{
	struct h264_parameter_sets sets = { 0 };
	struct access_unit unit = encode(0);

	ck_assert_int_eq(h264_collect(&sets, unit.bytes, unit.size), 1);
	for (int n = 1; n < 10; n++) {
		encoder_set_bitrate(encoder, n % 2 ? 150000 : 8000000, 1);
		encoder_request_key(encoder);
		unit = encode(n);
		ck_assert(unit.key);
		ck_assert_int_eq(h264_collect(&sets, unit.bytes, unit.size), 0);
	}
	reopen(&defaults);
	unit = encode(100);
	ck_assert_int_eq(h264_collect(&sets, unit.bytes, unit.size), 0);
}
END_TEST

START_TEST(the_bitrate_changes_while_it_runs)
{
	size_t bytes[3] = { 0 };
	static const int64_t rates[] = { 1000000, 250000, 2000000 };

	for (int n = 0; n < 3 * 90; n++) {
		if (n % 90 == 0)
			encoder_set_bitrate(encoder, rates[n / 90], 1);
		if (n % 90 >= 30) /* the VBV has settled */
			bytes[n / 90] += encode_noise(n);
		else
			encode_noise(n);
	}
	for (int i = 0; i < 3; i++) {
		size_t wanted = (size_t)rates[i] / 8 * 2; /* two seconds */

		ck_assert_uint_gt(bytes[i], wanted * 8 / 10);
		ck_assert_uint_lt(bytes[i], wanted * 12 / 10);
	}
}
END_TEST

START_TEST(with_fewer_pictures_each_has_more_bits)
{
	size_t bytes = 0;

	encoder_set_bitrate(encoder, 250000, 3);
	for (int n = 0; n < 180; n += 3) {
		size_t size = encode_noise(n);

		if (n >= 60) /* the VBV has settled */
			bytes += size;
	}
	/* four seconds */
	ck_assert_uint_gt(bytes, 250000 / 8 * 4 * 8 / 10);
	ck_assert_uint_lt(bytes, 250000 / 8 * 4 * 12 / 10);
}
END_TEST

START_TEST(a_bitrate_out_of_range_is_the_nearest)
{
	struct encoder_params params = defaults;
	size_t most = 0, least = 0;

	params.bitrate = 1;
	reopen(&params);
	for (int n = 0; n < 30; n++)
		least += encode_noise(n);
	encoder_set_bitrate(encoder, INT64_MAX, 1);
	for (int n = 30; n < 60; n++)
		most += encode_noise(n);
	encoder_set_bitrate(encoder, INT64_MIN, 1);
	for (int n = 60; n < 120; n++) /* the VBV settles */
		encode_noise(n);
	ck_assert_uint_lt(encode_noise(120), 5000);
	ck_assert_uint_lt(least, 30000);
	ck_assert_uint_gt(most, 2000000);
}
END_TEST

START_TEST(nv12_is_taken_as_well)
{
	static uint8_t grey[WIDTH * HEIGHT * 3 / 2];
	struct encoder_params params = defaults;
	struct picture picture = {
		.format = PICTURE_NV12,
		.width = WIDTH,
		.height = HEIGHT,
		.plane = { grey, grey + WIDTH * HEIGHT },
		.stride = { WIDTH, WIDTH },
	};
	struct access_unit unit;

	memset(grey, 128, sizeof(grey));
	params.format = PICTURE_NV12;
	reopen(&params);
	ck_assert_int_eq(encoder_push(encoder, &picture), 0);
	ck_assert_int_eq(encoder_pull(encoder, &unit), 0);
	ck_assert(unit.key);
}
END_TEST

START_TEST(parameters_that_make_no_sense_are_refused)
{
	struct encoder_params bad[7];
	struct encoder *none = encoder;

	for (size_t i = 0; i < 7; i++)
		bad[i] = defaults;
	bad[0].width = 641;
	bad[1].height = 0;
	bad[2].fps_num = 0;
	bad[3].fps_den = 0;
	bad[4].gop = 0;
	bad[5].name = "x265";
	bad[6].format = (enum picture_format)99;
	for (size_t i = 0; i < 7; i++) {
		ck_assert_int_eq(encoder_open(&none, &bad[i]), -EINVAL);
		ck_assert_ptr_null(none);
	}
	encoder_close(&none);
}
END_TEST

START_TEST(auto_takes_an_encoder_that_there_is)
{
	struct encoder_params params = defaults;

	params.name = "auto";
	reopen(&params);
	encode(0);
}
END_TEST

/* --- the timecode survives ----------------------------------------------- */

static AVCodecContext *open_decoder(void)
{
	AVCodecContext *codec =
		avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));

	ck_assert_ptr_nonnull(codec);
	codec->thread_count = 1;
	codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
	ck_assert_int_eq(avcodec_open2(codec, NULL, NULL), 0);
	return codec;
}

static void decode(AVCodecContext *codec, const struct access_unit *unit,
		   AVFrame *frame)
{
	AVPacket *packet = av_packet_alloc();

	ck_assert_int_eq(av_new_packet(packet, (int)unit->size), 0);
	memcpy(packet->data, unit->bytes, unit->size);
	ck_assert_int_eq(avcodec_send_packet(codec, packet), 0);
	av_packet_free(&packet);
	ck_assert_int_eq(avcodec_receive_frame(codec, frame), 0);
}

START_TEST(every_timecode_is_read_behind_h264_at_200_kbit_s)
{
	AVCodecContext *codec = open_decoder();
	AVFrame *frame = av_frame_alloc();
	struct encoder_params params = defaults;
	size_t bytes = 0;

	params.bitrate = 200000;
	reopen(&params);
	for (int n = 0; n < 10 * FPS; n++) {
		struct access_unit unit = encode(n);
		uint32_t ms = 0;

		bytes += unit.size;
		decode(codec, &unit, frame);
		ck_assert(timecode_read(frame->data[0], frame->linesize[0],
					WIDTH, HEIGHT, &ms));
		ck_assert_uint_eq(
			ms, (uint32_t)((1700000000000000 + n * INT64_C(33333)) /
				       1000));
	}
	ck_assert_uint_lt(bytes, 10 * 200000 / 8 * 11 / 10);
	av_frame_free(&frame);
	avcodec_free_context(&codec);
}
END_TEST

CHECK_MAIN(encoder_x264, setup, teardown,
	   each_picture_gives_one_unit_at_its_own_time,
	   the_first_picture_and_each_gop_begin_with_an_idr_and_its_sets,
	   a_key_frame_that_was_asked_for_is_the_very_next_picture,
	   a_scene_cut_makes_no_key_frame,
	   there_are_no_b_frames_and_the_sps_says_so,
	   a_second_push_waits_for_the_pull_and_loses_nothing,
	   the_same_parameters_give_the_same_sets_whatever_happens_later,
	   the_bitrate_changes_while_it_runs,
	   with_fewer_pictures_each_has_more_bits,
	   a_bitrate_out_of_range_is_the_nearest, nv12_is_taken_as_well,
	   parameters_that_make_no_sense_are_refused,
	   auto_takes_an_encoder_that_there_is,
	   every_timecode_is_read_behind_h264_at_200_kbit_s)
