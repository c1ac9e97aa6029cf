/* SPDX-License-Identifier: MIT */
#include "device/source/source.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavformat/avformat.h>

#include "common/clock.h"
#include "device/source/source_kinds.h"
#include "device/stream/h264.h"
#include "tests/unit/check_main.h"

/*
 * The files in TEST_DATA are made by the Makefile: 24 pictures of 320x180 at
 * 60 a second, a key frame every 12.
 */
#define FILE_NAME(name) TEST_DATA "/" name
#define PICTURES	24
#define FRAME		1500

/* Only this kind is linked; source.c is told of no other. */
const struct source_kind source_testcard, source_annexb, source_v4l2,
	source_rpicam;

static struct source *source;
static int stop[2], also[2];
static pid_t server;
static char socket_url[64], *const socket_name = socket_url + 7;

static void setup(void)
{
	ck_assert_int_eq(pipe(stop), 0);
	ck_assert_int_eq(pipe(also), 0);
}

static void teardown(void)
{
	source_close(&source);
	if (server) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
		unlink(socket_name);
		server = 0;
	}
	for (int i = 0; i < 2; i++) {
		close(stop[i]);
		close(also[i]);
	}
}

static int open_source(const char *name, bool loop)
{
	struct source_params params = {
		.name = name, .fps = 60, .loop = loop, .stop_fd = stop[0]
	};

	source_close(&source);
	return source_open(&source, &params);
}

static struct access_unit take(void)
{
	struct source_item item;

	ck_assert_int_eq(source_next(source, &item, -1), 0);
	ck_assert_uint_gt(item.unit.size, 0);
	return item.unit;
}

static int result(int also_fd)
{
	struct source_item item;

	return source_next(source, &item, also_fd);
}

/* --- the file, as libavformat sees it ------------------------------------ */

static struct {
	AVFormatContext *format;
	AVPacket *packet;
} oracle;

static void open_oracle(const char *name)
{
	ck_assert_int_eq(avformat_open_input(&oracle.format, name, NULL, NULL),
			 0);
	ck_assert_int_ge(avformat_find_stream_info(oracle.format, NULL), 0);
	oracle.packet = av_packet_alloc();
}

static void close_oracle(void)
{
	av_packet_free(&oracle.packet);
	avformat_close_input(&oracle.format);
}

/* Reads the next packet; its pts in media ticks. */
static int64_t oracle_next(void)
{
	av_packet_unref(oracle.packet);
	ck_assert_int_eq(av_read_frame(oracle.format, oracle.packet), 0);
	return av_rescale_q(oracle.packet->pts,
			    oracle.format->streams[0]->time_base,
			    (AVRational){ 1, 90000 });
}

/* The slices of a packet whose NAL units have lengths of 4 bytes. */
static bool next_slice(const AVPacket *packet, size_t *at, const uint8_t **nal,
		       size_t *size)
{
	const uint8_t *p = packet->data;
	int type;

	do {
		if (*at + 4 >= (size_t)packet->size)
			return false;
		*size = (size_t)p[*at] << 24 | (size_t)p[*at + 1] << 16 |
			(size_t)p[*at + 2] << 8 | (size_t)p[*at + 3];
		*nal = p + *at + 4;
		*at += 4 + *size;
		type = **nal & 0x1f;
	} while (type != H264_SLICE && type != H264_IDR);
	return true;
}

static void expect_same_slices(const struct access_unit *unit)
{
	size_t at = 0, there = 0, size = 0;
	const uint8_t *slice = NULL;
	struct h264_nal nal;
	int slices = 0;

	while (h264_next_nal(&nal, unit->bytes, unit->size, &at)) {
		if (nal.type != H264_SLICE && nal.type != H264_IDR)
			continue;
		slices++;
		ck_assert(next_slice(oracle.packet, &there, &slice, &size));
		ck_assert_uint_eq(nal.size, size);
		ck_assert_mem_eq(nal.bytes, slice, size);
	}
	ck_assert_int_gt(slices, 0);
	ck_assert(!next_slice(oracle.packet, &there, &slice, &size));
}

