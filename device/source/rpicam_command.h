/* SPDX-License-Identifier: MIT */
/*
 * rpicam_command: the command line that makes rpicam-vid write H.264 as we
 * read it. Pure; any thread.
 */
#ifndef DEVICE_SOURCE_RPICAM_COMMAND_H
#define DEVICE_SOURCE_RPICAM_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPICAM_MOST_ARGUMENTS 80
#define RPICAM_MOST_TEXT      4096

struct rpicam_params {
	const char *program; /* its path */
	int width, height, fps;
	int capture_width, capture_height; /* of the sensor; 0: it chooses */
	int64_t bitrate;
	int gop;
	const char *controls; /* "name=value,...": --name value; or NULL */
	bool hardware;	      /* this Pi has an H.264 encoder */
};

struct rpicam_command {
	const char *argv[RPICAM_MOST_ARGUMENTS + 1];
	int count;
	char text[RPICAM_MOST_TEXT]; /* what argv points to */
	size_t used;
};

/* -EINVAL: `controls` is not as above. -E2BIG: it is too much. */
int rpicam_command(struct rpicam_command *out,
		   const struct rpicam_params *params);

#endif
