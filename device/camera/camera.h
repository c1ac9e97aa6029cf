/* SPDX-License-Identifier: MIT */
/*
 * camera: a V4L2 camera, found, opened and set to the best of its modes, but
 * not started.
 *
 * Media thread.
 */
#ifndef DEVICE_CAMERA_CAMERA_H
#define DEVICE_CAMERA_CAMERA_H

#include "device/camera/camera_mode.h"
#include "device/source/source.h"
#include "device/v4l2/capture.h"
#include "device/v4l2/v4l2_find.h"

struct camera {
	int fd; /* -1: not open */
	struct v4l2_node node;
	struct camera_mode mode;
	int fps_num, fps_den; /* as the driver says */
	struct capture capture;
};

/* All modes that can be of use for the wish. Returns how many. */
int camera_list_modes(int fd, const struct v4l2_node *node,
		      const struct camera_wish *wish, struct camera_mode *out,
		      int most);

/*
 * Opens the camera that params->name and params->memory mean. Errors are
 * logged, but not twice in a row.
 */
int camera_open(struct camera *c, const struct source_params *params,
		const struct camera_wish *wish);

/* Also when it could not be opened, if fd is -1. */
void camera_close(struct camera *c);

/* Not more than one line about the same trouble; 0: it is over. */
bool camera_trouble_is_new(struct source_memory *memory, int err);

/* What `err` usually means of a camera, to follow a log line. */
const char *camera_hint(int err);

#endif
