// SPDX-License-Identifier: GPL-2.0-only
/* One picture in, at most one buffer out, in a thread of its own. */
#include <linux/slab.h>
#include <media/v4l2-event.h>

#include "h264.h"
#include "picodec.h"

/* --- the H.264 of one picture -------------------------------------------- */

struct input {
	const struct picodec_format *f;
	const u8 *at;
};

/* 8 or 16 samples of a row; beyond the picture, its last one. */
static void copy_row(u8 *to, const u8 *row, u32 x, u32 width, u32 n, u32 step)
{
	if (step == 1 && x + n <= width) {
		memcpy(to, row + x, n);
		return;
	}
	for (u32 i = 0; i < n; i++)
		to[i] = row[min(x + i, width - 1) * step];
}

static void read_block(const void *from, u32 bx, u32 by, u8 *block)
{
	const struct input *in = from;
	const struct picodec_format *f = in->f;
	bool nv12 = f->fourcc == V4L2_PIX_FMT_NV12;
	const u8 *cb = in->at + f->stride * f->height;
	const u8 *cr = nv12 ? cb + 1 : cb + f->stride * f->height / 4;
	u32 stride = nv12 ? f->stride : f->stride / 2;

	for (u32 i = 0; i < 16; i++) {
		u32 y = min(by * 16 + i, f->height - 1);

		copy_row(block + i * 16, in->at + y * f->stride, bx * 16,
			 f->width, 16, 1);
	}
	for (u32 i = 0; i < 8; i++) {
		u32 y = min(by * 8 + i, f->height / 2 - 1);

		copy_row(block + 256 + i * 8, cb + y * stride, bx * 8,
			 f->width / 2, 8, nv12 ? 2 : 1);
		copy_row(block + 320 + i * 8, cr + y * stride, bx * 8,
			 f->width / 2, 8, nv12 ? 2 : 1);
	}
}

static void put_headers(struct picodec_ctx *c, struct h264_writer *w)
{
	static const u8 profile_idc[] = { 66, 66, 77, 88, 100 };
	static const u8 level_idc[] = { 10, 11, 11, 12, 13, 20, 21, 22,
					30, 31, 32, 40, 41, 42, 50, 51 };
	struct h264_stream s = {
		.width = c->out.width,
		.height = c->out.height,
		.profile_idc = profile_idc[c->profile],
		.constraints = c->profile <= 1 ? c->profile << 6 : 0,
		.level_idc = level_idc[c->level],
		.tick = c->interval.numerator,
		.time_scale = c->interval.denominator * 2,
	};

	if (c->level == V4L2_MPEG_VIDEO_H264_LEVEL_1B)
		s.constraints |= 0x10;
	h264_headers(w, &s);
}

/* Room for what a decoder shows; another size starts a new stream. */
static int fit_reference(struct picodec_ctx *c, size_t blocks)
{
	struct picodec_stream *s = &c->stream;

	if (s->blocks == blocks)
		return 0;
	kvfree(s->reference);
	s->reference = kvmalloc_array(blocks, H264_BLOCK, GFP_KERNEL);
	s->blocks = s->reference ? blocks : 0;
	s->started = false;
	return s->reference ? 0 : -ENOMEM;
}

static bool key_frame_due(struct picodec_ctx *c)
{
	struct picodec_stream *s = &c->stream;
	bool forced = atomic_read(&c->force_key) > 0 &&
		      atomic_dec_return(&c->force_key) == 0;

	if (forced || (c->period && s->since_idr >= c->period))
		s->key_due = true;
	return !s->started || s->key_due;
}

static void put_picture(struct picodec_ctx *c, struct h264_writer *w, bool idr,
			const u8 *from)
{
	struct picodec_stream *s = &c->stream;
	const struct picodec_format *f = &c->out;
	struct input in = { f, from };
	struct h264_picture p = {
		.idr = idr,
		.blocks_wide = DIV_ROUND_UP(f->width, 16),
		.blocks_high = DIV_ROUND_UP(f->height, 16),
		.reference = s->reference,
		.block = read_block,
		.from = &in,
	};

	if (idr) {
		s->frame_num = 0;
		s->since_idr = 0;
		s->key_due = false;
		p.idr_id = s->idr_id;
		s->idr_id ^= 1;
	}
	p.frame_num = s->frame_num++;
	s->since_idr++;
	h264_picture(w, &p);
}

