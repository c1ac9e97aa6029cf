/* SPDX-License-Identifier: MIT */
#include "tests/fake/pixels.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <libavutil/imgutils.h>
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>

static const struct {
	uint32_t fourcc;
	enum AVPixelFormat format;
} rows[] = {
	{ V4L2_PIX_FMT_YUV420, AV_PIX_FMT_YUV420P },
	{ V4L2_PIX_FMT_YVU420, AV_PIX_FMT_YUV420P }, /* planes swapped below */
	{ V4L2_PIX_FMT_NV12, AV_PIX_FMT_NV12 },
	{ V4L2_PIX_FMT_NV21, AV_PIX_FMT_NV21 },
	{ V4L2_PIX_FMT_YUYV, AV_PIX_FMT_YUYV422 },
	{ V4L2_PIX_FMT_YVYU, AV_PIX_FMT_YVYU422 },
	{ V4L2_PIX_FMT_UYVY, AV_PIX_FMT_UYVY422 },
	{ V4L2_PIX_FMT_RGB565, AV_PIX_FMT_RGB565LE },
	{ V4L2_PIX_FMT_RGB24, AV_PIX_FMT_RGB24 },
	{ V4L2_PIX_FMT_BGR24, AV_PIX_FMT_BGR24 },
	{ V4L2_PIX_FMT_XBGR32, AV_PIX_FMT_BGR0 },
};

static void find_planes(struct pixels *p, const struct image *image,
			uint8_t *at)
{
	ptrdiff_t line = image->bytesperline, luma = line * image->height;

	p->plane[0] = at;
	p->stride[0] = (int)line;
	switch (image->fourcc) {
	case V4L2_PIX_FMT_NV12:
	case V4L2_PIX_FMT_NV21:
		p->plane[1] = at + luma;
		p->stride[1] = (int)line;
		break;
	case V4L2_PIX_FMT_YUV420:
		p->plane[1] = at + luma;
		p->plane[2] = at + luma + luma / 4;
		p->stride[1] = p->stride[2] = (int)line / 2;
		break;
	case V4L2_PIX_FMT_YVU420:
		p->plane[2] = at + luma;
		p->plane[1] = at + luma + luma / 4;
		p->stride[1] = p->stride[2] = (int)line / 2;
		break;
	default:
		break;
	}
}

int pixels_from_image(struct pixels *out, const struct image *image,
		      uint8_t *at)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].fourcc != image->fourcc)
			continue;
		*out = (struct pixels){ .format = rows[i].format,
					.width = (int)image->width,
					.height = (int)image->height };
		find_planes(out, image, at);
		return 0;
	}
	return -ENOTSUP;
}

static void copy(const struct pixels *from, const struct pixels *to)
{
	const uint8_t *source[4] = { from->plane[0], from->plane[1],
				     from->plane[2], NULL };
	struct pixels target = *to;

	av_image_copy(target.plane, target.stride, source, from->stride,
		      from->format, from->width, from->height);
}

int pixels_convert(struct SwsContext **context, const struct pixels *from,
		   const struct pixels *to)
{
	if (from->format == to->format && from->width == to->width &&
	    from->height == to->height) {
		copy(from, to);
		return 0;
	}
	*context = sws_getCachedContext(
		*context, from->width, from->height, from->format, to->width,
		to->height, to->format, SWS_BILINEAR, NULL, NULL, NULL);
	if (!*context)
		return -ENOTSUP;
	sws_scale(*context, (const uint8_t *const *)from->plane, from->stride,
		  0, from->height, to->plane, to->stride);
	return 0;
}

void pixels_finish(struct SwsContext **context)
{
	sws_freeContext(*context);
	*context = NULL;
}
