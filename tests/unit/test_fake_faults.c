/* SPDX-License-Identifier: MIT */
/* Each fault of the fake does what its line says, when it says. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/fake/client.h"
#include "tests/fake/fake.h"
#include "tests/unit/check_main.h"

#define STEP_US 33333
#define PI	"pi; "
#define CAMERA	"node cam camera profile=unicam sizes=640x360 fps=100; "

static struct client_encoder e;
static int fd = -1; /* of what else a test opens */

static void setup(void)
{
	e.fd = -1;
	fd = -1;
}

static void close_all(void)
{
	client_encoder_close(&e);
	if (fd >= 0)
		close(fd);
	fd = -1;
}

static void teardown(void)
{
	close_all();
	ck_assert_int_eq(fake_count_held(), 0);
	ck_assert_int_eq(fake_reset(""), 0);
}

/* --- pictures through the encoder ---------------------------------------- */

static void open_encoder(const char *script)
{
	ck_assert_int_eq(fake_reset(script), 0);
	ck_assert_int_eq(client_encoder_open(&e, 11, 320, 192, true), 0);
}

static void push(int number)
{
	ck_assert_int_eq(client_encoder_push(&e, 0, (number + 1) * STEP_US), 0);
	ck_assert_int_eq(client_encoder_take_back(&e), 0);
}

/* The picture's number, from its timestamp; -1: it has none. */
static int pull(struct client_buffer *unit)
{
	ck_assert_int_eq(client_encoder_pull(&e, unit), 0);
	return (int)(unit->time_us / STEP_US) - 1;
}

static int pull_and_requeue(void)
{
	struct client_buffer unit;
	int number = pull(&unit);

	ck_assert_int_eq(client_encoder_requeue(&e, unit.index), 0);
	return number;
}

static bool nothing_comes(void)
{
	return client_poll(e.fd, POLLIN, 80) == 0;
}

START_TEST(a_skipped_picture_gives_back_its_buffer_and_no_unit)
{
	open_encoder(PI "frame=2 encoder skip x2");
	for (int i = 0; i < 4; i++)
		push(i);
	ck_assert_int_eq(pull_and_requeue(), 0);
	ck_assert_int_eq(pull_and_requeue(), 3);
	ck_assert(nothing_comes());
	ck_assert_uint_eq(fake_count("encoder", "skipped"), 2);
}
END_TEST

START_TEST(a_skipped_key_gives_headers_and_the_next_one_is_a_key)
{
	struct client_buffer unit;

	open_encoder(PI "encoder header-only");
	push(0);
	ck_assert_int_eq(pull(&unit), 0);
	ck_assert_uint_lt(unit.used, 64);
	ck_assert_int_eq(e.units[unit.index][4] & 31, 7);
	push(1);
	ck_assert_int_eq(pull(&unit), 1);
	ck_assert(unit.flags & V4L2_BUF_FLAG_KEYFRAME);
}
END_TEST

START_TEST(garbage_comes_first_and_has_no_time)
{
	struct client_buffer unit;

	open_encoder(PI "encoder garbage");
	push(0);
	ck_assert_int_eq(pull(&unit), -1);
	ck_assert_int_eq(unit.time_us, 0);
	ck_assert_int_eq(pull(&unit), 0);
}
END_TEST

START_TEST(an_empty_buffer_comes_first)
{
	struct client_buffer unit;

	open_encoder(PI "encoder empty");
	push(0);
	ck_assert_int_eq(pull(&unit), 0);
	ck_assert_uint_eq(unit.used, 0);
	ck_assert(!(unit.flags & V4L2_BUF_FLAG_LAST));
	ck_assert_int_eq(pull(&unit), 0);
	ck_assert_uint_gt(unit.used, 0);
}
END_TEST

START_TEST(a_unit_has_the_error_flag)
{
	struct client_buffer unit;

	open_encoder(PI "frame=2 encoder error");
	push(0);
	push(1);
	pull(&unit);
	ck_assert(!(unit.flags & V4L2_BUF_FLAG_ERROR));
	pull(&unit);
	ck_assert(unit.flags & V4L2_BUF_FLAG_ERROR);
}
END_TEST

START_TEST(a_unit_is_cut_off)
{
	struct client_buffer unit;

	open_encoder(PI "encoder truncate 50");
	push(0);
	pull(&unit);
	ck_assert_uint_eq(unit.used, 50);
}
END_TEST

