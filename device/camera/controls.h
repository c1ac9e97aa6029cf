/* SPDX-License-Identifier: MIT */
/*
 * controls: what a camera lets one set (exposure, focus, flip, ...), by name,
 * as v4l2-ctl writes them: "Exposure Time, Absolute" is
 * exposure_time_absolute.
 *
 * Media thread.
 */
#ifndef DEVICE_CAMERA_CONTROLS_H
#define DEVICE_CAMERA_CONTROLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_NAME_SIZE 64

struct control {
	uint32_t id;
	char name[CONTROL_NAME_SIZE];
	int32_t least, most, value;
};

/* Small letters, digits, and one _ for all between them. */
void control_name(char out[CONTROL_NAME_SIZE], const char *text);

/*
 * Takes the next "name=value" off *list, which ends with NUL or goes on
 * behind a comma: 1; 0 at the end; -EINVAL: this is none.
 */
int control_next(struct control *out, const char **list);

/* The controls of a device. Returns how many. */
int controls_list(int fd, struct control *out, int most);

/* Sets those in `list`; what cannot be set is logged and left. */
void controls_set(int fd, const char *list);

#endif
