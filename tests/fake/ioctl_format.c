/* SPDX-License-Identifier: MIT */
#include "tests/fake/ioctl_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int ioctl_querycap(struct file *f, void *argument)
{
	struct v4l2_capability *c = argument;
	const struct node *node = f->node;

	memset(c, 0, sizeof(*c));
	snprintf((char *)c->driver, sizeof(c->driver), "%s", node->driver);
	snprintf((char *)c->card, sizeof(c->card), "%s", node->card);
	snprintf((char *)c->bus_info, sizeof(c->bus_info), "%s", node->bus);
	c->version = 6 << 16 | 6 << 8;
	c->device_caps = node->caps;
	c->capabilities = node->caps | V4L2_CAP_DEVICE_CAPS;
	/* All the nodes of one camera together (uvcvideo). */
	if (node->kind == &kind_metadata)
		c->capabilities |= V4L2_CAP_VIDEO_CAPTURE;
	return 0;
}

/* --- formats ------------------------------------------------------------- */

int ioctl_enum_fmt(struct file *f, void *argument)
{
	struct v4l2_fmtdesc *d = argument;
	enum direction way;
	const struct format *format;

	if (!ioctl_queue(f, d->type, &way) || d->index >= NODE_MAX_FORMATS)
		return -EINVAL;
	for (uint32_t i = 0; i <= d->index; i++) {
		if (!f->node->formats[way][i])
			return -EINVAL;
	}
	format = format_find(f->node->formats[way][d->index]);
	d->flags = format->bits ? 0 : V4L2_FMT_FLAG_COMPRESSED;
	d->pixelformat = format->fourcc;
	snprintf((char *)d->description, sizeof(d->description), "%s",
		 format->description);
	return 0;
}

int ioctl_g_fmt(struct file *f, void *argument)
{
	struct v4l2_format *format = argument;
	enum direction way;
	const struct queue *q = ioctl_queue(f, format->type, &way);

	if (!q)
		return -EINVAL;
	image_to_v4l2(&q->image, format);
	return 0;
}

static bool is_offered(const struct node *node, enum direction way,
		       uint32_t fourcc)
{
	for (int i = 0; i < NODE_MAX_FORMATS; i++) {
		if (node->formats[way][i] == fourcc)
			return fourcc != 0;
	}
	return false;
}

/* Nothing is refused: what the device cannot is changed. */
static int try_image(struct file *f, const struct v4l2_format *format,
		     struct image *image, enum direction *way)
{
	if (!ioctl_queue(f, format->type, way))
		return -EINVAL;
	image_from_v4l2(image, format);
	if (!is_offered(f->node, *way, image->fourcc))
		image->fourcc = f->node->formats[*way][0];
	image->field = V4L2_FIELD_NONE;
	f->node->kind->adjust(f, *way, image);
	return 0;
}

int ioctl_try_fmt(struct file *f, void *argument)
{
	struct image image;
	enum direction way;
	int err = try_image(f, argument, &image, &way);

	if (err == 0)
		image_to_v4l2(&image, argument);
	return err;
}

int ioctl_s_fmt(struct file *f, void *argument)
{
	struct image image;
	enum direction way;
	int err = try_image(f, argument, &image, &way);

	if (err < 0)
		return err;
	if (f->queue[way].count || f->file_io)
		return -EBUSY;
	f->queue[way].image = image;
	if (f->node->kind->format_set)
		f->node->kind->format_set(f, way);
	image_to_v4l2(&image, argument);
	return 0;
}

/* --- sizes and rates ----------------------------------------------------- */

int ioctl_enum_framesizes(struct file *f, void *argument)
{
	struct v4l2_frmsizeenum *e = argument;
	const struct node *node = f->node;

	if (!is_offered(node, OUT, e->pixel_format) &&
	    !is_offered(node, CAP, e->pixel_format))
		return -EINVAL;
	if (!node->sizes[0].width) {
		if (e->index)
			return -EINVAL;
		e->type = V4L2_FRMSIZE_TYPE_STEPWISE;
		e->stepwise = (struct v4l2_frmsize_stepwise){
			node->least_side, node->most_side, 2,
			node->least_side, node->most_side, 2,
		};
		return 0;
	}
	if (e->index >= NODE_MAX_SIZES || !node->sizes[e->index].width)
		return -EINVAL;
	e->type = V4L2_FRMSIZE_TYPE_DISCRETE;
	e->discrete.width = node->sizes[e->index].width;
	e->discrete.height = node->sizes[e->index].height;
	return 0;
}

/* A camera's full rate, and half of it. */
int ioctl_enum_frameintervals(struct file *f, void *argument)
{
	struct v4l2_frmivalenum *e = argument;

	if (f->node->kind != &kind_camera)
		return -ENOTTY;
	if (!is_offered(f->node, CAP, e->pixel_format) || e->index > 1)
		return -EINVAL;
	e->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	e->discrete =
		(struct v4l2_fract){ 1 + e->index, (uint32_t)f->node->fps };
	return 0;
}