START_TEST(a_key_has_no_flag)
{
	struct client_buffer unit;

	open_encoder(PI "encoder no-key-flag");
	push(0);
	pull(&unit);
	ck_assert(!(unit.flags & V4L2_BUF_FLAG_KEYFRAME));
	ck_assert_uint_eq(fake_count("encoder", "keys"), 1);
}
END_TEST

START_TEST(an_output_buffer_never_returns)
{
	open_encoder(PI "encoder keep-output");
	ck_assert_int_eq(client_encoder_push(&e, 0, STEP_US), 0);
	ck_assert_int_eq(pull_and_requeue(), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLOUT, 50), 0);
	ck_assert_int_eq(client_stream(e.fd, OUT_TYPE, false), 0);
	ck_assert_int_eq(client_encoder_push(&e, 0, STEP_US), 0);
}
END_TEST

START_TEST(a_capture_buffer_never_returns)
{
	open_encoder(PI "encoder keep-capture");
	for (int i = 0; i < CLIENT_BUFFERS - 1; i++) {
		struct client_buffer unit;

		push(i);
		ck_assert_int_eq(pull(&unit), i);
	}
	push(CLIENT_BUFFERS);
	ck_assert(nothing_comes());
}
END_TEST

START_TEST(nothing_comes_from_a_stalled_encoder_until_it_goes_on)
{
	open_encoder(PI);
	ck_assert_int_eq(fake_script("encoder stall"), 0);
	ck_assert_int_eq(client_encoder_push(&e, 0, STEP_US), 0);
	ck_assert_int_eq(client_poll(e.fd, POLLIN | POLLOUT, 50), 0);
	ck_assert_int_eq(fake_script("encoder resume"), 0);
	ck_assert_int_eq(pull_and_requeue(), 0);
}
END_TEST

/* --- calls --------------------------------------------------------------- */

START_TEST(a_call_fails_as_often_as_it_is_told)
{
	ck_assert_int_eq(fake_reset(PI "call=REQBUFS@2 encoder fail ENOMEM x2"),
			 0);
	fd = client_open(11);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1), 1);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1),
			 -ENOMEM);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1),
			 -ENOMEM);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1), 1);
}
END_TEST

START_TEST(a_call_fails_for_one_queue_alone)
{
	ck_assert_int_eq(fake_reset(PI "call=REQBUFS.cap encoder fail EIO x*"),
			 0);
	fd = client_open(11);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1), 1);
	ck_assert_int_eq(client_request(fd, CAP_TYPE, V4L2_MEMORY_MMAP, 1),
			 -EIO);
}
END_TEST

START_TEST(open_fails_and_poll_is_interrupted)
{
	ck_assert_int_eq(fake_reset(PI "call=open encoder fail EBUSY;"
				       "call=poll encoder fail EINTR"),
			 0);
	ck_assert_int_eq(client_open(11), -EBUSY);
	fd = client_open(11);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(client_poll(fd, POLLIN, 0), -EINTR);
	ck_assert_int_eq(client_poll(fd, POLLIN, 0), POLLERR);
}
END_TEST

START_TEST(chance_hits_some_calls)
{
	int failed = 0;

	ck_assert_int_eq(fake_reset(PI "call=* p=0.5 encoder fail EINTR x*"),
			 0);
	do
		fd = client_open(11);
	while (fd < 0);
	for (int i = 0; i < 200; i++)
		failed += client_get(fd, V4L2_CID_MPEG_VIDEO_BITRATE) == -EINTR;
	ck_assert_int_gt(failed, 50);
	ck_assert_int_lt(failed, 150);
}
END_TEST

START_TEST(a_call_sleeps)
{
	int64_t before = clock_monotonic_us();

	ck_assert_int_eq(fake_reset(PI "call=S_CTRL encoder block 0.1;"
				       "call=poll encoder block 0.1"),
			 0);
	fd = client_open(11);
	client_set(fd, V4L2_CID_MPEG_VIDEO_BITRATE, 1000000);
	ck_assert_int_ge(clock_monotonic_us() - before, 100000);
	before = clock_monotonic_us();
	client_poll(fd, POLLIN, 0);
	ck_assert_int_ge(clock_monotonic_us() - before, 100000);
}
END_TEST

static void *call_for_ever(void *context)
{
	(void)context;
	client_set(fd, V4L2_CID_MPEG_VIDEO_BITRATE, 1000000);
	return NULL;
}

