/* SPDX-License-Identifier: MIT */
#include "device/v4l2/v4l2_queue.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "device/v4l2/v4l2.h"

/* A buffer as the kernel wants it, with the one plane that we have. */
struct kernel_buffer {
	struct v4l2_buffer buffer;
	struct v4l2_plane plane;
};

static void fill(struct kernel_buffer *k, const struct v4l2_queue *q,
		 unsigned int index)
{
	*k = (struct kernel_buffer){
		.buffer = { .type = q->type,
			    .memory = q->memory,
			    .index = index,
			    .field = V4L2_FIELD_NONE },
	};
	if (v4l2_is_mplane(q->type)) {
		k->buffer.m.planes = &k->plane;
		k->buffer.length = 1;
	}
}

void v4l2_queue_init(struct v4l2_queue *q, int fd, uint32_t type)
{
	*q = (struct v4l2_queue){ .fd = fd, .type = type };
}

/* --- memory -------------------------------------------------------------- */

static int request(struct v4l2_queue *q, uint32_t memory, unsigned int *count)
{
	struct v4l2_requestbuffers buffers = { .count = *count,
					       .type = q->type,
					       .memory = memory };
	int err = v4l2_call(q->fd, VIDIOC_REQBUFS, &buffers);

	*count = buffers.count;
	return err;
}

static int query(struct v4l2_queue *q, unsigned int index)
{
	struct v4l2_slot *slot = &q->slot[index];
	struct kernel_buffer k;
	int err;

	*slot = (struct v4l2_slot){ .fd = -1 };
	fill(&k, q, index);
	err = v4l2_call(q->fd, VIDIOC_QUERYBUF, &k.buffer);
	if (err < 0)
		return err;
	if (v4l2_is_mplane(q->type)) {
		slot->length = k.plane.length;
		slot->offset = k.plane.m.mem_offset;
	} else {
		slot->length = k.buffer.length;
		slot->offset = k.buffer.m.offset;
	}
	return 0;
}

static void give_up(struct v4l2_queue *q)
{
	unsigned int none = 0;

	request(q, q->memory, &none);
	q->count = 0;
}

int v4l2_queue_request(struct v4l2_queue *q, uint32_t memory, unsigned int most,
		       unsigned int least)
{
	unsigned int count;
	int err;

	assert(!q->count && most <= V4L2_QUEUE_MOST && least <= most);
	do {
		count = most--;
		err = request(q, memory, &count);
	} while (err == -ENOMEM && most >= least);
	if (err < 0)
		return err;
	q->memory = memory;
	q->count = count;
	if (count < least || count > V4L2_QUEUE_MOST)
		err = -ENOMEM;
	for (unsigned int i = 0; i < count && !err; i++)
		err = query(q, i);
	if (err < 0)
		give_up(q);
	return err;
}

int v4l2_queue_map(struct v4l2_queue *q)
{
	int protection =
		v4l2_is_output(q->type) ? PROT_READ | PROT_WRITE : PROT_READ;

	for (unsigned int i = 0; i < q->count; i++) {
		struct v4l2_slot *slot = &q->slot[i];
		void *at = mmap(NULL, slot->length, protection, MAP_SHARED,
				q->fd, (off_t)slot->offset);

		if (at == MAP_FAILED)
			return -errno;
		slot->at = at;
	}
	return 0;
}

int v4l2_queue_export(struct v4l2_queue *q)
{
	for (unsigned int i = 0; i < q->count; i++) {
		struct v4l2_exportbuffer out = { .type = q->type,
						 .index = i,
						 .flags = O_RDWR | O_CLOEXEC };
		int err = v4l2_call(q->fd, VIDIOC_EXPBUF, &out);

		if (err < 0)
			return err;
		q->slot[i].fd = out.fd;
	}
	return 0;
}

int v4l2_queue_import(struct v4l2_queue *q, const struct v4l2_queue *from,
		      size_t size)
{
	assert(q->memory == V4L2_MEMORY_DMABUF);
	if (q->count < from->count)
		return -EINVAL;
	for (unsigned int i = 0; i < from->count; i++) {
		if (from->slot[i].fd < 0 || from->slot[i].length < size)
			return -EINVAL;
		q->slot[i].fd = from->slot[i].fd;
		q->slot[i].length = from->slot[i].length;
		q->slot[i].at = from->slot[i].at;
	}
	q->count = from->count; /* the places behind them stay empty */
	return 0;
}

/* --- to the driver and back ---------------------------------------------- */

