/* SPDX-License-Identifier: MIT */
/* libswscale: the processor does it. */
#include <errno.h>
#include <stdlib.h>

#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

#define LOG_MODULE "scaler"
#include "common/log.h"
#include "device/encoder/scaler_kinds.h"
#include "device/source/avlog.h"

#define ALIGNMENT 64

struct state {
	struct SwsContext *sws;
	uint8_t *plane[4];
	int stride[4];
	struct picture picture;
	bool ready;
};

static enum AVPixelFormat pixel_format(enum picture_format format)
{
	switch (format) {
	case PICTURE_I420:
		break;
	case PICTURE_NV12:
		return AV_PIX_FMT_NV12;
	case PICTURE_YUYV:
		return AV_PIX_FMT_YUYV422;
	}
	return AV_PIX_FMT_YUV420P;
}

static int open_sws(void *self, const struct scaler_params *params)
{
	const struct scaler_picture *in = &params->in, *out = &params->out;
	struct state *s = self;

	avlog_route();
	s->sws = sws_getContext(in->width, in->height, pixel_format(in->format),
				out->width, out->height,
				pixel_format(out->format), SWS_BILINEAR, NULL,
				NULL, NULL);
	if (!s->sws ||
	    av_image_alloc(s->plane, s->stride, out->width, out->height,
			   pixel_format(out->format), ALIGNMENT) < 0) {
		log_error("cannot make %dx%d of %dx%d", out->width, out->height,
			  in->width, in->height);
		return -ENOMEM;
	}
	s->picture = (struct picture){ .format = out->format,
				       .width = out->width,
				       .height = out->height };
	for (int i = 0; i < 3; i++) {
		s->picture.plane[i] = s->plane[i];
		s->picture.stride[i] = s->stride[i];
	}
	if (in->width == out->width && in->height == out->height)
		log_info("the processor converts each picture for the encoder");
	else
		log_warn("the processor makes %dx%d of %dx%d, because there is "
			 "no hardware that does",
			 out->width, out->height, in->width, in->height);
	return 0;
}

static void close_sws(void *self)
{
	struct state *s = self;

	sws_freeContext(s->sws);
	s->sws = NULL;
	av_freep(&s->plane[0]);
}

static int push(void *self, const struct picture *picture)
{
	/* libswscale reads four of each */
	const uint8_t *plane[4] = { picture->plane[0], picture->plane[1],
				    picture->plane[2] };
	int stride[4] = { picture->stride[0], picture->stride[1],
			  picture->stride[2] };
	struct state *s = self;

	if (s->ready)
		return -EAGAIN;
	if (sws_scale(s->sws, plane, stride, 0, picture->height, s->plane,
		      s->stride) < 0) {
		log_error("cannot scale a picture");
		return -EINVAL;
	}
	s->picture.pts_90k = picture->pts_90k;
	s->ready = true;
	return 0;
}

static int pull(void *self, struct picture *out)
{
	struct state *s = self;

	if (!s->ready)
		return -EAGAIN;
	s->ready = false;
	*out = s->picture;
	return 0;
}

static int fd(const void *self)
{
	(void)self;
	return -1;
}

static struct capture *capture(void *self)
{
	(void)self;
	return NULL;
}

const struct scaler_kind scaler_sws = {
	.name = "swscale",
	.size = sizeof(struct state),
	.open = open_sws,
	.push = push,
	.pull = pull,
	.fd = fd,
	.capture = capture,
	.close = close_sws,
};