START_TEST(while_one_call_sleeps_all_others_of_the_device_do)
{
	int64_t before = clock_monotonic_us();
	pthread_t thread;
	int other;

	ck_assert_int_eq(fake_reset(PI "call=S_CTRL encoder block 0.2"), 0);
	fd = client_open(11);
	pthread_create(&thread, NULL, call_for_ever, NULL);
	while (fake_count("encoder", "calls") == 0)
		sched_yield();
	other = client_open(11); /* open too */
	client_get(other, V4L2_CID_MPEG_VIDEO_BITRATE);
	ck_assert_int_ge(clock_monotonic_us() - before, 200000);
	pthread_join(thread, NULL);
	close(other);
}
END_TEST

START_TEST(dead_firmware_refuses_buffers_until_reboot)
{
	ck_assert_int_eq(fake_reset(PI "call=STREAMOFF encoder die"), 0);
	ck_assert_int_eq(client_encoder_open(&e, 11, 320, 192, true), 0);
	ck_assert_int_eq(client_stream(e.fd, CAP_TYPE, false), 0);
	client_encoder_close(&e);
	fd = client_open(11);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1),
			 -EINVAL);
	ck_assert_int_eq(fake_script("encoder reboot"), 0);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 1), 1);
}
END_TEST

START_TEST(a_fatal_queue_error_goes_with_STREAMOFF)
{
	struct client_buffer b;

	open_encoder(PI);
	ck_assert_int_eq(fake_script("encoder eio"), 0);
	ck_assert(client_poll(e.fd, POLLIN, 0) & POLLERR);
	ck_assert_int_eq(client_dequeue(e.fd, CAP_TYPE, V4L2_MEMORY_MMAP, &b),
			 -EIO);
	ck_assert_int_eq(client_encoder_push(&e, 0, STEP_US), -EIO);
	client_stream(e.fd, OUT_TYPE, false);
	client_stream(e.fd, CAP_TYPE, false);
	client_stream(e.fd, OUT_TYPE, true);
	client_stream(e.fd, CAP_TYPE, true);
	client_encoder_requeue(&e, 0);
	push(0);
	ck_assert_int_eq(pull_and_requeue(), 0);
}
END_TEST

START_TEST(there_are_fewer_buffers_and_a_control_less)
{
	char script[128];

	snprintf(script, sizeof(script),
		 PI "encoder most-buffers 2;"
		    "encoder no-control %d",
		 V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER);
	ck_assert_int_eq(fake_reset(script), 0);
	fd = client_open(11);
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_MMAP, 6), 2);
	ck_assert_int_eq(
		client_set(fd, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1),
		-EINVAL);
	ck_assert_int_eq(client_set(fd, V4L2_CID_MPEG_VIDEO_BITRATE, 1000000),
			 0);
}
END_TEST

START_TEST(the_firmware_dies_of_too_many_attachments)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, 320, 192, 0, 0 };
	struct client_buffer b = { 0 };
	int giver, fds[2];

	ck_assert_int_eq(fake_reset(PI "encoder attach-limit 3"), 0);
	giver = client_open(12);
	client_set_format(giver, CAP_TYPE, &f);
	client_request(giver, CAP_TYPE, V4L2_MEMORY_MMAP, 2);
	fd = client_open(11);
	client_set_format(fd, OUT_TYPE, &f);
	client_request(fd, OUT_TYPE, V4L2_MEMORY_DMABUF, 1);
	for (uint32_t i = 0; i < 2; i++)
		fds[i] = client_export(giver, CAP_TYPE, i);
	b.used = b.length = f.size;
	for (int i = 0; i < 4; i++) {
		b.fd = fds[i % 2];
		ck_assert_int_eq(client_queue(fd, OUT_TYPE, &b),
				 i < 3 ? 0 : -EINVAL);
		client_stream(fd, OUT_TYPE, false);
	}
	ck_assert_int_eq(client_request(fd, OUT_TYPE, V4L2_MEMORY_DMABUF, 1),
			 -EINVAL);
	close(fds[0]);
	close(fds[1]);
	close(giver);
}
END_TEST

/* --- a camera's pictures ------------------------------------------------- */

static struct client_format format;

static void open_camera(const char *script)
{
	struct client_buffer b = { .fd = -1 };

	ck_assert_int_eq(fake_reset(script), 0);
	fd = client_open(0);
	format = (struct client_format){ V4L2_PIX_FMT_NV12, 640, 360, 0, 0 };
	ck_assert_int_eq(client_set_format(fd, CAP_TYPE, &format), 0);
	ck_assert_int_eq(client_request(fd, CAP_TYPE, V4L2_MEMORY_MMAP, 8), 8);
	for (b.index = 0; b.index < 8; b.index++)
		ck_assert_int_eq(client_queue(fd, CAP_TYPE, &b), 0);
	ck_assert_int_eq(client_stream(fd, CAP_TYPE, true), 0);
}

