// SPDX-License-Identifier: GPL-2.0-only
#include "h264.h"
#include "picodec.h"

/* Multiples of bytesperline, as the encoder of a Pi has them since 2022. */
static const struct raw {
	u32 fourcc;
	u32 align;
} raw[] = {
	{ V4L2_PIX_FMT_YUV420, 64 },
	{ V4L2_PIX_FMT_NV12, 32 },
};

static const struct raw *find_raw(u32 fourcc)
{
	for (int i = 0; i < ARRAY_SIZE(raw); i++)
		if (raw[i].fourcc == fourcc)
			return &raw[i];
	return &raw[0];
}

static bool is_coded(const struct picodec_ctx *c, u32 type)
{
	return c->node->role == PICODEC_ENCODE && !V4L2_TYPE_IS_OUTPUT(type);
}

static struct picodec_format *format_of(struct picodec_ctx *c, u32 type)
{
	return V4L2_TYPE_IS_OUTPUT(type) ? &c->out : &c->cap;
}

static void limit_raw(struct picodec_format *f)
{
	const struct raw *r = find_raw(f->fourcc);

	f->fourcc = r->fourcc;
	f->stride = clamp(f->stride, f->width, 2 * PICODEC_MAX_SIZE);
	f->stride = ALIGN(f->stride, r->align);
	f->size = f->stride * f->height * 3 / 2;
}

/*
 * A Pi gives 512 KiB, or 768 above 1280x720, or what the program asks for,
 * and cuts what does not fit. I_PCM is larger than what a Pi makes, hence the
 * one difference: a picture always fits.
 */
static void limit_coded(struct picodec_format *f)
{
	u32 pixels = f->width * f->height;
	u32 least = pixels > 1280 * 720 ? 768 << 10 : 512 << 10;

	f->fourcc = V4L2_PIX_FMT_H264;
	f->stride = 0;
	least = max(least, pixels * 3 / 2 + pixels / 8);
	f->size = clamp(f->size, least, PICODEC_MAX_BUFFER);
}

static void limit(struct picodec_ctx *c, u32 type, struct picodec_format *f)
{
	v4l_bound_align_image(&f->width, PICODEC_MIN_SIZE, PICODEC_MAX_SIZE, 1,
			      &f->height, PICODEC_MIN_SIZE, PICODEC_MAX_SIZE, 1,
			      0);
	if (is_coded(c, type))
		limit_coded(f);
	else
		limit_raw(f);
	if (!f->colorspace) {
		f->colorspace = V4L2_COLORSPACE_REC709;
		f->ycbcr = f->quantization = f->xfer = 0;
	}
}

void picodec_format_default(struct picodec_ctx *c)
{
	c->interval = (struct v4l2_fract){ 1, 30 };
	c->out = c->cap = (struct picodec_format){
		.fourcc = V4L2_PIX_FMT_YUV420, .width = 32, .height = 32,
	};
	limit(c, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, &c->out);
	limit(c, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, &c->cap);
}

static int enum_raw(struct v4l2_fmtdesc *f)
{
	if (f->index >= ARRAY_SIZE(raw))
		return -EINVAL;
	f->pixelformat = raw[f->index].fourcc;
	return 0;
}

int picodec_enum_fmt_out(struct file *file, void *fh, struct v4l2_fmtdesc *f)
{
	return enum_raw(f);
}

int picodec_enum_fmt_cap(struct file *file, void *fh, struct v4l2_fmtdesc *f)
{
	if (!is_coded(picodec_ctx_of(file), f->type))
		return enum_raw(f);
	if (f->index)
		return -EINVAL;
	f->pixelformat = V4L2_PIX_FMT_H264;
	return 0;
}

int picodec_enum_framesizes(struct file *file, void *fh,
			    struct v4l2_frmsizeenum *f)
{
	struct picodec_ctx *c = picodec_ctx_of(file);
	bool coded = f->pixel_format == V4L2_PIX_FMT_H264 &&
		     c->node->role == PICODEC_ENCODE;

	if (f->index ||
	    (!coded && find_raw(f->pixel_format)->fourcc != f->pixel_format))
		return -EINVAL;
	f->type = V4L2_FRMSIZE_TYPE_STEPWISE;
	f->stepwise = (struct v4l2_frmsize_stepwise){
		PICODEC_MIN_SIZE, PICODEC_MAX_SIZE, 2,
		PICODEC_MIN_SIZE, PICODEC_MAX_SIZE, 2,
	};
	return 0;
}

static void tell(struct v4l2_format *f, const struct picodec_format *from)
{
	struct v4l2_pix_format_mplane *p = &f->fmt.pix_mp;
	u32 type = f->type;

	*f = (struct v4l2_format){ .type = type };
	p->width = from->width;
	p->height = from->height;
	p->pixelformat = from->fourcc;
	p->field = V4L2_FIELD_NONE;
	p->colorspace = from->colorspace;
	p->ycbcr_enc = from->ycbcr;
	p->quantization = from->quantization;
	p->xfer_func = from->xfer;
	p->num_planes = 1;
	p->plane_fmt[0].bytesperline = from->stride;
	p->plane_fmt[0].sizeimage = from->size;
}

static struct picodec_format wish(struct picodec_ctx *c,
				  const struct v4l2_format *f)
{
	const struct v4l2_pix_format_mplane *p = &f->fmt.pix_mp;
	struct picodec_format w = {
		.fourcc = p->pixelformat,
		.width = p->width,
		.height = p->height,
		.stride = p->plane_fmt[0].bytesperline,
		.size = p->plane_fmt[0].sizeimage,
		.colorspace = p->colorspace,
		.ycbcr = p->ycbcr_enc,
		.quantization = p->quantization,
		.xfer = p->xfer_func,
	};

	/* What comes out has the colours of what goes in... */
	if (!V4L2_TYPE_IS_OUTPUT(f->type)) {
		w.colorspace = c->out.colorspace;
		w.ycbcr = c->out.ycbcr;
		w.quantization = c->out.quantization;
		w.xfer = c->out.xfer;
	}
	/* ... and its size, which a Pi lets programs say otherwise. */
	if (is_coded(c, f->type) && c->conform) {
		w.width = c->out.width;
		w.height = c->out.height;
	}
	limit(c, f->type, &w);
	return w;
}

int picodec_g_fmt(struct file *file, void *fh, struct v4l2_format *f)
{
	tell(f, format_of(picodec_ctx_of(file), f->type));
	return 0;
}

int picodec_try_fmt(struct file *file, void *fh, struct v4l2_format *f)
{
	struct picodec_format w = wish(picodec_ctx_of(file), f);

	tell(f, &w);
	return 0;
}

static void follow_output(struct picodec_ctx *c)
{
	struct picodec_format *cap = &c->cap;

	cap->colorspace = c->out.colorspace;
	cap->ycbcr = c->out.ycbcr;
	cap->quantization = c->out.quantization;
	cap->xfer = c->out.xfer;
	if (c->node->role == PICODEC_ISP ||
	    vb2_is_busy(picodec_queue(c, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)))
		return;
	cap->width = c->out.width;
	cap->height = c->out.height;
	limit(c, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, cap);
}

int picodec_s_fmt(struct file *file, void *fh, struct v4l2_format *f)
{
	struct picodec_ctx *c = picodec_ctx_of(file);

	if (vb2_is_busy(picodec_queue(c, f->type)))
		return -EBUSY;
	*format_of(c, f->type) = wish(c, f);
	if (V4L2_TYPE_IS_OUTPUT(f->type))
		follow_output(c);
	tell(f, format_of(c, f->type));
	return 0;
}
