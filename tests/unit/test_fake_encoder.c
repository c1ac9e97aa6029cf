/* SPDX-License-Identifier: MIT */
/*
 * The fake encoder answers as bcm2835-codec does: each documented answer of
 * the sequence that a program goes through.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fake/client.h"
#include "tests/fake/fake.h"
#include "tests/unit/check_main.h"

#define ENCODER	   11
#define STEP_US	   33333
#define PI	   "pi"
#define MPEG(name) V4L2_CID_MPEG_VIDEO_##name

static struct client_encoder e;

static void setup(void)
{
	ck_assert_int_eq(fake_reset(PI), 0);
	e.fd = -1;
}

static void teardown(void)
{
	client_encoder_close(&e);
	ck_assert_int_eq(fake_count_held(), 0);
}

static void open_plain(void)
{
	e = (struct client_encoder){ .fd = client_open(ENCODER) };
	ck_assert_int_ge(e.fd, 0);
}

static void open_streaming(void)
{
	ck_assert_int_eq(client_encoder_open(&e, ENCODER, 320, 192, true), 0);
}

/* One picture in, its unit out, both buffers back. Returns its flags. */
static uint32_t code_one(int number, struct client_buffer *unit)
{
	ck_assert_int_eq(client_encoder_push(&e, 0, (number + 1) * STEP_US), 0);
	ck_assert_int_eq(client_encoder_pull(&e, unit), 0);
	ck_assert_int_eq(client_encoder_take_back(&e), 0);
	return unit->flags;
}

static int nal_type(const struct client_buffer *unit, uint32_t at)
{
	const uint8_t *bytes = e.units[unit->index] + at;

	ck_assert(!bytes[0] && !bytes[1] && !bytes[2] && bytes[3] == 1);
	return bytes[4] & 31;
}

/* --- what it is ---------------------------------------------------------- */

static bool offers(int fd, uint32_t type, uint32_t fourcc)
{
	struct v4l2_fmtdesc d = { .type = type };

	for (; client_call(fd, VIDIOC_ENUM_FMT, &d) == 0; d.index++) {
		if (d.pixelformat == fourcc)
			return true;
	}
	return false;
}

START_TEST(only_the_encoder_takes_raw_pictures_and_gives_h264)
{
	int found = -1;

	for (int number = 0; number < 64; number++) {
		int fd = client_open(number);

		if (fd < 0) {
			ck_assert_int_eq(fd, -ENOENT);
			continue;
		}
		if (offers(fd, CAP_TYPE, V4L2_PIX_FMT_H264) &&
		    offers(fd, OUT_TYPE, V4L2_PIX_FMT_YUV420)) {
			ck_assert_int_eq(found, -1);
			found = number;
		}
		close(fd);
	}
	ck_assert_int_eq(found, ENCODER);
}
END_TEST

START_TEST(it_says_what_bcm2835_codec_says)
{
	struct v4l2_capability c;

	open_plain();
	ck_assert_int_eq(client_call(e.fd, VIDIOC_QUERYCAP, &c), 0);
	ck_assert_str_eq((char *)c.driver, "bcm2835-codec");
	ck_assert_str_eq((char *)c.card, "bcm2835-codec-encode");
	ck_assert_uint_eq(c.device_caps, 0x04204000);
	ck_assert_uint_eq(c.capabilities, 0x84204000);
}
END_TEST

START_TEST(single_planar_types_are_refused)
{
	struct client_format f = { V4L2_PIX_FMT_H264, 320, 192, 0, 0 };
	struct v4l2_format got = { .type = SINGLE_TYPE };

	open_plain();
	ck_assert_int_eq(client_call(e.fd, VIDIOC_G_FMT, &got), -EINVAL);
	ck_assert_int_eq(client_set_format(e.fd, SINGLE_TYPE, &f), -EINVAL);
	ck_assert_int_eq(client_request(e.fd, SINGLE_TYPE, V4L2_MEMORY_MMAP, 4),
			 -EINVAL);
	ck_assert(!offers(e.fd, SINGLE_TYPE, V4L2_PIX_FMT_H264));
}
END_TEST