static struct client_buffer next(void)
{
	struct client_buffer b;

	ck_assert_int_eq(client_poll(fd, POLLIN, CLIENT_WAIT_MS), POLLIN);
	ck_assert_int_eq(client_dequeue(fd, CAP_TYPE, V4L2_MEMORY_MMAP, &b), 0);
	return b;
}

START_TEST(pictures_are_short_or_flagged)
{
	struct client_buffer b;

	open_camera(CAMERA "frame=2 cam short 1000; frame=3 cam error");
	ck_assert_uint_eq(next().used, format.size);
	ck_assert_uint_eq(next().used, 1000);
	b = next();
	ck_assert_uint_eq(b.used, format.size);
	ck_assert(b.flags & V4L2_BUF_FLAG_ERROR);
	ck_assert(!(next().flags & V4L2_BUF_FLAG_ERROR));
}
END_TEST

START_TEST(time_jumps_ahead_and_stays_there)
{
	int64_t first, second, third;

	open_camera(CAMERA "frame=2 cam gap 3000");
	first = next().time_us;
	second = next().time_us;
	third = next().time_us;
	ck_assert_int_ge(second - first, 3000000);
	ck_assert_int_ge(third - first, 3000000);
	ck_assert_int_lt(third - second, 1000000);
}
END_TEST

START_TEST(time_goes_back_once)
{
	int64_t first, second, third;

	open_camera(CAMERA "frame=2 cam back 500");
	first = next().time_us;
	second = next().time_us;
	third = next().time_us;
	ck_assert_int_lt(second, first);
	ck_assert_int_gt(third, first);
}
END_TEST

START_TEST(time_is_zero_or_of_the_wall)
{
	struct client_buffer b;
	const int64_t wall = clock_wall_us();

	open_camera(CAMERA "frame=1 cam zero-time; frame=2 cam wall-time;"
			   "frame=3 cam wall-time 1 x*");
	ck_assert_int_eq(next().time_us, 0);
	b = next();
	ck_assert_int_ge(b.time_us, wall);
	b = next();
	ck_assert_uint_eq(b.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK,
			  V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN);
}
END_TEST

START_TEST(numbers_are_left_out_and_wrap)
{
	uint32_t first;

	open_camera(CAMERA "frame=2 cam sequence-gap 5;"
			   "frame=3 cam sequence 4294967295");
	first = next().sequence;
	ck_assert_uint_ge(next().sequence, first + 6);
	ck_assert_uint_eq(next().sequence, UINT32_MAX);
	ck_assert_uint_lt(next().sequence, 1000);
}
END_TEST

START_TEST(a_stalled_camera_says_nothing)
{
	open_camera(CAMERA "frame=2 cam stall");
	next();
	/* What is done between frames may come one frame late. */
	while (client_poll(fd, POLLIN, 100) == POLLIN)
		next();
	ck_assert_int_eq(client_poll(fd, POLLIN, 50), 0);
}
END_TEST

START_TEST(the_rate_is_another_than_was_set)
{
	int64_t first;

	open_camera(CAMERA "cam fps 20");
	first = next().time_us;
	ck_assert_int_ge(next().time_us - first, 30000);
}
END_TEST

/* Whether the next frame is flagged; its buffer is given back. */
static bool next_is_broken(void)
{
	struct client_buffer b = next();
	bool broken = b.flags & V4L2_BUF_FLAG_ERROR;

	ck_assert_int_eq(client_queue(fd, CAP_TYPE, &b), 0);
	return broken;
}

/* Two frames, or more where a busy machine made them late and all at once. */
START_TEST(a_fault_ends_after_its_time)
{
	int broken = 0;

	open_camera(CAMERA "for=0.02 cam error");
	while (broken < 200 && next_is_broken())
		broken++;
	ck_assert_int_ge(broken, 1);
	ck_assert_int_lt(broken, 200);
	for (int i = 0; i < 4; i++)
		ck_assert(!next_is_broken());
}
END_TEST

/* --- the rest ------------------------------------------------------------ */