/* --- files that are passed through --------------------------------------- */

static bool has_sets(const struct access_unit *unit)
{
	struct h264_parameter_sets sets = { 0 };

	return h264_collect(&sets, unit->bytes, unit->size) == 1 &&
	       sets.sps_size && sets.pps_size;
}

START_TEST(mp4_comes_frame_for_frame_with_its_slices_untouched)
{
	const struct source_info *info;
	int64_t first = 0, first_pts = 0;

	open_oracle(FILE_NAME("b.mp4"));
	ck_assert_int_eq(open_source(FILE_NAME("b.mp4"), false), 0);
	info = source_info(source);
	ck_assert_int_eq(info->gives, SOURCE_ACCESS_UNITS);
	ck_assert_int_eq(info->width, 320);
	ck_assert_int_eq(info->height, 180);
	ck_assert_int_eq(info->fps_num, 60);
	ck_assert_int_eq(info->fps_den, 1);
	for (int i = 0; i < PICTURES; i++) {
		struct access_unit unit = take();
		int64_t pts = oracle_next();

		if (i == 0) {
			first = unit.dts_90k;
			first_pts = pts - unit.pts_90k;
		}
		ck_assert_int_eq(unit.dts_90k, first + i * FRAME);
		ck_assert_int_eq(unit.pts_90k, pts - first_pts);
		ck_assert_int_ge(unit.pts_90k, unit.dts_90k);
		ck_assert_int_eq(unit.duration_90k, FRAME);
		ck_assert_int_eq(unit.key, i % 12 == 0);
		ck_assert_int_eq(has_sets(&unit), unit.key);
		ck_assert(!unit.discontinuity);
		expect_same_slices(&unit);
	}
	ck_assert_int_eq(result(-1), -ENODATA);
	ck_assert_int_eq(result(-1), -ENODATA);
	close_oracle();
}
END_TEST

START_TEST(b_frames_keep_their_order)
{
	int64_t last = 0;
	bool back = false;

	ck_assert_int_eq(open_source(FILE_NAME("b.mp4"), false), 0);
	for (int i = 0; i < PICTURES; i++) {
		int64_t pts = take().pts_90k;

		back |= pts < last;
		last = pts;
	}
	ck_assert(back);
}
END_TEST

/* Two loops; in each, `first` is where the first one began. */
static void play_twice(const char *name, int64_t tolerance)
{
	int64_t first = 0, next = 0, pts[PICTURES];
	int64_t before = clock_monotonic_us();

	ck_assert_int_eq(open_source(name, true), 0);
	for (int i = 0; i < 2 * PICTURES; i++) {
		struct access_unit unit = take();
		int64_t ideal;

		if (i == 0)
			next = first = unit.dts_90k;
		ideal = first + i * FRAME;
		ck_assert_int_eq(unit.dts_90k, next);
		ck_assert_int_ge(unit.pts_90k, unit.dts_90k);
		ck_assert_int_le(llabs(unit.dts_90k - ideal), tolerance);
		ck_assert_int_le(llabs(unit.duration_90k - FRAME), tolerance);
		ck_assert_int_eq(unit.key, i % 12 == 0);
		ck_assert(has_sets(&unit) || !unit.key);
		ck_assert(!unit.discontinuity);
		next = unit.dts_90k + unit.duration_90k;
		if (i % PICTURES == PICTURES - 1) /* to the next loop */
			ck_assert_int_eq(unit.duration_90k, FRAME);
		if (i < PICTURES)
			pts[i] = unit.pts_90k;
		else
			ck_assert_int_le(llabs(unit.pts_90k -
					       pts[i - PICTURES] -
					       PICTURES * FRAME),
					 tolerance);
		/* never before its time */
		ck_assert_int_ge(clock_monotonic_us(), unit.dts_90k * 100 / 9);
	}
	ck_assert_int_ge(clock_monotonic_us() - before,
			 (2 * PICTURES - 1) * FRAME * 100 / 9);
}

