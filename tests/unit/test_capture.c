/* SPDX-License-Identifier: MIT */
/* Buffers on their way, against a driver that does what a test says. */
#include "device/v4l2/capture.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <linux/videodev2.h>

#include "tests/unit/check_main.h"

#define TYPE	V4L2_BUF_TYPE_VIDEO_CAPTURE
#define BUFFERS 4
#define SIZE	1000

static struct {
	uint32_t stride;      /* of the format that is set */
	bool keeps_stride;    /* whatever is asked for */
	unsigned int next;    /* index of the next buffer that is done */
	unsigned int put[64]; /* indexes, in order */
	int puts;
	int put_error; /* that QBUF gives */
} driver;

static struct capture capture;
static struct v4l2_queue from;

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap___ioctl_time64(int fd, unsigned long request, ...);

static int set_format(struct v4l2_format *format)
{
	struct v4l2_pix_format *pix = &format->fmt.pix;

	if (!driver.keeps_stride || !driver.stride)
		driver.stride = pix->bytesperline;
	if (driver.stride < pix->width)
		driver.stride = pix->width;
	pix->bytesperline = driver.stride;
	pix->sizeimage = driver.stride * pix->height * 3 / 2;
	return 0;
}

static int put(const struct v4l2_buffer *b)
{
	if (driver.put_error) {
		errno = driver.put_error;
		return -1;
	}
	driver.put[driver.puts++] = b->index;
	return 0;
}

static int call(unsigned long request, void *argument)
{
	switch (request) {
	case VIDIOC_S_FMT:
		return set_format(argument);
	case VIDIOC_QBUF:
		return put(argument);
	case VIDIOC_DQBUF:
		((struct v4l2_buffer *)argument)->index = driver.next;
		driver.next = (driver.next + 1) % BUFFERS;
		return 0;
	}
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	int err;

	(void)fd;
	va_start(arguments, request);
	err = call(request, va_arg(arguments, void *));
	va_end(arguments);
	return err;
}

/* What glibc makes of it on 32 bits with 64 bits of time. */
int __wrap___ioctl_time64(int fd, unsigned long request, ...)
{
	va_list arguments;
	int err;

	(void)fd;
	va_start(arguments, request);
	err = call(request, va_arg(arguments, void *));
	va_end(arguments);
	return err;
}

static void setup(void)
{
	const struct v4l2_layout layout = { .fourcc = V4L2_PIX_FMT_NV12,
					    .width = 848,
					    .height = 480,
					    .stride = 848,
					    .size = SIZE };

	memset(&driver, 0, sizeof(driver));
	driver.stride = 848;
	capture_init(&capture, 5, TYPE, &layout);
	from = (struct v4l2_queue){ .count = BUFFERS };
	for (int i = 0; i < BUFFERS; i++)
		from.slot[i] =
			(struct v4l2_slot){ .fd = 100 + i, .length = SIZE };
}

static void start(void)
{
	ck_assert_int_eq(capture_import(&capture, &from), 0);
	ck_assert_int_eq(capture_start(&capture), 0);
	ck_assert_int_eq(driver.puts, BUFFERS);
	driver.puts = 0;
}

static struct picture_buffer *take(void)
{
	struct picture_buffer *buffer = NULL;
	struct v4l2_done done;

	ck_assert_int_eq(capture_take(&capture, &done, &buffer), 0);
	ck_assert_ptr_nonnull(buffer);
	ck_assert_uint_eq(buffer->index, done.index);
	ck_assert_uint_eq(buffer->holds, 1);
	return buffer;
}

START_TEST(a_camera_takes_the_lines_that_are_needed)
{
	ck_assert(capture_restride(&capture, 864));
	ck_assert_uint_eq(capture.layout.stride, 864);
	ck_assert_uint_eq(capture.layout.size, 864 * 480 * 3 / 2);
	ck_assert_uint_eq(driver.stride, 864);
}
END_TEST

START_TEST(one_that_does_not_keeps_its_own)
{
	driver.keeps_stride = true;
	ck_assert(!capture_restride(&capture, 864));
	ck_assert_uint_eq(capture.layout.stride, 848);
	ck_assert_uint_eq(driver.stride, 848);
}
END_TEST

START_TEST(a_buffer_goes_back_when_nobody_holds_it)
{
	struct picture_buffer *a, *b;

	start();
	a = take();
	b = take();
	picture_hold(a); /* the encoder */
	picture_hold(a); /* and the scaler */
	picture_release(a);
	picture_release(b);
	ck_assert_int_eq(driver.puts, 1);
	ck_assert_uint_eq(driver.put[0], b->index);
	picture_release(a);
	ck_assert_int_eq(driver.puts, 1);
	picture_release(a);
	ck_assert_int_eq(driver.puts, 2);
	ck_assert_uint_eq(driver.put[1], a->index);
}
END_TEST

START_TEST(ordered_buffers_wait_for_those_before_them)
{
	struct picture_buffer *buffer[BUFFERS];

	capture.ordered = true;
	start();
	for (int round = 0; round < 20; round++) {
		driver.puts = 0;
		for (int i = 0; i < 3; i++)
			buffer[i] = take();
		picture_release(buffer[2]);
		picture_release(buffer[1]);
		ck_assert_int_eq(driver.puts, 0);
		picture_release(buffer[0]);
		ck_assert_int_eq(driver.puts, 3);
		for (int i = 0; i < 3; i++)
			ck_assert_uint_eq(driver.put[i], buffer[i]->index);
	}
}
END_TEST

START_TEST(a_buffer_that_cannot_go_back_is_told_of_at_the_next)
{
	struct picture_buffer *a, *b;
	struct v4l2_done done;

	start();
	a = take();
	b = take();
	driver.put_error = ENODEV;
	picture_release(a);
	driver.put_error = EIO;
	picture_release(b);
	/* the first trouble is the reason for the others */
	ck_assert_int_eq(capture_take(&capture, &done, &a), -ENODEV);
}
END_TEST

START_TEST(what_is_held_over_the_end_goes_nowhere)
{
	struct picture_buffer *buffer;

	start();
	buffer = take();
	capture_finish(&capture);
	driver.puts = 0;
	picture_release(buffer);
	ck_assert_int_eq(driver.puts, 0);
}
END_TEST

CHECK_MAIN(capture, setup, NULL, a_camera_takes_the_lines_that_are_needed,
	   one_that_does_not_keeps_its_own,
	   a_buffer_goes_back_when_nobody_holds_it,
	   ordered_buffers_wait_for_those_before_them,
	   a_buffer_that_cannot_go_back_is_told_of_at_the_next,
	   what_is_held_over_the_end_goes_nowhere)
