/* SPDX-License-Identifier: MIT */
#include "tests/fake/coder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#include "tests/fake/pixels.h"

#define START_CODE 4  /* 00 00 00 01 */
#define QUIETER	   48 /* x264 tells its life only to who debugs */
#define JPEG_SCALE 5  /* of quantisation; 2 is best */

struct coder {
	AVCodecContext *codec;
	AVFrame *frame;
	AVPacket *packet;
	struct SwsContext *convert;
};

/* --- opening ------------------------------------------------------------- */

static const char *profile_name(int profile)
{
	switch (profile) {
	case V4L2_MPEG_VIDEO_H264_PROFILE_BASELINE:
	case V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE:
		return "baseline";
	case V4L2_MPEG_VIDEO_H264_PROFILE_MAIN:
		return "main";
	default:
		return "high";
	}
}

/* Fast above all: it shares its machine with what is tested. */
static void set_up_h264(AVCodecContext *codec,
			const struct coder_params *params)
{
	void *x264 = codec->priv_data;

	codec->max_b_frames = 0;
	codec->gop_size = params->gop ? params->gop : 1 << 20;
	codec->keyint_min = codec->gop_size;
	codec->bit_rate = params->bitrate;
	codec->level = params->level;
	codec->flags |= AV_CODEC_FLAG_CLOSED_GOP;
	av_opt_set(x264, "preset", "ultrafast", 0);
	av_opt_set(x264, "tune", "zerolatency", 0);
	av_opt_set(x264, "profile", profile_name(params->profile), 0);
	av_opt_set_int(x264, "forced-idr", 1, 0);
	av_opt_set_int(x264, "sc_threshold", 0, 0);
}

static void set_up_jpeg(AVCodecContext *codec)
{
	codec->flags |= AV_CODEC_FLAG_QSCALE;
	codec->global_quality = JPEG_SCALE * FF_QP2LAMBDA;
	/* as cameras, whose tables may then be left out */
	av_opt_set(codec->priv_data, "huffman", "default", 0);
	codec->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
}

static int open_codec(struct coder *c, const struct coder_params *params)
{
	bool h264 = params->fourcc == V4L2_PIX_FMT_H264;
	const AVCodec *kind =
		avcodec_find_encoder_by_name(h264 ? "libx264" : "mjpeg");
	AVCodecContext *codec;

	if (!kind)
		return -ENOTSUP;
	c->codec = codec = avcodec_alloc_context3(kind);
	c->frame = av_frame_alloc();
	c->packet = av_packet_alloc();
	if (!codec || !c->frame || !c->packet)
		return -ENOMEM;
	codec->width = params->width;
	codec->height = params->height;
	codec->pix_fmt = AV_PIX_FMT_YUV420P;
	codec->color_range = AVCOL_RANGE_MPEG;
	codec->time_base = (AVRational){ params->fps_den, params->fps_num };
	codec->framerate = (AVRational){ params->fps_num, params->fps_den };
	codec->thread_count = 1;
	codec->log_level_offset = QUIETER;
	if (h264)
		set_up_h264(codec, params);
	else
		set_up_jpeg(codec);
	return avcodec_open2(codec, kind, NULL);
}

static int make_frame(struct coder *c)
{
	c->frame->format = c->codec->pix_fmt;
	c->frame->width = c->codec->width;
	c->frame->height = c->codec->height;
	c->frame->pts = -1;
	c->frame->quality = c->codec->global_quality;
	return av_frame_get_buffer(c->frame, 0);
}

int coder_open(struct coder **out, const struct coder_params *params)
{
	struct coder *c = calloc(1, sizeof(*c));
	int err;

	*out = NULL;
	if (!c)
		return -ENOMEM;
	if ((err = open_codec(c, params)) < 0 || (err = make_frame(c)) < 0) {
		coder_close(&c);
		return err;
	}
	*out = c;
	return 0;
}

void coder_close(struct coder **coder)
{
	struct coder *c = *coder;

	*coder = NULL;
	if (!c)
		return;
	avcodec_free_context(&c->codec);
	av_frame_free(&c->frame);
	av_packet_free(&c->packet);
	pixels_finish(&c->convert);
	free(c);
}

/* libavcodec gives it to x264 again before each picture. */
void coder_set_bitrate(struct coder *c, int64_t bitrate)
{
	c->codec->bit_rate = bitrate;
}

/* --- coding -------------------------------------------------------------- */

/* The next start code at or after `from`; `end`: none. */
static const uint8_t *find_start(const uint8_t *from, const uint8_t *end)
{
	for (; end - from >= 4; from++) {
		if (!from[0] && !from[1] && from[2] == 1)
			return from;
	}
	return end;
}

static void append(uint8_t *to, size_t *size, const uint8_t *nal,
		   size_t nal_size)
{
	static const uint8_t start[START_CODE] = { 0, 0, 0, 1 };

	memcpy(to + *size, start, START_CODE);
	memcpy(to + *size + START_CODE, nal, nal_size);
	*size += START_CODE + nal_size;
}

/* Parts SPS and PPS from slices; x264's SEI is nothing that a Pi sends. */
static void sort_nals(struct coded *out, const uint8_t *bytes, size_t size)
{
	const uint8_t *end = bytes + size, *at = find_start(bytes, end);

	while (at < end) {
		const uint8_t *nal = at + 3, *next = find_start(nal, end);
		const uint8_t *stop = next;
		int type = nal[0] & 31;

		while (stop > nal && next < end && !stop[-1])
			stop--; /* the fourth byte of the next start code */
		if (type == 7 || type == 8)
			append(out->headers, &out->headers_size, nal,
			       (size_t)(stop - nal));
		else if (type == 1 || type == 5)
			append(out->picture, &out->picture_size, nal,
			       (size_t)(stop - nal));
		at = next;
	}
}

static int take_packet(struct coder *c, struct coded *out)
{
	const AVPacket *packet = c->packet;
	/* Each NAL unit may get a byte more of start code. */
	size_t room = (size_t)packet->size * 2 + START_CODE;

	out->key = packet->flags & AV_PKT_FLAG_KEY;
	out->picture = malloc(room);
	out->headers = malloc(room);
	if (!out->picture || !out->headers) {
		coded_finish(out);
		return -ENOMEM;
	}
	if (c->codec->codec_id == AV_CODEC_ID_H264) {
		sort_nals(out, packet->data, (size_t)packet->size);
		return 0;
	}
	memcpy(out->picture, packet->data, (size_t)packet->size);
	out->picture_size = (size_t)packet->size;
	return 0;
}

int coder_code(struct coder *c, const struct pixels *from, bool key,
	       struct coded *out)
{
	AVFrame *frame = c->frame;
	struct pixels to = { .format = frame->format,
			     .width = frame->width,
			     .height = frame->height };
	int err = av_frame_make_writable(frame);

	*out = (struct coded){ 0 };
	if (err < 0)
		return err;
	for (int i = 0; i < 3; i++) {
		to.plane[i] = frame->data[i];
		to.stride[i] = frame->linesize[i];
	}
	if ((err = pixels_convert(&c->convert, from, &to)) < 0)
		return err;
	frame->pts++;
	frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	if ((err = avcodec_send_frame(c->codec, frame)) < 0 ||
	    (err = avcodec_receive_packet(c->codec, c->packet)) < 0)
		return err;
	err = take_packet(c, out);
	av_packet_unref(c->packet);
	return err;
}

void coded_finish(struct coded *coded)
{
	free(coded->headers);
	free(coded->picture);
	*coded = (struct coded){ 0 };
}
