/* SPDX-License-Identifier: MIT */
/*
 * mjpeg: decodes the single JPEG pictures of a USB camera, and makes them as
 * large as the stream. It is the most expensive way to have a picture, and
 * for most USB cameras the only one to have it large.
 *
 * Media thread only.
 */
#ifndef DEVICE_CAMERA_MJPEG_H
#define DEVICE_CAMERA_MJPEG_H

#include <stddef.h>
#include <stdint.h>

#include "device/stream/frame.h"

struct mjpeg;

/* On failure *out is NULL and a line was logged. */
int mjpeg_open(struct mjpeg **out, int width, int height);
void mjpeg_close(struct mjpeg **m);

/*
 * Decodes one picture to I420, but for its time; borrowed until the next
 * call. -EINVAL: it is broken, as the first ones of a camera often are.
 */
int mjpeg_decode(struct mjpeg *m, const uint8_t *bytes, size_t size,
		 struct picture *out);

#endif
