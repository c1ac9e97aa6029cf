/* SPDX-License-Identifier: MIT */
/*
 * v4l2_probe: asks the machine's video nodes what they can do.
 *
 * Media thread, or before there are threads: a node whose firmware hangs may
 * keep whoever asks it.
 */
#ifndef DEVICE_V4L2_V4L2_PROBE_H
#define DEVICE_V4L2_V4L2_PROBE_H

#include "device/v4l2/v4l2_find.h"

#define V4L2_MOST_NODES 64

/* Asks one node, and closes it. What went wrong is in out->error. */
void v4l2_probe(struct v4l2_node *out, const char *path);

/* Asks all nodes, in the order of their numbers. Returns how many. */
int v4l2_list(struct v4l2_node *nodes, int most);

/*
 * Lists and chooses; see v4l2_choose(). -ENODEV: there is none. -EBUSY,
 * -EACCES and others: what keeps the node that was wished by its path, or
 * one of them when none was.
 */
int v4l2_find(struct v4l2_node *out, enum v4l2_role role, const char *wish,
	      const char *id);

/* Opens a node for streaming. Returns the descriptor or a negative errno. */
int v4l2_node_open(const struct v4l2_node *node);

#endif
