/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#define LOG_MODULE "x264"
#include "common/log.h"
#include "device/encoder/encoder_kinds.h"
#include "device/source/avlog.h"

#define MIN_BITRATE 50000
#define MAX_BITRATE 50000000
#define MAX_THREADS 4

/* Pixels a second for one thread: small pictures are not worth a second. */
#define PIXELS_PER_THREAD (1280 * 720 * 30)

/*
 * How x264 is set up. `veryfast` has what makes a picture look good at the
 * few hundred kbit/s of an uplink (CABAC, deblocking, 8x8 transform, motion
 * to a quarter pixel) and `ultrafast` has not: the test card takes 212 kbit/s
 * and 1.2 ms a picture with the one, 450 kbit/s and 0.7 ms with the other. It
 * can take three times as long where much moves. `zerolatency` gives each
 * picture back as soon as it was pushed.
 */
static const struct {
	const char *name, *value;
} options[] = {
	{ "preset", "veryfast" },
	{ "tune", "zerolatency" },
	{ "forced-idr", "1" }, /* a key frame on request is an IDR */
};

struct state {
	AVCodecContext *codec;
	AVFrame *frame;
	AVPacket *packet;
	bool ready;	 /* `packet` was not pulled yet */
	bool key_wanted; /* by encoder_request_key() */
};

static void close_x264(void *self)
{
	struct state *s = self;

	avcodec_free_context(&s->codec);
	av_frame_free(&s->frame);
	av_packet_free(&s->packet);
}

/* --- opening ------------------------------------------------------------- */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

/*
 * libavcodec gives these three to x264 again before each picture. It counts
 * pictures, not time (`zerolatency`): for one in two, a second has twice the
 * bits, and the VBV, which is one second of the line's, has not.
 */
static void set_bitrate(void *self, int64_t bits_per_second, int divisor)
{
	AVCodecContext *codec = ((struct state *)self)->codec;
	int64_t least = (MIN_BITRATE + divisor - 1) / divisor;
	int64_t rate = clamp(bits_per_second, least, MAX_BITRATE / divisor);

	codec->bit_rate = rate * divisor;
	codec->rc_max_rate = rate * divisor;
	codec->rc_buffer_size = (int)rate;
}

/* From the parameters alone, so that they give the same SPS anywhere. */
static int count_threads(const struct encoder_params *params)
{
	int64_t pixels = (int64_t)params->width * params->height *
			 params->fps_num / params->fps_den;

	return (int)clamp(1 + pixels / (PIXELS_PER_THREAD + 1), 1, MAX_THREADS);
}

static void set_up(struct state *s, const struct encoder_params *params)
{
	AVCodecContext *codec = s->codec;

	codec->width = params->width;
	codec->height = params->height;
	codec->pix_fmt = params->format == PICTURE_NV12 ? AV_PIX_FMT_NV12
							: AV_PIX_FMT_YUV420P;
	codec->color_range = AVCOL_RANGE_MPEG;
	codec->time_base = (AVRational){ 1, 90000 };
	codec->framerate = (AVRational){ params->fps_num, params->fps_den };
	codec->gop_size = params->gop;
	codec->max_b_frames = 0;
	codec->flags |= AV_CODEC_FLAG_CLOSED_GOP;
	codec->thread_count = count_threads(params);
	set_bitrate(s, params->bitrate, 1);
	/* not AV_CODEC_FLAG_GLOBAL_HEADER: SPS and PPS go with each IDR */
	av_opt_set_int(codec->priv_data, "sc_threshold", 0, 0);
	codec->keyint_min = params->gop;
}

static int allocate(struct state *s)
{
	const AVCodec *x264 = avcodec_find_encoder_by_name("libx264");

	if (!x264) {
		log_error("this libavcodec was built without libx264; install "
			  "one that has it");
		return -ENOTSUP;
	}
	s->codec = avcodec_alloc_context3(x264);
	s->frame = av_frame_alloc();
	s->packet = av_packet_alloc();
	return s->codec && s->frame && s->packet ? 0 : -ENOMEM;
}

static bool params_are_valid(const struct encoder_params *params)
{
	bool known = params->format == PICTURE_I420 ||
		     params->format == PICTURE_NV12;

	return known && params->width > 0 && params->height > 0 &&
	       params->width % 2 == 0 && params->height % 2 == 0 &&
	       params->fps_num > 0 && params->fps_den > 0 && params->gop > 0;
}

