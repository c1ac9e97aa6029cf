/* SPDX-License-Identifier: MIT */
#include "device/v4l2/v4l2_probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "device/v4l2/v4l2.h"

#define DIRECTORY "/dev"

#define MOST_TRIES 100 /* of opening a node, while signals come */

/* --- one node ------------------------------------------------------------ */

static int query(int fd, struct v4l2_node *node)
{
	struct v4l2_capability cap = { 0 };
	int err = v4l2_call(fd, VIDIOC_QUERYCAP, &cap);

	if (err < 0)
		return err;
	snprintf(node->driver, sizeof(node->driver), "%.16s", cap.driver);
	snprintf(node->card, sizeof(node->card), "%.32s", cap.card);
	snprintf(node->bus, sizeof(node->bus), "%.32s", cap.bus_info);
	node->caps = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps
							     : cap.capabilities;
	return 0;
}

static void list_formats(int fd, uint32_t type, struct v4l2_formats *out)
{
	for (uint32_t i = 0; out->count < V4L2_MOST_FORMATS; i++) {
		struct v4l2_fmtdesc format = { .index = i, .type = type };

		if (v4l2_call(fd, VIDIOC_ENUM_FMT, &format) < 0)
			break;
		out->fourcc[out->count++] = format.pixelformat;
	}
}

/*
 * A scaler is known by keeping a smaller size on its CAPTURE side; a
 * deinterlacer has the same formats and does not.
 */
static bool try_to_resize(int fd, const struct v4l2_node *node)
{
	struct v4l2_layout in = { .fourcc = V4L2_PIX_FMT_YUV420,
				  .width = 640,
				  .height = 480 };
	struct v4l2_layout out = { .fourcc = V4L2_PIX_FMT_YUV420,
				   .width = 320,
				   .height = 240 };

	return v4l2_has_format(&node->output, in.fourcc) &&
	       v4l2_has_format(&node->capture, out.fourcc) &&
	       !v4l2_set_layout(fd, v4l2_output_type(node), &in) &&
	       !v4l2_set_layout(fd, v4l2_capture_type(node), &out) &&
	       in.width == 640 && in.height == 480 && out.width == 320 &&
	       out.height == 240;
}

static int ask(int fd, struct v4l2_node *node)
{
	int err = query(fd, node);

	if (err < 0)
		return err;
	list_formats(fd, v4l2_capture_type(node), &node->capture);
	if (!v4l2_is_m2m(node))
		return 0;
	list_formats(fd, v4l2_output_type(node), &node->output);
	node->resizes = try_to_resize(fd, node);
	return 0;
}

int v4l2_node_open(const struct v4l2_node *node)
{
	int fd, tries = 0;

	do {
		fd = open(node->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR && ++tries < MOST_TRIES);
	return fd < 0 ? -errno : fd;
}

void v4l2_probe(struct v4l2_node *out, const char *path)
{
	int fd;

	*out = (struct v4l2_node){ 0 };
	snprintf(out->path, sizeof(out->path), "%s", path);
	fd = v4l2_node_open(out);
	if (fd < 0) {
		out->error = fd;
		return;
	}
	out->error = ask(fd, out);
	close(fd);
}

/* --- all of them --------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int list_numbers(int *numbers, int most)
{
	DIR *directory = opendir(DIRECTORY);
	const struct dirent *entry;
	int count = 0;

	if (!directory)
		return 0;
	while (count < most && (entry = readdir(directory))) {
		int number = v4l2_node_number(entry->d_name);

		if (number >= 0)
			numbers[count++] = number;
	}
	closedir(directory);
	qsort(numbers, (size_t)count, sizeof(*numbers), by_number);
	return count;
}

int v4l2_list(struct v4l2_node *nodes, int most)
{
	int numbers[V4L2_MOST_NODES];
	int count = list_numbers(
		numbers, most < V4L2_MOST_NODES ? most : V4L2_MOST_NODES);

	for (int i = 0; i < count; i++) {
		char path[32];

		snprintf(path, sizeof(path), DIRECTORY "/video%d", numbers[i]);
		v4l2_probe(&nodes[i], path);
	}
	return count;
}

/* What keeps the node that was wished, or any when none was. */
static int reason(const struct v4l2_node *nodes, int count, const char *wish)
{
	int err = -ENODEV;

	for (int i = 0; i < count; i++) {
		if (!nodes[i].error)
			continue;
		if (wish && !strcmp(nodes[i].path, wish))
			return nodes[i].error;
		if (!wish || !*wish)
			err = nodes[i].error;
	}
	return err;
}

int v4l2_find(struct v4l2_node *out, enum v4l2_role role, const char *wish,
	      const char *id)
{
	struct v4l2_node *nodes = calloc(V4L2_MOST_NODES, sizeof(*nodes));
	int count, chosen, err = 0;

	if (!nodes)
		return -ENOMEM;
	count = v4l2_list(nodes, V4L2_MOST_NODES);
	chosen = v4l2_choose(nodes, count, role, wish, id);
	if (chosen >= 0)
		*out = nodes[chosen];
	else
		err = reason(nodes, count, wish);
	free(nodes);
	return err;
}
