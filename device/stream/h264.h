/* SPDX-License-Identifier: MIT */
/*
 * h264: as much of H.264 (ITU-T H.264, Annex B and clause 7) as a camera needs
 * that never decodes: NAL units, parameter sets, where an access unit ends.
 *
 * Pure: bytes in, values out; reads no byte outside what it was given. Any
 * thread.
 */
#ifndef DEVICE_STREAM_H264_H
#define DEVICE_STREAM_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum h264_nal_type {
	H264_SLICE = 1,
	H264_IDR = 5,
	H264_SEI = 6,
	H264_SPS = 7,
	H264_PPS = 8,
	H264_AUD = 9,
};

#define H264_MAX_PARAMETER_SET 1024 /* bytes; real ones have under 100 */

struct h264_nal {
	const uint8_t *bytes; /* from the NAL header byte, start code cut off */
	size_t size;	      /* without trailing zero bytes */
	int type;	      /* nal_unit_type, 0..31 */
};

/* Index of the next 00 00 01 at or behind `at`; `size`: there is none. */
size_t h264_find_start_code(const uint8_t *bytes, size_t size, size_t at);

/*
 * Finds the next NAL unit at or behind *at, and moves *at behind it. The last
 * one ends with the bytes. Returns false when there is none.
 */
bool h264_next_nal(struct h264_nal *out, const uint8_t *bytes, size_t size,
		   size_t *at);

struct h264_sps {
	int profile, level;   /* profile_idc, level_idc */
	int width, height;    /* cropped, in pixels */
	bool reorders;	      /* may hold B-frames: profile and VUI say so */
	int fps_num, fps_den; /* from VUI timing; 0/0 without */
};

/* Returns 0, or -EINVAL for a truncated or unsupported SPS. */
int h264_parse_sps(struct h264_sps *out, const uint8_t *nal, size_t size);

/*
 * Whether a slice NAL begins a new picture: first_mb_in_slice is 0. (A camera
 * sends slices in order and no redundant ones; the full rule is 7.4.1.2.4.)
 */
bool h264_starts_picture(const uint8_t *nal, size_t size);

/* slice_type of a slice NAL modulo 5: 0 P, 1 B, 2 I; -1 when truncated. */
int h264_slice_type(const uint8_t *nal, size_t size);

/* SPS and PPS seen last, each without its start code. */
struct h264_parameter_sets {
	uint8_t sps[H264_MAX_PARAMETER_SET];
	uint8_t pps[H264_MAX_PARAMETER_SET];
	size_t sps_size, pps_size; /* 0: none yet */
};

/*
 * Takes over the first SPS and PPS of an access unit. Returns 1 when a set
 * changed or came for the first time, 0 when not, -EMSGSIZE when one is
 * beyond H264_MAX_PARAMETER_SET (and nothing was taken).
 */
int h264_collect(struct h264_parameter_sets *sets, const uint8_t *unit,
		 size_t size);

#endif
