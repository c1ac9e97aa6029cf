/* SPDX-License-Identifier: MIT */
#include "tests/fake/queue.h"

#include <errno.h>
#include <string.h>

#include "tests/fake/faults.h"
#include "tests/fake/memory.h"
#include "tests/fake/node.h"

#define CAPABILITIES                                                           \
	(V4L2_BUF_CAP_SUPPORTS_MMAP | V4L2_BUF_CAP_SUPPORTS_ORPHANED_BUFS)

static uint32_t next_cookie = 0x1000; /* no two buffers ever share one */

static void push(struct indexes *list, uint32_t index)
{
	list->list[list->count++] = index;
}

static int pop(struct indexes *list)
{
	int index;

	if (!list->count)
		return -1;
	index = (int)list->list[0];
	list->count--;
	memmove(list->list, list->list + 1,
		(size_t)list->count * sizeof(list->list[0]));
	return index;
}

/* --- allocation ---------------------------------------------------------- */

void queue_free(struct queue *q)
{
	queue_cancel(q);
	for (uint32_t i = 0; i < q->count; i++)
		memory_release(&q->buffers[i].memory);
	memset(q->buffers, 0, sizeof(q->buffers));
	q->count = 0;
	q->memory = 0;
	q->error = false;
	q->next_index = 0;
}

static int add_buffer(struct queue *q, uint32_t memory, uint32_t size)
{
	struct buffer *b = &q->buffers[q->count];

	*b = (struct buffer){ .fd = -1, .length = size };
	if (memory == V4L2_MEMORY_MMAP) {
		b->memory = memory_new(size, q->node->contiguous);
		if (!b->memory)
			return -ENOMEM;
		b->cookie = next_cookie;
		next_cookie += (uint32_t)b->memory->size;
	}
	q->memory = memory;
	q->count++;
	return 0;
}

/* Returns how many there are, or -ENOMEM when there is none. */
static int add_buffers(struct queue *q, uint32_t memory, uint32_t count,
		       uint32_t size)
{
	uint32_t most = q->most && q->most < QUEUE_MAX ? q->most : QUEUE_MAX;
	uint32_t first = q->count;
	double limit;

	if (faults_peek(q->node, FAULT_MOST_BUFFERS, &limit) &&
	    (uint32_t)limit < most)
		most = (uint32_t)limit;
	while (q->count < most && q->count < first + count) {
		if (add_buffer(q, memory, size) < 0)
			break;
	}
	return q->count > first ? (int)(q->count - first) : -ENOMEM;
}

static bool takes(const struct queue *q, uint32_t memory)
{
	return memory < 32 && q->memories >> memory & 1;
}

int queue_reqbufs(struct queue *q, struct v4l2_requestbuffers *request)
{
	int err;

	request->capabilities = CAPABILITIES;
	if (takes(q, V4L2_MEMORY_DMABUF))
		request->capabilities |= V4L2_BUF_CAP_SUPPORTS_DMABUF;
	if (!takes(q, request->memory))
		return -EINVAL;
	if (q->streaming)
		return -EBUSY;
	queue_free(q);
	if (!request->count)
		return 0;
	if (q->node->dead)
		return -EINVAL; /* the firmware makes no component */
	err = add_buffers(q, request->memory, request->count,
			  q->image.sizeimage);
	if (err < 0)
		return err;
	request->count = q->count;
	return 0;
}

int queue_create(struct queue *q, struct v4l2_create_buffers *request)
{
	struct image image;
	int count;

	request->capabilities = CAPABILITIES;
	request->index = q->count;
	if (!takes(q, request->memory) || q->node->dead ||
	    (q->count && q->memory != request->memory))
		return -EINVAL;
	if (!request->count)
		return 0;
	image_from_v4l2(&image, &request->format);
	if (image.sizeimage < q->image.sizeimage)
		return -EINVAL;
	count = add_buffers(q, request->memory, request->count,
			    image.sizeimage);
	if (count < 0)
		return count;
	request->count = (uint32_t)count;
	return 0;
}

/* --- struct v4l2_buffer -------------------------------------------------- */

static bool is_multi(const struct queue *q)
{
	return V4L2_TYPE_IS_MULTIPLANAR(q->type);
}

static int check_planes(const struct queue *q, const struct v4l2_buffer *b)
{
	if (!is_multi(q))
		return 0;
	return b->m.planes && b->length >= 1 && b->length <= VIDEO_MAX_PLANES
		       ? 0
		       : -EINVAL;
}

