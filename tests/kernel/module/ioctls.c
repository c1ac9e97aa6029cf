// SPDX-License-Identifier: GPL-2.0-only
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>

#include "picodec.h"

static int querycap(struct file *file, void *fh, struct v4l2_capability *cap)
{
	struct picodec_node *n = video_drvdata(file);

	strscpy(cap->driver, "bcm2835-codec", sizeof(cap->driver));
	strscpy(cap->card, n->vdev.name, sizeof(cap->card));
	return 0;
}

static void tell_parm(const struct picodec_ctx *c, struct v4l2_streamparm *p)
{
	u32 type = p->type;

	*p = (struct v4l2_streamparm){ .type = type };
	p->parm.output.capability = V4L2_CAP_TIMEPERFRAME;
	p->parm.output.timeperframe = c->interval;
}

static int g_parm(struct file *file, void *fh, struct v4l2_streamparm *p)
{
	if (p->type != V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE)
		return -EINVAL;
	tell_parm(picodec_ctx_of(file), p);
	return 0;
}

static int s_parm(struct file *file, void *fh, struct v4l2_streamparm *p)
{
	struct picodec_ctx *c = picodec_ctx_of(file);
	struct v4l2_fract t = p->parm.output.timeperframe;

	if (p->type != V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE)
		return -EINVAL;
	if (!t.numerator || !t.denominator) {
		if (!c->conform)
			return -EINVAL;
		t = (struct v4l2_fract){ 1, 30 };
	}
	c->interval = t;
	tell_parm(c, p);
	return 0;
}

/* --- the end of the stream ----------------------------------------------- */

static int try_encoder_cmd(struct file *file, void *fh,
			   struct v4l2_encoder_cmd *e)
{
	if (e->cmd != V4L2_ENC_CMD_STOP && e->cmd != V4L2_ENC_CMD_START)
		return -EINVAL;
	e->flags = 0;
	return 0;
}

static int stop(struct picodec_ctx *c)
{
	struct v4l2_m2m_ctx *m = c->fh.m2m_ctx;
	int err = 0;

	spin_lock(&c->lock);
	if (c->stream.draining) {
		err = c->conform && !c->stream.drained ? -EBUSY : 0;
	} else {
		c->stream.draining = true;
		c->stream.to_drain = v4l2_m2m_num_src_bufs_ready(m);
	}
	spin_unlock(&c->lock);
	if (!err)
		v4l2_m2m_try_schedule(m);
	return err;
}

/*
 * A Pi's driver says yes and leaves the CAPTURE queue marked as drained, so
 * that DQBUF gives EPIPE for ever.
 */
static int start(struct picodec_ctx *c)
{
	struct v4l2_m2m_ctx *m = c->fh.m2m_ctx;
	int err = 0;

	if (!c->conform)
		return 0;
	spin_lock(&c->lock);
	if (c->stream.draining && !c->stream.drained)
		err = -EBUSY;
	else
		c->stream.draining = c->stream.drained = false;
	spin_unlock(&c->lock);
	if (!err) {
		vb2_clear_last_buffer_dequeued(v4l2_m2m_get_dst_vq(m));
		v4l2_m2m_try_schedule(m);
	}
	return err;
}

static int encoder_cmd(struct file *file, void *fh, struct v4l2_encoder_cmd *e)
{
	struct picodec_ctx *c = picodec_ctx_of(file);
	struct v4l2_m2m_ctx *m = c->fh.m2m_ctx;
	int err = try_encoder_cmd(file, fh, e);

	if (err)
		return err;
	if (!vb2_is_streaming(v4l2_m2m_get_src_vq(m)) ||
	    !vb2_is_streaming(v4l2_m2m_get_dst_vq(m)))
		return 0;
	return e->cmd == V4L2_ENC_CMD_STOP ? stop(c) : start(c);
}

static int subscribe(struct v4l2_fh *fh,
		     const struct v4l2_event_subscription *s)
{
	const struct picodec_ctx *c = container_of(fh, struct picodec_ctx, fh);

	if (s->type == V4L2_EVENT_EOS && c->node->role == PICODEC_ENCODE)
		return v4l2_event_subscribe(fh, s, 2, NULL);
	/* No encoder sends it, yet a Pi's lets programs wait for it. */
	if (s->type == V4L2_EVENT_SOURCE_CHANGE && !c->conform)
		return v4l2_src_change_event_subscribe(fh, s);
	return v4l2_ctrl_subscribe_event(fh, s);
}

const struct v4l2_ioctl_ops picodec_ioctl_ops = {
	.vidioc_querycap = querycap,
	.vidioc_enum_fmt_vid_out = picodec_enum_fmt_out,
	.vidioc_enum_fmt_vid_cap = picodec_enum_fmt_cap,
	.vidioc_enum_framesizes = picodec_enum_framesizes,
	.vidioc_g_fmt_vid_out_mplane = picodec_g_fmt,
	.vidioc_g_fmt_vid_cap_mplane = picodec_g_fmt,
	.vidioc_try_fmt_vid_out_mplane = picodec_try_fmt,
	.vidioc_try_fmt_vid_cap_mplane = picodec_try_fmt,
	.vidioc_s_fmt_vid_out_mplane = picodec_s_fmt,
	.vidioc_s_fmt_vid_cap_mplane = picodec_s_fmt,
	.vidioc_reqbufs = v4l2_m2m_ioctl_reqbufs,
	.vidioc_create_bufs = v4l2_m2m_ioctl_create_bufs,
	.vidioc_querybuf = v4l2_m2m_ioctl_querybuf,
	.vidioc_prepare_buf = v4l2_m2m_ioctl_prepare_buf,
	.vidioc_qbuf = v4l2_m2m_ioctl_qbuf,
	.vidioc_dqbuf = v4l2_m2m_ioctl_dqbuf,
	.vidioc_expbuf = v4l2_m2m_ioctl_expbuf,
	.vidioc_streamon = v4l2_m2m_ioctl_streamon,
	.vidioc_streamoff = v4l2_m2m_ioctl_streamoff,
	.vidioc_g_parm = g_parm,
	.vidioc_s_parm = s_parm,
	.vidioc_encoder_cmd = encoder_cmd,
	.vidioc_try_encoder_cmd = try_encoder_cmd,
	.vidioc_subscribe_event = subscribe,
	.vidioc_unsubscribe_event = v4l2_event_unsubscribe,
};
