// SPDX-License-Identifier: GPL-2.0-only
/*
 * The controls of the encoder of a Pi, with its limits; values out of range
 * are clamped by the framework without a word, there as here.
 */
#include "picodec.h"

#define LEVEL(x) V4L2_MPEG_VIDEO_H264_LEVEL_##x
#define PROFILE(x) V4L2_MPEG_VIDEO_H264_PROFILE_##x

static int s_ctrl(struct v4l2_ctrl *ctrl)
{
	struct picodec_ctx *c = container_of(ctrl->handler, struct picodec_ctx,
					     ctrls);
	u32 v = ctrl->val;

	switch (ctrl->id) {
	case V4L2_CID_MPEG_VIDEO_BITRATE:
		c->bitrate = v;
		break;
	case V4L2_CID_MPEG_VIDEO_BITRATE_MODE:
		c->bitrate_mode = v;
		break;
	case V4L2_CID_MPEG_VIDEO_H264_PROFILE:
		c->profile = v;
		break;
	case V4L2_CID_MPEG_VIDEO_H264_LEVEL:
		c->level = v;
		break;
	case V4L2_CID_MPEG_VIDEO_H264_I_PERIOD:
		c->period = v;
		break;
	case V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER:
		c->repeat_headers = v;
		break;
	case V4L2_CID_MPEG_VIDEO_HEADER_MODE: /* 0 separate, 1 joined */
		c->joined = v;
		break;
	case V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME:
		/* The pipeline of a Pi has a picture in it already. */
		atomic_set(&c->force_key, c->conform ? 1 : 2);
		break;
	case V4L2_CID_HFLIP:
		c->hflip = v;
		break;
	case V4L2_CID_VFLIP:
		c->vflip = v;
		break;
	}
	return 0;
}

static const struct v4l2_ctrl_ops ops = { .s_ctrl = s_ctrl };

static void number(struct picodec_ctx *c, u32 id, s64 min, s64 max, u64 step,
		   s64 value)
{
	v4l2_ctrl_new_std(&c->ctrls, &ops, id, min, max, step, value);
}

/* A menu of those items whose bit is in `items`. */
static void menu(struct picodec_ctx *c, u32 id, u8 max, u64 items, u8 value)
{
	v4l2_ctrl_new_std_menu(&c->ctrls, &ops, id, max, ~items, value);
}

static void encode_controls(struct picodec_ctx *c)
{
	menu(c, V4L2_CID_MPEG_VIDEO_BITRATE_MODE,
	     V4L2_MPEG_VIDEO_BITRATE_MODE_CBR, 3,
	     V4L2_MPEG_VIDEO_BITRATE_MODE_VBR);
	number(c, V4L2_CID_MPEG_VIDEO_BITRATE, 25000, 25000000, 25000,
	       10000000);
	menu(c, V4L2_CID_MPEG_VIDEO_HEADER_MODE,
	     V4L2_MPEG_VIDEO_HEADER_MODE_JOINED_WITH_1ST_FRAME, 3,
	     V4L2_MPEG_VIDEO_HEADER_MODE_JOINED_WITH_1ST_FRAME);
	number(c, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 0, 1, 1, 0);
	number(c, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, 0, 0x7fffffff, 1, 60);
	number(c, V4L2_CID_MPEG_VIDEO_GOP_SIZE, 0, 0x7fffffff, 1, 60);
	number(c, V4L2_CID_MPEG_VIDEO_B_FRAMES, 0, 0, 1, 0);
	menu(c, V4L2_CID_MPEG_VIDEO_H264_LEVEL, LEVEL(5_1),
	     GENMASK(LEVEL(5_1), LEVEL(1_0)), LEVEL(4_0));
	menu(c, V4L2_CID_MPEG_VIDEO_H264_PROFILE, PROFILE(HIGH),
	     BIT(PROFILE(BASELINE)) | BIT(PROFILE(CONSTRAINED_BASELINE)) |
		     BIT(PROFILE(MAIN)) | BIT(PROFILE(HIGH)),
	     PROFILE(HIGH));
	number(c, V4L2_CID_MPEG_VIDEO_H264_MIN_QP, 0, 51, 1, 20);
	number(c, V4L2_CID_MPEG_VIDEO_H264_MAX_QP, 0, 51, 1, 51);
	number(c, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 0, 0, 0, 0);
	/* The documentation asks for it and a Pi does not have it. */
	if (c->conform)
		number(c, V4L2_CID_MIN_BUFFERS_FOR_OUTPUT, 1, 1, 1, 1);
}

static void isp_controls(struct picodec_ctx *c)
{
	number(c, V4L2_CID_HFLIP, 0, 1, 1, 0);
	number(c, V4L2_CID_VFLIP, 0, 1, 1, 0);
}

int picodec_controls(struct picodec_ctx *c)
{
	v4l2_ctrl_handler_init(&c->ctrls, 16);
	if (c->node->role == PICODEC_ENCODE)
		encode_controls(c);
	else
		isp_controls(c);
	c->fh.ctrl_handler = &c->ctrls;
	return c->ctrls.error ?: v4l2_ctrl_handler_setup(&c->ctrls);
}