START_TEST(what_nobody_knows_is_ENOTTY)
{
	struct v4l2_frmivalenum interval = { .pixel_format =
						     V4L2_PIX_FMT_YUV420 };
	int input;

	open_plain();
	ck_assert_int_eq(client_call(e.fd, VIDIOC_G_INPUT, &input), -ENOTTY);
	ck_assert_int_eq(
		client_call(e.fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval),
		-ENOTTY);
}
END_TEST

/* --- formats ------------------------------------------------------------- */

START_TEST(lines_are_padded_as_each_kernel_pads_them)
{
	static const struct {
		const char *script;
		uint32_t fourcc, width, line;
	} rows[] = {
		{ "kernel 2019; pi", V4L2_PIX_FMT_YUV420, 800, 800 },
		{ "kernel 2019; pi", V4L2_PIX_FMT_YUYV, 848, 1696 },
		{ "kernel 5.15; pi", V4L2_PIX_FMT_YUV420, 800, 832 },
		{ "kernel 5.15; pi", V4L2_PIX_FMT_NV12, 800, 800 },
		{ "kernel 5.15; pi", V4L2_PIX_FMT_YUYV, 848, 1696 },
		{ "kernel 6.6; pi", V4L2_PIX_FMT_YUV420, 800, 832 },
		{ "kernel 6.6; pi", V4L2_PIX_FMT_NV12, 800, 800 },
		{ "kernel 6.6; pi", V4L2_PIX_FMT_YUYV, 848, 1728 },
		{ "kernel 6.6; pi", V4L2_PIX_FMT_YUYV, 640, 1280 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct client_format f = { rows[i].fourcc, rows[i].width, 480,
					   0, 0 };

		ck_assert_int_eq(fake_reset(rows[i].script), 0);
		open_plain();
		ck_assert_int_eq(client_set_format(e.fd, OUT_TYPE, &f), 0);
		ck_assert_uint_eq(f.line, rows[i].line);
		ck_assert_uint_eq(f.size, f.fourcc == V4L2_PIX_FMT_YUYV
						  ? f.line * 480
						  : f.line * 480 * 3 / 2);
		client_encoder_close(&e);
	}
}
END_TEST

START_TEST(height_is_not_padded)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 1920, 1080, 0, 0 };

	open_plain();
	ck_assert_int_eq(client_set_format(e.fd, OUT_TYPE, &f), 0);
	ck_assert_uint_eq(f.height, 1080);
	ck_assert_uint_eq(f.size, 1920 * 1080 * 3 / 2);
}
END_TEST

START_TEST(sizes_are_clamped_and_made_even)
{
	static const uint32_t rows[][4] = {
		{ 31, 31, 32, 32 },	    { 32, 32, 32, 32 },
		{ 1920, 1920, 1920, 1920 }, { 1921, 1922, 1920, 1920 },
		{ 641, 359, 642, 360 },	    { 1080, 1920, 1080, 1920 },
	};

	open_plain();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct client_format f = { V4L2_PIX_FMT_YUV420, rows[i][0],
					   rows[i][1], 0, 0 };

		ck_assert_int_eq(client_set_format(e.fd, OUT_TYPE, &f), 0);
		ck_assert_uint_eq(f.width, rows[i][2]);
		ck_assert_uint_eq(f.height, rows[i][3]);
	}
}
END_TEST

START_TEST(longer_lines_of_the_caller_are_kept)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 640, 360, 768, 0 };

	open_plain();
	ck_assert_int_eq(client_set_format(e.fd, OUT_TYPE, &f), 0);
	ck_assert_uint_eq(f.line, 768);
	f.line = 700;
	ck_assert_int_eq(client_set_format(e.fd, OUT_TYPE, &f), 0);
	ck_assert_uint_eq(f.line, 704);
}
END_TEST

START_TEST(units_have_512_or_768_KiB_and_more_when_asked)
{
	struct client_format small = { V4L2_PIX_FMT_H264, 1280, 720, 0, 0 };
	struct client_format large = { V4L2_PIX_FMT_H264, 1282, 720, 0, 0 };
	struct client_format asked = { V4L2_PIX_FMT_H264, 640, 360, 0,
				       3 << 19 };

	open_plain();
	ck_assert_int_eq(client_set_format(e.fd, CAP_TYPE, &small), 0);
	ck_assert_uint_eq(small.size, 512 << 10);
	ck_assert_uint_eq(small.line, 0);
	ck_assert_int_eq(client_set_format(e.fd, CAP_TYPE, &large), 0);
	ck_assert_uint_eq(large.size, 768 << 10);
	ck_assert_int_eq(client_set_format(e.fd, CAP_TYPE, &asked), 0);
	ck_assert_uint_eq(asked.size, 3 << 19);
}
END_TEST

