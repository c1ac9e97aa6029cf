/* SPDX-License-Identifier: MIT */
#include "tests/fake/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define GREY 128

int client_open(int number)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/video%d", number);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int client_call(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

static bool is_multi(uint32_t type)
{
	return type == OUT_TYPE || type == CAP_TYPE;
}

/* --- formats and controls ------------------------------------------------ */

int client_set_format(int fd, uint32_t type, struct client_format *f)
{
	struct v4l2_format format = { .type = type };
	struct v4l2_pix_format *pix = &format.fmt.pix;
	struct v4l2_pix_format_mplane *mp = &format.fmt.pix_mp;
	int err;

	if (is_multi(type)) {
		mp->pixelformat = f->fourcc;
		mp->width = f->width;
		mp->height = f->height;
		mp->num_planes = 1;
		mp->plane_fmt[0].bytesperline = f->line;
		mp->plane_fmt[0].sizeimage = f->size;
	} else {
		pix->pixelformat = f->fourcc;
		pix->width = f->width;
		pix->height = f->height;
		pix->bytesperline = f->line;
	}
	err = client_call(fd, VIDIOC_S_FMT, &format);
	*f = is_multi(type)
		     ? (struct client_format){ mp->pixelformat, mp->width,
					       mp->height,
					       mp->plane_fmt[0].bytesperline,
					       mp->plane_fmt[0].sizeimage }
		     : (struct client_format){ pix->pixelformat, pix->width,
					       pix->height, pix->bytesperline,
					       pix->sizeimage };
	return err;
}

int client_set(int fd, uint32_t control, int32_t value)
{
	struct v4l2_control c = { .id = control, .value = value };

	return client_call(fd, VIDIOC_S_CTRL, &c);
}

int client_get(int fd, uint32_t control)
{
	struct v4l2_control c = { .id = control };
	int err = client_call(fd, VIDIOC_G_CTRL, &c);

	return err < 0 ? err : c.value;
}

int client_set_fps(int fd, uint32_t type, uint32_t fps)
{
	struct v4l2_streamparm p = { .type = type };
	struct v4l2_fract interval = { 1, fps };

	if (V4L2_TYPE_IS_OUTPUT(type))
		p.parm.output.timeperframe = interval;
	else
		p.parm.capture.timeperframe = interval;
	return client_call(fd, VIDIOC_S_PARM, &p);
}

/* --- buffers ------------------------------------------------------------- */

int client_request(int fd, uint32_t type, uint32_t memory, uint32_t count)
{
	struct v4l2_requestbuffers request = { .type = type,
					       .memory = memory,
					       .count = count };
	int err = client_call(fd, VIDIOC_REQBUFS, &request);

	return err < 0 ? err : (int)request.count;
}

static void read_buffer(const struct v4l2_buffer *from,
			const struct v4l2_plane *plane, struct client_buffer *b)
{
	bool multi = is_multi(from->type);

	*b = (struct client_buffer){
		.index = from->index,
		.used = multi ? plane->bytesused : from->bytesused,
		.length = multi ? plane->length : from->length,
		.flags = from->flags,
		.sequence = from->sequence,
		.offset = multi ? plane->m.mem_offset : from->m.offset,
		.fd = -1,
		.time_us = (int64_t)from->timestamp.tv_sec * 1000000 +
			   from->timestamp.tv_usec,
	};
}

int client_query(int fd, uint32_t type, struct client_buffer *b)
{
	struct v4l2_plane plane = { 0 };
	struct v4l2_buffer buffer = { .type = type,
				      .index = b->index,
				      .memory = V4L2_MEMORY_MMAP };
	int err;

	if (is_multi(type)) {
		buffer.m.planes = &plane;
		buffer.length = 1;
	}
	err = client_call(fd, VIDIOC_QUERYBUF, &buffer);
	if (err == 0)
		read_buffer(&buffer, &plane, b);
	return err;
}

static int give(int fd, uint32_t type, const struct client_buffer *b,
		unsigned long request)
{
	struct v4l2_plane plane = { .bytesused = b->used, .length = b->length };
	struct v4l2_buffer buffer = {
		.type = type,
		.index = b->index,
		.memory = b->fd < 0 ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF,
		.field = V4L2_FIELD_NONE,
		.timestamp = { b->time_us / 1000000, b->time_us % 1000000 },
	};

	if (is_multi(type)) {
		plane.m.fd = b->fd;
		buffer.m.planes = &plane;
		buffer.length = 1;
	} else {
		buffer.bytesused = b->used;
		buffer.length = b->length;
		buffer.m.fd = b->fd;
	}
	return client_call(fd, request, &buffer);
}

int client_queue(int fd, uint32_t type, const struct client_buffer *b)
{
	return give(fd, type, b, VIDIOC_QBUF);
}

int client_prepare(int fd, uint32_t type, const struct client_buffer *b)
{
	return give(fd, type, b, VIDIOC_PREPARE_BUF);
}

int client_dequeue(int fd, uint32_t type, uint32_t memory,
		   struct client_buffer *b)
{
	struct v4l2_plane plane = { 0 };
	struct v4l2_buffer buffer = { .type = type, .memory = memory };
	int err;

