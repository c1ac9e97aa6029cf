/* SPDX-License-Identifier: MIT */
#include "device/camera/camera.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/videodev2.h>

#define LOG_MODULE "camera"
#include "common/log.h"
#include "device/camera/controls.h"
#include "device/v4l2/raw.h"
#include "device/v4l2/v4l2.h"
#include "device/v4l2/v4l2_probe.h"

#define MOST_SIZES 64 /* of one format */

bool camera_trouble_is_new(struct source_memory *memory, int err)
{
	bool fresh = !memory || memory->error != err;

	if (memory)
		memory->error = err;
	return fresh;
}

/* --- modes --------------------------------------------------------------- */

struct mode_list {
	int fd;
	struct camera_mode *mode;
	int count, most;
};

/* The highest rate, in thousandths; 0: the driver does not say. */
static int ask_rate(int fd, uint32_t fourcc, int width, int height)
{
	int best = 0;

	for (uint32_t i = 0; i < MOST_SIZES; i++) {
		struct v4l2_frmivalenum ival = { .index = i,
						 .pixel_format = fourcc,
						 .width = (uint32_t)width,
						 .height = (uint32_t)height };
		const struct v4l2_fract *frame = &ival.discrete;
		int64_t rate;

		if (v4l2_call(fd, VIDIOC_ENUM_FRAMEINTERVALS, &ival) < 0)
			break;
		if (ival.type != V4L2_FRMIVAL_TYPE_DISCRETE)
			frame = &ival.stepwise.min;
		if (!frame->numerator)
			break;
		rate = 1000LL * frame->denominator / frame->numerator;
		if (rate > best && rate < INT32_MAX)
			best = (int)rate;
		if (ival.type != V4L2_FRMIVAL_TYPE_DISCRETE)
			break;
	}
	return best;
}

static void add_mode(struct mode_list *list, uint32_t fourcc, int width,
		     int height)
{
	if (list->count >= list->most || width <= 0 || height <= 0)
		return;
	list->mode[list->count++] = (struct camera_mode){
		.fourcc = fourcc,
		.width = width,
		.height = height,
		.milli_fps = ask_rate(list->fd, fourcc, width, height),
	};
}

/* The nearest that a range with steps has. */
static int snap(int wanted, uint32_t min, uint32_t max, uint32_t step)
{
	uint32_t at = wanted > 0 ? (uint32_t)wanted : 0;

	if (at > max)
		at = max;
	if (at < min)
		at = min;
	if (step > 1)
		at = min + (at - min) / step * step;
	return at > INT16_MAX ? INT16_MAX : (int)at;
}

static void add_range(struct mode_list *list, uint32_t fourcc,
		      const struct v4l2_frmsize_stepwise *range,
		      const struct camera_wish *wish)
{
	int width = wish->capture_width ? wish->capture_width : wish->width;
	int height = wish->capture_height ? wish->capture_height : wish->height;

	add_mode(list, fourcc,
		 snap(width, range->min_width, range->max_width,
		      range->step_width),
		 snap(height, range->min_height, range->max_height,
		      range->step_height));
}

static void add_sizes(struct mode_list *list, uint32_t fourcc,
		      const struct camera_wish *wish)
{
	int before = list->count;

	for (uint32_t i = 0; i < MOST_SIZES; i++) {
		struct v4l2_frmsizeenum size = { .index = i,
						 .pixel_format = fourcc };

		if (v4l2_call(list->fd, VIDIOC_ENUM_FRAMESIZES, &size) < 0)
			break;
		if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
			add_range(list, fourcc, &size.stepwise, wish);
			break;
		}
		if (size.discrete.width > INT16_MAX ||
		    size.discrete.height > INT16_MAX)
			continue;
		add_mode(list, fourcc, (int)size.discrete.width,
			 (int)size.discrete.height);
	}
	if (list->count == before) /* it does not say: it will when asked */
		add_mode(list, fourcc, wish->width, wish->height);
}

int camera_list_modes(int fd, const struct v4l2_node *node,
		      const struct camera_wish *wish, struct camera_mode *out,
		      int most)
{
	struct mode_list list = { .fd = fd, .mode = out, .most = most };

	for (unsigned int i = 0; i < node->capture.count; i++) {
		if (camera_mode_usable(node->capture.fourcc[i]))
			add_sizes(&list, node->capture.fourcc[i], wish);
	}
	return list.count;
}