START_TEST(the_format_stays_while_there_are_buffers)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 640, 360, 0, 0 };

	open_plain();
	ck_assert_int_eq(client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 2),
			 2);
	ck_assert_int_eq(client_set_format(e.fd, OUT_TYPE, &f), -EBUSY);
	ck_assert_int_eq(client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 0),
			 0);
	ck_assert_int_eq(client_set_format(e.fd, OUT_TYPE, &f), 0);
}
END_TEST

/* --- controls and rate --------------------------------------------------- */

START_TEST(controls_are_clamped_silently)
{
	open_plain();
	ck_assert_int_eq(client_get(e.fd, MPEG(BITRATE)), 10000000);
	ck_assert_int_eq(client_set(e.fd, MPEG(BITRATE), 1), 0);
	ck_assert_int_eq(client_get(e.fd, MPEG(BITRATE)), 25000);
	ck_assert_int_eq(client_set(e.fd, MPEG(BITRATE), 25000001), 0);
	ck_assert_int_eq(client_get(e.fd, MPEG(BITRATE)), 25000000);
	ck_assert_int_eq(client_set(e.fd, MPEG(BITRATE), 1012499), 0);
	ck_assert_int_eq(client_get(e.fd, MPEG(BITRATE)), 1000000);
	ck_assert_int_eq(client_set(e.fd, MPEG(BITRATE), 1012500), 0);
	ck_assert_int_eq(client_get(e.fd, MPEG(BITRATE)), 1025000);
}
END_TEST

START_TEST(controls_that_are_not_there_are_EINVAL)
{
	open_plain();
	ck_assert_int_eq(client_set(e.fd, MPEG(FRAME_RC_ENABLE), 1), -EINVAL);
	ck_assert_int_eq(client_get(e.fd, V4L2_CID_MIN_BUFFERS_FOR_CAPTURE),
			 -EINVAL);
	ck_assert_int_eq(client_set(e.fd, MPEG(H264_LEVEL), 16), -ERANGE);
}
END_TEST

START_TEST(older_kernels_have_fewer_controls)
{
	open_plain();
	ck_assert_int_eq(client_set(e.fd, MPEG(GOP_SIZE), 30), 0);
	client_encoder_close(&e);
	ck_assert_int_eq(fake_reset("kernel 2019; pi"), 0);
	open_plain();
	ck_assert_int_eq(client_set(e.fd, MPEG(GOP_SIZE), 30), -EINVAL);
	ck_assert_int_eq(client_set(e.fd, MPEG(H264_LEVEL),
				    V4L2_MPEG_VIDEO_H264_LEVEL_5_0),
			 -ERANGE);
}
END_TEST

START_TEST(controls_are_of_the_file_and_not_of_the_device)
{
	int other;

	open_plain();
	other = client_open(ENCODER);
	ck_assert_int_eq(client_set(e.fd, MPEG(BITRATE), 500000), 0);
	ck_assert_int_eq(client_get(other, MPEG(BITRATE)), 10000000);
	close(other);
}
END_TEST

START_TEST(the_rate_is_set_at_OUTPUT_alone)
{
	open_plain();
	ck_assert_int_eq(client_set_fps(e.fd, OUT_TYPE, 25), 0);
	ck_assert_int_eq(client_set_fps(e.fd, CAP_TYPE, 25), -EINVAL);
	ck_assert_int_eq(client_set_fps(e.fd, OUT_TYPE, 0), -EINVAL);
	ck_assert_uint_eq(fake_count("encoder", "late_parms"), 0);
	client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1);
	ck_assert_int_eq(client_set_fps(e.fd, OUT_TYPE, 25), 0);
	ck_assert_uint_eq(fake_count("encoder", "late_parms"), 1);
}
END_TEST

/* --- STREAMON ------------------------------------------------------------ */

