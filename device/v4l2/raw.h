/* SPDX-License-Identifier: MIT */
/*
 * raw: how a raw picture lies in the one plane of memory that V4L2 devices
 * have for it: luma, behind it the colour, with half the stride for I420 and
 * the same for NV12 (kernel documentation, "YUV formats").
 *
 * Pure; any thread.
 */
#ifndef DEVICE_V4L2_RAW_H
#define DEVICE_V4L2_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/stream/frame.h"
#include "device/v4l2/v4l2.h"

/* V4L2's name of a format, and back; false: none of ours. */
uint32_t raw_fourcc(enum picture_format format);
bool raw_format(uint32_t fourcc, enum picture_format *format);

/* Bytes of a picture with this stride. */
size_t raw_size(enum picture_format format, size_t stride, int height);

/* Whether a layout that a driver gave can hold its own picture. */
bool raw_is_possible(const struct v4l2_layout *layout);

/* Lays a picture over memory of this layout. */
void raw_lay(struct picture *out, const uint8_t *at,
	     const struct v4l2_layout *layout);

/* Copies a picture of the same format and size, line by line where needed. */
void raw_copy(uint8_t *to, const struct v4l2_layout *layout,
	      const struct picture *from);

#endif
