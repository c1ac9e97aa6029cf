// SPDX-License-Identifier: GPL-2.0-only
/* Buffers: what they must be, and who gets them back when it stops. */
#include <linux/delay.h>
#include <media/videobuf2-dma-contig.h>
#include <media/videobuf2-vmalloc.h>

#include "picodec.h"

static const struct picodec_format *format_of(struct vb2_queue *q)
{
	const struct picodec_ctx *c = vb2_get_drv_priv(q);

	return V4L2_TYPE_IS_OUTPUT(q->type) ? &c->out : &c->cap;
}

static int queue_setup(struct vb2_queue *q, unsigned int *buffers,
		       unsigned int *planes, unsigned int sizes[],
		       struct device *devices[])
{
	u32 size = format_of(q)->size;

	if (*planes)
		return *planes != 1 || sizes[0] < size ? -EINVAL : 0;
	*planes = 1;
	sizes[0] = size;
	return 0;
}

static int buf_out_validate(struct vb2_buffer *vb)
{
	struct vb2_v4l2_buffer *v = to_vb2_v4l2_buffer(vb);

	if (v->field == V4L2_FIELD_ANY)
		v->field = V4L2_FIELD_NONE;
	return v->field == V4L2_FIELD_NONE ? 0 : -EINVAL;
}

static int buf_prepare(struct vb2_buffer *vb)
{
	struct vb2_queue *q = vb->vb2_queue;
	u32 size = format_of(q)->size;

	if (vb2_plane_size(vb, 0) < size)
		return -EINVAL;
	if (V4L2_TYPE_IS_OUTPUT(q->type))
		return vb2_get_plane_payload(vb, 0) < size ||
				       vb->planes[0].data_offset ?
			       -EINVAL :
			       0;
	vb2_set_plane_payload(vb, 0, 0);
	return 0;
}

static void buf_queue(struct vb2_buffer *vb)
{
	struct picodec_ctx *c = vb2_get_drv_priv(vb->vb2_queue);

	v4l2_m2m_buf_queue(c->fh.m2m_ctx, to_vb2_v4l2_buffer(vb));
}

static void return_all(struct vb2_queue *q, enum vb2_buffer_state state)
{
	struct picodec_ctx *c = vb2_get_drv_priv(q);
	struct vb2_v4l2_buffer *v;

	for (;;) {
		v = V4L2_TYPE_IS_OUTPUT(q->type) ?
			    v4l2_m2m_src_buf_remove(c->fh.m2m_ctx) :
			    v4l2_m2m_dst_buf_remove(c->fh.m2m_ctx);
		if (!v)
			return;
		v4l2_m2m_buf_done(v, state);
	}
}

static int start_streaming(struct vb2_queue *q, unsigned int count)
{
	struct picodec_ctx *c = vb2_get_drv_priv(q);
	bool out = V4L2_TYPE_IS_OUTPUT(q->type);

	if (c->node->role == PICODEC_ENCODE && picodec_limits(c)) {
		return_all(q, VB2_BUF_STATE_QUEUED);
		return -ESRCH;
	}
	c->sequence[!out] = 0;
	c->aborting = false;
	if (!out) {
		/* The next picture is the first of a new stream. */
		c->stream.started = c->stream.headers_sent = false;
		c->stream.key_due = false;
		c->stream.garbage_sent = false;
		c->stream.draining = c->stream.drained = false;
		c->stream.pictures = 0;
		vb2_clear_last_buffer_dequeued(q);
	}
	return 0;
}

static void stop_streaming(struct vb2_queue *q)
{
	struct picodec_ctx *c = vb2_get_drv_priv(q);

	cancel_delayed_work_sync(&c->job);
	if (picodec_options.slow_stop_ms)
		msleep(picodec_options.slow_stop_ms);
	return_all(q, VB2_BUF_STATE_ERROR);
	if (!c->stream.drained)
		c->stream.draining = false;
}

static const struct vb2_ops queue_ops = {
	.queue_setup = queue_setup,
	.buf_out_validate = buf_out_validate,
	.buf_prepare = buf_prepare,
	.buf_queue = buf_queue,
	.start_streaming = start_streaming,
	.stop_streaming = stop_streaming,
	.wait_prepare = vb2_ops_wait_prepare,
	.wait_finish = vb2_ops_wait_finish,
};

/* --- memory, with each import counted ------------------------------------ */

static struct vb2_mem_ops vmalloc_ops, contig_ops;

static void *attach_vmalloc(struct vb2_buffer *vb, struct device *dev,
			    struct dma_buf *buf, unsigned long size)
{
	picodec_counters.attached++;
	return vb2_vmalloc_memops.attach_dmabuf(vb, dev, buf, size);
}

static void *attach_contig(struct vb2_buffer *vb, struct device *dev,
			   struct dma_buf *buf, unsigned long size)
{
	picodec_counters.attached++;
	return vb2_dma_contig_memops.attach_dmabuf(vb, dev, buf, size);
}

void picodec_queue_prepare(void)
{
	vmalloc_ops = vb2_vmalloc_memops;
	vmalloc_ops.attach_dmabuf = attach_vmalloc;
	contig_ops = vb2_dma_contig_memops;
	contig_ops.attach_dmabuf = attach_contig;
}

static int init_one(struct picodec_ctx *c, struct vb2_queue *q, u32 type)
{
	q->type = type;
	q->io_modes = VB2_MMAP | VB2_DMABUF;
	q->drv_priv = c;
	q->ops = &queue_ops;
	q->mem_ops = picodec_options.allocator ? &contig_ops : &vmalloc_ops;
	q->buf_struct_size = sizeof(struct v4l2_m2m_buffer);
	q->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
	q->lock = &c->node->lock;
	q->dev = c->node->dma;
	return vb2_queue_init(q);
}

int picodec_queue_init(void *priv, struct vb2_queue *out,
		       struct vb2_queue *cap)
{
	int err = init_one(priv, out, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE);

	return err ?: init_one(priv, cap, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE);
}
