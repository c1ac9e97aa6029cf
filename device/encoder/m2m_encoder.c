/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_encoder.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/videodev2.h>

#define LOG_MODULE "encoder"
#include "common/log.h"
#include "device/v4l2/raw.h"
#include "device/v4l2/v4l2.h"
#include "device/v4l2/v4l2_probe.h"

/*
 * A key frame of a rich picture is larger than the driver's own 768 KiB, and
 * what does not fit is cut off (raspberrypi/linux#5180).
 */
#define LEAST_UNIT_BYTES (1536 << 10)

#define UNITS	    6
#define LEAST_UNITS 2

/* Specified for all users of the block together: 1080p at 30 a second. */
#define MOST_MACROBLOCKS 245760

/* What `err` at this step usually means on a Pi. */
static const char *hint(int err)
{
	switch (err) {
	case -ENOMEM:
		return "; there is too little CMA memory: take a smaller "
		       "picture, or give cma=256M in /boot/firmware/"
		       "cmdline.txt";
	case -ETIME:
	case -ETIMEDOUT:
	case -EINVAL:
		return "; when it worked before, the firmware hangs, and only "
		       "a reboot helps";
	case -ESRCH:
		return "; the firmware does not take this size, rate and "
		       "bitrate";
	case -EBUSY:
		return "; another program uses it";
	case -EACCES:
		return "; add this user to the group video";
	}
	return "";
}

static int refuse(const struct m2m_encoder *e, const char *what, int err)
{
	log_error("%s (%s): cannot %s: %s%s", e->node.path, e->node.card, what,
		  strerror(-err), hint(err));
	return err;
}

/* --- formats -------------------------------------------------------------- */

static int set_out_format(struct m2m_encoder *e,
			  const struct encoder_params *params)
{
	struct v4l2_layout layout = {
		.fourcc = V4L2_PIX_FMT_H264,
		.width = params->width,
		.height = params->height,
		.size = (uint32_t)(params->width * params->height),
	};
	int err;

	if (layout.size < LEAST_UNIT_BYTES)
		layout.size = LEAST_UNIT_BYTES;
	v4l2_queue_init(&e->out, e->fd, v4l2_capture_type(&e->node));
	err = v4l2_set_layout(e->fd, e->out.type, &layout);
	if (!err && layout.fourcc != V4L2_PIX_FMT_H264)
		err = -EINVAL;
	return err < 0 ? refuse(e, "make H.264 of it", err) : 0;
}

static int set_in_format(struct m2m_encoder *e,
			 const struct encoder_params *params)
{
	uint32_t type = v4l2_output_type(&e->node);
	struct v4l2_layout wish = { .fourcc = raw_fourcc(params->format),
				    .width = params->width,
				    .height = params->height };
	struct v4l2_layout layout;
	int err;

	if (params->from) { /* what it says of its colours goes along */
		wish.stride = params->from->layout.stride;
		wish.colorspace = params->from->layout.colorspace;
		wish.quantization = params->from->layout.quantization;
	}
	layout = wish;
	err = v4l2_set_layout(e->fd, type, &layout);
	if (err < 0)
		return refuse(e, "take pictures", err);
	if (layout.fourcc != wish.fourcc || layout.width != wish.width ||
	    layout.height != wish.height || !raw_is_possible(&layout)) {
		log_error("%s (%s) does not encode %s of %dx%d, but %s of "
			  "%dx%d; give another --width and --height",
			  e->node.path, e->node.card,
			  fourcc_text(wish.fourcc).text, wish.width,
			  wish.height, fourcc_text(layout.fourcc).text,
			  layout.width, layout.height);
		return -EINVAL;
	}
	m2m_input_init(&e->in, e->fd, type, &layout);
	return 0;
}

/*
 * Before the buffers: a rate that was set after them did not reach the
 * firmware until 2024 (raspberrypi/linux#6108).
 */
static void set_rate(struct m2m_encoder *e)
{
	int num = e->wish.fps_num, den = e->wish.fps_den;
	int err = v4l2_set_rate(e->fd, e->in.queue.type, &num, &den);

	if (err < 0)
		log_warn("%s: the rate cannot be set: %s; the bitrate will be "
			 "off",
			 e->node.path, strerror(-err));
}

/* --- controls ------------------------------------------------------------ */

static bool has_control(const struct m2m_encoder *e, uint32_t id)
{
	struct v4l2_queryctrl query = { .id = id };

	return !v4l2_call(e->fd, VIDIOC_QUERYCTRL, &query) &&
	       !(query.flags & V4L2_CTRL_FLAG_DISABLED);
}

/*
 * Only level and bitrate have to be taken: each of the others is missing from
 * some kernel. CBR would make the firmware hang (raspberrypi/linux#5360).
 */
static int set_controls(struct m2m_encoder *e,
			const struct encoder_params *params)
{
	int second = (params->fps_num + params->fps_den - 1) / params->fps_den;
	const struct {
		uint32_t id;
		int32_t value;
		bool needed;
	} controls[] = {
		{ V4L2_CID_MPEG_VIDEO_BITRATE_MODE,
		  V4L2_MPEG_VIDEO_BITRATE_MODE_VBR, false },
		{ V4L2_CID_MPEG_VIDEO_BITRATE, e->recipe.bitrate, true },
		{ V4L2_CID_MPEG_VIDEO_H264_PROFILE, e->recipe.profile, false },
		{ V4L2_CID_MPEG_VIDEO_H264_LEVEL, e->recipe.level, true },
		/* a second, where key frames cannot be asked for */
		{ V4L2_CID_MPEG_VIDEO_H264_I_PERIOD,
		  e->forces_keys ? params->gop : second, false },
		{ V4L2_CID_MPEG_VIDEO_GOP_SIZE,
		  e->forces_keys ? params->gop : second, false },
		{ V4L2_CID_MPEG_VIDEO_B_FRAMES, 0, false },
		{ V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1, false },
		{ V4L2_CID_MPEG_VIDEO_HEADER_MODE,
		  V4L2_MPEG_VIDEO_HEADER_MODE_JOINED_WITH_1ST_FRAME, false },
	};

	for (size_t i = 0; i < sizeof(controls) / sizeof(*controls); i++) {
		int err = v4l2_set_control(e->fd, controls[i].id,
					   controls[i].value);

		if (err < 0 && controls[i].needed)
			return refuse(e, "set level and bitrate", err);
	}
	return 0;
}

