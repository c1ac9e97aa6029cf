/* SPDX-License-Identifier: MIT */
/* The encoder's node: what bcm2835-codec-encode says of itself. */
#include <errno.h>
#include <string.h>

#include "tests/fake/encoder_stream.h"
#include "tests/fake/file.h"
#include "tests/fake/m2m.h"

#define SMALL_PICTURE	(1280 * 720)
#define SMALL_UNIT	(512 << 10)
#define LARGE_UNIT	(768 << 10)
#define DEFAULT_BITRATE 10000000

/* 54 fps of 1920x1080, as a Pi 4 was seen to do. */
#define MACROBLOCKS_PER_S (8160 * 54)

static const char *const bitrate_modes[] = { "Variable Bitrate",
					     "Constant Bitrate" };
static const char *const header_modes[] = { "Separate Buffer",
					    "Joined With 1st Frame" };
static const char *const profiles[] = { "Baseline", "Constrained Baseline",
					"Main", "Extended", "High" };

#define MPEG(name) V4L2_CID_MPEG_VIDEO_##name

/* clang-format off */
static const struct control rows[] = {
	{ MPEG(BITRATE_MODE), V4L2_CTRL_TYPE_MENU, "Video Bitrate Mode",
	  0, 1, 1, 0, bitrate_modes },
	{ MPEG(BITRATE), V4L2_CTRL_TYPE_INTEGER, "Video Bitrate",
	  25000, 25000000, 25000, DEFAULT_BITRATE, NULL },
	{ MPEG(HEADER_MODE), V4L2_CTRL_TYPE_MENU, "Sequence Header Mode",
	  0, 1, 1, 1, header_modes },
	{ MPEG(REPEAT_SEQ_HEADER), V4L2_CTRL_TYPE_BOOLEAN,
	  "Repeat Sequence Header", 0, 1, 1, 0, NULL },
	{ MPEG(H264_I_PERIOD), V4L2_CTRL_TYPE_INTEGER, "H264 I-Frame Period",
	  0, INT32_MAX, 1, 60, NULL },
	{ MPEG(H264_LEVEL), V4L2_CTRL_TYPE_MENU, "H264 Level",
	  0, V4L2_MPEG_VIDEO_H264_LEVEL_5_1, 1,
	  V4L2_MPEG_VIDEO_H264_LEVEL_4_0, NULL },
	{ MPEG(H264_PROFILE), V4L2_CTRL_TYPE_MENU, "H264 Profile",
	  0, V4L2_MPEG_VIDEO_H264_PROFILE_HIGH, 1,
	  V4L2_MPEG_VIDEO_H264_PROFILE_HIGH, profiles },
	{ MPEG(H264_MIN_QP), V4L2_CTRL_TYPE_INTEGER, "H264 Minimum QP Value",
	  0, 51, 1, 20, NULL },
	{ MPEG(H264_MAX_QP), V4L2_CTRL_TYPE_INTEGER, "H264 Maximum QP Value",
	  0, 51, 1, 51, NULL },
	{ MPEG(FORCE_KEY_FRAME), V4L2_CTRL_TYPE_BUTTON, "Force Key Frame",
	  0, 0, 0, 0, NULL },
};

/* Only from about 6.1 on. */
static const struct control newer_rows[] = {
	{ MPEG(GOP_SIZE), V4L2_CTRL_TYPE_INTEGER, "Video GOP Size",
	  0, INT32_MAX, 1, 60, NULL },
	{ MPEG(B_FRAMES), V4L2_CTRL_TYPE_INTEGER, "Video B Frames",
	  0, 0, 1, 0, NULL },
};
/* clang-format on */

/* Before mid-2022 the highest level was 4.2. */
static struct control old_level;

static void set_up(struct node *node)
{
	static const uint32_t raw[] = {
		V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YVU420, V4L2_PIX_FMT_NV12,
		V4L2_PIX_FMT_NV21,   V4L2_PIX_FMT_RGB565, V4L2_PIX_FMT_RGB24,
		V4L2_PIX_FMT_BGR24,  V4L2_PIX_FMT_XBGR32, V4L2_PIX_FMT_YUYV,
		V4L2_PIX_FMT_YVYU,   V4L2_PIX_FMT_UYVY,
	};

	memcpy(node->formats[OUT], raw, sizeof(raw));
	node->formats[CAP][0] = V4L2_PIX_FMT_H264;
	node->formats[CAP][1] = V4L2_PIX_FMT_MJPEG;
	m2m_set_up_node(node, "bcm2835-codec-encode");
	node->macroblocks_per_s = MACROBLOCKS_PER_S;
	node->delay = 1;
}