START_TEST(mp4_starts_over_exactly_one_frame_behind)
{
	play_twice(FILE_NAME("b.mp4"), 0);
}
END_TEST

START_TEST(ts_starts_over_exactly_one_frame_behind)
{
	play_twice(FILE_NAME("b.ts"), 0);
}
END_TEST

START_TEST(matroska_starts_over_within_its_millisecond)
{
	play_twice(FILE_NAME("b.mkv"), 90);
}
END_TEST

START_TEST(raw_h264_is_counted)
{
	play_twice(FILE_NAME("raw.h264"), 0);
}
END_TEST

START_TEST(a_file_of_one_picture_goes_round)
{
	int64_t last = 0;

	ck_assert_int_eq(open_source(FILE_NAME("one.mp4"), true), 0);
	for (int i = 0; i < 10; i++) {
		struct access_unit unit = take();

		ck_assert(unit.key);
		ck_assert_int_eq(unit.duration_90k, FRAME);
		if (i > 0)
			ck_assert_int_eq(unit.dts_90k, last + FRAME);
		last = unit.dts_90k;
	}
}
END_TEST

START_TEST(timestamps_that_go_back_are_marked_and_go_on)
{
	int64_t last = 0;
	int marks = 0;

	ck_assert_int_eq(open_source(FILE_NAME("twice.ts"), false), 0);
	for (int i = 0; i < 2 * PICTURES; i++) {
		struct access_unit unit = take();

		if (i > 0)
			ck_assert_int_eq(unit.dts_90k, last + FRAME);
		if (unit.discontinuity) {
			ck_assert_int_eq(i, PICTURES);
			marks++;
		}
		last = unit.dts_90k;
	}
	ck_assert_int_eq(marks, 1);
	ck_assert_int_eq(result(-1), -ENODATA);
}
END_TEST

/* Copies a stream of Annex B, but for all parameter sets behind the first. */
static void copy_with_first_sets(const char *from, const char *to)
{
	static uint8_t bytes[1 << 20];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n = fread(bytes, 1, sizeof(bytes), in), at = 0;
	bool slices = false;
	struct h264_nal nal;

	while (h264_next_nal(&nal, bytes, n, &at)) {
		slices |= nal.type == H264_IDR;
		if (slices && (nal.type == H264_SPS || nal.type == H264_PPS))
			continue;
		fwrite("\0\0\1", 1, 3, out);
		fwrite(nal.bytes, 1, nal.size, out);
	}
	fclose(in);
	fclose(out);
}

START_TEST(sets_that_come_once_are_put_in_front_of_each_key_frame)
{
	copy_with_first_sets(FILE_NAME("raw.h264"), FILE_NAME("once.h264"));
	ck_assert_int_eq(open_source(FILE_NAME("once.h264"), false), 0);
	for (int i = 0; i < PICTURES; i++) {
		struct access_unit unit = take();

		ck_assert_int_eq(unit.key, i % 12 == 0);
		ck_assert_int_eq(has_sets(&unit), unit.key);
	}
}
END_TEST

/* --- files that are decoded ---------------------------------------------- */

static void expect_pictures(const char *name)
{
	const struct source_info *info;
	struct source_item item;
	int64_t first = 0;

	ck_assert_int_eq(open_source(name, true), 0);
	info = source_info(source);
	ck_assert_int_eq(info->gives, SOURCE_PICTURES);
	ck_assert_int_eq(info->fps_num, 60);
	for (int i = 0; i < 2 * PICTURES; i++) {
		const struct picture *p = &item.picture;
		int least = 255, most = 0;

		ck_assert_int_eq(source_next(source, &item, -1), 0);
		if (i == 0)
			first = p->pts_90k;
		ck_assert_int_eq(p->pts_90k, first + i * FRAME);
		ck_assert_int_eq(p->format, PICTURE_I420);
		ck_assert_int_eq(p->width, 320);
		ck_assert_int_eq(p->height, 180);
		ck_assert_int_lt(p->stride[1], 320); /* half as wide */
		for (int n = 0; n < 320 * 180; n++) {
			int y = p->plane[0][n / 320 * p->stride[0] + n % 320];

			least = y < least ? y : least;
			most = y > most ? y : most;
		}
		/* limited range: 12 to 231 before it was compressed */
		ck_assert_int_ge(least, 1);
		ck_assert_int_le(least, 30);
		ck_assert_int_ge(most, 210);
		ck_assert_int_le(most, 240);
	}
}

