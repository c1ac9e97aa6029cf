/* SPDX-License-Identifier: MIT */
#include "device/v4l2/v4l2_find.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/videodev2.h>

/*
 * Nodes that look like cameras and are pieces of one: libcamera's side of the
 * ISP, of a Pi 0 to 4 and of a Pi 5. (The receivers of the ribbon are not
 * here: an HDMI bridge on one is a camera, and what a sensor gives there is a
 * format that nobody can use without an ISP.)
 */
static const char *const pieces[] = { "bcm2835-isp", "pispbe" };

/* Pictures that we know how to go on with, the cheapest first. */
static const uint32_t raw[] = {
	V4L2_PIX_FMT_YUV420,
	V4L2_PIX_FMT_NV12,
	V4L2_PIX_FMT_YUYV,
};
static const uint32_t coded[] = {
	V4L2_PIX_FMT_H264,
	V4L2_PIX_FMT_MJPEG,
	V4L2_PIX_FMT_JPEG,
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

int v4l2_node_number(const char *name)
{
	static const char stem[] = "video";
	const char *digits = name + sizeof(stem) - 1;
	unsigned long number;
	char *end;

	if (strncmp(name, stem, sizeof(stem) - 1) ||
	    !isdigit((unsigned char)*digits))
		return -1;
	number = strtoul(digits, &end, 10);
	return *end || number > 9999 ? -1 : (int)number;
}

bool v4l2_has_format(const struct v4l2_formats *formats, uint32_t fourcc)
{
	for (unsigned int i = 0; i < formats->count; i++) {
		if (formats->fourcc[i] == fourcc)
			return true;
	}
	return false;
}

/* --- roles --------------------------------------------------------------- */

static bool has_any(const struct v4l2_formats *formats, const uint32_t *list,
		    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (v4l2_has_format(formats, list[i]))
			return true;
	}
	return false;
}

static bool is_piece(const struct v4l2_node *node)
{
	for (size_t i = 0; i < COUNT(pieces); i++) {
		if (!strcmp(node->driver, pieces[i]))
			return true;
	}
	return false;
}

/* Older drivers say "both sides" where newer ones say "memory to memory". */
bool v4l2_is_m2m(const struct v4l2_node *node)
{
	const uint32_t both =
		V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_VIDEO_OUTPUT_MPLANE;

	return node->caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE) ||
	       (node->caps & both) == both;
}

static bool is_camera(const struct v4l2_node *node)
{
	/* the second node of a USB camera gives metadata, and has neither */
	return node->caps & (V4L2_CAP_VIDEO_CAPTURE |
			     V4L2_CAP_VIDEO_CAPTURE_MPLANE) &&
	       !(node->caps & V4L2_CAP_IO_MC) && !v4l2_is_m2m(node) &&
	       !is_piece(node) &&
	       (has_any(&node->capture, raw, COUNT(raw)) ||
		has_any(&node->capture, coded, COUNT(coded)));
}

/* A decoder has H.264 too, but on the other side. */
static bool is_encoder(const struct v4l2_node *node)
{
	return v4l2_is_m2m(node) &&
	       v4l2_has_format(&node->capture, V4L2_PIX_FMT_H264) &&
	       has_any(&node->output, raw, COUNT(raw));
}

static bool is_scaler(const struct v4l2_node *node)
{
	return v4l2_is_m2m(node) && node->resizes &&
	       has_any(&node->output, raw, COUNT(raw)) &&
	       has_any(&node->capture, raw, COUNT(raw));
}

bool v4l2_has_role(const struct v4l2_node *node, enum v4l2_role role)
{
	if (node->error || !(node->caps & V4L2_CAP_STREAMING))
		return false;
	switch (role) {
	case V4L2_CAMERA:
		return is_camera(node);
	case V4L2_ENCODER:
		return is_encoder(node);
	case V4L2_SCALER:
		return is_scaler(node);
	}
	return false;
}

static bool is_mplane(const struct v4l2_node *node)
{
	return node->caps &
	       (V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_VIDEO_CAPTURE_MPLANE |
		V4L2_CAP_VIDEO_OUTPUT_MPLANE);
}

uint32_t v4l2_capture_type(const struct v4l2_node *node)
{
	return is_mplane(node) ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
			       : V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

uint32_t v4l2_output_type(const struct v4l2_node *node)
{
	return is_mplane(node) ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
			       : V4L2_BUF_TYPE_VIDEO_OUTPUT;
}

/* --- choosing ------------------------------------------------------------ */

void v4l2_node_id(char out[V4L2_ID_SIZE], const struct v4l2_node *node)
{
	snprintf(out, V4L2_ID_SIZE, "%s\n%s\n%s", node->driver, node->card,
		 node->bus);
}

/* The length of an id without its socket. */
static size_t model_length(const char *id)
{
	const char *last = strrchr(id, '\n');

	return last ? (size_t)(last - id) + 1 : strlen(id);
}

static bool is_path(const char *wish)
{
	return *wish == '/';
}

static bool fits_wish(const struct v4l2_node *node, const char *wish)
{
	if (!*wish)
		return true;
	return is_path(wish) ? !strcmp(node->path, wish)
			     : strcasestr(node->card, wish) != NULL;
}

struct wanted {
	enum v4l2_role role;
	const char *wish;
	const char *id;
	size_t id_length; /* of `id` that has to be the same; 0: none of it */
};

/*
 * The ISP before other things that seem to make pictures smaller, such as the
 * deinterlacer: it takes ten times as many formats.
 */
static bool is_better(const struct v4l2_node *a, const struct v4l2_node *b,
		      enum v4l2_role role)
{
	return role == V4L2_SCALER && a->output.count > b->output.count;
}

static int first(const struct v4l2_node *nodes, int count,
		 const struct wanted *wanted)
{
	char id[V4L2_ID_SIZE];
	int best = -1;

	for (int i = 0; i < count; i++) {
		v4l2_node_id(id, &nodes[i]);
		if (v4l2_has_role(&nodes[i], wanted->role) &&
		    fits_wish(&nodes[i], wanted->wish) &&
		    !strncmp(id, wanted->id, wanted->id_length) &&
		    (best < 0 ||
		     is_better(&nodes[i], &nodes[best], wanted->role)))
			best = i;
	}
	return best;
}

int v4l2_choose(const struct v4l2_node *nodes, int count, enum v4l2_role role,
		const char *wish, const char *id)
{
	struct wanted wanted = { .role = role, .wish = wish ? wish : "" };
	bool path = is_path(wanted.wish);
	int i;

	if (!id || !*id) {
		wanted.id = "";
		return first(nodes, count, &wanted);
	}
	wanted.id = id;
	wanted.id_length = V4L2_ID_SIZE; /* all of it */
	if (path)
		wanted.wish = ""; /* it may have got another number */
	i = first(nodes, count, &wanted);
	if (i < 0) {
		wanted.id_length = model_length(id);
		i = first(nodes, count, &wanted);
	}
	if (i < 0 && path) {
		wanted.wish = wish;
		wanted.id_length = 0;
		i = first(nodes, count, &wanted);
	}
	return i;
}
