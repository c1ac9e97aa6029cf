/* SPDX-License-Identifier: MIT */
/* The fake cameras and the scaler answer as the drivers do. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/testcard/timecode.h"
#include "tests/fake/client.h"
#include "tests/fake/fake.h"
#include "tests/unit/check_main.h"

#define WIDTH	640
#define HEIGHT	360
#define BUFFERS 4
#define UVC	"node cam camera profile=uvc sizes=640x360 fps=100"
#define UNICAM	"node cam camera profile=unicam sizes=640x360 fps=100"
#define LEGACY	"node cam camera profile=legacy fps=100"
#define WRAPPED "node cam camera profile=libcamerify fps=100"

/* The camera that a test opens; all is given back by teardown. */
static struct {
	int fd;
	uint32_t type;
	struct client_format format;
	uint8_t *maps[BUFFERS];
	uint32_t length;
} cam;

static void setup(void)
{
	cam.fd = -1;
	memset(cam.maps, 0, sizeof(cam.maps));
}

static void close_camera(void)
{
	for (int i = 0; i < BUFFERS; i++) {
		if (cam.maps[i])
			munmap(cam.maps[i], cam.length);
		cam.maps[i] = NULL;
	}
	if (cam.fd >= 0)
		close(cam.fd);
	cam.fd = -1;
}

static void teardown(void)
{
	close_camera();
	ck_assert_int_eq(fake_count_held(), 0);
}

static void open_camera(const char *script, uint32_t type)
{
	ck_assert_int_eq(fake_reset(script), 0);
	cam.fd = client_open(0);
	ck_assert_int_ge(cam.fd, 0);
	cam.type = type;
}

static void set_format(uint32_t fourcc)
{
	cam.format = (struct client_format){ fourcc, WIDTH, HEIGHT, 0, 0 };
	ck_assert_int_eq(client_set_format(cam.fd, cam.type, &cam.format), 0);
	ck_assert_uint_eq(cam.format.fourcc, fourcc);
}

static void map_buffers(void)
{
	ck_assert_int_eq(
		client_request(cam.fd, cam.type, V4L2_MEMORY_MMAP, BUFFERS),
		BUFFERS);
	for (uint32_t i = 0; i < BUFFERS; i++) {
		struct client_buffer b = { .index = i };

		ck_assert_int_eq(client_query(cam.fd, cam.type, &b), 0);
		cam.length = b.length;
		cam.maps[i] = mmap(NULL, b.length, PROT_READ, MAP_SHARED,
				   cam.fd, b.offset);
		ck_assert_ptr_ne(cam.maps[i], MAP_FAILED);
	}
}

static int queue(uint32_t index)
{
	const struct client_buffer b = { .index = index,
					 .length = cam.length,
					 .fd = -1 };

	return client_queue(cam.fd, cam.type, &b);
}

static void start(uint32_t fourcc)
{
	set_format(fourcc);
	map_buffers();
	for (uint32_t i = 0; i < BUFFERS; i++)
		ck_assert_int_eq(queue(i), 0);
	ck_assert_int_eq(client_stream(cam.fd, cam.type, true), 0);
}

static int dequeue(struct client_buffer *b)
{
	return client_dequeue(cam.fd, cam.type, V4L2_MEMORY_MMAP, b);
}

static void next(struct client_buffer *b)
{
	ck_assert_int_eq(client_poll(cam.fd, POLLIN, CLIENT_WAIT_MS), POLLIN);
	ck_assert_int_eq(dequeue(b), 0);
}

/* --- pictures ------------------------------------------------------------ */

/* The time in the first plane's luma; `step` bytes from one to the next. */
static void check_timecode(const uint8_t *at, int step)
{
	static uint8_t luma[WIDTH * HEIGHT];
	uint32_t ms;

	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++)
			luma[y * WIDTH + x] =
				at[y * (int)cam.format.line + x * step];
	}
	ck_assert(timecode_read(luma, WIDTH, WIDTH, HEIGHT, &ms));
}