/* It is to be played in time. */
START_TEST(mjpeg_of_full_range_is_decoded_to_limited_range)
{
	expect_pictures(FILE_NAME("mjpeg.avi"));
}
END_TEST

START_TEST(h264_that_browsers_do_not_take_is_decoded)
{
	expect_pictures(FILE_NAME("444.mp4"));
}
END_TEST

/* --- what is no video ---------------------------------------------------- */

START_TEST(what_is_no_video_is_refused)
{
	static const struct {
		const char *name;
		int err;
	} bad[] = {
		{ FILE_NAME("missing.mp4"), -ENOENT },
		{ FILE_NAME(""), -EINVAL }, /* the directory */
		{ FILE_NAME("empty.mp4"), -EINVAL },
		{ FILE_NAME("text.mp4"), -EINVAL },
		{ FILE_NAME("text.txt"), -EINVAL },
		{ FILE_NAME("text.nfo"), -EINVAL },
		{ FILE_NAME("sound.mp4"), -EINVAL },
		{ FILE_NAME("cover.m4a"), -EINVAL },
		{ FILE_NAME("noindex.mp4"), -EINVAL },
		{ FILE_NAME("nopicture.mp4"), -EINVAL },
		{ FILE_NAME("b.h264"), -EINVAL }, /* B-frames, no time */
		{ "/dev/null", -EINVAL },
		{ "nonsense://user:secret@host/?key=secret", AVERROR_BUG },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int err = open_source(bad[i].name, true);

		ck_assert_ptr_null(source);
		ck_assert_msg(err < 0 && (err == bad[i].err ||
					  bad[i].err == AVERROR_BUG),
			      "%s: %d", bad[i].name, err);
	}
}
END_TEST

/* Plays what is left of a file three times: its units are those of `whole`. */
static void expect_loops(const char *name, const char *whole)
{
	size_t sizes[PICTURES];
	int units = 0, loops = 0, at = 0;
	int64_t last = 0;

	ck_assert_int_eq(open_source(whole, false), 0);
	for (int i = 0; i < PICTURES; i++)
		sizes[i] = take().size;
	ck_assert_int_eq(open_source(name, true), 0);
	for (; loops < 4; units++) {
		struct access_unit unit = take();

		if (unit.key && unit.size == sizes[0]) {
			loops++;
			at = 0;
		}
		ck_assert_uint_eq(unit.size, sizes[at++]);
		if (units > 0)
			ck_assert_int_le(llabs(unit.dts_90k - last - FRAME),
					 90);
		last = unit.dts_90k;
	}
	ck_assert_int_eq(units % 3, 1); /* and the first of the fourth */
	ck_assert_int_ge(units / 3, 12);
	ck_assert_int_le(units / 3, 20);
}

START_TEST(a_file_that_was_cut_off_plays_up_to_the_cut_and_starts_over)
{
	expect_loops(FILE_NAME("cut.mp4"), FILE_NAME("b.mp4"));
	expect_loops(FILE_NAME("cut.mkv"), FILE_NAME("b.mkv"));
	expect_loops(FILE_NAME("cut.ts"), FILE_NAME("b.ts"));
}
END_TEST

/* --- waiting ------------------------------------------------------------- */