static bool has_parm(const struct file *f)
{
	return f->node->kind == &kind_camera || f->node->kind == &kind_encoder;
}

static void fill_parm(const struct file *f, struct v4l2_streamparm *p)
{
	uint32_t type = p->type;

	memset(p, 0, sizeof(*p));
	p->type = type;
	if (V4L2_TYPE_IS_OUTPUT(type)) {
		p->parm.output.capability = V4L2_CAP_TIMEPERFRAME;
		p->parm.output.timeperframe = f->interval;
		return;
	}
	p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
	p->parm.capture.timeperframe = f->interval;
}

/* The encoder has a rate only where the pictures come in. */
static struct queue *parm_queue(struct file *f, uint32_t type)
{
	enum direction way;
	struct queue *q = ioctl_queue(f, type, &way);

	return q && way == (f->node->kind == &kind_camera ? CAP : OUT) ? q
								       : NULL;
}

int ioctl_g_parm(struct file *f, void *argument)
{
	struct v4l2_streamparm *p = argument;

	if (!has_parm(f))
		return -ENOTTY;
	if (!parm_queue(f, p->type))
		return -EINVAL;
	fill_parm(f, p);
	return 0;
}

static int set_encoder_rate(struct file *f, const struct queue *q,
			    struct v4l2_fract interval)
{
	if (!interval.numerator || !interval.denominator)
		return -EINVAL;
	if (q->count)
		f->node->counters.late_parms++;
	f->interval = interval;
	return 0;
}

static int set_camera_rate(struct file *f, struct v4l2_fract interval)
{
	uint32_t most = (uint32_t)f->node->fps;

	if (!interval.numerator || !interval.denominator ||
	    interval.denominator > (uint64_t)most * interval.numerator)
		interval = (struct v4l2_fract){ 1, most };
	f->interval = interval;
	return 0;
}

int ioctl_s_parm(struct file *f, void *argument)
{
	struct v4l2_streamparm *p = argument;
	const struct queue *q;
	int err;

	if (!has_parm(f))
		return -ENOTTY;
	q = parm_queue(f, p->type);
	if (!q)
		return -EINVAL;
	err = q->output ? set_encoder_rate(f, q, p->parm.output.timeperframe)
			: set_camera_rate(f, p->parm.capture.timeperframe);
	if (err == 0)
		fill_parm(f, p);
	return err;
}

/* --- crop of the scaler -------------------------------------------------- */

static bool is_crop(const struct file *f, const struct v4l2_selection *s)
{
	return s->target == V4L2_SEL_TGT_CROP && f->has[OUT] &&
	       (s->type == V4L2_BUF_TYPE_VIDEO_OUTPUT ||
		s->type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE);
}

int ioctl_g_selection(struct file *f, void *argument)
{
	struct v4l2_selection *s = argument;
	const struct image *image = &f->queue[OUT].image;

	if (f->node->kind != &kind_isp)
		return -ENOTTY;
	if (f->node->kernel != KERNEL_6_6)
		return 0; /* says yes and does nothing */
	if (!is_crop(f, s))
		return -EINVAL;
	s->r = f->crop.width ? f->crop
			     : (struct v4l2_rect){ 0, 0, image->width,
						   image->height };
	return 0;
}

int ioctl_s_selection(struct file *f, void *argument)
{
	struct v4l2_selection *s = argument;
	const struct image *image = &f->queue[OUT].image;

	if (f->node->kind != &kind_isp)
		return -ENOTTY;
	if (f->node->kernel != KERNEL_6_6)
		return 0;
	if (!is_crop(f, s))
		return -EINVAL;
	s->r.left = s->r.top = 0; /* all that it can */
	s->r.width &= ~1u;
	s->r.height &= ~1u;
	if (!s->r.width || s->r.width > image->width)
		s->r.width = image->width;
	if (!s->r.height || s->r.height > image->height)
		s->r.height = image->height;
	f->crop = s->r;
	return 0;
}

/* --- inputs -------------------------------------------------------------- */

int ioctl_enuminput(struct file *f, void *argument)
{
	struct v4l2_input *input = argument;

	if (f->node->kind != &kind_camera)
		return -ENOTTY;
	if (input->index)
		return -EINVAL;
	*input = (struct v4l2_input){ .type = V4L2_INPUT_TYPE_CAMERA };
	snprintf((char *)input->name, sizeof(input->name), "Camera 1");
	return 0;
}

int ioctl_g_input(struct file *f, void *argument)
{
	if (f->node->kind != &kind_camera)
		return -ENOTTY;
	*(int *)argument = 0;
	return 0;
}

int ioctl_s_input(struct file *f, void *argument)
{
	if (f->node->kind != &kind_camera)
		return -ENOTTY;
	return *(const int *)argument == 0 ? 0 : -EINVAL;
}
