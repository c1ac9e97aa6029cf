/* SPDX-License-Identifier: MIT */
/*
 * poster_jpeg: makes a small JPEG of a picture, by libswscale and libavcodec.
 * Everything it needs is there for one call only: it is made once a minute.
 *
 * Media thread only.
 */
#ifndef DEVICE_POSTER_POSTER_JPEG_H
#define DEVICE_POSTER_POSTER_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "device/stream/frame.h"
#include "device/stream/h264.h"

/*
 * Writes a JPEG of at most `width` pixels width. Returns its size; -EMSGSIZE:
 * even a coarse one is larger than `size`; -ENOMEM, -EINVAL, ...
 */
int poster_jpeg_of_picture(uint8_t *out, size_t size,
			   const struct picture *picture, int width);

/* Likewise of an IDR picture; -EINVAL also when it cannot be decoded. */
int poster_jpeg_of_key(uint8_t *out, size_t size,
		       const struct h264_parameter_sets *sets,
		       const struct access_unit *unit, int width);

#endif