static unsigned int formats(const char *name)
{
	(void)name;
	return 1u << PICTURE_I420 | 1u << PICTURE_NV12;
}

static int open_x264(void *self, const struct encoder_params *params)
{
	struct state *s = self;
	int err;

	avlog_route();
	if (!params_are_valid(params)) {
		log_error("cannot encode %dx%d at %d/%d frames a second, key "
			  "frame every %d: it takes I420 and NV12, even "
			  "sides, and numbers above 0",
			  params->width, params->height, params->fps_num,
			  params->fps_den, params->gop);
		return -EINVAL;
	}
	if ((err = allocate(s)) < 0)
		return err;
	set_up(s, params);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		err = av_opt_set(s->codec->priv_data, options[i].name,
				 options[i].value, 0);
		assert(!err);
	}
	err = avcodec_open2(s->codec, NULL, NULL);
	if (err < 0) {
		log_error("libx264 does not open for %dx%d: %s; try another "
			  "size",
			  params->width, params->height, av_err2str(err));
		return err;
	}
	return 0;
}

/* --- pictures in, access units out --------------------------------------- */

/* The picture is borrowed: nothing is to be freed. */
static void free_nothing(void *opaque, uint8_t *bytes)
{
	(void)opaque;
	(void)bytes;
}

/*
 * Makes a frame of a picture without copying it. libavcodec wants its buffers
 * counted, and would copy what is not; x264 makes a copy of its own, before
 * avcodec_send_frame() returns.
 */
static int wrap(struct state *s, const struct picture *picture)
{
	AVFrame *frame = s->frame;
	int planes = picture->format == PICTURE_NV12 ? 2 : 3;

	frame->format = s->codec->pix_fmt;
	frame->width = picture->width;
	frame->height = picture->height;
	frame->pts = picture->pts_90k;
	frame->pict_type =
		s->key_wanted ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	for (int i = 0; i < planes; i++) {
		/* libavcodec has no const frames; it only reads this one */
		frame->data[i] = (uint8_t *)(uintptr_t)picture->plane[i];
		frame->linesize[i] = picture->stride[i];
	}
	frame->buf[0] = av_buffer_create(frame->data[0], 1, free_nothing, NULL,
					 AV_BUFFER_FLAG_READONLY);
	return frame->buf[0] ? 0 : -ENOMEM;
}

static int push(void *self, const struct picture *picture)
{
	struct state *s = self;
	int err;

	assert(picture->width == s->codec->width &&
	       picture->height == s->codec->height);
	if (s->ready)
		return -EAGAIN;
	err = wrap(s, picture);
	if (!err)
		err = avcodec_send_frame(s->codec, s->frame);
	av_frame_unref(s->frame);
	if (!err)
		err = avcodec_receive_packet(s->codec, s->packet);
	if (err < 0 && err != AVERROR(EAGAIN)) {
		log_error("cannot encode a picture: %s", av_err2str(err));
		return err;
	}
	s->key_wanted = false;
	s->ready = !err;
	return 0;
}

static int pull(void *self, struct access_unit *out)
{
	struct state *s = self;

	if (!s->ready)
		return -EAGAIN;
	s->ready = false;
	/* the bytes stay until the packet is filled anew, by push() */
	*out = (struct access_unit){
		.bytes = s->packet->data,
		.size = (size_t)s->packet->size,
		.dts_90k = s->packet->dts,
		.pts_90k = s->packet->pts,
		.key = s->packet->flags & AV_PKT_FLAG_KEY,
	};
	return 0;
}

static int fd(const void *self)
{
	(void)self;
	return -1; /* what was pushed can be pulled at once */
}

/* It always finds something to leave out. */
static int64_t least_bitrate(const void *self)
{
	(void)self;
	return MIN_BITRATE;
}

static void request_key(void *self)
{
	((struct state *)self)->key_wanted = true;
}

const struct encoder_kind encoder_x264 = {
	.name = "x264",
	.size = sizeof(struct state),
	.keys_at_once = true,
	.formats = formats,
	.open = open_x264,
	.push = push,
	.pull = pull,
	.fd = fd,
	.set_bitrate = set_bitrate,
	.least_bitrate = least_bitrate,
	.request_key = request_key,
	.close = close_x264,
};