START_TEST(the_wall_clock_jumps_and_the_monotonic_does_not)
{
	int64_t wall, monotonic;

	ck_assert_int_eq(fake_reset(PI), 0);
	wall = clock_wall_us();
	monotonic = clock_monotonic_us();
	ck_assert_int_eq(fake_script("* step-clock -86400"), 0);
	ck_assert_int_lt(clock_wall_us() - wall, -86000000000);
	ck_assert_int_lt(time(NULL), wall / 1000000 - 86000);
	ck_assert_int_ge(clock_monotonic_us(), monotonic);
	ck_assert_int_lt(clock_monotonic_us() - monotonic, 10000000);
}
END_TEST

START_TEST(poll_tells_ours_from_other_descriptors)
{
	int other = eventfd(1, EFD_CLOEXEC);
	struct pollfd fds[] = { { .fd = -1, .events = POLLIN },
				{ .fd = other, .events = POLLIN | POLLOUT },
				{ .events = POLLIN | POLLOUT } };

	open_encoder(PI);
	fds[2].fd = e.fd;
	ck_assert_int_eq(poll(fds, 3, 0), 1);
	ck_assert_int_eq(fds[0].revents, 0);
	ck_assert_int_eq(fds[1].revents, POLLIN | POLLOUT);
	ck_assert_int_eq(fds[2].revents, 0);
	client_encoder_push(&e, 0, STEP_US);
	fds[1].fd = -1;
	ck_assert_int_eq(poll(fds, 3, CLIENT_WAIT_MS), 1);
	ck_assert(fds[2].revents);
	close(other);
}
END_TEST

START_TEST(select_works_too)
{
	struct timeval none = { 0 }, some = { 5, 0 };
	fd_set in;

	open_encoder(PI);
	FD_ZERO(&in);
	FD_SET(e.fd, &in);
	ck_assert_int_eq(select(e.fd + 1, &in, NULL, NULL, &none), 0);
	ck_assert(!FD_ISSET(e.fd, &in));
	client_encoder_push(&e, 0, STEP_US);
	FD_SET(e.fd, &in);
	ck_assert_int_eq(select(e.fd + 1, &in, NULL, NULL, &some), 1);
	ck_assert(FD_ISSET(e.fd, &in));
}
END_TEST

START_TEST(a_line_that_makes_no_sense_is_refused)
{
	static const char *const bad[] = {
		"node x",
		"node x toaster",
		"node x camera profile=box",
		"node x camera sizes=640",
		"node x camera formats=ABCD",
		"kernel 7",
		"encoder explode",
		"nobody stall",
		"when=3 encoder skip",
		"frame=x encoder skip",
		"call=QBUF encoder fail",
		"encoder fail EIO",
		"encoder skip x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(fake_reset(PI), 0);
		ck_assert_msg(fake_script(bad[i]) == -EINVAL, "%s", bad[i]);
	}
	ck_assert_int_eq(fake_script("# a remark\n\n ; encoder skip # why"), 0);
}
END_TEST

CHECK_MAIN(fake_faults, setup, teardown,
	   a_skipped_picture_gives_back_its_buffer_and_no_unit,
	   a_skipped_key_gives_headers_and_the_next_one_is_a_key,
	   garbage_comes_first_and_has_no_time, an_empty_buffer_comes_first,
	   a_unit_has_the_error_flag, a_unit_is_cut_off, a_key_has_no_flag,
	   an_output_buffer_never_returns, a_capture_buffer_never_returns,
	   nothing_comes_from_a_stalled_encoder_until_it_goes_on,
	   a_call_fails_as_often_as_it_is_told,
	   a_call_fails_for_one_queue_alone, open_fails_and_poll_is_interrupted,
	   chance_hits_some_calls, a_call_sleeps,
	   while_one_call_sleeps_all_others_of_the_device_do,
	   dead_firmware_refuses_buffers_until_reboot,
	   a_fatal_queue_error_goes_with_STREAMOFF,
	   there_are_fewer_buffers_and_a_control_less,
	   the_firmware_dies_of_too_many_attachments,
	   pictures_are_short_or_flagged, time_jumps_ahead_and_stays_there,
	   time_goes_back_once, time_is_zero_or_of_the_wall,
	   numbers_are_left_out_and_wrap, a_stalled_camera_says_nothing,
	   the_rate_is_another_than_was_set, a_fault_ends_after_its_time,
	   the_wall_clock_jumps_and_the_monotonic_does_not,
	   poll_tells_ours_from_other_descriptors, select_works_too,
	   a_line_that_makes_no_sense_is_refused)
