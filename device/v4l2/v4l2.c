/* SPDX-License-Identifier: MIT */
#include "device/v4l2/v4l2.h"

#include <ctype.h>
#include <errno.h>
#include <sys/ioctl.h>

#include <linux/videodev2.h>

/* More in a row is no signal any more, and going on would be a busy loop. */
#define MOST_INTERRUPTIONS 100

int v4l2_call(int fd, unsigned long request, void *argument)
{
	for (int i = 0; i < MOST_INTERRUPTIONS; i++) {
		if (ioctl(fd, request, argument) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
	return -EINTR;
}

bool v4l2_is_mplane(uint32_t type)
{
	return type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE ||
	       type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
}

bool v4l2_is_output(uint32_t type)
{
	return type == V4L2_BUF_TYPE_VIDEO_OUTPUT ||
	       type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
}

/* --- formats ------------------------------------------------------------- */

static void to_mplane(struct v4l2_pix_format_mplane *pix,
		      const struct v4l2_layout *layout)
{
	pix->width = (uint32_t)layout->width;
	pix->height = (uint32_t)layout->height;
	pix->pixelformat = layout->fourcc;
	pix->field = V4L2_FIELD_NONE;
	pix->colorspace = layout->colorspace;
	pix->quantization = (uint8_t)layout->quantization;
	pix->num_planes = 1;
	pix->plane_fmt[0].bytesperline = layout->stride;
	pix->plane_fmt[0].sizeimage = layout->size;
}

static void to_pix(struct v4l2_pix_format *pix,
		   const struct v4l2_layout *layout)
{
	pix->width = (uint32_t)layout->width;
	pix->height = (uint32_t)layout->height;
	pix->pixelformat = layout->fourcc;
	pix->field = V4L2_FIELD_NONE;
	pix->colorspace = layout->colorspace;
	/* without this the driver ignores what stands behind it */
	pix->priv = V4L2_PIX_FMT_PRIV_MAGIC;
	pix->quantization = layout->quantization;
	pix->bytesperline = layout->stride;
	pix->sizeimage = layout->size;
}

static void from_mplane(struct v4l2_layout *layout,
			const struct v4l2_pix_format_mplane *pix)
{
	*layout = (struct v4l2_layout){
		.fourcc = pix->pixelformat,
		.width = (int)pix->width,
		.height = (int)pix->height,
		.stride = pix->plane_fmt[0].bytesperline,
		.size = pix->plane_fmt[0].sizeimage,
		.colorspace = pix->colorspace,
		.quantization = pix->quantization,
	};
}

static void from_pix(struct v4l2_layout *layout,
		     const struct v4l2_pix_format *pix)
{
	*layout = (struct v4l2_layout){
		.fourcc = pix->pixelformat,
		.width = (int)pix->width,
		.height = (int)pix->height,
		.stride = pix->bytesperline,
		.size = pix->sizeimage,
		.colorspace = pix->colorspace,
		.quantization = pix->quantization,
	};
}

static int negotiate(int fd, unsigned long request, uint32_t type,
		     struct v4l2_layout *layout)
{
	struct v4l2_format format = { .type = type };
	bool mplane = v4l2_is_mplane(type);
	int err;

	if (mplane)
		to_mplane(&format.fmt.pix_mp, layout);
	else
		to_pix(&format.fmt.pix, layout);
	err = v4l2_call(fd, request, &format);
	if (err < 0)
		return err;
	if (mplane && format.fmt.pix_mp.num_planes != 1)
		return -EINVAL;
	if (mplane)
		from_mplane(layout, &format.fmt.pix_mp);
	else
		from_pix(layout, &format.fmt.pix);
	return 0;
}

int v4l2_set_layout(int fd, uint32_t type, struct v4l2_layout *layout)
{
	return negotiate(fd, VIDIOC_S_FMT, type, layout);
}

int v4l2_try_layout(int fd, uint32_t type, struct v4l2_layout *layout)
{
	return negotiate(fd, VIDIOC_TRY_FMT, type, layout);
}

/* --- rate and controls ----------------------------------------------------
 */

/* Frames per second there, seconds per frame here. */
int v4l2_set_rate(int fd, uint32_t type, int *num, int *den)
{
	struct v4l2_streamparm parm = { .type = type };
	struct v4l2_fract *frame = v4l2_is_output(type)
					   ? &parm.parm.output.timeperframe
					   : &parm.parm.capture.timeperframe;
	int err;

	frame->numerator = (uint32_t)*den;
	frame->denominator = (uint32_t)*num;
	err = v4l2_call(fd, VIDIOC_S_PARM, &parm);
	if (err < 0)
		return err;
	if (frame->numerator && frame->denominator &&
	    frame->numerator <= INT32_MAX && frame->denominator <= INT32_MAX) {
		*num = (int)frame->denominator;
		*den = (int)frame->numerator;
	}
	return 0;
}

int v4l2_set_control(int fd, uint32_t id, int32_t value)
{
	struct v4l2_control control = { .id = id, .value = value };

	return v4l2_call(fd, VIDIOC_S_CTRL, &control);
}

int v4l2_get_control(int fd, uint32_t id, int32_t *value)
{
	struct v4l2_control control = { .id = id };
	int err = v4l2_call(fd, VIDIOC_G_CTRL, &control);

	if (!err)
		*value = control.value;
	return err;
}

struct fourcc_text fourcc_text(uint32_t fourcc)
{
	struct fourcc_text out = { "" };

	for (int i = 0; i < 4; i++) {
		int c = (int)(fourcc >> (8 * i) & 0x7f);

		out.text[i] = (char)(isprint(c) ? c : '?');
	}
	return out;
}
