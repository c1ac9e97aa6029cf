// SPDX-License-Identifier: GPL-2.0-only
#include "picodec.h"

/* ITU-T H.264 table A-1, by V4L2_MPEG_VIDEO_H264_LEVEL_... */
static const struct {
	u32 blocks_per_second, blocks;
	u32 kbits; /* of baseline and main; high may have a quarter more */
} limits[] = {
	{ 1485, 99, 64 },	   /* 1.0 */
	{ 1485, 99, 128 },	   /* 1b */
	{ 3000, 396, 192 },	   /* 1.1 */
	{ 6000, 396, 384 },	   /* 1.2 */
	{ 11880, 396, 768 },	   /* 1.3 */
	{ 11880, 396, 2000 },	   /* 2.0 */
	{ 19800, 792, 4000 },	   /* 2.1 */
	{ 20250, 1620, 4000 },	   /* 2.2 */
	{ 40500, 1620, 10000 },	   /* 3.0 */
	{ 108000, 3600, 14000 },   /* 3.1 */
	{ 216000, 5120, 20000 },   /* 3.2 */
	{ 245760, 8192, 20000 },   /* 4.0 */
	{ 245760, 8192, 50000 },   /* 4.1 */
	{ 522240, 8704, 50000 },   /* 4.2 */
	{ 589824, 22080, 135000 }, /* 5.0 */
	{ 983040, 36864, 240000 }, /* 5.1 */
};

int picodec_limits(const struct picodec_ctx *c)
{
	u64 blocks = (u64)DIV_ROUND_UP(c->out.width, 16) *
		     DIV_ROUND_UP(c->out.height, 16);
	bool high = c->profile == V4L2_MPEG_VIDEO_H264_PROFILE_HIGH;
	bool cabac = high || c->profile == V4L2_MPEG_VIDEO_H264_PROFILE_MAIN;
	u64 kbits;

	if (WARN_ON(c->level >= ARRAY_SIZE(limits)))
		return -ESRCH;
	kbits = limits[c->level].kbits;
	if (high)
		kbits += kbits / 4;
	if (c->conform)
		return 0;
	if (blocks > limits[c->level].blocks ||
	    blocks * c->interval.denominator >
		    (u64)limits[c->level].blocks_per_second *
			    c->interval.numerator ||
	    c->bitrate > kbits * 1000)
		return -ESRCH;
	if (cabac && c->bitrate_mode == V4L2_MPEG_VIDEO_BITRATE_MODE_CBR)
		return -ESRCH;
	return 0;
}
