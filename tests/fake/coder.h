/* SPDX-License-Identifier: MIT */
/*
 * coder: H.264 and JPEG as a device's hardware makes them, by libavcodec.
 * Any thread, one at a time.
 */
#ifndef TESTS_FAKE_CODER_H
#define TESTS_FAKE_CODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fake/format.h"

struct coder;
struct pixels;

struct coder_params {
	uint32_t fourcc; /* H264 or MJPG */
	int width, height;
	int fps_num, fps_den;
	int64_t bitrate;
	int gop;     /* 0: only the first picture is a key */
	int profile; /* enum v4l2_mpeg_video_h264_profile */
	int level;   /* as in 42; 0: none asked for */
};

/* To be freed by coded_finish(). */
struct coded {
	uint8_t *headers; /* SPS and PPS, of each key picture; may be NULL */
	size_t headers_size;
	uint8_t *picture; /* slices alone, or a JPEG */
	size_t picture_size;
	bool key;
};

/* 0 or a negative errno; *out is NULL then. */
int coder_open(struct coder **out, const struct coder_params *params);
void coder_close(struct coder **c);
void coder_set_bitrate(struct coder *c, int64_t bitrate);

/* Codes one picture, converting it where it has to be. */
int coder_code(struct coder *c, const struct pixels *from, bool key,
	       struct coded *out);
void coded_finish(struct coded *coded);

#endif
