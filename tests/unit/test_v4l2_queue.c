/* SPDX-License-Identifier: MIT */
/* A queue against a driver that does what a test says: it has no device. */
#include "device/v4l2/v4l2_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "device/v4l2/v4l2.h"
#include "tests/unit/check_main.h"

#define SINGLE V4L2_BUF_TYPE_VIDEO_CAPTURE
#define MANY   V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
#define LENGTH 1000

/* What the driver is asked, and answers. */
static struct {
	int interruptions; /* calls that fail with EINTR first */
	int refusals;	   /* and then with `error` */
	int error;
	int calls;
	unsigned int least;	/* buffers that it gives, 0: as asked */
	unsigned int most;	/* buffers that it gives */
	unsigned int asked;	/* by the last REQBUFS */
	struct v4l2_buffer put; /* by the last QBUF or PREPARE_BUF */
	struct v4l2_plane plane;
	struct v4l2_buffer done; /* of the next DQBUF */
	struct v4l2_plane done_plane;
} driver;

static struct v4l2_queue q;

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap___ioctl_time64(int fd, unsigned long request, ...);

static int answer_buffers(struct v4l2_requestbuffers *buffers)
{
	driver.asked = buffers->count;
	if (buffers->count > driver.most)
		buffers->count = driver.most;
	if (buffers->count && driver.least > buffers->count)
		buffers->count = driver.least;
	return 0;
}

static int answer_query(struct v4l2_buffer *b)
{
	if (!v4l2_is_mplane(b->type)) {
		b->length = LENGTH;
		b->m.offset = 4096 * b->index;
		return 0;
	}
	b->m.planes[0].length = LENGTH;
	b->m.planes[0].m.mem_offset = 4096 * b->index;
	return 0;
}

static int answer_put(const struct v4l2_buffer *b)
{
	driver.put = *b;
	if (v4l2_is_mplane(b->type))
		driver.plane = b->m.planes[0];
	return 0;
}

static int answer_take(struct v4l2_buffer *b)
{
	struct v4l2_plane *planes = b->m.planes;

	*b = driver.done;
	if (v4l2_is_mplane(q.type)) {
		b->m.planes = planes;
		planes[0] = driver.done_plane;
	}
	return 0;
}

static int answer(unsigned long request, void *argument)
{
	switch (request) {
	case VIDIOC_REQBUFS:
		return answer_buffers(argument);
	case VIDIOC_QUERYBUF:
		return answer_query(argument);
	case VIDIOC_QBUF:
	case VIDIOC_PREPARE_BUF:
		return answer_put(argument);
	case VIDIOC_DQBUF:
		return answer_take(argument);
	}
	return 0;
}

static int call(unsigned long request, void *argument)
{
	driver.calls++;
	errno = EINTR;
	if (driver.interruptions && driver.interruptions--)
		return -1;
	errno = driver.error;
	if (driver.refusals && driver.refusals--)
		return -1;
	return answer(request, argument);
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
	memset(&driver, 0, sizeof(driver));
	driver.most = 4;
	v4l2_queue_init(&q, 5, SINGLE);
}

static void request(uint32_t type, uint32_t memory)
{
	v4l2_queue_init(&q, 5, type);
	ck_assert_int_eq(v4l2_queue_request(&q, memory, 4, 2), 0);
}

START_TEST(a_call_is_repeated_after_signals_but_not_for_ever)
{
	int value;

	driver.interruptions = 99;
	ck_assert_int_eq(v4l2_call(5, VIDIOC_STREAMON, &value), 0);
	ck_assert_int_eq(driver.calls, 100);
	driver.interruptions = 100;
	ck_assert_int_eq(v4l2_call(5, VIDIOC_STREAMON, &value), -EINTR);
	driver.refusals = 1;
	driver.error = EBUSY;
	ck_assert_int_eq(v4l2_call(5, VIDIOC_STREAMON, &value), -EBUSY);
}
END_TEST

START_TEST(where_memory_is_short_fewer_are_asked_for)
{
	driver.refusals = 2;
	driver.error = ENOMEM;
	request(SINGLE, V4L2_MEMORY_MMAP);
	ck_assert_uint_eq(q.count, 2);
	v4l2_queue_init(&q, 5, SINGLE);
	driver.refusals = 3;
	ck_assert_int_eq(v4l2_queue_request(&q, V4L2_MEMORY_MMAP, 4, 2),
			 -ENOMEM);
	ck_assert_uint_eq(q.count, 0);
	/* any other refusal is one */
	driver.refusals = 1;
	driver.error = EINVAL;
	ck_assert_int_eq(v4l2_queue_request(&q, V4L2_MEMORY_MMAP, 4, 2),
			 -EINVAL);
}
END_TEST

