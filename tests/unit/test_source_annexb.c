/* SPDX-License-Identifier: MIT */
#include "device/source/source.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/wire.h"
#include "device/source/source_kinds.h"
#include "tests/unit/check_main.h"

/* Only this kind is linked; source.c is told of no other. */
const struct source_kind source_testcard, source_libav, source_v4l2,
	source_rpicam;

/* Parameter sets of x264: High with B-frames, 1920x1080 at 30000/1001. */
#define HIGH                                                                   \
	"\0\0\0\1\x67\x64\x00\x28\xac\xd9\x40\x78\x02\x27\xe5\xc0\x44\x00\x00" \
	"\x0f\xa4\x00\x03\xa9\x80\x3c\x60\xc6\x58\0\0\0\1\x68\xef\x8f\xcb"
/* And Constrained Baseline, 640x360, without VUI. */
#define PLAIN                                                                  \
	"\0\0\0\1\x67\x42\xc0\x1e\xda\x02\x80\xbf\xe5\x40\0\0\0\1\x68\xce\x0f" \
	"\xc8"
#define IDR "\0\0\1\x65\xb8\x84"
#define P   "\0\0\1\x41\xe2\x11"
#define B   "\0\0\1\x01\xa8\x11"

static struct source *source;
static int old_stdin, feed_fd, stop[2], also[2];

static void set_stdin(int fd)
{
	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
}

static void setup(void)
{
	int fds[2];

	old_stdin = dup(STDIN_FILENO);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(pipe(stop), 0);
	ck_assert_int_eq(pipe(also), 0);
	set_stdin(fds[0]);
	feed_fd = fds[1];
}

static void hang_up(void)
{
	if (feed_fd >= 0)
		close(feed_fd);
	feed_fd = -1;
}

static void teardown(void)
{
	source_close(&source);
	hang_up();
	set_stdin(old_stdin);
	for (int i = 0; i < 2; i++) {
		close(stop[i]);
		close(also[i]);
	}
}

static int open_source(void)
{
	struct source_params params = { .name = "-",
					.fps = 15,
					.stop_fd = stop[0] };

	return source_open(&source, &params);
}

static void write_to(int fd, const void *bytes, size_t n)
{
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
}

#define FEED(text) write_to(feed_fd, text, sizeof(text) - 1)

static struct access_unit take(void)
{
	struct source_item item;

	ck_assert_int_eq(source_next(source, &item, -1), 0);
	ck_assert_int_eq(item.unit.pts_90k, item.unit.dts_90k);
	return item.unit;
}

static int result(int also_fd)
{
	struct source_item item;

	return source_next(source, &item, also_fd);
}

START_TEST(every_unit_comes_whole_and_in_order)
{
	static const char first[] = HIGH IDR;
	struct access_unit unit;

	FEED(HIGH IDR P P HIGH IDR P);
	hang_up();
	ck_assert_int_eq(open_source(), 0);
	ck_assert_int_eq(source_info(source)->gives, SOURCE_ACCESS_UNITS);
	ck_assert_int_eq(source_info(source)->width, 1920);
	ck_assert_int_eq(source_info(source)->height, 1080);
	ck_assert_int_eq(source_info(source)->fps_num, 30000);
	ck_assert_int_eq(source_info(source)->fps_den, 1001);
	for (int i = 0; i < 5; i++) {
		unit = take();
		ck_assert_int_eq(unit.key, i == 0 || i == 3);
		ck_assert(!unit.discontinuity);
		if (unit.key) {
			ck_assert_uint_eq(unit.size, sizeof(first) - 1);
			ck_assert_mem_eq(unit.bytes, first, unit.size);
		} else {
			ck_assert_uint_eq(unit.size, sizeof(P) - 1);
			ck_assert_mem_eq(unit.bytes, P, unit.size);
		}
	}
	ck_assert_int_eq(result(-1), -ENODATA);
	ck_assert_int_eq(result(-1), -ENODATA);
}
END_TEST

START_TEST(the_rate_is_a_hint_where_the_stream_tells_none)
{
	FEED(PLAIN IDR P);
	ck_assert_int_eq(open_source(), 0);
	ck_assert_int_eq(source_info(source)->width, 640);
	ck_assert_int_eq(source_info(source)->fps_num, 15);
	ck_assert_int_eq(source_info(source)->fps_den, 1);
}
END_TEST

START_TEST(it_begins_with_the_first_key_frame_that_has_its_sets)
{
	FEED(P IDR P HIGH P P IDR P);
	hang_up();
	ck_assert_int_eq(open_source(), 0);
	ck_assert(take().key);
	ck_assert(!take().key);
	ck_assert_int_eq(result(-1), -ENODATA);
}
END_TEST

