/* SPDX-License-Identifier: MIT */
#include "device/v4l2/capture.h"

#include <assert.h>
#include <errno.h>

#include <linux/videodev2.h>

static void put(struct capture *c, unsigned int index)
{
	int err = v4l2_queue_put(&c->queue, index, 0, 0);

	if (err < 0 && !c->error)
		c->error = err;
}

/* Those that are free again, up to the first that is not. */
static void put_in_order(struct capture *c)
{
	while (c->count_taken && !c->buffer[c->taken[c->first_taken]].holds) {
		put(c, c->taken[c->first_taken]);
		c->first_taken = (c->first_taken + 1) % V4L2_QUEUE_MOST;
		c->count_taken--;
	}
}

static void give_back(struct picture_buffer *buffer)
{
	struct capture *c = buffer->owner;

	if (!c->queue.streaming) /* it is being closed, or the camera is gone */
		return;
	if (c->ordered)
		put_in_order(c);
	else
		put(c, buffer->index);
}

static void remember(struct capture *c, unsigned int index)
{
	c->taken[(c->first_taken + c->count_taken) % V4L2_QUEUE_MOST] = index;
	c->count_taken++;
}

void capture_init(struct capture *c, int fd, uint32_t type,
		  const struct v4l2_layout *layout)
{
	*c = (struct capture){ .layout = *layout };
	v4l2_queue_init(&c->queue, fd, type);
}

/* --- memory -------------------------------------------------------------- */

static void describe_buffers(struct capture *c)
{
	for (unsigned int i = 0; i < c->queue.count; i++)
		c->buffer[i] = (struct picture_buffer){
			.fd = c->queue.slot[i].fd,
			.length = c->queue.slot[i].length,
			.index = i,
			.idle = give_back,
			.owner = c,
		};
}

static int use_own(struct capture *c, bool export)
{
	int err = v4l2_queue_request(&c->queue, V4L2_MEMORY_MMAP,
				     CAPTURE_BUFFERS, CAPTURE_LEAST);

	if (err < 0)
		return err;
	err = v4l2_queue_map(&c->queue);
	if (!err && export)
		err = v4l2_queue_export(&c->queue);
	if (err < 0)
		v4l2_queue_finish(&c->queue);
	else
		describe_buffers(c);
	return err;
}

int capture_export(struct capture *c)
{
	assert(!c->queue.count);
	return use_own(c, true);
}

bool capture_restride(struct capture *c, uint32_t stride)
{
	struct v4l2_layout layout = c->layout, old = c->layout;

	assert(!c->queue.count);
	layout.stride = stride;
	layout.size = 0;
	if (!v4l2_set_layout(c->queue.fd, c->queue.type, &layout) &&
	    layout.stride == stride && layout.fourcc == old.fourcc &&
	    layout.width == old.width && layout.height == old.height) {
		c->layout = layout;
		return true;
	}
	v4l2_set_layout(c->queue.fd, c->queue.type, &old);
	return false;
}

int capture_import(struct capture *c, const struct v4l2_queue *from)
{
	int err;

	assert(!c->queue.count);
	err = v4l2_queue_request(&c->queue, V4L2_MEMORY_DMABUF, from->count,
				 from->count);
	if (err < 0)
		return err;
	err = v4l2_queue_import(&c->queue, from, c->layout.size);
	if (err < 0)
		v4l2_queue_finish(&c->queue);
	else
		describe_buffers(c);
	return err;
}

void capture_undecide(struct capture *c)
{
	v4l2_queue_finish(&c->queue);
}

/* --- streaming ----------------------------------------------------------- */

int capture_start(struct capture *c)
{
	int err = 0;

	if (!c->queue.count)
		err = use_own(c, false);
	if (!err)
		err = v4l2_queue_put_all(&c->queue);
	if (!err)
		err = v4l2_queue_start(&c->queue);
	return err;
}

int capture_take(struct capture *c, struct v4l2_done *done,
		 struct picture_buffer **buffer)
{
	int err = c->error;

	if (!err)
		err = v4l2_queue_take(&c->queue, done);
	if (err < 0)
		return err;
	*buffer = &c->buffer[done->index];
	(*buffer)->holds = 1;
	if (c->ordered)
		remember(c, done->index);
	return 0;
}

const uint8_t *capture_bytes(const struct capture *c,
			     const struct v4l2_done *done)
{
	const uint8_t *at = c->queue.slot[done->index].at;

	return at ? at + done->offset : NULL;
}

void capture_finish(struct capture *c)
{
	v4l2_queue_finish(&c->queue);
}