START_TEST(levels_and_bitrates_are_judged_at_STREAMON)
{
	enum { L40 = V4L2_MPEG_VIDEO_H264_LEVEL_4_0, L41, L42 };
	enum {
		BASE = V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE,
		MAIN = V4L2_MPEG_VIDEO_H264_PROFILE_MAIN,
		HIGH = V4L2_MPEG_VIDEO_H264_PROFILE_HIGH,
	};
	static const struct {
		uint32_t fps;
		int level, profile, bitrate, cbr, result;
	} rows[] = {
		{ 30, L40, HIGH, 10000000, 0, 0 },
		{ 31, L40, HIGH, 10000000, 0, -ESRCH },
		{ 31, L42, HIGH, 10000000, 0, 0 },
		{ 50, L42, HIGH, 10000000, 0, 0 },
		{ 65, L42, HIGH, 10000000, 0, -ESRCH },
		{ 30, L40, MAIN, 20000000, 0, 0 },
		{ 30, L40, MAIN, 20025000, 0, -ESRCH },
		{ 30, L40, HIGH, 25000000, 0, 0 },
		{ 30, L41, MAIN, 25000000, 0, 0 },
		{ 30, L40, HIGH, 5000000, 1, -ESRCH },
		{ 30, L40, BASE, 5000000, 1, 0 },
	};
	struct client_format f = { V4L2_PIX_FMT_YUV420, 1920, 1080, 0, 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		open_plain();
		client_set_format(e.fd, OUT_TYPE, &f);
		client_set_fps(e.fd, OUT_TYPE, rows[i].fps);
		client_set(e.fd, MPEG(H264_LEVEL), rows[i].level);
		client_set(e.fd, MPEG(H264_PROFILE), rows[i].profile);
		client_set(e.fd, MPEG(BITRATE), rows[i].bitrate);
		client_set(e.fd, MPEG(BITRATE_MODE), rows[i].cbr);
		client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1);
		ck_assert_msg(client_stream(e.fd, OUT_TYPE, true) ==
				      rows[i].result,
			      "row %zu", i);
		client_encoder_close(&e);
	}
}
END_TEST

/* 4096 macroblocks, 60 times a second: what level 4.0 has, exactly. */
START_TEST(a_level_can_be_used_up)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 1024, 1024, 0, 0 };

	open_plain();
	client_set_format(e.fd, OUT_TYPE, &f);
	client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1);
	client_set_fps(e.fd, OUT_TYPE, 61);
	ck_assert_int_eq(client_stream(e.fd, OUT_TYPE, true), -ESRCH);
	client_set_fps(e.fd, OUT_TYPE, 60);
	ck_assert_int_eq(client_stream(e.fd, OUT_TYPE, true), 0);
}
END_TEST

START_TEST(streaming_needs_buffers)
{
	struct client_buffer b;

	open_plain();
	ck_assert_int_eq(client_stream(e.fd, OUT_TYPE, true), -EINVAL);
	ck_assert_int_eq(client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1),
			 1);
	ck_assert_int_eq(client_dequeue(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, &b),
			 -EINVAL);
	ck_assert_int_eq(client_stream(e.fd, OUT_TYPE, true), 0);
	ck_assert_int_eq(client_stream(e.fd, OUT_TYPE, true), 0);
	ck_assert_int_eq(client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1),
			 -EBUSY);
}
END_TEST

/* --- poll ---------------------------------------------------------------- */

START_TEST(poll_says_POLLERR_when_nothing_is_queued)
{
	open_plain();
	ck_assert_int_eq(client_poll(e.fd, POLLIN, 0), POLLERR);
	client_encoder_close(&e);
	ck_assert_int_eq(client_encoder_open(&e, ENCODER, 320, 192, false), 0);
	ck_assert_int_eq(client_stream(e.fd, OUT_TYPE, true), 0);
	ck_assert_int_eq(client_stream(e.fd, CAP_TYPE, true), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLIN | POLLOUT, 0), POLLERR);
	/* Not asked for either, it says nothing: v4l2_m2m_poll(). */
	ck_assert_int_eq(client_poll(e.fd, POLLPRI, 0), 0);
}
END_TEST

