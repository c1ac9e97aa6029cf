/* SPDX-License-Identifier: MIT */
#include "device/v4l2/raw.h"

#include <assert.h>
#include <string.h>

#include <linux/videodev2.h>

static const struct {
	uint32_t fourcc;
	enum picture_format format;
} formats[] = {
	{ V4L2_PIX_FMT_YUV420, PICTURE_I420 },
	{ V4L2_PIX_FMT_NV12, PICTURE_NV12 },
	{ V4L2_PIX_FMT_YUYV, PICTURE_YUYV },
};

#define FORMATS (sizeof(formats) / sizeof(*formats))

uint32_t raw_fourcc(enum picture_format format)
{
	size_t i = 0;

	while (i < FORMATS - 1 && formats[i].format != format)
		i++;
	return formats[i].fourcc;
}

bool raw_format(uint32_t fourcc, enum picture_format *format)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (formats[i].fourcc == fourcc) {
			*format = formats[i].format;
			return true;
		}
	}
	return false;
}

/* One plane of a picture: where it is, how long a line is, and how many. */
struct plane {
	size_t offset, stride, line;
	int lines;
};

static int lay_planes(struct plane out[3], enum picture_format format,
		      size_t stride, int width, int height)
{
	size_t line = (size_t)width, luma = stride * (size_t)height;

	switch (format) {
	case PICTURE_YUYV:
		out[0] = (struct plane){ 0, stride, 2 * line, height };
		return 1;
	case PICTURE_NV12:
		out[0] = (struct plane){ 0, stride, line, height };
		out[1] = (struct plane){ luma, stride, line, height / 2 };
		return 2;
	case PICTURE_I420:
		break;
	}
	out[0] = (struct plane){ 0, stride, line, height };
	out[1] = (struct plane){ luma, stride / 2, line / 2, height / 2 };
	out[2] = out[1];
	out[2].offset += stride / 2 * (size_t)(height / 2);
	return 3;
}

size_t raw_size(enum picture_format format, size_t stride, int height)
{
	struct plane plane[3];
	int n = lay_planes(plane, format, stride, 0, height);
	const struct plane *last = &plane[n - 1];

	return last->offset + last->stride * (size_t)last->lines;
}

#define MOST_SIDE 16384

bool raw_is_possible(const struct v4l2_layout *layout)
{
	enum picture_format format;
	struct plane plane[3];

	if (!raw_format(layout->fourcc, &format) || layout->width <= 0 ||
	    layout->height <= 0 || layout->width > MOST_SIDE ||
	    layout->height > MOST_SIDE || layout->width % 2 ||
	    layout->height % 2 || layout->stride > 4 * MOST_SIDE ||
	    layout->stride % 2)
		return false;
	lay_planes(plane, format, layout->stride, layout->width,
		   layout->height);
	return plane[0].line <= layout->stride &&
	       raw_size(format, layout->stride, layout->height) <= layout->size;
}

void raw_lay(struct picture *out, const uint8_t *at,
	     const struct v4l2_layout *layout)
{
	struct plane plane[3];
	int n;

	*out = (struct picture){ .width = layout->width,
				 .height = layout->height };
	raw_format(layout->fourcc, &out->format);
	n = lay_planes(plane, out->format, layout->stride, layout->width,
		       layout->height);
	for (int i = 0; i < n; i++) {
		out->plane[i] = at + plane[i].offset;
		out->stride[i] = (int)plane[i].stride;
	}
}

static void copy_plane(uint8_t *to, const struct plane *plane,
		       const uint8_t *from, size_t stride)
{
	if (stride == plane->stride) { /* the padding of the last line stays */
		memcpy(to, from,
		       stride * (size_t)(plane->lines - 1) + plane->line);
		return;
	}
	for (int i = 0; i < plane->lines; i++) {
		memcpy(to, from, plane->line);
		to += plane->stride;
		from += stride;
	}
}

void raw_copy(uint8_t *to, const struct v4l2_layout *layout,
	      const struct picture *from)
{
	struct plane plane[3];
	int n;

	assert(raw_fourcc(from->format) == layout->fourcc &&
	       from->width == layout->width && from->height == layout->height);
	n = lay_planes(plane, from->format, layout->stride, layout->width,
		       layout->height);
	for (int i = 0; i < n; i++)
		copy_plane(to + plane[i].offset, &plane[i], from->plane[i],
			   (size_t)from->stride[i]);
}
