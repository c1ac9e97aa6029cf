/* SPDX-License-Identifier: MIT */
#include "tests/fake/ioctl_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/fake/fdtable.h"
#include "tests/fake/memory.h"
#include "tests/fake/real.h"

int ioctl_reqbufs(struct file *f, void *argument)
{
	struct v4l2_requestbuffers *request = argument;
	enum direction way;
	struct queue *q = ioctl_queue(f, request->type, &way);
	int err;

	f->node->counters.reqbufs++;
	if (!q)
		return -EINVAL;
	if (f->file_io)
		return -EBUSY;
	err = queue_reqbufs(q, request);
	file_changed(f);
	return err;
}

int ioctl_create_bufs(struct file *f, void *argument)
{
	struct v4l2_create_buffers *request = argument;
	enum direction way;
	struct queue *q = ioctl_queue(f, request->format.type, &way);

	if (!q)
		return -EINVAL;
	return f->file_io ? -EBUSY : queue_create(q, request);
}

int ioctl_querybuf(struct file *f, void *argument)
{
	struct v4l2_buffer *b = argument;
	enum direction way;
	struct queue *q = ioctl_queue(f, b->type, &way);

	return q ? queue_query(q, b) : -EINVAL;
}

/* uvcvideo has none. */
int ioctl_prepare_buf(struct file *f, void *argument)
{
	struct v4l2_buffer *b = argument;
	enum direction way;
	struct queue *q = ioctl_queue(f, b->type, &way);

	if (f->node->kind == &kind_camera && f->node->profile == CAMERA_UVC)
		return -ENOTTY;
	if (!q)
		return -EINVAL;
	return f->file_io ? -EBUSY : queue_prepare(q, b);
}

int ioctl_qbuf(struct file *f, void *argument)
{
	struct v4l2_buffer *b = argument;
	enum direction way;
	struct queue *q = ioctl_queue(f, b->type, &way);
	int err;

	if (!q)
		return -EINVAL;
	if (f->disconnected)
		return -ENODEV;
	if (f->file_io)
		return -EBUSY;
	err = queue_queue(q, b);
	if (err < 0)
		return err;
	pthread_cond_broadcast(&f->wake);
	file_changed(f);
	return 0;
}

int ioctl_dqbuf(struct file *f, void *argument)
{
	struct v4l2_buffer *b = argument;
	enum direction way;
	struct queue *q = ioctl_queue(f, b->type, &way);
	int err;

	if (!q)
		return -EINVAL;
	if (f->file_io)
		return -EBUSY;
	err = queue_dequeue(q, b);
	if (err == 0)
		file_changed(f);
	return err;
}

int ioctl_expbuf(struct file *f, void *argument)
{
	struct v4l2_exportbuffer *e = argument;
	enum direction way;
	struct queue *q = ioctl_queue(f, e->type, &way);
	struct memory *m;
	int fd, err;

	if (!q)
		return -EINVAL;
	if ((err = queue_export(q, e, &m)) < 0)
		return err;
	fd = real()->fcntl(m->fd,
			   e->flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	if (fd < 0)
		return -errno;
	if (!fdtable_put_memory(fd, memory_hold(m))) {
		real()->close(fd);
		memory_release(&m);
		return -EMFILE;
	}
	e->fd = fd;
	return 0;
}

int ioctl_streamon(struct file *f, void *argument)
{
	enum direction way;
	struct queue *q = ioctl_queue(f, *(const uint32_t *)argument, &way);
	int err = 0;

	if (!q)
		return -EINVAL;
	if (f->file_io)
		return -EBUSY;
	if (q->streaming)
		return 0;
	if (!q->count || f->node->dead)
		return -EINVAL;
	if (f->node->kind->check)
		err = f->node->kind->check(f, way);
	if (err < 0)
		return err;
	q->streaming = true;
	f->node->kind->start(f, way);
	file_changed(f);
	return 0;
}

int ioctl_streamoff(struct file *f, void *argument)
{
	enum direction way;
	struct queue *q = ioctl_queue(f, *(const uint32_t *)argument, &way);

	if (!q)
		return -EINVAL;
	if (f->file_io)
		return -EBUSY;
	if (q->streaming)
		f->node->kind->stop(f, way);
	queue_cancel(q);
	file_changed(f);
	return 0;
}
