/* SPDX-License-Identifier: MIT */
/*
 * v4l2_find: which of a machine's video nodes is a camera, an H.264 encoder
 * or a scaler. Told by what a node can do, never by its number: a Pi has a
 * dozen nodes that are neither, and numbers change when a camera is plugged
 * in again.
 *
 * Pure: v4l2_probe.h asks the nodes. Any thread.
 */
#ifndef DEVICE_V4L2_V4L2_FIND_H
#define DEVICE_V4L2_V4L2_FIND_H

#include <stdbool.h>
#include <stdint.h>

#define V4L2_MOST_FORMATS 96 /* of one side; the ISP of a Pi has 62 */
#define V4L2_ID_SIZE	  128

enum v4l2_role { V4L2_CAMERA, V4L2_ENCODER, V4L2_SCALER };

struct v4l2_formats {
	uint32_t fourcc[V4L2_MOST_FORMATS];
	unsigned int count;
};

struct v4l2_node {
	char path[32]; /* /dev/videoN */
	int error;     /* why it could not be asked; 0: it could */
	char driver[17], card[33], bus[33];
	uint32_t caps; /* device_caps */
	struct v4l2_formats capture, output;
	bool resizes; /* memory to memory: both sides may differ in size */
};

/* The number in "video12"; -1: not such a name. */
int v4l2_node_number(const char *name);

bool v4l2_has_format(const struct v4l2_formats *formats, uint32_t fourcc);

/* A node that turns pictures in memory into others. */
bool v4l2_is_m2m(const struct v4l2_node *node);

/* Whether a node can have this role. */
bool v4l2_has_role(const struct v4l2_node *node, enum v4l2_role role);

/* V4L2_BUF_TYPE_... of its two sides. */
uint32_t v4l2_capture_type(const struct v4l2_node *node);
uint32_t v4l2_output_type(const struct v4l2_node *node);

/* Writes what tells a node from others, whatever its number is. */
void v4l2_node_id(char out[V4L2_ID_SIZE], const struct v4l2_node *node);

/*
 * Which of the nodes is to have the role; -1: none can. `wish` is NULL or
 * empty (the first that can), a path, or a part of the card's name, in any
 * case. `id` is NULL, empty, or from v4l2_node_id() when there was one before:
 * then the same camera is wanted, first in the same socket, else in another,
 * else whatever is at that path; never just any, because whoever watches one
 * room is not to see another.
 */
int v4l2_choose(const struct v4l2_node *nodes, int count, enum v4l2_role role,
		const char *wish, const char *id);

#endif
