/* SPDX-License-Identifier: MIT */
#include "device/source/rpicam_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/videodev2.h>

#include "device/encoder/recipe.h"

/* Adds one argument; what does not fit shows in the count. */
__attribute__((format(printf, 2, 3))) static void add(struct rpicam_command *c,
						      const char *format, ...)
{
	size_t room = sizeof(c->text) - c->used;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(c->text + c->used, room, format, arguments);
	va_end(arguments);
	if (c->count < RPICAM_MOST_ARGUMENTS && n >= 0 && (size_t)n < room) {
		c->argv[c->count] = c->text + c->used;
		c->used += (size_t)n + 1;
		c->count++;
		c->argv[c->count] = NULL;
	} else {
		c->count = RPICAM_MOST_ARGUMENTS;
	}
}

static void add_number(struct rpicam_command *c, const char *name,
		       int64_t value)
{
	add(c, "%s", name);
	add(c, "%" PRId64, value);
}

static const char *level(const struct rpicam_params *params)
{
	struct recipe recipe;

	recipe_rung(&recipe,
		    &(struct recipe_params){ .width = params->width,
					     .height = params->height,
					     .fps_num = params->fps,
					     .fps_den = 1,
					     .bitrate = params->bitrate },
		    0);
	if (recipe.level == V4L2_MPEG_VIDEO_H264_LEVEL_4_0)
		return "4";
	return recipe.level == V4L2_MPEG_VIDEO_H264_LEVEL_4_1 ? "4.1" : "4.2";
}

static void add_picture(struct rpicam_command *c,
			const struct rpicam_params *params)
{
	add_number(c, "--width", params->width);
	add_number(c, "--height", params->height);
	add_number(c, "--framerate", params->fps);
	if (!params->capture_width || !params->capture_height)
		return;
	add(c, "--mode");
	add(c, "%d:%d", params->capture_width, params->capture_height);
}

/*
 * A Pi 5 encodes with libx264, which would reorder pictures and hold some back
 * unless told not to, and does not write to a pipe without being told how.
 */
static void add_coding(struct rpicam_command *c,
		       const struct rpicam_params *params)
{
	add(c, "--codec");
	add(c, "h264");
	add(c, "--inline");
	add(c, "--flush");
	add_number(c, "--intra", params->gop);
	add_number(c, "--bitrate", params->bitrate);
	if (params->hardware) {
		add(c, "--profile");
		add(c, "high");
		add(c, "--level");
		add(c, "%s", level(params));
	} else {
		add(c, "--low-latency");
		add(c, "--libav-format");
		add(c, "h264");
	}
}

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"
#define VALUES	LETTERS DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:_-"

static int add_control(struct rpicam_command *c, const char *at, size_t size)
{
	size_t name = strspn(at, LETTERS DIGITS "-_");
	size_t value, i = c->used;

	if (!name || name >= size || at[name] != '=' || *at == '-')
		return -EINVAL;
	value = size - name - 1;
	if (!value || strspn(at + name + 1, VALUES) < value)
		return -EINVAL;
	add(c, "--%.*s", (int)name, at);
	for (; i < c->used; i++) {
		if (c->text[i] == '_')
			c->text[i] = '-';
	}
	add(c, "%.*s", (int)value, at + name + 1);
	return 0;
}

static int add_controls(struct rpicam_command *c, const char *list)
{
	int err = 0;

	while (!err && *list) {
		size_t n = strcspn(list, ",");

		err = add_control(c, list, n);
		list += n + (list[n] == ',');
	}
	return err;
}

int rpicam_command(struct rpicam_command *out,
		   const struct rpicam_params *params)
{
	int err = 0;

	out->count = 0;
	out->used = 0;
	add(out, "%s", params->program);
	add_number(out, "--timeout", 0);
	add(out, "--nopreview");
	add_picture(out, params);
	add_coding(out, params);
	if (params->controls)
		err = add_controls(out, params->controls);
	add(out, "--output");
	add(out, "-");
	if (!err && out->count >= RPICAM_MOST_ARGUMENTS)
		err = -E2BIG;
	return err;
}
