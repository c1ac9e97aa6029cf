/* SPDX-License-Identifier: MIT */
#include "tests/fake/m2m.h"

#include <stdio.h>

#include "tests/fake/file.h"

#define LEAST_SIDE 32
#define MOST_SIDE  1920
#define UNIT_SIZE  (512 << 10) /* of a compressed picture, at least */

void m2m_set_up_node(struct node *node, const char *card)
{
	snprintf(node->driver, sizeof(node->driver), "bcm2835-codec");
	snprintf(node->card, sizeof(node->card), "%s", card);
	snprintf(node->bus, sizeof(node->bus), "platform:bcm2835-codec");
	node->caps = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING |
		     V4L2_CAP_EXT_PIX_FORMAT;
	node->kernel = KERNEL_6_6;
	node->least_side = LEAST_SIDE;
	node->most_side = MOST_SIDE;
	node->contiguous = node->dmabuf = true;
}

static void open_queue(struct file *f, enum direction way)
{
	struct queue *q = &f->queue[way];
	bool old = f->node->kernel == KERNEL_2019;

	f->has[way] = true;
	q->type = way == OUT ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
			     : V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
	q->output = way == OUT;
	q->memories = 1 << V4L2_MEMORY_MMAP;
	if (f->node->dmabuf)
		q->memories |= 1 << V4L2_MEMORY_DMABUF;
	q->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
	q->image = (struct image){ .fourcc = f->node->formats[way][0],
				   .width = old ? 640 : LEAST_SIDE,
				   .height = old ? 480 : LEAST_SIDE,
				   .field = V4L2_FIELD_NONE };
	f->node->kind->adjust(f, way, &q->image);
}

void m2m_open(struct file *f)
{
	open_queue(f, OUT);
	open_queue(f, CAP);
}

static uint32_t bound(const struct node *node, uint32_t side)
{
	if (side < node->least_side)
		return node->least_side;
	return side > node->most_side ? node->most_side : (side + 1) & ~1u;
}

void m2m_adjust(struct file *f, enum direction way, struct image *im)
{
	(void)way;
	im->width = bound(f->node, im->width);
	im->height = bound(f->node, im->height);
	if (!im->colorspace)
		im->colorspace = V4L2_COLORSPACE_REC709;
	if (image_is_raw(im)) {
		image_lay_out(im, format_alignment(format_find(im->fourcc),
						   f->node->kernel));
		return;
	}
	im->bytesperline = 0;
	if (im->sizeimage < UNIT_SIZE)
		im->sizeimage = UNIT_SIZE;
}