START_TEST(the_time_is_when_the_first_byte_came)
{
	int64_t before[4], after[4];
	struct access_unit unit[3];

	for (int i = 0; i < 4; i++) {
		before[i] = clock_monotonic_us() * 9 / 100;
		if (i == 0)
			FEED(HIGH IDR);
		else
			FEED(P);
		if (i == 1)
			ck_assert_int_eq(open_source(), 0);
		if (i > 0)
			unit[i - 1] = take();
		after[i] = clock_monotonic_us() * 9 / 100;
	}
	/*
	 * The first two were there before anybody looked, and so came at
	 * once: each is at least a tick behind the one before.
	 */
	ck_assert_int_ge(unit[0].dts_90k, before[1]);
	ck_assert_int_le(unit[0].dts_90k, after[1]);
	ck_assert_int_ge(unit[2].dts_90k, before[2]);
	ck_assert_int_le(unit[2].dts_90k, after[2] + 2);
	ck_assert_int_eq(unit[0].dts_90k + unit[0].duration_90k,
			 unit[1].dts_90k);
	ck_assert_int_eq(unit[1].dts_90k + unit[1].duration_90k,
			 unit[2].dts_90k);
}
END_TEST

START_TEST(units_that_come_at_once_keep_their_order)
{
	int64_t last = 0;

	FEED(HIGH IDR P P P P P);
	hang_up();
	ck_assert_int_eq(open_source(), 0);
	for (int i = 0; i < 6; i++) {
		struct access_unit unit = take();

		ck_assert_int_gt(unit.duration_90k, 0);
		if (i > 0)
			ck_assert_int_eq(unit.dts_90k, last);
		last = unit.dts_90k + unit.duration_90k;
	}
}
END_TEST

START_TEST(b_frames_are_refused)
{
	FEED(HIGH IDR P B P);
	ck_assert_int_eq(open_source(), 0);
	take();
	take();
	ck_assert_int_eq(result(-1), -EINVAL);
}
END_TEST

START_TEST(what_holds_no_picture_is_refused)
{
	FEED("once upon a time\0\0\1\x67 there was");
	hang_up();
	ck_assert_int_eq(open_source(), -EINVAL);
	ck_assert_ptr_null(source);
}
END_TEST

START_TEST(an_sps_that_cannot_be_read_is_refused)
{
	FEED("\0\0\1\x67\x64\0\0\1\x68\xce" IDR P);
	ck_assert_int_eq(open_source(), -EINVAL);
}
END_TEST

START_TEST(a_stop_ends_every_wait)
{
	write_to(stop[1], "x", 1);
	ck_assert_int_eq(open_source(), -ECANCELED);
	ck_assert_int_eq(read(stop[0], &(char){ 0 }, 1), 1);
	FEED(HIGH IDR P);
	ck_assert_int_eq(open_source(), 0);
	take();
	write_to(stop[1], "x", 1);
	ck_assert_int_eq(result(-1), -ECANCELED);
}
END_TEST

START_TEST(another_fd_interrupts_a_pause_and_nothing_is_lost)
{
	FEED(HIGH IDR P "\0\0\1");
	ck_assert_int_eq(open_source(), 0);
	take();
	write_to(also[1], "x", 1);
	ck_assert_int_eq(result(also[0]), -EAGAIN);
	FEED("\x41\xe2\x11");
	ck_assert_uint_eq(take().size, sizeof(P) - 1);
	ck_assert_int_eq(result(also[0]), -EAGAIN);
}
END_TEST

START_TEST(behind_a_picture_that_is_too_large_it_goes_on_at_a_key_frame)
{
	static char zeros[1 << 20];
	int fd = memfd_create("stream", 0);
	struct access_unit unit;

	memset(zeros, 0x55, sizeof(zeros));
	write_to(fd, HIGH IDR P, sizeof(HIGH IDR P) - 1);
	for (size_t n = 0; n <= WIRE_MAX_PART; n += sizeof(zeros))
		write_to(fd, zeros, sizeof(zeros));
	write_to(fd, P HIGH IDR P, sizeof(P HIGH IDR P) - 1);
	lseek(fd, 0, SEEK_SET);
	set_stdin(fd);
	ck_assert_int_eq(open_source(), 0);
	ck_assert(take().key);
	unit = take();
	ck_assert(unit.key);
	ck_assert(unit.discontinuity);
	unit = take();
	ck_assert(!unit.key);
	ck_assert(!unit.discontinuity);
	ck_assert_int_eq(result(-1), -ENODATA);
}
END_TEST

CHECK_MAIN(source_annexb, setup, teardown, every_unit_comes_whole_and_in_order,
	   the_rate_is_a_hint_where_the_stream_tells_none,
	   it_begins_with_the_first_key_frame_that_has_its_sets,
	   the_time_is_when_the_first_byte_came,
	   units_that_come_at_once_keep_their_order, b_frames_are_refused,
	   what_holds_no_picture_is_refused,
	   an_sps_that_cannot_be_read_is_refused, a_stop_ends_every_wait,
	   another_fd_interrupts_a_pause_and_nothing_is_lost,
	   behind_a_picture_that_is_too_large_it_goes_on_at_a_key_frame)
