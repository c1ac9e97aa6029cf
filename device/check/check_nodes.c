/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/videodev2.h>

#include "device/camera/camera.h"
#include "device/camera/controls.h"
#include "device/check/check.h"
#include "device/source/source_rpicam.h"
#include "device/v4l2/raw.h"
#include "device/v4l2/v4l2.h"
#include "device/v4l2/v4l2_probe.h"

#define MOST_CONTROLS 128

/* --- facts --------------------------------------------------------------- */

static void add_formats(struct findings *f, const struct v4l2_node *node,
			const char *name, const struct v4l2_formats *formats)
{
	char text[V4L2_MOST_FORMATS * 5 + 1] = "";
	size_t used = 0;

	if (!formats->count)
		return;
	for (unsigned int i = 0; i < formats->count; i++) {
		memcpy(text + used, fourcc_text(formats->fourcc[i]).text, 4);
		used += 4;
		text[used++] = ' ';
		text[used] = '\0';
	}
	findings_fact(f, node->path, name, "%s", text);
}

/* What the driver makes of a picture's lines: it differs by kernel. */
static void add_strides(struct findings *f, const struct v4l2_node *node,
			int fd)
{
	static const int widths[] = { 640, 848, 1296, 1920 };

	for (unsigned int i = 0; i < node->output.count; i++) {
		uint32_t fourcc = node->output.fourcc[i];
		enum picture_format format;
		char text[128] = "";
		size_t used = 0;

		if (!raw_format(fourcc, &format))
			continue;
		for (size_t w = 0; w < sizeof(widths) / sizeof(*widths); w++) {
			struct v4l2_layout layout = { .fourcc = fourcc,
						      .width = widths[w],
						      .height = 1080 };

			if (v4l2_try_layout(fd, v4l2_output_type(node),
					    &layout) < 0)
				continue;
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%d:%u/%u ",
				layout.width, layout.stride, layout.size);
		}
		findings_fact(f, node->path, "width:stride/size", "%s %s",
			      fourcc_text(fourcc).text, text);
	}
}

static void add_controls(struct findings *f, const struct v4l2_node *node,
			 int fd)
{
	struct control *controls = calloc(MOST_CONTROLS, sizeof(*controls));
	int count = controls ? controls_list(fd, controls, MOST_CONTROLS) : 0;

	for (int i = 0; i < count; i++)
		findings_fact(f, node->path, "control", "%s=%d of %d..%d",
			      controls[i].name, controls[i].value,
			      controls[i].least, controls[i].most);
	free(controls);
}

static void add_modes(struct findings *f, const struct v4l2_node *node, int fd)
{
	struct camera_mode *modes = calloc(CAMERA_MODES, sizeof(*modes));
	struct camera_wish wish = { .width = 1280, .height = 720, .fps = 30 };
	int count;

	if (!modes)
		return;
	count = camera_list_modes(fd, node, &wish, modes, CAMERA_MODES);
	for (int i = 0; i < count; i++)
		findings_fact(f, node->path, "mode", "%s %dx%d %d.%03d/s",
			      fourcc_text(modes[i].fourcc).text, modes[i].width,
			      modes[i].height, modes[i].milli_fps / 1000,
			      modes[i].milli_fps % 1000);
	free(modes);
}

static void add_facts(struct findings *f, const struct v4l2_node *node)
{
	int fd;

	findings_fact(f, node->path, "name", "%s, %s, %s, %#x", node->driver,
		      node->card, node->bus, node->caps);
	add_formats(f, node, "CAPTURE", &node->capture);
	add_formats(f, node, "OUTPUT", &node->output);
	fd = v4l2_node_open(node);
	if (fd < 0)
		return;
	add_strides(f, node, fd);
	if (v4l2_has_role(node, V4L2_CAMERA))
		add_modes(f, node, fd);
	if (v4l2_has_role(node, V4L2_CAMERA) ||
	    v4l2_has_role(node, V4L2_ENCODER))
		add_controls(f, node, fd);
	close(fd);
}

/* --- findings ------------------------------------------------------------ */

static void add_node(struct findings *f, const char *topic,
		     const struct v4l2_node *node)
{
	findings_add(f, FINDING_GOOD, topic, NULL, "%s is %s (%s)", node->path,
		     node->card, node->driver);
}

static void add_error(struct findings *f, const struct v4l2_node *node)
{
	const char *remedy = "";

	if (node->error == -EACCES)
		remedy = "sudo usermod -aG video $USER, and log in again";
	else if (node->error == -EBUSY)
		remedy = "stop the program that uses it; for the service: "
			 "sudo systemctl stop oriel-cam";
	findings_add(f, FINDING_WARN, "device", remedy,
		     "%s cannot be asked: %s", node->path,
		     strerror(-node->error));
}

static bool has_driver(const struct v4l2_node *nodes, int count,
		       const char *driver)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(nodes[i].driver, driver))
			return true;
	}
	return false;
}

static void check_cameras(struct findings *f, const struct v4l2_node *nodes,
			  int count)
{
	bool ribbon = has_driver(nodes, count, "unicam") ||
		      has_driver(nodes, count, "rp1-cfe");
	char program[FINDING_SIZE / 2];
	bool rpicam = source_rpicam_find(program, sizeof(program));
	int cameras = 0;

	for (int i = 0; i < count; i++) {
		if (!v4l2_has_role(&nodes[i], V4L2_CAMERA))
			continue;
		add_node(f, "camera", &nodes[i]);
		cameras++;
	}
	if (!cameras)
		findings_add(f, FINDING_NOTE, "camera", NULL,
			     "no camera with a node of its own (USB)");
	if (rpicam)
		findings_add(f, FINDING_GOOD, "rpicam", NULL,
			     "%s can run a camera on the ribbon: --source "
			     "rpicam",
			     program);
	else if (ribbon)
		findings_add(f, FINDING_WARN, "rpicam",
			     "sudo apt install rpicam-apps-lite",
			     "a camera on the ribbon needs rpicam-vid, which "
			     "is not installed");
}

static void check_encoders(struct findings *f, const struct v4l2_node *nodes,
			   int count)
{
	int encoder = v4l2_choose(nodes, count, V4L2_ENCODER, NULL, NULL);
	int scaler = v4l2_choose(nodes, count, V4L2_SCALER, NULL, NULL);

	if (encoder >= 0)
		add_node(f, "encoder", &nodes[encoder]);
	else
		findings_add(f, FINDING_NOTE, "encoder", NULL,
			     "no hardware encodes H.264 (a Pi 5 has none): "
			     "the processor does");
	if (scaler >= 0)
		add_node(f, "scaler", &nodes[scaler]);
	else
		findings_add(f, FINDING_NOTE, "scaler", NULL,
			     "no hardware makes pictures smaller: the "
			     "processor does, with --capture");
}

void check_nodes(struct findings *f)
{
	struct v4l2_node *nodes = calloc(V4L2_MOST_NODES, sizeof(*nodes));
	int count = nodes ? v4l2_list(nodes, V4L2_MOST_NODES) : 0;

	for (int i = 0; i < count; i++) {
		if (nodes[i].error)
			add_error(f, &nodes[i]);
		else
			add_facts(f, &nodes[i]);
	}
	check_cameras(f, nodes, count);
	check_encoders(f, nodes, count);
	free(nodes);
}
