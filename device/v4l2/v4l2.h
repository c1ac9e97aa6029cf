/* SPDX-License-Identifier: MIT */
/*
 * v4l2: calls to a V4L2 device, with what every caller would have to do
 * again: EINTR, and one struct for single- and multi-planar formats (one
 * plane of memory only, as all cameras and codecs that we use have it).
 *
 * Knows no camera and no encoder. Media thread; nothing here waits, but a
 * driver whose firmware hangs may never come back from any of these calls
 * (see watchdog.h).
 */
#ifndef DEVICE_V4L2_V4L2_H
#define DEVICE_V4L2_V4L2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ioctl() that is called again after a signal, but not for ever: -EINTR when
 * a hundred tries were all interrupted. 0 or a negative errno.
 */
int v4l2_call(int fd, unsigned long request, void *argument);

/* A picture's place in memory, or with `stride` 0 a coded stream's. */
struct v4l2_layout {
	uint32_t fourcc;
	int width, height;
	uint32_t stride; /* bytes from line to line */
	uint32_t size;	 /* bytes of a buffer, at least */
	uint32_t colorspace, quantization;
};

bool v4l2_is_mplane(uint32_t type);
bool v4l2_is_output(uint32_t type);

/*
 * Asks for a format and fills *layout with what the driver made of it, which
 * may be another: the caller has to compare. stride and size 0: any.
 */
int v4l2_set_layout(int fd, uint32_t type, struct v4l2_layout *layout);

/* The same, but only asks. */
int v4l2_try_layout(int fd, uint32_t type, struct v4l2_layout *layout);

/*
 * Sets frames per second and fills in what the driver made of it. -ENOTTY and
 * others: it has no rate to set.
 */
int v4l2_set_rate(int fd, uint32_t type, int *num, int *den);

int v4l2_set_control(int fd, uint32_t id, int32_t value);
int v4l2_get_control(int fd, uint32_t id, int32_t *value);

/* Four characters and a NUL, for log lines. */
struct fourcc_text {
	char text[5];
};
struct fourcc_text fourcc_text(uint32_t fourcc);

#endif