static uint32_t state_flags(const struct buffer *buffer)
{
	switch (buffer->state) {
	case BUFFER_QUEUED:
	case BUFFER_ACTIVE:
		return V4L2_BUF_FLAG_QUEUED;
	case BUFFER_DONE:
		return V4L2_BUF_FLAG_DONE;
	default:
		return 0;
	}
}

/* Fills what the program sees. */
static void fill(const struct queue *q, uint32_t index, struct v4l2_buffer *b)
{
	const struct buffer *buffer = &q->buffers[index];

	b->index = index;
	b->memory = q->memory;
	b->flags = buffer->flags | state_flags(buffer) | q->timestamp_flags;
	b->field = V4L2_FIELD_NONE;
	b->timestamp = buffer->timestamp;
	b->sequence = buffer->sequence;
	if (is_multi(q)) {
		struct v4l2_plane *plane = &b->m.planes[0];

		b->length = 1;
		*plane = (struct v4l2_plane){ .bytesused = buffer->bytesused,
					      .length = buffer->length };
		if (q->memory == V4L2_MEMORY_DMABUF)
			plane->m.fd = buffer->fd;
		else
			plane->m.mem_offset = buffer->cookie;
		return;
	}
	b->bytesused = buffer->bytesused;
	b->length = buffer->length;
	if (q->memory == V4L2_MEMORY_DMABUF)
		b->m.fd = buffer->fd;
	else
		b->m.offset = buffer->cookie;
}

int queue_query(struct queue *q, struct v4l2_buffer *b)
{
	int err = check_planes(q, b);

	if (err < 0)
		return err;
	if (b->index >= q->count)
		return -EINVAL;
	fill(q, b->index, b);
	return 0;
}

/* --- QBUF ---------------------------------------------------------------- */

/* What QBUF says of the one plane, be it single- or multi-planar. */
struct plane {
	uint32_t bytesused, length, offset;
	int fd;
};

static struct plane read_plane(const struct queue *q,
			       const struct v4l2_buffer *b)
{
	if (is_multi(q))
		return (struct plane){ b->m.planes[0].bytesused,
				       b->m.planes[0].length,
				       b->m.planes[0].data_offset,
				       b->m.planes[0].m.fd };
	return (struct plane){ b->bytesused, b->length, 0, b->m.fd };
}

/* __verify_length() of videobuf2-v4l2.c. */
static int check_length(const struct queue *q, const struct buffer *buffer,
			const struct plane *plane)
{
	uint32_t length = q->memory == V4L2_MEMORY_DMABUF ? plane->length
							  : buffer->length;

	if (!q->output)
		return 0;
	if (plane->bytesused > length)
		return -EINVAL;
	if (plane->offset && plane->offset >= plane->bytesused)
		return -EINVAL;
	return 0;
}

/*
 * As __prepare_dmabuf() of videobuf2-core.c: the same memory at the same
 * index stays attached, any other is detached and attached anew.
 */
static int import(struct queue *q, struct buffer *buffer,
		  const struct plane *plane)
{
	struct memory *m = memory_find(plane->fd);
	struct counters *counters = &q->node->counters;
	uint32_t length = plane->length;

	if (!m)
		return -EINVAL;
	if (!length)
		length = (uint32_t)m->size;
	if (length < q->image.sizeimage || length > m->size)
		return -EINVAL;
	if (m == buffer->memory && length == buffer->length)
		return 0;
	if (q->node->contiguous && !m->contiguous)
		return -EFAULT; /* "contiguous chunk is too small" */
	if (buffer->memory)
		counters->reattaches++;
	counters->attaches++;
	if (faults_on_attach(q->node) < 0)
		return -EINVAL;
	memory_release(&buffer->memory);
	buffer->memory = memory_hold(m);
	buffer->length = length;
	return 0;
}

/* How the picture came into this buffer; for the report. */
static void count_input(struct queue *q, struct buffer *buffer)
{
	struct counters *counters = &q->node->counters;

	if (q->memory == V4L2_MEMORY_DMABUF)
		counters->imports++;
	else if (buffer->memory->filled_by_device)
		counters->exported++;
	else
		counters->copies++;
	buffer->memory->filled_by_device = false;
}

static int check_queued(const struct queue *q, const struct v4l2_buffer *b)
{
	int err = check_planes(q, b);

	if (err < 0)
		return err;
	if (b->index >= q->count || b->memory != q->memory ||
	    q->buffers[b->index].state != BUFFER_DEQUEUED)
		return -EINVAL;
	return q->error ? -EIO : 0;
}

