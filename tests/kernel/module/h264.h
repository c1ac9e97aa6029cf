/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * h264: writes an H.264 stream (ITU-T H.264, Annex B) of which each macroblock
 * is I_PCM or skipped. Knows nothing of V4L2 buffers.
 */
#ifndef PICODEC_H264_H
#define PICODEC_H264_H

#include <linux/types.h>

/* One macroblock: 16x16 of luma, 8x8 of each chroma. */
#define H264_BLOCK 384

struct h264_writer {
	u8 *at, *end;
	u32 cache;    /* bits that make no byte yet */
	u32 bits;     /* how many */
	u32 zeros;    /* zero bytes just written: 7.4.1 */
	bool full;    /* the buffer was too small */
};

struct h264_stream {
	u32 width, height;
	u32 profile_idc, constraints, level_idc;
	u32 tick, time_scale; /* VUI: time_scale / tick / 2 frames a second */
};

struct h264_picture {
	bool idr;
	u8 frame_num;
	u16 idr_id;
	u32 blocks_wide, blocks_high;
	u8 *reference; /* blocks_wide * blocks_high * H264_BLOCK */
	/* Fills one macroblock from the picture to be coded. */
	void (*block)(const void *from, u32 x, u32 y, u8 *block);
	const void *from;
};

/* Largest size of a coded picture of `blocks` macroblocks. */
size_t h264_largest(u32 blocks);

void h264_headers(struct h264_writer *w, const struct h264_stream *s);
void h264_picture(struct h264_writer *w, const struct h264_picture *p);

#endif