START_TEST(poll_waits_while_CAPTURE_buffers_are_queued)
{
	struct client_buffer b;

	open_streaming();
	ck_assert_int_eq(client_poll(e.fd, POLLIN | POLLOUT, 50), 0);
	ck_assert_int_eq(client_dequeue(e.fd, CAP_TYPE, V4L2_MEMORY_MMAP, &b),
			 -EAGAIN);
}
END_TEST

START_TEST(a_picture_makes_both_sides_ready)
{
	struct client_buffer b;

	open_streaming();
	ck_assert_int_eq(client_encoder_push(&e, 0, STEP_US), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLIN, CLIENT_WAIT_MS), POLLIN);
	ck_assert_int_eq(client_poll(e.fd, POLLIN | POLLOUT, 0),
			 POLLIN | POLLOUT);
	ck_assert_int_eq(client_encoder_pull(&e, &b), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLIN | POLLOUT, 0), POLLOUT);
	ck_assert_int_eq(client_encoder_take_back(&e), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLIN | POLLOUT, 0), 0);
}
END_TEST

/* --- units --------------------------------------------------------------- */

START_TEST(timestamps_are_copied_and_sequence_is_zero)
{
	struct client_buffer unit;

	open_streaming();
	for (int i = 0; i < 5; i++) {
		code_one(i, &unit);
		ck_assert_int_eq(unit.time_us, (i + 1) * STEP_US);
		ck_assert_uint_eq(unit.sequence, 0);
		ck_assert_uint_eq(unit.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK,
				  V4L2_BUF_FLAG_TIMESTAMP_COPY);
		client_encoder_requeue(&e, unit.index);
	}
}
END_TEST

START_TEST(the_first_unit_is_headers_and_IDR_joined)
{
	struct client_buffer unit;

	open_streaming();
	ck_assert(code_one(0, &unit) & V4L2_BUF_FLAG_KEYFRAME);
	ck_assert_int_eq(nal_type(&unit, 0), 7);
	client_encoder_requeue(&e, unit.index);
	ck_assert(!(code_one(1, &unit) & V4L2_BUF_FLAG_KEYFRAME));
	ck_assert_int_eq(nal_type(&unit, 0), 1);
}
END_TEST

START_TEST(separate_headers_come_in_a_buffer_of_their_own)
{
	struct client_buffer unit;

	ck_assert_int_eq(client_encoder_open(&e, ENCODER, 320, 192, false), 0);
	ck_assert_int_eq(client_set(e.fd, MPEG(HEADER_MODE),
				    V4L2_MPEG_VIDEO_HEADER_MODE_SEPARATE),
			 0);
	client_stream(e.fd, OUT_TYPE, true);
	client_stream(e.fd, CAP_TYPE, true);
	client_encoder_requeue(&e, 0);
	client_encoder_requeue(&e, 1);
	code_one(0, &unit);
	ck_assert_int_eq(nal_type(&unit, 0), 7);
	ck_assert_uint_lt(unit.used, 64);
	ck_assert_int_eq(client_encoder_pull(&e, &unit), 0);
	ck_assert_int_eq(nal_type(&unit, 0), 5);
}
END_TEST

/* The types of the first NAL unit of each picture. */
static void code_period(int32_t repeat, int *types, int count)
{
	struct client_buffer unit = { 0 };

	ck_assert_int_eq(client_encoder_open(&e, ENCODER, 320, 192, false), 0);
	client_set(e.fd, MPEG(REPEAT_SEQ_HEADER), repeat);
	client_set(e.fd, MPEG(H264_I_PERIOD), 4);
	client_stream(e.fd, OUT_TYPE, true);
	client_stream(e.fd, CAP_TYPE, true);
	for (int i = 0; i < count; i++) {
		client_encoder_requeue(&e, i ? unit.index : 0);
		code_one(i, &unit);
		types[i] = nal_type(&unit, 0);
	}
}

START_TEST(headers_are_repeated_only_when_asked)
{
	static const int with[] = { 7, 1, 1, 1, 7, 1 };
	static const int without[] = { 7, 1, 1, 1, 5, 1 };
	int types[6];

	code_period(1, types, 6);
	ck_assert_mem_eq(types, with, sizeof(types));
	client_encoder_close(&e);
	code_period(0, types, 6);
	ck_assert_mem_eq(types, without, sizeof(types));
}
END_TEST