START_TEST(a_driver_may_give_fewer_down_to_what_is_needed)
{
	driver.most = 2;
	request(SINGLE, V4L2_MEMORY_MMAP);
	ck_assert_uint_eq(q.count, 2);
	v4l2_queue_init(&q, 5, SINGLE);
	driver.most = 1;
	ck_assert_int_eq(v4l2_queue_request(&q, V4L2_MEMORY_MMAP, 4, 2),
			 -ENOMEM);
	ck_assert_uint_eq(q.count, 0);
	ck_assert_uint_eq(driver.asked, 0); /* given back */
}
END_TEST

START_TEST(a_driver_may_give_more_up_to_what_we_can_count)
{
	driver.least = V4L2_QUEUE_MOST;
	request(SINGLE, V4L2_MEMORY_MMAP);
	ck_assert_uint_eq(q.count, V4L2_QUEUE_MOST);
	v4l2_queue_init(&q, 5, SINGLE);
	driver.least++;
	ck_assert_int_eq(v4l2_queue_request(&q, V4L2_MEMORY_MMAP, 4, 2),
			 -ENOMEM);
	ck_assert_uint_eq(q.count, 0);
}
END_TEST

START_TEST(both_kinds_of_planes_are_filled)
{
	request(SINGLE, V4L2_MEMORY_DMABUF);
	q.slot[1].fd = 77;
	ck_assert_int_eq(v4l2_queue_put(&q, 1, 600, 1500000), 0);
	ck_assert_uint_eq(driver.put.index, 1);
	ck_assert_int_eq(driver.put.m.fd, 77);
	ck_assert_uint_eq(driver.put.length, LENGTH);
	ck_assert_uint_eq(driver.put.bytesused, 600);
	ck_assert_int_eq(driver.put.timestamp.tv_sec, 1);
	ck_assert_int_eq(driver.put.timestamp.tv_usec, 500000);
	request(MANY, V4L2_MEMORY_DMABUF);
	q.slot[2].fd = 78;
	ck_assert_int_eq(v4l2_queue_put(&q, 2, 700, 0), 0);
	ck_assert_uint_eq(driver.put.length, 1); /* planes */
	ck_assert_int_eq(driver.plane.m.fd, 78);
	ck_assert_uint_eq(driver.plane.length, LENGTH);
	ck_assert_uint_eq(driver.plane.bytesused, 700);
}
END_TEST

/* As if the driver gave this buffer back. */
static int take(unsigned int index, uint32_t used, uint32_t offset,
		struct v4l2_done *done)
{
	driver.done = (struct v4l2_buffer){ .index = index,
					    .bytesused = used,
					    .sequence = 9,
					    .timestamp = { 2, 5 } };
	driver.done_plane =
		(struct v4l2_plane){ .bytesused = used, .data_offset = offset };
	return v4l2_queue_take(&q, done);
}

START_TEST(a_driver_that_lies_is_not_believed)
{
	struct v4l2_done done;

	request(MANY, V4L2_MEMORY_MMAP);
	ck_assert_int_eq(take(0, 10, 0, &done), -EIO); /* we have that one */
	ck_assert_int_eq(v4l2_queue_put_all(&q), 0);
	ck_assert_uint_eq(q.queued, 4);
	ck_assert_int_eq(take(4, 10, 0, &done), -EIO);
	ck_assert_int_eq(take(0, LENGTH + 1, 0, &done), 0);
	ck_assert_uint_eq(done.size, LENGTH);
	ck_assert_int_eq(take(0, 10, 0, &done), -EIO); /* twice */
	ck_assert_int_eq(take(1, 10, 11, &done), 0);
	ck_assert_uint_eq(done.offset, 10);
	ck_assert_uint_eq(done.size, 0);
	ck_assert_int_eq(take(3, 10, 4, &done), 0);
	ck_assert_uint_eq(done.offset, 4);
	ck_assert_uint_eq(done.size, 6);
	ck_assert_int_eq(done.at_us, 2000005);
	ck_assert_uint_eq(done.sequence, 9);
	ck_assert_uint_eq(q.queued, 1);
}
END_TEST

