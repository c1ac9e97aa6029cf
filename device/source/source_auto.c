/* SPDX-License-Identifier: MIT */
#include "device/source/source_auto.h"

#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "source"
#include "common/log.h"
#include "device/source/source_rpicam.h"
#include "device/v4l2/v4l2_probe.h"

/* Drivers of a ribbon's receiver: a camera sits there, or could. */
static bool has_ribbon(const struct v4l2_node *nodes, int count)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(nodes[i].driver, "unicam") ||
		    !strcmp(nodes[i].driver, "rp1-cfe"))
			return true;
	}
	return false;
}

static const char *choose(void)
{
	struct v4l2_node *nodes = calloc(V4L2_MOST_NODES, sizeof(*nodes));
	const char *name = "testcard";
	char program[256];
	int count = 0;

	if (nodes)
		count = v4l2_list(nodes, V4L2_MOST_NODES);
	if (v4l2_choose(nodes, count, V4L2_CAMERA, NULL, NULL) >= 0)
		name = "v4l2";
	else if (has_ribbon(nodes, count) &&
		 source_rpicam_find(program, sizeof(program)))
		name = "rpicam";
	else if (has_ribbon(nodes, count))
		log_warn("a camera on the ribbon needs rpicam-vid: sudo apt "
			 "install rpicam-apps-lite");
	free(nodes);
	return name;
}

const char *source_auto(struct source_memory *memory)
{
	const char *name = memory && memory->name ? memory->name : choose();

	if (memory && !memory->name && !strcmp(name, "testcard"))
		log_warn("there is no camera: this is the test card. Plug one "
			 "in and start again, or see `oriel-cam check`");
	if (memory)
		memory->name = name;
	return name;
}