/* The driver rounds and clamps, and says nothing (rpicam-apps#688). */
static void read_bitrate(struct m2m_encoder *e)
{
	v4l2_get_control(e->fd, V4L2_CID_MPEG_VIDEO_BITRATE,
			 &e->recipe.bitrate);
}

int32_t m2m_encoder_set_bitrate(struct m2m_encoder *e, int64_t wanted)
{
	int32_t value = recipe_bitrate(&e->wish, wanted);

	if (!v4l2_set_control(e->fd, V4L2_CID_MPEG_VIDEO_BITRATE, value)) {
		e->recipe.bitrate = value;
		read_bitrate(e);
	}
	return e->recipe.bitrate;
}

/* --- buffers, start, stop ------------------------------------------------ */

static int get_buffers(struct m2m_encoder *e, struct capture *from)
{
	int err = m2m_input_request(&e->in, from);

	if (err < 0)
		return refuse(e, "get buffers for pictures", err);
	err = v4l2_queue_request(&e->out, V4L2_MEMORY_MMAP, UNITS, LEAST_UNITS);
	if (!err)
		err = v4l2_queue_map(&e->out);
	return err < 0 ? refuse(e, "get buffers for H.264", err) : 0;
}

/* Without H.264 buffers from the first moment on, poll() would not wait. */
static int start(struct m2m_encoder *e)
{
	int err = v4l2_queue_put_all(&e->out);

	if (!err)
		err = m2m_input_start(&e->in);
	if (!err)
		err = v4l2_queue_start(&e->out);
	return err;
}

static void tear_down(struct m2m_encoder *e)
{
	m2m_input_finish(&e->in);
	v4l2_queue_finish(&e->out);
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

/* Returns -ESRCH, not logged, when the recipe was refused. */
static int set_up(struct m2m_encoder *e, const struct encoder_params *params)
{
	int err;

	e->fd = v4l2_node_open(&e->node);
	if (e->fd < 0)
		return refuse(e, "open it", e->fd);
	e->forces_keys = has_control(e, V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME);
	if ((err = set_out_format(e, params)) < 0 ||
	    (err = set_in_format(e, params)) < 0)
		return err;
	set_rate(e);
	if ((err = set_controls(e, params)) < 0 ||
	    (err = get_buffers(e, params->from)) < 0)
		return err;
	err = start(e);
	if (err < 0 && err != -ESRCH)
		return refuse(e, "start", err);
	return err;
}

static bool is_too_much(const struct recipe_params *wish)
{
	int64_t mbs =
		(int64_t)((wish->width + 15) / 16) * ((wish->height + 15) / 16);

	return mbs * wish->fps_num > (int64_t)MOST_MACROBLOCKS * wish->fps_den;
}

static void say_what_runs(const struct m2m_encoder *e)
{
	log_info("%s (%s) encodes %s of %dx%d at %d/%d frames and %d bits a "
		 "second; %s",
		 e->node.path, e->node.card,
		 fourcc_text(e->in.layout.fourcc).text, e->in.layout.width,
		 e->in.layout.height, e->wish.fps_num, e->wish.fps_den,
		 e->recipe.bitrate, m2m_way_text(e->in.way));
	if (is_too_much(&e->wish))
		log_warn("that is more than a Pi's encoder is made for; when "
			 "pictures are missing, give fewer --fps");
	if (e->recipe.bitrate > e->wish.bitrate + e->wish.bitrate / 10)
		log_warn("a bitrate of %lld is too low for the hardware at "
			 "this size and rate: it would skip pictures; give "
			 "fewer --fps or a smaller picture",
			 (long long)e->wish.bitrate);
}

int m2m_encoder_open(struct m2m_encoder *e, const struct v4l2_node *node,
		     const struct encoder_params *params)
{
	int err = -ESRCH;

	*e = (struct m2m_encoder){
		.fd = -1,
		.node = *node,
		.wish = { .width = params->width,
			  .height = params->height,
			  .fps_num = params->fps_num,
			  .fps_den = params->fps_den,
			  .bitrate = params->bitrate },
	};
	for (int rung = 0; err == -ESRCH; rung++) {
		tear_down(e);
		if (!recipe_rung(&e->recipe, &e->wish, rung))
			return refuse(e, "start", err);
		err = set_up(e, params);
	}
	if (err < 0)
		return err;
	read_bitrate(e);
	say_what_runs(e);
	return 0;
}

int m2m_encoder_restart(struct m2m_encoder *e)
{
	int err = m2m_input_stop(&e->in);
	int other = v4l2_queue_stop(&e->out);

	if (!err)
		err = other;
	if (!err)
		err = start(e);
	return err < 0 ? refuse(e, "start again", err) : 0;
}

void m2m_encoder_close(struct m2m_encoder *e)
{
	tear_down(e);
}