START_TEST(a_forced_key_comes_one_or_two_pictures_later)
{
	struct client_buffer unit;
	int came = -1;

	open_streaming();
	code_one(0, &unit);
	ck_assert_int_eq(client_set(e.fd, MPEG(FORCE_KEY_FRAME), 0), 0);
	for (int i = 1; i <= 4; i++) {
		client_encoder_requeue(&e, unit.index);
		if (code_one(i, &unit) & V4L2_BUF_FLAG_KEYFRAME)
			came = came < 0 ? i : 99;
	}
	ck_assert_int_ge(came, 2);
	ck_assert_int_le(came, 3);
	ck_assert_uint_eq(fake_count("encoder", "key_requests"), 1);
}
END_TEST

START_TEST(pictures_go_in_while_no_unit_can_come_out)
{
	struct client_buffer unit;

	ck_assert_int_eq(client_encoder_open(&e, ENCODER, 320, 192, false), 0);
	client_stream(e.fd, OUT_TYPE, true);
	client_stream(e.fd, CAP_TYPE, true);
	client_encoder_push(&e, 0, STEP_US);
	ck_assert_int_eq(client_encoder_take_back(&e), 0);
	ck_assert_int_eq(
		client_dequeue(e.fd, CAP_TYPE, V4L2_MEMORY_MMAP, &unit),
		-EAGAIN);
	client_encoder_requeue(&e, 0);
	ck_assert_int_eq(client_encoder_pull(&e, &unit), 0);
	ck_assert_int_eq(unit.time_us, STEP_US);
}
END_TEST

/* --- drain --------------------------------------------------------------- */

static int command(uint32_t which)
{
	struct v4l2_encoder_cmd c = { .cmd = which };

	return client_call(e.fd, VIDIOC_ENCODER_CMD, &c);
}

static void drain(void)
{
	struct client_buffer b;

	open_streaming();
	code_one(0, &b);
	client_encoder_requeue(&e, b.index);
	ck_assert_int_eq(command(V4L2_ENC_CMD_STOP), 0);
	ck_assert_int_eq(client_encoder_pull(&e, &b), 0);
	ck_assert_uint_eq(b.used, 0);
	ck_assert(b.flags & V4L2_BUF_FLAG_LAST);
}

START_TEST(after_the_last_buffer_comes_EPIPE_and_POLLIN)
{
	struct client_buffer b;

	drain();
	ck_assert_int_eq(client_dequeue(e.fd, CAP_TYPE, V4L2_MEMORY_MMAP, &b),
			 -EPIPE);
	ck_assert_int_eq(client_poll(e.fd, POLLIN, 0), POLLIN);
	ck_assert_int_eq(client_dequeue(e.fd, CAP_TYPE, V4L2_MEMORY_MMAP, &b),
			 -EPIPE);
}
END_TEST

START_TEST(a_drained_encoder_that_holds_nothing_is_no_error)
{
	struct client_buffer b;

	ck_assert_int_eq(client_encoder_open(&e, ENCODER, 320, 192, false), 0);
	client_stream(e.fd, OUT_TYPE, true);
	client_stream(e.fd, CAP_TYPE, true);
	client_encoder_requeue(&e, 0);
	ck_assert_int_eq(command(V4L2_ENC_CMD_STOP), 0);
	ck_assert_int_eq(client_encoder_pull(&e, &b), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLIN, 0), POLLIN);
}
END_TEST

START_TEST(START_does_not_start_again_but_STREAMON_does)
{
	struct client_buffer b;

	drain();
	ck_assert_int_eq(command(V4L2_ENC_CMD_START), 0);
	ck_assert_int_eq(client_dequeue(e.fd, CAP_TYPE, V4L2_MEMORY_MMAP, &b),
			 -EPIPE);
	ck_assert_int_eq(client_stream(e.fd, CAP_TYPE, false), 0);
	ck_assert_int_eq(client_stream(e.fd, CAP_TYPE, true), 0);
	client_encoder_requeue(&e, 0);
	code_one(1, &b);
	ck_assert_int_eq(b.time_us, 2 * STEP_US);
}
END_TEST