/* --- buffers ------------------------------------------------------------- */

enum outcome {
	OUT_NOTHING, /* the OUTPUT buffer comes back, and that is all */
	OUT_BOTH,
	OUT_CAPTURE, /* a CAPTURE buffer which used up no picture */
};

struct job {
	struct vb2_v4l2_buffer *src, *dst;
	enum vb2_buffer_state state;
	bool key;
};

static struct h264_writer writer_of(struct job *j)
{
	u8 *at = vb2_plane_vaddr(&j->dst->vb2_buf, 0);

	return (struct h264_writer){
		.at = at,
		.end = at + vb2_plane_size(&j->dst->vb2_buf, 0),
	};
}

static void finish_writing(struct job *j, const struct h264_writer *w)
{
	u8 *at = vb2_plane_vaddr(&j->dst->vb2_buf, 0);

	vb2_set_plane_payload(&j->dst->vb2_buf, 0, w->at - at);
	if (w->full)
		j->state = VB2_BUF_STATE_ERROR;
}

static bool every(u32 n, u32 count)
{
	return n && count % n == n - 1;
}

static enum outcome encode(struct picodec_ctx *c, struct job *j)
{
	struct picodec_stream *s = &c->stream;
	const u8 *from = vb2_plane_vaddr(&j->src->vb2_buf, 0);
	struct h264_writer w = writer_of(j);
	bool idr, first;

	if (!from || !w.at || fit_reference(c, DIV_ROUND_UP(c->out.width, 16) *
				DIV_ROUND_UP(c->out.height, 16))) {
		j->state = VB2_BUF_STATE_ERROR;
		return OUT_BOTH;
	}
	if (picodec_options.garbage_first && !s->garbage_sent) {
		s->garbage_sent = true;
		memset(w.at, 0x5a, 64);
		w.at += 64;
		finish_writing(j, &w);
		return OUT_CAPTURE;
	}
	idr = key_frame_due(c);
	first = !s->headers_sent;
	if (first && !c->joined) {
		put_headers(c, &w);
		finish_writing(j, &w);
		s->headers_sent = true;
		j->dst->vb2_buf.timestamp = j->src->vb2_buf.timestamp;
		return OUT_CAPTURE;
	}
	if (every(picodec_options.skip_every, s->pictures++)) {
		s->key_due |= idr;
		picodec_counters.skipped++;
		return OUT_NOTHING;
	}
	j->key = idr;
	if (idr && ((first && c->joined) || c->repeat_headers)) {
		put_headers(c, &w);
		s->headers_sent = true;
	}
	if (idr && every(picodec_options.header_only_every, s->keys++)) {
		s->key_due = true;
	} else {
		put_picture(c, &w, idr, from);
		s->started = true;
	}
	finish_writing(j, &w);
	return OUT_BOTH;
}

static enum outcome scale(struct picodec_ctx *c, struct job *j)
{
	u8 *to = vb2_plane_vaddr(&j->dst->vb2_buf, 0);
	const u8 *from = vb2_plane_vaddr(&j->src->vb2_buf, 0);

	c->stream.pictures++;
	if (!to || !from)
		j->state = VB2_BUF_STATE_ERROR;
	else
		picodec_scale(c, to, from);
	vb2_set_plane_payload(&j->dst->vb2_buf, 0, c->cap.size);
	return OUT_BOTH;
}

static u32 next_sequence(struct picodec_ctx *c, u32 type)
{
	return c->conform ? c->sequence[!V4L2_TYPE_IS_OUTPUT(type)]++ : 0;
}