static void describe(struct kernel_buffer *k, const struct v4l2_queue *q,
		     unsigned int index, size_t bytes)
{
	const struct v4l2_slot *slot = &q->slot[index];

	fill(k, q, index);
	k->plane.length = (uint32_t)slot->length;
	k->plane.bytesused = (uint32_t)bytes;
	if (q->memory == V4L2_MEMORY_DMABUF)
		k->plane.m.fd = slot->fd;
	if (v4l2_is_mplane(q->type))
		return;
	k->buffer.length = (uint32_t)slot->length;
	k->buffer.bytesused = (uint32_t)bytes;
	if (q->memory == V4L2_MEMORY_DMABUF)
		k->buffer.m.fd = slot->fd;
}

int v4l2_queue_prepare(struct v4l2_queue *q, unsigned int index, size_t bytes)
{
	struct kernel_buffer k;

	describe(&k, q, index, bytes);
	return v4l2_call(q->fd, VIDIOC_PREPARE_BUF, &k.buffer);
}

int v4l2_queue_put(struct v4l2_queue *q, unsigned int index, size_t bytes,
		   int64_t at_us)
{
	struct kernel_buffer k;
	int err;

	assert(index < q->count && !q->slot[index].queued);
	describe(&k, q, index, bytes);
	k.buffer.timestamp.tv_sec = at_us / 1000000;
	k.buffer.timestamp.tv_usec = at_us % 1000000;
	err = v4l2_call(q->fd, VIDIOC_QBUF, &k.buffer);
	if (err < 0)
		return err;
	q->slot[index].queued = true;
	q->queued++;
	return 0;
}

int v4l2_queue_put_all(struct v4l2_queue *q)
{
	int err = 0;

	for (unsigned int i = 0; i < q->count && !err; i++) {
		if (!q->slot[i].queued)
			err = v4l2_queue_put(q, i, 0, 0);
	}
	return err;
}

/* What a driver says is believed only as far as it can be true. */
static int accept_done(struct v4l2_queue *q, const struct kernel_buffer *k,
		       struct v4l2_done *done)
{
	size_t offset = 0, size = k->buffer.bytesused, length;

	if (k->buffer.index >= q->count || !q->slot[k->buffer.index].queued)
		return -EIO;
	if (v4l2_is_mplane(q->type)) {
		offset = k->plane.data_offset;
		size = k->plane.bytesused;
	}
	length = q->slot[k->buffer.index].length;
	if (size > length)
		size = length;
	if (offset > size)
		offset = size;
	*done = (struct v4l2_done){
		.index = k->buffer.index,
		.offset = offset,
		.size = size - offset,
		.flags = k->buffer.flags,
		.sequence = k->buffer.sequence,
		.at_us = (int64_t)k->buffer.timestamp.tv_sec * 1000000 +
			 k->buffer.timestamp.tv_usec,
	};
	q->slot[done->index].queued = false;
	q->queued--;
	return 0;
}

int v4l2_queue_take(struct v4l2_queue *q, struct v4l2_done *done)
{
	struct kernel_buffer k;
	int err;

	fill(&k, q, 0);
	err = v4l2_call(q->fd, VIDIOC_DQBUF, &k.buffer);
	return err < 0 ? err : accept_done(q, &k, done);
}

int v4l2_queue_free_slot(const struct v4l2_queue *q)
{
	for (unsigned int i = 0; i < q->count; i++) {
		if (!q->slot[i].queued)
			return (int)i;
	}
	return -1;
}

/* --- streaming ----------------------------------------------------------- */

int v4l2_queue_start(struct v4l2_queue *q)
{
	int type = (int)q->type;
	int err = v4l2_call(q->fd, VIDIOC_STREAMON, &type);

	q->streaming = !err;
	return err;
}

int v4l2_queue_stop(struct v4l2_queue *q)
{
	int type = (int)q->type;
	int err = 0;

	/* also takes back what was put before a start that failed */
	if (q->streaming || q->queued)
		err = v4l2_call(q->fd, VIDIOC_STREAMOFF, &type);
	q->streaming = false;
	q->queued = 0;
	for (unsigned int i = 0; i < q->count; i++)
		q->slot[i].queued = false;
	return err;
}

void v4l2_queue_finish(struct v4l2_queue *q)
{
	bool own = q->memory == V4L2_MEMORY_MMAP;

	if (!q->count)
		return;
	v4l2_queue_stop(q);
	for (unsigned int i = 0; i < q->count; i++) {
		struct v4l2_slot *slot = &q->slot[i];

		if (own && slot->at)
			munmap(slot->at, slot->length);
		if (own && slot->fd >= 0)
			close(slot->fd);
		*slot = (struct v4l2_slot){ .fd = -1 };
	}
	give_up(q);
}