START_TEST(the_end_is_an_event_for_who_subscribed)
{
	struct v4l2_event_subscription s = { .type = V4L2_EVENT_EOS };
	struct v4l2_event event;

	open_plain();
	ck_assert_int_eq(client_call(e.fd, VIDIOC_DQEVENT, &event), -ENOENT);
	client_encoder_close(&e);
	open_streaming();
	ck_assert_int_eq(client_call(e.fd, VIDIOC_SUBSCRIBE_EVENT, &s), 0);
	ck_assert_int_eq(command(V4L2_ENC_CMD_STOP), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLPRI, CLIENT_WAIT_MS), POLLPRI);
	ck_assert_int_eq(client_call(e.fd, VIDIOC_DQEVENT, &event), 0);
	ck_assert_uint_eq(event.type, V4L2_EVENT_EOS);
	ck_assert_int_eq(client_poll(e.fd, POLLPRI, 0), 0);
}
END_TEST

/* --- QBUF ---------------------------------------------------------------- */

START_TEST(what_QBUF_refuses)
{
	open_streaming();
	ck_assert_int_eq(client_encoder_requeue(&e, 0), -EINVAL); /* twice */
	ck_assert_int_eq(client_encoder_requeue(&e, CLIENT_BUFFERS), -EINVAL);
	e.out.size += 4096 * 8;
	ck_assert_int_eq(client_encoder_push(&e, 0, STEP_US), -EINVAL);
	e.out.size -= 4096 * 8;
	ck_assert_int_eq(client_encoder_push(&e, 0, STEP_US), 0);
}
END_TEST

/* Buffers of the scaler for the encoder; both contiguous. */
static int open_giver(struct client_format *f)
{
	int fd = client_open(12);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(client_set_format(fd, CAP_TYPE, f), 0);
	ck_assert_int_eq(client_request(fd, CAP_TYPE, V4L2_MEMORY_MMAP, 2), 2);
	return fd;
}

START_TEST(the_same_memory_at_the_same_index_stays_attached)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 320, 192, 0, 0 };
	int giver = open_giver(&f), fds[2];
	struct client_buffer b = { .used = f.size, .length = f.size };

	for (uint32_t i = 0; i < 2; i++)
		fds[i] = client_export(giver, CAP_TYPE, i);
	open_plain();
	client_set_format(e.fd, OUT_TYPE, &f);
	ck_assert_int_eq(client_request(e.fd, OUT_TYPE, V4L2_MEMORY_DMABUF, 2),
			 2);
	for (int i = 0; i < 6; i++) {
		b.index = (uint32_t)i % 2;
		b.fd = fds[i == 5 ? 0 : b.index]; /* another at the end */
		ck_assert_int_eq(client_queue(e.fd, OUT_TYPE, &b), 0);
		client_stream(e.fd, OUT_TYPE, false); /* takes it back */
		ck_assert_uint_eq(fake_count("encoder", "attaches"),
				  i == 0   ? 1
				  : i == 5 ? 3
					   : 2);
	}
	ck_assert_uint_eq(fake_count("encoder", "reattaches"), 1);
	ck_assert_int_eq(client_prepare(e.fd, OUT_TYPE, &b), 0);
	ck_assert_uint_eq(fake_count("encoder", "attaches"), 3);
	ck_assert_uint_eq(fake_count("encoder", "imports"), 6);
	close(fds[0]);
	close(fds[1]);
	close(giver);
}
END_TEST

START_TEST(what_an_import_refuses)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 320, 192, 0, 0 };
	int giver = open_giver(&f), fd = client_export(giver, CAP_TYPE, 0);
	struct client_buffer b = { .used = f.size, .length = f.size, .fd = fd };

	open_plain();
	client_set_format(e.fd, OUT_TYPE, &f);
	client_request(e.fd, OUT_TYPE, V4L2_MEMORY_DMABUF, 2);
	b.length = b.used = f.size - 1;
	ck_assert_int_eq(client_queue(e.fd, OUT_TYPE, &b), -EINVAL);
	b.used = f.size;
	b.length = 0;
	ck_assert_int_eq(client_queue(e.fd, OUT_TYPE, &b), -EINVAL);
	b.length = f.size;
	b.fd = STDIN_FILENO;
	ck_assert_int_eq(client_queue(e.fd, OUT_TYPE, &b), -EINVAL);
	b.fd = 999;
	ck_assert_int_eq(client_queue(e.fd, OUT_TYPE, &b), -EINVAL);
	ck_assert_int_eq(client_prepare(e.fd, OUT_TYPE, &b), -EINVAL);
	b.fd = fd;
	ck_assert_int_eq(client_queue(e.fd, OUT_TYPE, &b), 0);
	close(fd);
	close(giver);
}
END_TEST

