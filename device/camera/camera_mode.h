/* SPDX-License-Identifier: MIT */
/*
 * camera_mode: which of a camera's formats and sizes to take. The cheapest
 * that gives the wanted picture: H.264 that the camera made itself, a raw
 * picture that the encoder takes as it is, one that has to be converted, and
 * last MJPEG, which has to be decoded.
 *
 * Pure; any thread.
 */
#ifndef DEVICE_CAMERA_CAMERA_MODE_H
#define DEVICE_CAMERA_CAMERA_MODE_H

#include <stdbool.h>
#include <stdint.h>

#define CAMERA_MODES 256

struct camera_mode {
	uint32_t fourcc;
	int width, height;
	int milli_fps; /* the most at this size; 0: not known */
};

struct camera_wish {
	int width, height; /* of the stream */
	int capture_width; /* of the camera; 0: as the stream, or larger */
	int capture_height;
	int fps;
	unsigned int formats; /* bits 1 << PICTURE_... that are encoded as is */
};

/* Whether a format is one that we can go on with at all. */
bool camera_mode_usable(uint32_t fourcc);

/* The index of the best mode; -1: none is usable. */
int camera_mode_choose(const struct camera_mode *modes, int count,
		       const struct camera_wish *wish);

/*
 * The size of the stream that is made of this mode: as wished where pictures
 * can be made smaller, else the camera's, but never larger than that.
 */
void camera_mode_stream(const struct camera_mode *mode,
			const struct camera_wish *wish, int *width,
			int *height);

#endif