static int choose_mode(struct camera *c, const struct camera_wish *wish)
{
	struct camera_mode *modes = calloc(CAMERA_MODES, sizeof(*modes));
	int count, best;

	if (!modes)
		return -ENOMEM;
	count = camera_list_modes(c->fd, &c->node, wish, modes, CAMERA_MODES);
	best = camera_mode_choose(modes, count, wish);
	if (best >= 0)
		c->mode = modes[best];
	free(modes);
	return best < 0 ? -EINVAL : 0;
}

/* --- opening ------------------------------------------------------------- */

const char *camera_hint(int err)
{
	switch (err) {
	case -ENODEV:
	case -ENXIO:
	case -ENOENT:
		return "; is it plugged in? `oriel-cam check` lists what "
		       "there is";
	case -EBUSY:
		return "; another program uses it";
	case -EACCES:
	case -EPERM:
		return "; add this user to the group video";
	case -ENOSPC:
		return "; the USB bus has no room for it: take a smaller "
		       "picture, or another socket";
	case -ENOMEM:
		return "; there is too little memory for its buffers";
	}
	return "";
}

static int refuse(const struct camera *c, const struct source_params *params,
		  const char *what, int err)
{
	const char *path = c->node.path;

	if (camera_trouble_is_new(params->memory, err))
		log_error("%s%s%s: cannot %s: %s%s", params->name,
			  *path ? " at " : "", path, what, strerror(-err),
			  camera_hint(err));
	return err;
}

/* What it delivers is what the driver made of the wish. */
static int set_format(struct camera *c)
{
	struct v4l2_layout layout = { .fourcc = c->mode.fourcc,
				      .width = c->mode.width,
				      .height = c->mode.height };
	uint32_t type = v4l2_capture_type(&c->node);
	int err = v4l2_set_layout(c->fd, type, &layout);
	enum picture_format format;

	if (err < 0)
		return err;
	if (layout.fourcc != c->mode.fourcc ||
	    (raw_format(layout.fourcc, &format) && !raw_is_possible(&layout)))
		return -EINVAL;
	c->mode.width = layout.width;
	c->mode.height = layout.height;
	capture_init(&c->capture, c->fd, type, &layout);
	c->capture.scattered = !strncmp(c->node.bus, "usb-", 4);
	c->capture.ordered = !strcmp(c->node.driver, "libcamera");
	return 0;
}

/* What it says of its rate is good for a name, never for making time. */
static void set_rate(struct camera *c, int fps)
{
	c->fps_num = fps;
	c->fps_den = 1;
	v4l2_set_rate(c->fd, c->capture.queue.type, &c->fps_num, &c->fps_den);
}

/* Only the few that make H.264 have any of these. */
static void set_coding(const struct camera *c,
		       const struct source_params *params)
{
	v4l2_set_control(c->fd, V4L2_CID_MPEG_VIDEO_BITRATE,
			 (int32_t)params->bitrate);
	v4l2_set_control(c->fd, V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, params->gop);
	v4l2_set_control(c->fd, V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1);
}

static const char *wish_of(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon + 1 : "";
}

static int find(struct camera *c, const struct source_params *params)
{
	const char *id = params->memory ? params->memory->id : NULL;

	return v4l2_find(&c->node, V4L2_CAMERA, wish_of(params->name), id);
}

int camera_open(struct camera *c, const struct source_params *params,
		const struct camera_wish *wish)
{
	int err;

	*c = (struct camera){ .fd = -1 };
	err = find(c, params);
	if (err < 0)
		return refuse(c, params, "find a camera", err);
	c->fd = v4l2_node_open(&c->node);
	if (c->fd < 0)
		return refuse(c, params, "open it", c->fd);
	if ((err = choose_mode(c, wish)) < 0 || (err = set_format(c)) < 0)
		return refuse(c, params, "get a picture that we can use", err);
	set_rate(c, params->fps);
	if (c->mode.fourcc == V4L2_PIX_FMT_H264)
		set_coding(c, params);
	if (params->controls)
		controls_set(c->fd, params->controls);
	if (params->memory)
		v4l2_node_id(params->memory->id, &c->node);
	return 0;
}

void camera_close(struct camera *c)
{
	capture_finish(&c->capture);
	if (c->fd >= 0)
		close(c->fd); /* at once, or its number stays taken */
	c->fd = -1;
}