START_TEST(no_more_is_mapped_than_a_buffer_has)
{
	struct client_buffer b = { .index = 0 };

	open_plain();
	client_request(e.fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1);
	ck_assert_int_eq(client_query(e.fd, OUT_TYPE, &b), 0);
	ck_assert_ptr_eq(mmap(NULL, b.length + 4096, PROT_READ, MAP_SHARED,
			      e.fd, b.offset),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(
		mmap(NULL, b.length, PROT_READ, MAP_SHARED, e.fd, b.offset + 1),
		MAP_FAILED);
}
END_TEST

START_TEST(exported_memory_outlives_its_buffers)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 320, 192, 0, 0 };
	int giver = open_giver(&f), fd = client_export(giver, CAP_TYPE, 0);
	uint8_t *at;

	ck_assert_int_eq(client_request(giver, CAP_TYPE, V4L2_MEMORY_MMAP, 0),
			 0);
	close(giver);
	at = mmap(NULL, f.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(at, MAP_FAILED);
	at[f.size - 1] = 1;
	ck_assert_int_eq(fake_count_held(), 3); /* memory, fd, map */
	munmap(at, f.size);
	close(fd);
}
END_TEST

START_TEST(what_is_left_open_is_counted)
{
	int fd, copy;

	ck_assert_int_eq(fake_count_held(), 0);
	fd = client_open(ENCODER);
	ck_assert_int_eq(fake_count_held(), 1);
	copy = dup(fd);
	ck_assert_int_eq(fake_count_held(), 2);
	close(fd);
	ck_assert_int_eq(client_get(copy, MPEG(BITRATE)), 10000000);
	close(copy);
	ck_assert_int_eq(fake_count_held(), 0);
}
END_TEST

CHECK_MAIN(fake_encoder, setup, teardown,
	   only_the_encoder_takes_raw_pictures_and_gives_h264,
	   it_says_what_bcm2835_codec_says, single_planar_types_are_refused,
	   what_nobody_knows_is_ENOTTY,
	   lines_are_padded_as_each_kernel_pads_them, height_is_not_padded,
	   sizes_are_clamped_and_made_even, longer_lines_of_the_caller_are_kept,
	   units_have_512_or_768_KiB_and_more_when_asked,
	   the_format_stays_while_there_are_buffers,
	   controls_are_clamped_silently,
	   controls_that_are_not_there_are_EINVAL,
	   older_kernels_have_fewer_controls,
	   controls_are_of_the_file_and_not_of_the_device,
	   the_rate_is_set_at_OUTPUT_alone,
	   levels_and_bitrates_are_judged_at_STREAMON, a_level_can_be_used_up,
	   streaming_needs_buffers, poll_says_POLLERR_when_nothing_is_queued,
	   poll_waits_while_CAPTURE_buffers_are_queued,
	   a_picture_makes_both_sides_ready,
	   timestamps_are_copied_and_sequence_is_zero,
	   the_first_unit_is_headers_and_IDR_joined,
	   separate_headers_come_in_a_buffer_of_their_own,
	   headers_are_repeated_only_when_asked,
	   a_forced_key_comes_one_or_two_pictures_later,
	   pictures_go_in_while_no_unit_can_come_out,
	   after_the_last_buffer_comes_EPIPE_and_POLLIN,
	   a_drained_encoder_that_holds_nothing_is_no_error,
	   START_does_not_start_again_but_STREAMON_does,
	   the_end_is_an_event_for_who_subscribed, what_QBUF_refuses,
	   the_same_memory_at_the_same_index_stays_attached,
	   what_an_import_refuses, no_more_is_mapped_than_a_buffer_has,
	   exported_memory_outlives_its_buffers, what_is_left_open_is_counted)