START_TEST(a_stop_ends_opening_and_waiting)
{
	ck_assert_int_eq(open_source(FILE_NAME("b.mp4"), true), 0);
	take();
	ck_assert_int_eq(write(stop[1], "x", 1), 1);
	ck_assert_int_eq(result(-1), -ECANCELED);
	ck_assert_int_eq(open_source(FILE_NAME("b.mp4"), true), -ECANCELED);
	ck_assert_ptr_null(source);
}
END_TEST

/* It is to be quicker than a frame. */
START_TEST(another_fd_interrupts_the_wait_and_nothing_is_lost)
{
	int64_t last;

	ck_assert_int_eq(open_source(FILE_NAME("b.mp4"), true), 0);
	last = take().dts_90k;
	ck_assert_int_eq(write(also[1], "x", 1), 1);
	ck_assert_int_eq(result(also[0]), -EAGAIN);
	ck_assert_int_eq(take().dts_90k, last + FRAME);
}
END_TEST

/* --- a live one, on a socket that is none of the network ----------------- */

/* Serves a file to one who connects, in another process; see teardown(). */
static void serve(const char *file, bool keep_open)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;
	static char bytes[1 << 20];
	size_t n;
	FILE *f;

	snprintf(socket_url, sizeof(socket_url),
		 "unix:///tmp/oriel-test-XXXXXX");
	close(mkstemp(socket_name));
	unlink(socket_name);
	memcpy(at.sun_path, socket_name, strlen(socket_name));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	server = fork();
	if (!server) {
		f = fopen(file, "rb");
		n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
		peer = accept(fd, NULL, NULL);
		if (write(peer, bytes, n) == (ssize_t)n && keep_open)
			pause();
		_exit(0);
	}
	close(fd);
}

START_TEST(what_is_live_is_not_paced_and_breaks_off_at_its_end)
{
	int64_t first = 0;

	serve(FILE_NAME("b.ts"), false);
	ck_assert_int_eq(open_source(socket_url, true), 0);
	for (int i = 0; i < PICTURES; i++) {
		struct access_unit unit = take();

		if (i == 0)
			first = unit.dts_90k;
		ck_assert_int_eq(unit.dts_90k, first + i * FRAME);
		ck_assert(!unit.discontinuity);
		ck_assert_int_eq(unit.key, i % 12 == 0);
	}
	/* all had come at once */
	ck_assert_int_lt(clock_monotonic_us() * 9 / 100,
			 first + (PICTURES - 1) * FRAME);
	ck_assert_int_eq(result(-1), -EPIPE);
}
END_TEST

START_TEST(a_stop_ends_the_wait_for_what_is_live)
{
	serve(FILE_NAME("b.ts"), true);
	ck_assert_int_eq(write(stop[1], "x", 1), 1);
	ck_assert_int_eq(open_source(socket_url, true), -ECANCELED);
}
END_TEST

CHECK_MAIN(source_libav, setup, teardown,
	   mp4_comes_frame_for_frame_with_its_slices_untouched,
	   b_frames_keep_their_order, mp4_starts_over_exactly_one_frame_behind,
	   ts_starts_over_exactly_one_frame_behind,
	   matroska_starts_over_within_its_millisecond, raw_h264_is_counted,
	   a_file_of_one_picture_goes_round,
	   timestamps_that_go_back_are_marked_and_go_on,
	   sets_that_come_once_are_put_in_front_of_each_key_frame,
	   NATIVELY(mjpeg_of_full_range_is_decoded_to_limited_range),
	   NATIVELY(h264_that_browsers_do_not_take_is_decoded),
	   what_is_no_video_is_refused,
	   a_file_that_was_cut_off_plays_up_to_the_cut_and_starts_over,
	   a_stop_ends_opening_and_waiting,
	   NATIVELY(another_fd_interrupts_the_wait_and_nothing_is_lost),
	   NATIVELY(what_is_live_is_not_paced_and_breaks_off_at_its_end),
	   a_stop_ends_the_wait_for_what_is_live)
