/* SPDX-License-Identifier: MIT */
/*
 * Nodes that are not what a program looks for: the other roles of
 * bcm2835-codec, and the metadata node that comes with each USB camera.
 * They answer questions and stream nothing.
 */
#include <stdio.h>

#include "tests/fake/file.h"
#include "tests/fake/m2m.h"

static void set_formats(struct node *node, uint32_t out, uint32_t cap)
{
	node->formats[OUT][0] = out;
	node->formats[CAP][0] = cap;
	if (cap == V4L2_PIX_FMT_YUV420)
		node->formats[CAP][1] = V4L2_PIX_FMT_NV12;
}

static int open_m2m(struct file *f)
{
	m2m_open(f);
	return 0;
}

static void do_nothing(struct file *f, enum direction way)
{
	(void)f;
	(void)way;
}

/* H.264 goes in here, not out. */
static void set_up_decode(struct node *node)
{
	m2m_set_up_node(node, "bcm2835-codec-decode");
	set_formats(node, V4L2_PIX_FMT_H264, V4L2_PIX_FMT_YUV420);
	node->formats[OUT][1] = V4L2_PIX_FMT_MJPEG;
}

static void set_up_encode_image(struct node *node)
{
	m2m_set_up_node(node, "bcm2835-codec-encode_image");
	set_formats(node, V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_JPEG);
}

static void set_up_image_fx(struct node *node)
{
	m2m_set_up_node(node, "bcm2835-codec-image_fx");
	set_formats(node, V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUV420);
}

static void set_up_metadata(struct node *node)
{
	snprintf(node->driver, sizeof(node->driver), "uvcvideo");
	snprintf(node->card, sizeof(node->card), "USB Camera: USB Camera");
	snprintf(node->bus, sizeof(node->bus), "usb-0000:01:00.0-1.2");
	snprintf(node->serial, sizeof(node->serial), "Fake_USB_Camera_0001");
	node->caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING |
		     V4L2_CAP_EXT_PIX_FORMAT;
}

static int open_metadata(struct file *f)
{
	(void)f;
	return 0;
}

const struct node_kind kind_decode = {
	.name = "decode",
	.set_up = set_up_decode,
	.open = open_m2m,
	.adjust = m2m_adjust,
	.start = do_nothing,
	.stop = do_nothing,
};

const struct node_kind kind_encode_image = {
	.name = "encode_image",
	.set_up = set_up_encode_image,
	.open = open_m2m,
	.adjust = m2m_adjust,
	.start = do_nothing,
	.stop = do_nothing,
};

const struct node_kind kind_image_fx = {
	.name = "image_fx",
	.set_up = set_up_image_fx,
	.open = open_m2m,
	.adjust = m2m_adjust,
	.start = do_nothing,
	.stop = do_nothing,
};

const struct node_kind kind_metadata = {
	.name = "metadata",
	.set_up = set_up_metadata,
	.open = open_metadata,
	.start = do_nothing,
	.stop = do_nothing,
};
