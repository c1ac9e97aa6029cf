/* SPDX-License-Identifier: MIT */
/*
 * V4L2 memory-to-memory hardware: on a Pi bcm2835-codec-isp, one pixel a
 * clock. Its pictures come out into memory that the encoder reads.
 *
 * No cropping: older drivers say that they crop and do not.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/videodev2.h>

#define LOG_MODULE "scaler"
#include "common/clock.h"
#include "common/log.h"
#include "device/encoder/inflight.h"
#include "device/encoder/m2m_input.h"
#include "device/encoder/scaler_kinds.h"
#include "device/v4l2/raw.h"
#include "device/v4l2/v4l2.h"
#include "device/v4l2/v4l2_probe.h"

struct state {
	int fd;
	struct v4l2_node node;
	struct m2m_input in;
	struct capture out;
	struct inflight inflight;
	int64_t frame_us;
	bool started;
};

/* --- opening ------------------------------------------------------------- */

static int set_format(struct state *s, uint32_t type,
		      const struct scaler_picture *picture,
		      struct v4l2_layout *layout)
{
	struct v4l2_layout got = *layout;
	int err = v4l2_set_layout(s->fd, type, &got);

	if (!err &&
	    (got.fourcc != layout->fourcc || got.width != picture->width ||
	     got.height != picture->height || !raw_is_possible(&got)))
		err = -EINVAL;
	*layout = got;
	return err;
}

static struct v4l2_layout layout_of(const struct scaler_picture *picture)
{
	return (struct v4l2_layout){ .fourcc = raw_fourcc(picture->format),
				     .width = picture->width,
				     .height = picture->height };
}

static int set_formats(struct state *s, const struct scaler_params *params)
{
	uint32_t in_type = v4l2_output_type(&s->node);
	uint32_t out_type = v4l2_capture_type(&s->node);
	struct v4l2_layout in = layout_of(&params->in);
	struct v4l2_layout out = layout_of(&params->out);
	int err;

	if (params->from) {
		in.stride = params->from->layout.stride;
		in.colorspace = params->from->layout.colorspace;
		in.quantization = params->from->layout.quantization;
	}
	if ((err = set_format(s, in_type, &params->in, &in)) < 0 ||
	    (err = set_format(s, out_type, &params->out, &out)) < 0)
		return err;
	m2m_input_init(&s->in, s->fd, in_type, &in);
	capture_init(&s->out, s->fd, out_type, &out);
	return 0;
}

static int open_m2m(void *self, const struct scaler_params *params)
{
	struct state *s = self;
	int err;

	s->fd = -1;
	if (v4l2_find(&s->node, V4L2_SCALER, NULL, NULL) < 0)
		return -ENODEV; /* the processor says that it does it */
	s->fd = v4l2_node_open(&s->node);
	err = s->fd < 0 ? s->fd : set_formats(s, params);
	if (!err)
		err = m2m_input_request(&s->in, params->from);
	if (err < 0) {
		log_warn("%s (%s) does not make %dx%d of %dx%d: %s",
			 s->node.path, s->node.card, params->out.width,
			 params->out.height, params->in.width,
			 params->in.height, strerror(-err));
		return err;
	}
	s->frame_us = params->frame_us;
	log_info("%s (%s) makes %s of %dx%d into %s of %dx%d; %s", s->node.path,
		 s->node.card, fourcc_text(s->in.layout.fourcc).text,
		 params->in.width, params->in.height,
		 fourcc_text(s->out.layout.fourcc).text, params->out.width,
		 params->out.height, m2m_way_text(s->in.way));
	return 0;
}

static void close_m2m(void *self)
{
	struct state *s = self;

	m2m_input_finish(&s->in);
	capture_finish(&s->out);
	if (s->fd >= 0)
		close(s->fd);
}

/* --- pictures ------------------------------------------------------------ */

static int report(const struct state *s, const char *what, int err)
{
	if (err < 0 && err != -EAGAIN)
		log_error("%s: cannot %s: %s", s->node.path, what,
			  strerror(-err));
	return err;
}

/* Not before the first picture: until then, its output's memory is decided. */
static int start(struct state *s)
{
	int err;

	if (s->started)
		return 0;
	err = capture_start(&s->out);
	if (!err)
		err = m2m_input_start(&s->in);
	inflight_init(&s->inflight, clock_monotonic_us());
	s->started = !err;
	return err;
}

static int collect(struct state *s)
{
	int err;

	while ((err = m2m_input_collect(&s->in)) > 0)
		inflight_returned(&s->inflight, clock_monotonic_us());
	return err;
}

static int push(void *self, const struct picture *picture)
{
	struct state *s = self;
	int err = start(s);
	int64_t at_us;

	if (!err)
		err = collect(s);
	if (err < 0)
		return report(s, "start", err);
	if (!m2m_input_has_room(&s->in))
		return -EAGAIN;
	at_us = inflight_add(&s->inflight, picture->pts_90k,
			     clock_monotonic_us());
	err = m2m_input_put(&s->in, picture, at_us);
	if (err < 0)
		inflight_undo(&s->inflight);
	return report(s, "give it a picture", err);
}

/* Whether a picture that came out can be used. */
static bool accept(struct state *s, const struct v4l2_done *done,
		   struct picture *out)
{
	int64_t pts_90k;

	if (!inflight_match(&s->inflight, done->at_us, &pts_90k,
			    clock_monotonic_us()) ||
	    done->flags & V4L2_BUF_FLAG_ERROR ||
	    done->size < raw_size(out->format, s->out.layout.stride,
				  s->out.layout.height))
		return false;
	raw_lay(out, capture_bytes(&s->out, done), &s->out.layout);
	out->pts_90k = pts_90k;
	return true;
}

static int watch(const struct state *s)
{
	/* it can be waiting for those that hold its pictures */
	if (!s->out.queue.queued)
		return -EAGAIN;
	if (inflight_judge(&s->inflight, s->in.queue.queued, s->in.most,
			   s->frame_us, clock_monotonic_us()) != INFLIGHT_HUNG)
		return -EAGAIN;
	log_error("%s hangs; opening it again", s->node.path);
	return -ETIMEDOUT;
}

static int pull(void *self, struct picture *out)
{
	struct state *s = self;
	struct picture_buffer *buffer;
	struct v4l2_done done;
	int err;

	if (!s->started)
		return -EAGAIN;
	err = collect(s);
	raw_format(s->out.layout.fourcc, &out->format);
	while (err >= 0) {
		err = capture_take(&s->out, &done, &buffer);
		if (err < 0)
			break;
		if (accept(s, &done, out)) {
			out->buffer = buffer;
			return 0;
		}
		picture_release(buffer);
	}
	return err == -EAGAIN ? watch(s) : report(s, "take a picture", err);
}

static int fd(const void *self)
{
	const struct state *s = self;

	/* with nothing to do it would be readable, as an error */
	return s->started && s->in.queue.queued ? s->fd : -1;
}

static struct capture *capture(void *self)
{
	return &((struct state *)self)->out;
}

const struct scaler_kind scaler_m2m = {
	.name = "v4l2",
	.size = sizeof(struct state),
	.open = open_m2m,
	.push = push,
	.pull = pull,
	.fd = fd,
	.capture = capture,
	.close = close_m2m,
};