/* --- formats ------------------------------------------------------------- */

/* The client may ask for more than the standard size, not for less. */
static uint32_t unit_size(const struct image *im)
{
	uint32_t least = im->width * im->height <= SMALL_PICTURE ? SMALL_UNIT
								 : LARGE_UNIT;

	return im->sizeimage > least ? im->sizeimage : least;
}

static void adjust(struct file *f, enum direction way, struct image *im)
{
	m2m_adjust(f, way, im);
	if (way == CAP)
		im->sizeimage = unit_size(im);
}

/* What goes in has the size of what comes out. */
static void format_set(struct file *f, enum direction way)
{
	struct image *cap = &f->queue[CAP].image;
	const struct image *out = &f->queue[OUT].image;

	if (way != OUT || f->queue[CAP].count)
		return;
	cap->width = out->width;
	cap->height = out->height;
	cap->sizeimage = unit_size(cap);
}

/* --- opening ------------------------------------------------------------- */

static int open_encoder(struct file *f)
{
	enum kernel kernel = f->node->kernel;
	int count = (int)(sizeof(rows) / sizeof(*rows));

	m2m_open(f);
	f->interval = (struct v4l2_fract){ 1, 30 };
	controls_add(&f->controls, rows, count);
	if (kernel == KERNEL_6_6)
		controls_add(&f->controls, newer_rows, 2);
	if (kernel == KERNEL_2019) {
		controls_remove(&f->controls, MPEG(H264_LEVEL));
		old_level = rows[5];
		old_level.most = V4L2_MPEG_VIDEO_H264_LEVEL_4_2;
		controls_add(&f->controls, &old_level, 1);
	}
	return encoder_stream_open(f);
}

/* --- what the firmware accepts ------------------------------------------- */

/* H.264 table A-1, from level 1 on: macroblocks a second. */
static const int64_t level_rates[] = { 1485,   1485,   3000,   6000,
				       11880,  11880,  19800,  20250,
				       40500,  108000, 216000, 245760,
				       245760, 522240, 589824, 983040 };

static int64_t most_bitrate(int64_t level, int64_t profile)
{
	if (level > V4L2_MPEG_VIDEO_H264_LEVEL_4_0)
		return 25000000;
	return profile == V4L2_MPEG_VIDEO_H264_PROFILE_HIGH ? 25000000
							    : 20000000;
}

/*
 * The matrix of raspberrypi/linux issues 3974, 4738, 4906, 4938: macroblocks
 * a second over the level, bitrate over level and profile, and CBR with
 * CABAC end in "Failed enabling i/p port, ret -3".
 */
static int check(struct file *f, enum direction way)
{
	const struct controls *c = &f->controls;
	const struct image *im = &f->queue[OUT].image;
	int64_t level = controls_value(c, MPEG(H264_LEVEL), 0);
	int64_t profile = controls_value(c, MPEG(H264_PROFILE), 0);
	int64_t blocks = (im->width + 15) / 16 * ((im->height + 15) / 16);

	if (way != OUT)
		return 0;
	if (blocks * f->interval.denominator >
	    level_rates[level] * f->interval.numerator)
		return -ESRCH;
	if (controls_value(c, MPEG(BITRATE), 0) > most_bitrate(level, profile))
		return -ESRCH;
	if (controls_value(c, MPEG(BITRATE_MODE), 0) ==
		    V4L2_MPEG_VIDEO_BITRATE_MODE_CBR &&
	    profile >= V4L2_MPEG_VIDEO_H264_PROFILE_MAIN)
		return -ESRCH;
	return 0;
}

const struct node_kind kind_encoder = {
	.name = "encoder",
	.set_up = set_up,
	.open = open_encoder,
	.close = encoder_stream_close,
	.adjust = adjust,
	.format_set = format_set,
	.check = check,
	.start = encoder_stream_start,
	.stop = encoder_stream_stop,
	.control_set = encoder_stream_control,
	.drain = encoder_stream_drain,
};
