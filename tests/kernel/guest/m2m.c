/* SPDX-License-Identifier: MIT */
#include "m2m.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int m2m_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? errno : 0;
}

static struct m2m_queue *queue_of(struct m2m *m, uint32_t type)
{
	return type == OUTPUT ? &m->out : &m->cap;
}

void m2m_open(struct m2m *m, const char *path)
{
	*m = (struct m2m){ .fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) };
	if (m->fd < 0) {
		perror(path);
		exit(1);
	}
}

static void unmap(struct m2m_queue *q)
{
	for (unsigned int i = 0; i < q->count; i++)
		if (q->at[i])
			munmap(q->at[i], q->size[i]);
	*q = (struct m2m_queue){ 0 };
}

void m2m_close(struct m2m *m)
{
	unmap(&m->out);
	unmap(&m->cap);
	close(m->fd);
	m->fd = -1;
}

int m2m_set_format(struct m2m *m, uint32_t type, uint32_t fourcc,
		   unsigned int width, unsigned int height,
		   struct v4l2_pix_format_mplane *f)
{
	struct v4l2_format format = { .type = type };
	int err;

	format.fmt.pix_mp.pixelformat = fourcc;
	format.fmt.pix_mp.width = width;
	format.fmt.pix_mp.height = height;
	format.fmt.pix_mp.num_planes = 1;
	if (f)
		format.fmt.pix_mp.plane_fmt[0] = f->plane_fmt[0];
	err = m2m_ioctl(m->fd, VIDIOC_S_FMT, &format);
	if (f)
		*f = format.fmt.pix_mp;
	return err;
}

int m2m_set_rate(struct m2m *m, uint32_t type, unsigned int fps)
{
	struct v4l2_streamparm p = { .type = type };

	p.parm.output.timeperframe = (struct v4l2_fract){ 1, fps };
	return m2m_ioctl(m->fd, VIDIOC_S_PARM, &p);
}

int m2m_set(struct m2m *m, uint32_t id, int value)
{
	struct v4l2_control c = { id, value };

	return m2m_ioctl(m->fd, VIDIOC_S_CTRL, &c);
}

int m2m_get(struct m2m *m, uint32_t id, int *value)
{
	struct v4l2_control c = { .id = id };
	int err = m2m_ioctl(m->fd, VIDIOC_G_CTRL, &c);

	*value = c.value;
	return err;
}

static int map(struct m2m *m, uint32_t type, unsigned int i)
{
	struct m2m_queue *q = queue_of(m, type);
	struct v4l2_plane plane = { 0 };
	struct v4l2_buffer b = { .type = type,
				 .memory = V4L2_MEMORY_MMAP,
				 .index = i,
				 .m.planes = &plane,
				 .length = 1 };
	int err = m2m_ioctl(m->fd, VIDIOC_QUERYBUF, &b);
	void *at;

	if (err)
		return err;
	at = mmap(NULL, plane.length, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd,
		  plane.m.mem_offset);
	if (at == MAP_FAILED)
		return errno;
	q->at[i] = at;
	q->size[i] = plane.length;
	return 0;
}

int m2m_request(struct m2m *m, uint32_t type, uint32_t memory,
		unsigned int count)
{
	struct m2m_queue *q = queue_of(m, type);
	struct v4l2_requestbuffers r = { .type = type,
					 .memory = memory,
					 .count = count };
	int err;

	unmap(q);
	err = m2m_ioctl(m->fd, VIDIOC_REQBUFS, &r);
	if (err)
		return err;
	q->count = r.count < M2M_BUFFERS ? r.count : M2M_BUFFERS;
	for (unsigned int i = 0; !err && i < q->count; i++)
		if (memory == V4L2_MEMORY_MMAP)
			err = map(m, type, i);
	return err;
}

int m2m_export(struct m2m *m, uint32_t type, unsigned int index, int *fd)
{
	struct v4l2_exportbuffer e = { .type = type,
				       .index = index,
				       .flags = O_RDWR | O_CLOEXEC };
	int err = m2m_ioctl(m->fd, VIDIOC_EXPBUF, &e);

	*fd = err ? -1 : e.fd;
	return err;
}

int m2m_on(struct m2m *m, uint32_t type)
{
	return m2m_ioctl(m->fd, VIDIOC_STREAMON, &type);
}

int m2m_off(struct m2m *m, uint32_t type)
{
	return m2m_ioctl(m->fd, VIDIOC_STREAMOFF, &type);
}

int m2m_queue_out(struct m2m *m, unsigned int index, size_t used, int64_t us,
		  int dmabuf, size_t length)
{
	struct v4l2_plane plane = { 0 };
	struct v4l2_buffer b = { .type = OUTPUT,
				 .index = index,
				 .field = V4L2_FIELD_NONE,
				 .m.planes = &plane,
				 .length = 1 };

	b.timestamp.tv_sec = us / 1000000;
	b.timestamp.tv_usec = us % 1000000;
	b.memory = dmabuf < 0 ? V4L2_MEMORY_MMAP : V4L2_MEMORY_DMABUF;
	plane.length = dmabuf < 0 ? m->out.size[index] : length;
	plane.bytesused = used ? used : plane.length;
	if (dmabuf >= 0)
		plane.m.fd = dmabuf;
	return m2m_ioctl(m->fd, VIDIOC_QBUF, &b);
}

int m2m_queue_cap(struct m2m *m, unsigned int index)
{
	struct v4l2_plane plane = { .length = m->cap.size[index] };
	struct v4l2_buffer b = { .type = CAPTURE,
				 .index = index,
				 .memory = V4L2_MEMORY_MMAP,
				 .m.planes = &plane,
				 .length = 1 };

	return m2m_ioctl(m->fd, VIDIOC_QBUF, &b);
}

int m2m_take(struct m2m *m, uint32_t type, uint32_t memory, struct m2m_got *got)
{
	struct v4l2_plane plane = { 0 };
	struct v4l2_buffer b = {
		.type = type, .memory = memory, .m.planes = &plane, .length = 1
	};
	int err = m2m_ioctl(m->fd, VIDIOC_DQBUF, &b);

	*got = (struct m2m_got){ b.index, b.flags, b.sequence, plane.bytesused,
				 b.timestamp.tv_sec * 1000000ll +
					 b.timestamp.tv_usec };
	return err;
}

int m2m_wait(struct m2m *m, int events, int ms)
{
	struct pollfd p = { m->fd, (short)events, 0 };

	return poll(&p, 1, ms) > 0 ? p.revents : 0;
}

int m2m_next(struct m2m *m, struct m2m_got *got)
{
	m2m_wait(m, POLLIN, 1000);
	return m2m_take(m, CAPTURE, V4L2_MEMORY_MMAP, got);
}

int m2m_command(struct m2m *m, uint32_t command)
{
	struct v4l2_encoder_cmd e = { .cmd = command };

	return m2m_ioctl(m->fd, VIDIOC_ENCODER_CMD, &e);
}
