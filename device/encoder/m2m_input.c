/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_input.h"

#include <assert.h>
#include <errno.h>

#include <linux/videodev2.h>

#include "device/v4l2/raw.h"

#define INSIDE_MOST 3 /* more adds delay, not speed */
#define COPIES	    4
#define EXPORTS	    CAPTURE_BUFFERS

void m2m_input_init(struct m2m_input *in, int fd, uint32_t type,
		    const struct v4l2_layout *layout)
{
	*in = (struct m2m_input){ .layout = *layout };
	v4l2_queue_init(&in->queue, fd, type);
}

/* --- which way ----------------------------------------------------------- */

/* Both see the same picture in the same memory. */
static bool same_lines(const struct m2m_input *in, const struct capture *from)
{
	return in->layout.fourcc == from->layout.fourcc &&
	       in->layout.width == from->layout.width &&
	       in->layout.height == from->layout.height &&
	       in->layout.stride == from->layout.stride;
}

/* Has the driver look at each buffer, so that it refuses now, not later. */
static int prepare_all(struct m2m_input *in)
{
	int err = 0;

	for (unsigned int i = 0; i < in->queue.count && !err; i++)
		err = v4l2_queue_prepare(&in->queue, i, in->layout.size);
	return err == -ENOTTY ? 0 : err;
}

static int import(struct m2m_input *in, struct capture *from)
{
	int err = capture_export(from);

	if (err < 0)
		return err;
	err = v4l2_queue_request(&in->queue, V4L2_MEMORY_DMABUF,
				 from->queue.count, from->queue.count);
	if (!err)
		err = v4l2_queue_import(&in->queue, &from->queue,
					in->layout.size);
	if (!err)
		err = prepare_all(in);
	if (!err)
		return 0;
	v4l2_queue_finish(&in->queue);
	capture_undecide(from);
	return err;
}

static int export(struct m2m_input *in, struct capture *from)
{
	int err = v4l2_queue_request(&in->queue, V4L2_MEMORY_MMAP, EXPORTS,
				     CAPTURE_LEAST);

	if (err < 0)
		return err;
	err = v4l2_queue_map(&in->queue);
	if (!err)
		err = v4l2_queue_export(&in->queue);
	if (!err)
		err = capture_import(from, &in->queue);
	if (err < 0)
		v4l2_queue_finish(&in->queue);
	return err;
}

static int copy(struct m2m_input *in)
{
	int err = v4l2_queue_request(&in->queue, V4L2_MEMORY_MMAP, COPIES, 1);

	if (err < 0)
		return err;
	err = v4l2_queue_map(&in->queue);
	if (err < 0)
		v4l2_queue_finish(&in->queue);
	return err;
}

static int share(struct m2m_input *in, struct capture *from)
{
	int err = -EINVAL;

	if (!same_lines(in, from) &&
	    (in->layout.fourcc != from->layout.fourcc ||
	     in->layout.width != from->layout.width ||
	     in->layout.height != from->layout.height ||
	     !capture_restride(from, in->layout.stride)))
		return -EINVAL;
	if (!from->scattered)
		err = import(in, from);
	in->way = M2M_IMPORT;
	if (err < 0) {
		err = export(in, from);
		in->way = M2M_EXPORT;
	}
	return err;
}

static void set_most(struct m2m_input *in)
{
	unsigned int most = in->queue.count;

	/* two stay with the camera, or it would have nothing to fill */
	if (in->way != M2M_COPY)
		most = most > CAPTURE_LEAST ? most - CAPTURE_LEAST : 1;
	in->most = most < INSIDE_MOST ? most : INSIDE_MOST;
}

int m2m_input_request(struct m2m_input *in, struct capture *from)
{
	int err = from ? share(in, from) : -EINVAL;

	if (err < 0) {
		in->way = M2M_COPY;
		err = copy(in);
	}
	in->from = in->way == M2M_COPY ? NULL : from;
	set_most(in);
	return err;
}

const char *m2m_way_text(enum m2m_way way)
{
	static const char *const text[] = {
		[M2M_COPY] = "each picture is copied",
		[M2M_IMPORT] = "it reads the pictures where they are, without "
			       "a copy",
		[M2M_EXPORT] = "the pictures are written into its memory, "
			       "without a copy",
	};

	return text[way];
}

/* --- pictures ------------------------------------------------------------ */

int m2m_input_start(struct m2m_input *in)
{
	return v4l2_queue_start(&in->queue);
}

static int put_shared(struct m2m_input *in, struct picture_buffer *buffer,
		      int64_t at_us)
{
	int err;

	assert(buffer && buffer->owner == in->from);
	err = v4l2_queue_put(&in->queue, buffer->index, in->layout.size, at_us);
	if (err < 0)
		return err;
	picture_hold(buffer);
	in->held[buffer->index] = buffer;
	return 0;
}

bool m2m_input_has_room(const struct m2m_input *in)
{
	return in->queue.queued < in->most;
}

int m2m_input_put(struct m2m_input *in, const struct picture *picture,
		  int64_t at_us)
{
	int i;

	if (!m2m_input_has_room(in))
		return -EAGAIN;
	if (in->way != M2M_COPY)
		return put_shared(in, picture->buffer, at_us);
	i = v4l2_queue_free_slot(&in->queue);
	if (i < 0)
		return -EAGAIN;
	raw_copy(in->queue.slot[i].at, &in->layout, picture);
	return v4l2_queue_put(&in->queue, (unsigned int)i, in->layout.size,
			      at_us);
}

static void let_go(struct m2m_input *in, unsigned int index)
{
	struct picture_buffer *buffer = in->held[index];

	in->held[index] = NULL;
	if (buffer)
		picture_release(buffer);
}

int m2m_input_collect(struct m2m_input *in)
{
	struct v4l2_done done;
	int err;

	if (!in->queue.queued) /* old kernels poll or fail with none queued */
		return 0;
	err = v4l2_queue_take(&in->queue, &done);
	if (err < 0)
		return err == -EAGAIN ? 0 : err;
	let_go(in, done.index);
	return 1;
}

int m2m_input_stop(struct m2m_input *in)
{
	int err = v4l2_queue_stop(&in->queue);

	for (unsigned int i = 0; i < V4L2_QUEUE_MOST; i++)
		let_go(in, i);
	return err;
}

/* The memory that they shared goes, and the camera cannot go on with it. */
static void part(struct m2m_input *in)
{
	if (in->way == M2M_EXPORT)
		v4l2_queue_stop(&in->from->queue);
	if (!in->from->queue.streaming)
		capture_undecide(in->from);
	in->from = NULL;
}

void m2m_input_finish(struct m2m_input *in)
{
	m2m_input_stop(in);
	if (in->from)
		part(in);
	v4l2_queue_finish(&in->queue);
}