START_TEST(a_single_plane_has_no_offset)
{
	struct v4l2_done done;

	request(SINGLE, V4L2_MEMORY_MMAP);
	ck_assert_int_eq(v4l2_queue_put(&q, 0, 0, 0), 0);
	ck_assert_int_eq(take(0, 10, 4, &done), 0);
	ck_assert_uint_eq(done.offset, 0);
	ck_assert_uint_eq(done.size, 10);
}
END_TEST

START_TEST(a_buffer_is_free_until_it_is_put_and_after_a_stop)
{
	request(SINGLE, V4L2_MEMORY_MMAP);
	ck_assert_int_eq(v4l2_queue_free_slot(&q), 0);
	v4l2_queue_put(&q, 0, 0, 0);
	ck_assert_int_eq(v4l2_queue_free_slot(&q), 1);
	v4l2_queue_put_all(&q);
	ck_assert_int_eq(v4l2_queue_free_slot(&q), -1);
	ck_assert_int_eq(v4l2_queue_start(&q), 0);
	ck_assert(q.streaming);
	/* also when the driver refuses to stop */
	driver.refusals = 1;
	driver.error = EIO;
	ck_assert_int_eq(v4l2_queue_stop(&q), -EIO);
	ck_assert(!q.streaming);
	ck_assert_uint_eq(q.queued, 0);
	ck_assert_int_eq(v4l2_queue_free_slot(&q), 0);
}
END_TEST

START_TEST(what_was_never_started_is_not_stopped)
{
	request(SINGLE, V4L2_MEMORY_MMAP);
	driver.calls = 0;
	ck_assert_int_eq(v4l2_queue_stop(&q), 0);
	ck_assert_int_eq(driver.calls, 0);
	v4l2_queue_put(&q, 0, 0, 0);
	driver.calls = 0;
	v4l2_queue_stop(&q); /* takes the buffer back */
	ck_assert_int_eq(driver.calls, 1);
	v4l2_queue_finish(&q);
	ck_assert_uint_eq(q.count, 0);
	driver.calls = 0;
	v4l2_queue_finish(&q);
	ck_assert_int_eq(driver.calls, 0);
}
END_TEST

START_TEST(an_import_has_to_be_long_enough)
{
	struct v4l2_queue from = { .count = 3 };

	for (int i = 0; i < 3; i++)
		from.slot[i] =
			(struct v4l2_slot){ .fd = 40 + i, .length = 500 };
	request(MANY, V4L2_MEMORY_DMABUF);
	ck_assert_int_eq(v4l2_queue_import(&q, &from, 501), -EINVAL);
	ck_assert_int_eq(v4l2_queue_import(&q, &from, 500), 0);
	ck_assert_uint_eq(q.count, 3);
	ck_assert_int_eq(q.slot[2].fd, 42);
	ck_assert_uint_eq(q.slot[2].length, 500);
	from.slot[1].fd = -1; /* not exported */
	ck_assert_int_eq(v4l2_queue_import(&q, &from, 500), -EINVAL);
	from.count = 4; /* more than there are places */
	ck_assert_int_eq(v4l2_queue_import(&q, &from, 500), -EINVAL);
}
END_TEST

START_TEST(what_was_exported_is_closed_and_what_was_imported_is_not)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	request(SINGLE, V4L2_MEMORY_DMABUF);
	q.slot[0].fd = fds[0];
	v4l2_queue_finish(&q);
	ck_assert_int_ge(fcntl(fds[0], F_GETFD), 0);
	request(SINGLE, V4L2_MEMORY_MMAP);
	q.slot[0].fd = fds[0];
	v4l2_queue_finish(&q);
	ck_assert_int_eq(fcntl(fds[0], F_GETFD), -1);
	close(fds[1]);
}
END_TEST

CHECK_MAIN(v4l2_queue, setup, NULL,
	   a_call_is_repeated_after_signals_but_not_for_ever,
	   where_memory_is_short_fewer_are_asked_for,
	   a_driver_may_give_fewer_down_to_what_is_needed,
	   a_driver_may_give_more_up_to_what_we_can_count,
	   both_kinds_of_planes_are_filled, a_driver_that_lies_is_not_believed,
	   a_single_plane_has_no_offset,
	   a_buffer_is_free_until_it_is_put_and_after_a_stop,
	   what_was_never_started_is_not_stopped,
	   an_import_has_to_be_long_enough,
	   what_was_exported_is_closed_and_what_was_imported_is_not)