	if (is_multi(type)) {
		buffer.m.planes = &plane;
		buffer.length = 1;
	}
	err = client_call(fd, VIDIOC_DQBUF, &buffer);
	if (err == 0)
		read_buffer(&buffer, &plane, b);
	return err;
}

int client_export(int fd, uint32_t type, uint32_t index)
{
	struct v4l2_exportbuffer e = { .type = type,
				       .index = index,
				       .flags = O_RDWR | O_CLOEXEC };
	int err = client_call(fd, VIDIOC_EXPBUF, &e);

	return err < 0 ? err : e.fd;
}

int client_stream(int fd, uint32_t type, bool on)
{
	int argument = (int)type;

	return client_call(fd, on ? VIDIOC_STREAMON : VIDIOC_STREAMOFF,
			   &argument);
}

int client_poll(int fd, int events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = (short)events };
	int count = poll(&p, 1, timeout_ms);

	return count < 0 ? -errno : p.revents;
}

/* --- an encoder ---------------------------------------------------------- */

static int map_queue(struct client_encoder *e, uint32_t type, uint8_t **at)
{
	for (uint32_t i = 0; i < CLIENT_BUFFERS; i++) {
		struct client_buffer b = { .index = i };
		int err = client_query(e->fd, type, &b);
		void *map;

		if (err < 0)
			return err;
		map = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED,
			   e->fd, b.offset);
		if (map == MAP_FAILED)
			return -errno;
		at[i] = map;
		if (type == CAP_TYPE)
			e->unit_length = b.length;
		else
			memset(map, GREY, b.length);
	}
	return 0;
}

static int set_up_queues(struct client_encoder *e)
{
	int err;

	if ((err = client_set_format(e->fd, CAP_TYPE, &e->cap)) < 0 ||
	    (err = client_set_format(e->fd, OUT_TYPE, &e->out)) < 0 ||
	    (err = client_request(e->fd, OUT_TYPE, V4L2_MEMORY_MMAP,
				  CLIENT_BUFFERS)) < 0 ||
	    (err = client_request(e->fd, CAP_TYPE, V4L2_MEMORY_MMAP,
				  CLIENT_BUFFERS)) < 0 ||
	    (err = map_queue(e, OUT_TYPE, e->pictures)) < 0)
		return err;
	return map_queue(e, CAP_TYPE, e->units);
}

static int start(struct client_encoder *e)
{
	int err = client_stream(e->fd, OUT_TYPE, true);

	if (err == 0)
		err = client_stream(e->fd, CAP_TYPE, true);
	for (uint32_t i = 0; i < CLIENT_BUFFERS && err == 0; i++)
		err = client_encoder_requeue(e, i);
	return err;
}

int client_encoder_open(struct client_encoder *e, int number, uint32_t width,
			uint32_t height, bool streaming)
{
	int err;

	*e = (struct client_encoder){
		.fd = client_open(number),
		.out = { V4L2_PIX_FMT_YUV420, width, height, 0, 0 },
		.cap = { V4L2_PIX_FMT_H264, width, height, 0, 0 },
	};
	if (e->fd < 0)
		return e->fd;
	err = set_up_queues(e);
	if (err == 0 && streaming)
		err = start(e);
	return err;
}

void client_encoder_close(struct client_encoder *e)
{
	for (int i = 0; i < CLIENT_BUFFERS; i++) {
		if (e->pictures[i])
			munmap(e->pictures[i], e->out.size);
		if (e->units[i])
			munmap(e->units[i], e->unit_length);
	}
	if (e->fd >= 0)
		close(e->fd);
	*e = (struct client_encoder){ .fd = -1 };
}

int client_encoder_push(struct client_encoder *e, uint32_t index,
			int64_t time_us)
{
	const struct client_buffer b = { .index = index,
					 .used = e->out.size,
					 .length = e->out.size,
					 .fd = -1,
					 .time_us = time_us };

	return client_queue(e->fd, OUT_TYPE, &b);
}

/* Waits for one queue while the other may be ready all the time. */
static int wait_and_dequeue(int fd, uint32_t type, int events,
			    struct client_buffer *b)
{
	int err = client_poll(fd, events, CLIENT_WAIT_MS);

	if (err < 0)
		return err;
	return client_dequeue(fd, type, V4L2_MEMORY_MMAP, b);
}

int client_encoder_pull(struct client_encoder *e, struct client_buffer *b)
{
	return wait_and_dequeue(e->fd, CAP_TYPE, POLLIN, b);
}

int client_encoder_take_back(struct client_encoder *e)
{
	struct client_buffer b;
	int err = wait_and_dequeue(e->fd, OUT_TYPE, POLLOUT, &b);

	return err < 0 ? err : (int)b.index;
}

int client_encoder_requeue(struct client_encoder *e, uint32_t index)
{
	const struct client_buffer b = { .index = index,
					 .length = e->unit_length,
					 .fd = -1 };

	return client_queue(e->fd, CAP_TYPE, &b);
}