START_TEST(raw_pictures_have_a_timecode)
{
	static const struct {
		const char *script;
		uint32_t type, fourcc;
		int step;
	} rows[] = {
		{ UNICAM, CAP_TYPE, V4L2_PIX_FMT_NV12, 1 },
		{ UNICAM, CAP_TYPE, V4L2_PIX_FMT_YUV420, 1 },
		{ UNICAM " pad=256", CAP_TYPE, V4L2_PIX_FMT_NV12, 1 },
		{ UVC, SINGLE_TYPE, V4L2_PIX_FMT_YUYV, 2 },
		{ WRAPPED, SINGLE_TYPE, V4L2_PIX_FMT_YUV420, 1 },
		{ LEGACY, SINGLE_TYPE, V4L2_PIX_FMT_YUV420, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct client_buffer b;

		open_camera(rows[i].script, rows[i].type);
		start(rows[i].fourcc);
		next(&b);
		ck_assert_uint_eq(b.used, cam.format.size);
		check_timecode(cam.maps[b.index], rows[i].step);
		close_camera();
	}
}
END_TEST

START_TEST(lines_are_padded_as_the_script_says)
{
	open_camera(UNICAM " pad=256", CAP_TYPE);
	set_format(V4L2_PIX_FMT_NV12);
	ck_assert_uint_eq(cam.format.line, 768);
	ck_assert_uint_eq(cam.format.size, 768 * HEIGHT * 3 / 2);
}
END_TEST

START_TEST(jpegs_are_whole)
{
	struct client_buffer b;
	const uint8_t *bytes;

	open_camera(UVC, SINGLE_TYPE);
	start(V4L2_PIX_FMT_MJPEG);
	next(&b);
	bytes = cam.maps[b.index];
	ck_assert_uint_lt(b.used, b.length);
	ck_assert(bytes[0] == 0xff && bytes[1] == 0xd8);
	ck_assert(bytes[b.used - 2] == 0xff && bytes[b.used - 1] == 0xd9);
}
END_TEST

START_TEST(h264_begins_with_headers)
{
	struct client_buffer b;

	open_camera(LEGACY, SINGLE_TYPE);
	start(V4L2_PIX_FMT_H264);
	next(&b);
	ck_assert_int_eq(cam.maps[b.index][4] & 31, 7);
}
END_TEST

START_TEST(sequence_counts_and_time_is_monotonic)
{
	struct client_buffer b, before = { 0 };

	open_camera(UVC, SINGLE_TYPE);
	start(V4L2_PIX_FMT_YUYV);
	for (int i = 0; i < 5; i++) {
		next(&b);
		if (i) {
			ck_assert_uint_gt(b.sequence, before.sequence);
			ck_assert_int_gt(b.time_us, before.time_us);
		}
		ck_assert_uint_eq(b.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK,
				  V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC);
		before = b;
		ck_assert_int_eq(queue(b.index), 0);
	}
}
END_TEST

/* --- answers ------------------------------------------------------------- */

START_TEST(the_nearest_size_is_taken)
{
	struct client_format f = { V4L2_PIX_FMT_YUYV, 1000, 700, 0, 0 };

	open_camera("node cam camera", SINGLE_TYPE);
	ck_assert_int_eq(client_set_format(cam.fd, SINGLE_TYPE, &f), 0);
	ck_assert_uint_eq(f.width, 1280);
	ck_assert_uint_eq(f.height, 720);
	f.fourcc = V4L2_PIX_FMT_H264; /* it has none */
	ck_assert_int_eq(client_set_format(cam.fd, SINGLE_TYPE, &f), 0);
	ck_assert_uint_eq(f.fourcc, V4L2_PIX_FMT_YUYV);
}
END_TEST

START_TEST(a_camera_has_one_kind_of_planes)
{
	struct client_format f = { V4L2_PIX_FMT_YUYV, WIDTH, HEIGHT, 0, 0 };

	open_camera(UVC, SINGLE_TYPE);
	ck_assert_int_eq(client_set_format(cam.fd, CAP_TYPE, &f), -EINVAL);
	close_camera();
	open_camera(UNICAM, CAP_TYPE);
	ck_assert_int_eq(client_set_format(cam.fd, SINGLE_TYPE, &f), -EINVAL);
}
END_TEST

START_TEST(the_rate_is_bounded_by_what_the_camera_has)
{
	struct v4l2_streamparm p = { .type = SINGLE_TYPE };

	open_camera(UVC, SINGLE_TYPE);
	ck_assert_int_eq(client_set_fps(cam.fd, SINGLE_TYPE, 500), 0);
	ck_assert_int_eq(client_call(cam.fd, VIDIOC_G_PARM, &p), 0);
	ck_assert_uint_eq(p.parm.capture.timeperframe.denominator, 100);
	ck_assert(p.parm.capture.capability & V4L2_CAP_TIMEPERFRAME);
}
END_TEST

START_TEST(poll_before_streaming_is_an_error)
{
	open_camera(UVC, SINGLE_TYPE);
	ck_assert_int_eq(client_poll(cam.fd, POLLIN, 0), POLLERR);
	set_format(V4L2_PIX_FMT_YUYV); /* and no harm is done */
}
END_TEST

START_TEST(poll_before_streaming_takes_a_readwrite_node_away)
{
	struct client_format f = { V4L2_PIX_FMT_YUV420, WIDTH, HEIGHT, 0, 0 };

	open_camera(LEGACY, SINGLE_TYPE);
	client_poll(cam.fd, POLLIN, 0);
	ck_assert_int_eq(client_set_format(cam.fd, SINGLE_TYPE, &f), -EBUSY);
	ck_assert_int_eq(
		client_request(cam.fd, SINGLE_TYPE, V4L2_MEMORY_MMAP, 4),
		-EBUSY);
	ck_assert_int_eq(client_stream(cam.fd, SINGLE_TYPE, true), -EBUSY);
}
END_TEST

START_TEST(with_nothing_queued_poll_just_waits)
{
	open_camera(UVC, SINGLE_TYPE);
	set_format(V4L2_PIX_FMT_YUYV);
	map_buffers();
	ck_assert_int_eq(client_stream(cam.fd, SINGLE_TYPE, true), 0);
	do
		ck_assert_int_eq(client_poll(cam.fd, POLLIN, 10), 0);
	while (!fake_count("cam", "dropped"));
}
END_TEST

START_TEST(DQBUF_knows_when_it_is_not_streaming)
{
	struct client_buffer b;

	open_camera(UVC, SINGLE_TYPE);
	set_format(V4L2_PIX_FMT_YUYV);
	map_buffers();
	ck_assert_int_eq(dequeue(&b), -EINVAL);
	ck_assert_int_eq(client_stream(cam.fd, SINGLE_TYPE, true), 0);
	ck_assert_int_eq(dequeue(&b), -EAGAIN);
}
END_TEST

START_TEST(the_metadata_node_is_no_camera)
{
	struct v4l2_capability c;
	int fd;

	ck_assert_int_eq(fake_reset("node meta metadata"), 0);
	fd = client_open(0);
	ck_assert_int_eq(client_call(fd, VIDIOC_QUERYCAP, &c), 0);
	ck_assert(c.capabilities & V4L2_CAP_VIDEO_CAPTURE);
	ck_assert(!(c.device_caps & V4L2_CAP_VIDEO_CAPTURE));
	close(fd);
}
END_TEST

/* --- libcamerify --------------------------------------------------------- */

START_TEST(libcamerify_knows_MMAP_and_no_controls)
{
	struct v4l2_event_subscription s = { .type = V4L2_EVENT_CTRL };

	open_camera(WRAPPED, SINGLE_TYPE);
	ck_assert_int_eq(
		client_request(cam.fd, SINGLE_TYPE, V4L2_MEMORY_DMABUF, 4),
		-EINVAL);
	ck_assert_int_eq(client_get(cam.fd, V4L2_CID_BRIGHTNESS), -ENOTTY);
	ck_assert_int_eq(client_call(cam.fd, VIDIOC_SUBSCRIBE_EVENT, &s),
			 -ENOTTY);
	ck_assert_int_eq(
		client_request(cam.fd, SINGLE_TYPE, V4L2_MEMORY_MMAP, 9), 4);
}
END_TEST

START_TEST(libcamerify_has_no_POLLERR)
{
	open_camera(WRAPPED, SINGLE_TYPE);
	ck_assert_int_eq(client_poll(cam.fd, POLLIN, 0), 0);
}
END_TEST

START_TEST(libcamerify_wants_buffers_back_in_order)
{
	struct client_buffer first, second;

	open_camera(WRAPPED, SINGLE_TYPE);
	start(V4L2_PIX_FMT_NV12);
	next(&first);
	next(&second);
	ck_assert_int_eq(queue(second.index), -ENOMEM);
	ck_assert_int_eq(queue(first.index), 0);
	ck_assert_int_eq(queue(second.index), 0);
}
END_TEST

START_TEST(libcamerify_maps_the_exact_size_alone)
{
	struct client_buffer b = { .index = 0 };

	open_camera(WRAPPED, SINGLE_TYPE);
	set_format(V4L2_PIX_FMT_NV12);
	client_request(cam.fd, SINGLE_TYPE, V4L2_MEMORY_MMAP, 1);
	ck_assert_int_eq(client_query(cam.fd, SINGLE_TYPE, &b), 0);
	ck_assert_ptr_eq(mmap(NULL, b.length - 1, PROT_READ, MAP_SHARED, cam.fd,
			      b.offset),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* --- memory from one device to another ----------------------------------- */

/* The encoder, importing what `cam` gives. */
static int import_into_encoder(void)
{
	int encoder = client_open(11), fd, err;
	struct client_buffer b = { .used = cam.format.size,
				   .length = cam.format.size };

	ck_assert_int_ge(encoder, 0);
	ck_assert_int_eq(client_set_format(encoder, OUT_TYPE, &cam.format), 0);
	ck_assert_int_eq(
		client_request(encoder, OUT_TYPE, V4L2_MEMORY_DMABUF, 4), 4);
	fd = b.fd = client_export(cam.fd, cam.type, 0);
	ck_assert_int_ge(fd, 0);
	err = client_queue(encoder, OUT_TYPE, &b);
	close(fd);
	close(encoder);
	return err;
}

START_TEST(contiguous_memory_goes_to_the_encoder)
{
	open_camera("pi; " UNICAM, CAP_TYPE);
	set_format(V4L2_PIX_FMT_NV12);
	map_buffers();
	ck_assert_int_eq(import_into_encoder(), 0);
	ck_assert_uint_eq(fake_count("encoder", "imports"), 1);
}
END_TEST

START_TEST(scattered_memory_does_not)
{
	open_camera("pi; " UVC, SINGLE_TYPE);
	set_format(V4L2_PIX_FMT_YUYV);
	map_buffers();
	ck_assert_int_eq(import_into_encoder(), -EFAULT);
	ck_assert_uint_eq(fake_count("encoder", "attaches"), 0);
}
END_TEST

START_TEST(a_usb_camera_fills_the_encoders_memory)
{
	struct client_format f = { V4L2_PIX_FMT_YUYV, WIDTH, HEIGHT, 0, 0 };
	int encoder, fd;
	struct client_buffer b = { 0 }, out = { 0 };

	open_camera("pi; " UVC, SINGLE_TYPE);
	set_format(V4L2_PIX_FMT_YUYV);
	encoder = client_open(11);
	ck_assert_int_eq(client_set_format(encoder, OUT_TYPE, &f), 0);
	ck_assert_int_eq(client_request(encoder, OUT_TYPE, V4L2_MEMORY_MMAP, 1),
			 1);
	fd = client_export(encoder, OUT_TYPE, 0);
	ck_assert_int_eq(
		client_request(cam.fd, SINGLE_TYPE, V4L2_MEMORY_DMABUF, 1), 1);
	b.fd = fd;
	b.length = f.size;
	ck_assert_int_eq(client_queue(cam.fd, SINGLE_TYPE, &b), 0);
	ck_assert_int_eq(client_stream(cam.fd, SINGLE_TYPE, true), 0);
	ck_assert_int_eq(client_poll(cam.fd, POLLIN, CLIENT_WAIT_MS), POLLIN);
	out = (struct client_buffer){ .used = f.size,
				      .length = f.size,
				      .fd = -1 };
	ck_assert_int_eq(client_queue(encoder, OUT_TYPE, &out), 0);
	ck_assert_uint_eq(fake_count("encoder", "exported"), 1);
	ck_assert_uint_eq(fake_count("encoder", "copies"), 0);
	close(fd);
	close(encoder);
}
END_TEST

/* --- the scaler ---------------------------------------------------------- */

static void request_and_start(int fd, uint32_t type)
{
	ck_assert_int_eq(client_request(fd, type, V4L2_MEMORY_MMAP, 1), 1);
	ck_assert_int_eq(client_stream(fd, type, true), 0);
}

START_TEST(the_scaler_keeps_the_timestamp_and_makes_the_size)
{
	struct client_format big = { V4L2_PIX_FMT_NV12, 1280, 720, 0, 0 };
	struct client_format small = { V4L2_PIX_FMT_YUV420, 640, 360, 0, 0 };
	struct client_buffer b = { .fd = -1, .time_us = 12345678 };
	int isp;

	ck_assert_int_eq(fake_reset("pi"), 0);
	isp = client_open(12);
	ck_assert_int_eq(client_set_format(isp, OUT_TYPE, &big), 0);
	ck_assert_int_eq(client_set_format(isp, CAP_TYPE, &small), 0);
	ck_assert_uint_eq(big.width, 1280);
	ck_assert_uint_eq(small.size, 640 * 360 * 3 / 2);
	request_and_start(isp, OUT_TYPE);
	request_and_start(isp, CAP_TYPE);
	b.length = small.size;
	ck_assert_int_eq(client_queue(isp, CAP_TYPE, &b), 0);
	b.length = b.used = big.size;
	ck_assert_int_eq(client_queue(isp, OUT_TYPE, &b), 0);
	ck_assert_int_eq(client_poll(isp, POLLIN, CLIENT_WAIT_MS), POLLIN);
	ck_assert_int_eq(client_dequeue(isp, CAP_TYPE, V4L2_MEMORY_MMAP, &b),
			 0);
	ck_assert_int_eq(b.time_us, 12345678);
	ck_assert_uint_eq(b.used, small.size);
	close(isp);
}
END_TEST

START_TEST(crop_is_believed_by_older_kernels_and_not_done)
{
	struct client_format f = { V4L2_PIX_FMT_NV12, 1280, 720, 0, 0 };
	struct v4l2_selection s = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
				    .target = V4L2_SEL_TGT_CROP,
				    .r = { 0, 0, 640, 360 } };
	int isp;

	ck_assert_int_eq(fake_reset("kernel 5.15; pi"), 0);
	isp = client_open(12);
	client_set_format(isp, OUT_TYPE, &f);
	ck_assert_int_eq(client_call(isp, VIDIOC_S_SELECTION, &s), 0);
	s.r = (struct v4l2_rect){ 0 };
	ck_assert_int_eq(client_call(isp, VIDIOC_G_SELECTION, &s), 0);
	ck_assert_uint_eq(s.r.width, 0);
	close(isp);
}
END_TEST

/* --- coming and going ---------------------------------------------------- */

START_TEST(what_was_queued_comes_back_spoilt_when_it_is_unplugged)
{
	struct client_buffer b;
	bool spoilt = false;

	open_camera(UVC, SINGLE_TYPE);
	start(V4L2_PIX_FMT_YUYV);
	ck_assert_int_eq(fake_script("cam unplug 60000"), 0);
	for (int i = 0; i < BUFFERS; i++) {
		next(&b);
		spoilt = b.flags & V4L2_BUF_FLAG_ERROR;
	}
	ck_assert(spoilt);
	ck_assert_int_eq(queue(0), -ENODEV);
	ck_assert_int_eq(dequeue(&b), -EAGAIN);
}
END_TEST

START_TEST(an_unplugged_camera_is_gone)
{
	struct v4l2_capability c;
	struct client_buffer b;

	open_camera(UVC, SINGLE_TYPE);
	start(V4L2_PIX_FMT_YUYV);
	ck_assert_int_eq(fake_script("cam unplug 0"), 0);
	ck_assert_int_eq(client_poll(cam.fd, POLLIN, CLIENT_WAIT_MS),
			 POLLERR | POLLHUP);
	ck_assert_int_eq(dequeue(&b), -ENODEV);
	ck_assert_int_eq(queue(0), -ENODEV);
	ck_assert_int_eq(client_call(cam.fd, VIDIOC_QUERYCAP, &c), -ENODEV);
	ck_assert_int_eq(client_stream(cam.fd, SINGLE_TYPE, false), -ENODEV);
	ck_assert_int_eq(client_open(0), -ENOENT);
}
END_TEST

START_TEST(it_comes_back_under_another_number_while_it_is_held)
{
	int again;

	open_camera(UVC, SINGLE_TYPE);
	ck_assert_int_eq(fake_script("cam unplug 0; cam plug"), 0);
	ck_assert_int_eq(client_open(0), -ENOENT);
	again = client_open(1);
	ck_assert_int_ge(again, 0);
	close(again);
	close_camera();
	ck_assert_int_eq(fake_script("cam unplug 0; cam plug 0"), 0);
	cam.fd = client_open(0);
	ck_assert_int_ge(cam.fd, 0);
}
END_TEST

START_TEST(its_link_by_id_follows_it)
{
	const char *link = "/dev/v4l/by-id/"
			   "usb-Fake_USB_Camera_0001-video-index0";
	struct stat st;
	int fd;

	ck_assert_int_eq(fake_reset(UVC), 0);
	ck_assert_int_eq(stat(link, &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
	ck_assert_uint_eq(st.st_rdev, makedev(81, 0));
	ck_assert_int_eq(fake_script("cam unplug 0"), 0);
	ck_assert_int_lt(stat(link, &st), 0);
	ck_assert_int_eq(fake_script("cam plug 7"), 0);
	ck_assert_int_eq(stat(link, &st), 0);
	ck_assert_uint_eq(st.st_rdev, makedev(81, 7));
	fd = open(link, O_RDWR | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(numbers_can_be_shuffled)
{
	int found = 0, usual = 0;

	ck_assert_int_eq(fake_reset("shuffle 3; pi"), 0);
	for (int number = 0; number < 64; number++) {
		int fd = client_open(number);

		if (fd < 0)
			continue;
		found++;
		usual += number == 11;
		close(fd);
	}
	ck_assert_int_eq(found, 5);
	ck_assert_int_eq(usual, 0);
}
END_TEST

CHECK_MAIN(fake_camera, setup, teardown, raw_pictures_have_a_timecode,
	   lines_are_padded_as_the_script_says, jpegs_are_whole,
	   h264_begins_with_headers, sequence_counts_and_time_is_monotonic,
	   the_nearest_size_is_taken, a_camera_has_one_kind_of_planes,
	   the_rate_is_bounded_by_what_the_camera_has,
	   poll_before_streaming_is_an_error,
	   poll_before_streaming_takes_a_readwrite_node_away,
	   with_nothing_queued_poll_just_waits,
	   DQBUF_knows_when_it_is_not_streaming, the_metadata_node_is_no_camera,
	   libcamerify_knows_MMAP_and_no_controls, libcamerify_has_no_POLLERR,
	   libcamerify_wants_buffers_back_in_order,
	   libcamerify_maps_the_exact_size_alone,
	   contiguous_memory_goes_to_the_encoder, scattered_memory_does_not,
	   a_usb_camera_fills_the_encoders_memory,
	   the_scaler_keeps_the_timestamp_and_makes_the_size,
	   crop_is_believed_by_older_kernels_and_not_done,
	   what_was_queued_comes_back_spoilt_when_it_is_unplugged,
	   an_unplugged_camera_is_gone,
	   it_comes_back_under_another_number_while_it_is_held,
	   its_link_by_id_follows_it, numbers_can_be_shuffled)
