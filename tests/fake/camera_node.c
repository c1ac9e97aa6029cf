/* SPDX-License-Identifier: MIT */
#include "tests/fake/camera_node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fake/file.h"

#define DEFAULT_FPS	   30
#define LIBCAMERIFY_FRAMES 4 /* more buffers are not to be had */

#define SINGLE	  (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_EXT_PIX_FORMAT)
#define MULTI	  (V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_EXT_PIX_FORMAT)
#define STREAMING V4L2_CAP_STREAMING

/* In the order of enum camera_profile. */
static const struct profile {
	const char *name, *driver, *card, *bus, *serial;
	uint32_t caps, formats[4], pad;
	bool contiguous, dmabuf;
} profiles[] = {
	[CAMERA_UVC] = { "uvc",
			 "uvcvideo",
			 "USB Camera: USB Camera",
			 "usb-0000:01:00.0-1.2",
			 "Fake_USB_Camera_0001",
			 SINGLE | STREAMING,
			 { V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG },
			 1,
			 false,
			 true },
	[CAMERA_UNICAM] = { "unicam",
			    "unicam",
			    "unicam",
			    "platform:fe801000.csi",
			    "",
			    MULTI | STREAMING,
			    { V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420 },
			    32,
			    true,
			    true },
	[CAMERA_LIBCAMERIFY] = { "libcamerify",
				 "libcamera",
				 "/base/soc/i2c0mux/i2c@1/imx219@",
				 "/base/soc/i2c0mux/i2c@1/imx219@",
				 "",
				 SINGLE | STREAMING,
				 { V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420,
				   V4L2_PIX_FMT_YUYV },
				 64,
				 true,
				 false },
	[CAMERA_LEGACY] = { "legacy",
			    "bm2835 mmal",
			    "mmal service 16.1",
			    "platform:bcm2835-v4l2-0",
			    "",
			    SINGLE | STREAMING | V4L2_CAP_READWRITE |
				    V4L2_CAP_VIDEO_OVERLAY,
			    { V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUYV,
			      V4L2_PIX_FMT_H264, V4L2_PIX_FMT_MJPEG },
			    32,
			    false,
			    false },
};

static const char *const exposures[] = { "Auto Mode", "Manual Mode",
					 "Shutter Priority Mode",
					 "Aperture Priority Mode" };

/* clang-format off */
static const struct control rows[] = {
	{ V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness",
	  -64, 64, 1, 0, NULL },
	{ V4L2_CID_CONTRAST, V4L2_CTRL_TYPE_INTEGER, "Contrast",
	  0, 95, 1, 32, NULL },
	{ V4L2_CID_HFLIP, V4L2_CTRL_TYPE_BOOLEAN, "Horizontal Flip",
	  0, 1, 1, 0, NULL },
	{ V4L2_CID_VFLIP, V4L2_CTRL_TYPE_BOOLEAN, "Vertical Flip",
	  0, 1, 1, 0, NULL },
	{ V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, "Auto Exposure",
	  0, 3, 1, 3, exposures },
	{ V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER,
	  "Exposure Time, Absolute", 1, 5000, 1, 157, NULL },
	{ V4L2_CID_EXPOSURE_AUTO_PRIORITY, V4L2_CTRL_TYPE_BOOLEAN,
	  "Exposure, Dynamic Framerate", 0, 1, 1, 1, NULL },
	{ V4L2_CID_FOCUS_AUTO, V4L2_CTRL_TYPE_BOOLEAN,
	  "Focus, Automatic Continuous", 0, 1, 1, 1, NULL },
	{ V4L2_CID_FOCUS_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Focus, Absolute",
	  0, 255, 5, 0, NULL },
};
/* clang-format on */

int camera_set_profile(struct node *node, const char *name)
{
	static const uint32_t sizes[][2] = {
		{ 640, 360 }, { 640, 480 }, { 1280, 720 }, { 1920, 1080 }
	};

	for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
		const struct profile *p = &profiles[i];

		if (strcmp(p->name, name) != 0)
			continue;
		node->profile = (enum camera_profile)i;
		snprintf(node->driver, sizeof(node->driver), "%s", p->driver);
		snprintf(node->card, sizeof(node->card), "%s", p->card);
		snprintf(node->bus, sizeof(node->bus), "%s", p->bus);
		snprintf(node->serial, sizeof(node->serial), "%s", p->serial);
		node->caps = p->caps;
		memcpy(node->formats[CAP], p->formats, sizeof(p->formats));
		for (size_t j = 0; j < sizeof(sizes) / sizeof(*sizes); j++) {
			node->sizes[j].width = sizes[j][0];
			node->sizes[j].height = sizes[j][1];
		}
		node->pad = p->pad;
		node->contiguous = p->contiguous;
		node->dmabuf = p->dmabuf;
		return 0;
	}
	return -EINVAL;
}

static void set_up(struct node *node)
{
	node->fps = DEFAULT_FPS;
	camera_set_profile(node, "uvc");
}

/* --- formats ------------------------------------------------------------- */

/* As uvcvideo: the size that has the least other area. */
static void choose_size(const struct node *node, struct image *im)
{
	int64_t best = INT64_MAX;
	uint32_t width = im->width, height = im->height;

	for (int i = 0; i < NODE_MAX_SIZES && node->sizes[i].width; i++) {
		int64_t w = node->sizes[i].width, h = node->sizes[i].height;
		int64_t both =
			(w < width ? w : width) * (h < height ? h : height);
		int64_t off = w * h + (int64_t)width * height - 2 * both;

		if (off >= best)
			continue;
		best = off;
		im->width = (uint32_t)w;
		im->height = (uint32_t)h;
	}
}

static void adjust(struct file *f, enum direction way, struct image *im)
{
	(void)way;
	choose_size(f->node, im);
	im->colorspace = V4L2_COLORSPACE_SRGB;
	im->bytesperline = 0; /* nothing that the program could choose */
	if (image_is_raw(im))
		image_lay_out(im, f->node->pad);
	else
		im->sizeimage = im->width * im->height * 2;
}

/* --- opening ------------------------------------------------------------- */

static int open_camera(struct file *f)
{
	const struct node *node = f->node;
	struct queue *q = &f->queue[CAP];
	bool libcamerify = node->profile == CAMERA_LIBCAMERIFY;

	f->has[CAP] = true;
	q->type = node->caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE
			  ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
			  : V4L2_BUF_TYPE_VIDEO_CAPTURE;
	q->memories = 1 << V4L2_MEMORY_MMAP;
	if (node->dmabuf)
		q->memories |= 1 << V4L2_MEMORY_DMABUF;
	q->timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC |
			     V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
	q->ordered = q->exact_maps = libcamerify;
	q->most = libcamerify ? LIBCAMERIFY_FRAMES : 0;
	q->image = (struct image){ .fourcc = node->formats[CAP][0],
				   .width = node->sizes[0].width,
				   .height = node->sizes[0].height,
				   .field = V4L2_FIELD_NONE };
	adjust(f, CAP, &q->image);
	f->interval = (struct v4l2_fract){ 1, (uint32_t)node->fps };
	controls_add(&f->controls, rows, (int)(sizeof(rows) / sizeof(*rows)));
	return camera_stream_open(f);
}

const struct node_kind kind_camera = {
	.name = "camera",
	.set_up = set_up,
	.open = open_camera,
	.close = camera_stream_close,
	.adjust = adjust,
	.start = camera_stream_start,
	.stop = camera_stream_stop,
};