/* The order of buffers is no matter of their memory. */
static int prepare(struct queue *q, const struct v4l2_buffer *b,
		   const struct plane *plane)
{
	struct buffer *buffer = &q->buffers[b->index];
	int err = check_length(q, buffer, plane);

	if (err < 0 || q->memory != V4L2_MEMORY_DMABUF)
		return err;
	err = import(q, buffer, plane);
	if (err == 0)
		buffer->fd = plane->fd;
	return err;
}

int queue_prepare(struct queue *q, struct v4l2_buffer *b)
{
	struct plane plane;
	int err = check_queued(q, b);

	if (err < 0)
		return err;
	plane = read_plane(q, b);
	err = prepare(q, b, &plane);
	if (err == 0) {
		fill(q, b->index, b);
		b->flags |= V4L2_BUF_FLAG_PREPARED;
	}
	return err;
}

int queue_queue(struct queue *q, struct v4l2_buffer *b)
{
	struct buffer *buffer;
	struct plane plane;
	int err = check_queued(q, b);

	if (err < 0)
		return err;
	if (q->ordered && b->index != q->next_index)
		return -ENOMEM; /* libcamera issue 154 */
	buffer = &q->buffers[b->index];
	plane = read_plane(q, b);
	if ((err = prepare(q, b, &plane)) < 0)
		return err;
	buffer->flags = 0;
	if (q->output) {
		buffer->bytesused =
			plane.bytesused ? plane.bytesused : buffer->length;
		buffer->timestamp = b->timestamp;
		buffer->flags = b->flags & V4L2_BUF_FLAG_TIMECODE;
		count_input(q, buffer);
	}
	buffer->state = BUFFER_QUEUED;
	push(&q->queued, b->index);
	q->held++;
	if (q->ordered)
		q->next_index = (b->index + 1) % q->count;
	fill(q, b->index, b);
	return 0;
}

/* --- DQBUF --------------------------------------------------------------- */

/* The order of answers is that of __vb2_wait_for_done_vb(). */
int queue_dequeue(struct queue *q, struct v4l2_buffer *b)
{
	struct buffer *buffer;
	int index, err;

	if (b->memory && b->memory != q->memory && q->memory)
		return -EINVAL;
	if (!q->streaming)
		return -EINVAL;
	if (q->error)
		return -EIO;
	if (q->last_dequeued)
		return -EPIPE;
	if (!q->done.count)
		return -EAGAIN;
	if ((err = check_planes(q, b)) < 0)
		return err;
	index = pop(&q->done);
	buffer = &q->buffers[index];
	buffer->state = BUFFER_DEQUEUED;
	q->held--;
	if (buffer->flags & V4L2_BUF_FLAG_LAST)
		q->last_dequeued = true;
	fill(q, (uint32_t)index, b);
	return 0;
}

/* --- the rest ------------------------------------------------------------ */

int queue_export(struct queue *q, const struct v4l2_exportbuffer *e,
		 struct memory **out)
{
	if (q->memory != V4L2_MEMORY_MMAP || e->index >= q->count || e->plane)
		return -EINVAL;
	*out = q->buffers[e->index].memory;
	return 0;
}

int queue_find_map(struct queue *q, uint64_t offset, size_t length,
		   struct memory **out)
{
	if (q->memory != V4L2_MEMORY_MMAP)
		return -EINVAL;
	for (uint32_t i = 0; i < q->count; i++) {
		const struct buffer *buffer = &q->buffers[i];

		if (buffer->cookie != offset)
			continue;
		if (length > buffer->memory->size ||
		    (q->exact_maps && length != buffer->length))
			return -EINVAL;
		*out = buffer->memory;
		return 0;
	}
	return -EINVAL;
}

void queue_cancel(struct queue *q)
{
	for (uint32_t i = 0; i < q->count; i++)
		q->buffers[i].state = BUFFER_DEQUEUED;
	q->queued.count = q->done.count = 0;
	q->held = 0;
	q->next_index = 0;
	q->streaming = q->error = q->last_dequeued = false;
}

void queue_fail(struct queue *q)
{
	for (uint32_t i = 0; i < q->count; i++) {
		struct buffer *b = &q->buffers[i];

		if (b->state != BUFFER_QUEUED && b->state != BUFFER_ACTIVE)
			continue;
		b->bytesused = 0;
		b->flags = V4L2_BUF_FLAG_ERROR;
		queue_done(q, (int)i);
	}
	q->queued.count = 0;
}

int queue_take(struct queue *q)
{
	int index = q->streaming ? pop(&q->queued) : -1;

	if (index >= 0)
		q->buffers[index].state = BUFFER_ACTIVE;
	return index;
}

void queue_done(struct queue *q, int index)
{
	q->buffers[index].state = BUFFER_DONE;
	push(&q->done, (uint32_t)index);
}