static void give_src(struct picodec_ctx *c, struct job *j)
{
	spin_lock(&c->lock);
	v4l2_m2m_src_buf_remove(c->fh.m2m_ctx);
	if (c->stream.draining && c->stream.to_drain)
		c->stream.to_drain--;
	spin_unlock(&c->lock);
	picodec_counters.pictures++;
	picodec_counters.dmabuf +=
		j->src->vb2_buf.memory == VB2_MEMORY_DMABUF;
	j->src->sequence = next_sequence(c, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE);
	v4l2_m2m_buf_done(j->src, VB2_BUF_STATE_DONE);
}

static void give_dst(struct picodec_ctx *c, struct job *j)
{
	v4l2_m2m_dst_buf_remove(c->fh.m2m_ctx);
	j->dst->sequence = next_sequence(c, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE);
	j->dst->field = V4L2_FIELD_NONE;
	if (j->key)
		j->dst->flags |= V4L2_BUF_FLAG_KEYFRAME;
	v4l2_m2m_buf_done(j->dst, j->state);
}

/* As on a Pi, the end is always an empty buffer of its own. */
static void give_last(struct picodec_ctx *c, struct job *j)
{
	static const struct v4l2_event eos = { .type = V4L2_EVENT_EOS };

	spin_lock(&c->lock);
	c->stream.drained = true;
	spin_unlock(&c->lock);
	vb2_set_plane_payload(&j->dst->vb2_buf, 0, 0);
	j->dst->flags |= V4L2_BUF_FLAG_LAST;
	/* before the buffer, behind which compliance looks for it at once */
	v4l2_event_queue_fh(&c->fh, &eos);
	give_dst(c, j);
}

static void run(struct picodec_ctx *c)
{
	struct job j = {
		.src = v4l2_m2m_next_src_buf(c->fh.m2m_ctx),
		.dst = v4l2_m2m_next_dst_buf(c->fh.m2m_ctx),
		.state = VB2_BUF_STATE_DONE,
	};
	enum outcome o;

	j.dst->flags &= ~(V4L2_BUF_FLAG_KEYFRAME | V4L2_BUF_FLAG_LAST);
	j.dst->vb2_buf.timestamp = 0;
	if (c->stream.draining && !c->stream.to_drain) {
		give_last(c, &j);
		return;
	}
	o = c->node->role == PICODEC_ENCODE ? encode(c, &j) : scale(c, &j);
	if (o == OUT_BOTH)
		v4l2_m2m_buf_copy_metadata(j.src, j.dst, false);
	if (o != OUT_CAPTURE)
		give_src(c, &j);
	if (o != OUT_NOTHING)
		give_dst(c, &j);
}

/* --- jobs ---------------------------------------------------------------- */

void picodec_job(struct work_struct *work)
{
	struct picodec_ctx *c = container_of(to_delayed_work(work),
					     struct picodec_ctx, job);
	u32 stall = picodec_options.stall_after;

	if (!READ_ONCE(c->aborting)) {
		if (stall && c->stream.pictures >= stall)
			return; /* until job_abort() */
		run(c);
	}
	v4l2_m2m_job_finish(c->node->m2m, c->fh.m2m_ctx);
}

static void device_run(void *priv)
{
	struct picodec_ctx *c = priv;

	queue_delayed_work(c->node->work, &c->job,
			   msecs_to_jiffies(picodec_options.delay_ms));
}

static int job_ready(void *priv)
{
	struct picodec_ctx *c = priv;
	struct v4l2_m2m_ctx *m = c->fh.m2m_ctx;

	if (!v4l2_m2m_num_dst_bufs_ready(m) || c->stream.drained)
		return 0;
	return c->stream.draining || v4l2_m2m_num_src_bufs_ready(m);
}

static void job_abort(void *priv)
{
	struct picodec_ctx *c = priv;

	WRITE_ONCE(c->aborting, true);
	mod_delayed_work(c->node->work, &c->job, 0);
}

const struct v4l2_m2m_ops picodec_m2m_ops = {
	.device_run = device_run,
	.job_ready = job_ready,
	.job_abort = job_abort,
};
