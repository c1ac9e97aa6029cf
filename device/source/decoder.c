/* SPDX-License-Identifier: MIT */
#include "device/source/decoder.h"

#include <stdlib.h>

#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

#define MEDIA_TICKS ((AVRational){ 1, 90000 })

struct decoder {
	AVCodecContext *codec;
	AVFrame *frame;	 /* as it was decoded */
	AVFrame *scaled; /* with a buffer once it was needed */
	struct SwsContext *scaler;
	AVRational time_base;
	int width, height; /* of what is given */
};

static int set_up(struct decoder *d, const AVCodecParameters *parameters,
		  bool live)
{
	const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
	int err;

	if (!codec)
		return AVERROR_DECODER_NOT_FOUND;
	d->codec = avcodec_alloc_context3(codec);
	d->frame = av_frame_alloc();
	d->scaled = av_frame_alloc();
	if (!d->codec || !d->frame || !d->scaled)
		return AVERROR(ENOMEM);
	err = avcodec_parameters_to_context(d->codec, parameters);
	if (err < 0)
		return err;
	d->codec->pkt_timebase = d->time_base;
	d->codec->thread_count = 0; /* one for each core */
	/* frame threads hold back as many pictures as there are threads */
	d->codec->thread_type =
		live ? FF_THREAD_SLICE : FF_THREAD_FRAME | FF_THREAD_SLICE;
	return avcodec_open2(d->codec, codec, NULL);
}

int decoder_open(struct decoder **out, const AVCodecParameters *parameters,
		 AVRational time_base, bool live)
{
	struct decoder *d = calloc(1, sizeof(*d));
	int err;

	*out = NULL;
	if (!d)
		return AVERROR(ENOMEM);
	d->time_base = time_base;
	d->width = parameters->width & ~1;
	d->height = parameters->height & ~1;
	err = set_up(d, parameters, live);
	if (err < 0) {
		decoder_close(&d);
		return err;
	}
	*out = d;
	return 0;
}

void decoder_close(struct decoder **decoder)
{
	struct decoder *d = *decoder;

	*decoder = NULL;
	if (!d)
		return;
	avcodec_free_context(&d->codec);
	av_frame_free(&d->frame);
	av_frame_free(&d->scaled);
	sws_freeContext(d->scaler);
	free(d);
}

int decoder_push(struct decoder *d, const AVPacket *packet)
{
	int err = avcodec_send_packet(d->codec, packet);

	return err == AVERROR_INVALIDDATA ? 0 : err;
}

/* --- pictures ------------------------------------------------------------ */

static bool fits_as_it_is(const struct decoder *d, const AVFrame *frame)
{
	return frame->format == AV_PIX_FMT_YUV420P &&
	       frame->color_range != AVCOL_RANGE_JPEG &&
	       (frame->width & ~1) == d->width &&
	       (frame->height & ~1) == d->height && frame->linesize[0] > 0;
}

static int allocate_scaled(struct decoder *d)
{
	if (d->scaled->buf[0])
		return 0;
	d->scaled->format = AV_PIX_FMT_YUV420P;
	d->scaled->width = d->width;
	d->scaled->height = d->height;
	return av_frame_get_buffer(d->scaled, 0);
}

/* Converts size, format and range; a file may change all three on the way. */
static int scale(struct decoder *d)
{
	const AVFrame *from = d->frame;
	bool full = from->color_range == AVCOL_RANGE_JPEG ||
		    from->format == AV_PIX_FMT_YUVJ420P ||
		    from->format == AV_PIX_FMT_YUVJ422P ||
		    from->format == AV_PIX_FMT_YUVJ444P;
	const int *table = sws_getCoefficients(SWS_CS_DEFAULT);
	int err = allocate_scaled(d);

	if (err < 0)
		return err;
	d->scaler = sws_getCachedContext(
		d->scaler, from->width, from->height, from->format, d->width,
		d->height, AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
	if (!d->scaler)
		return AVERROR(EINVAL);
	/* not for RGB, which has no range: an error here means just that */
	sws_setColorspaceDetails(d->scaler, table, full, table, 0, 0, 1 << 16,
				 1 << 16);
	err = sws_scale(d->scaler, (const uint8_t *const *)from->data,
			from->linesize, 0, from->height, d->scaled->data,
			d->scaled->linesize);
	return err < 0 ? err : 0;
}

static int64_t time_of(const struct decoder *d)
{
	int64_t at = d->frame->best_effort_timestamp;

	return at == AV_NOPTS_VALUE
		       ? at
		       : av_rescale_q(at, d->time_base, MEDIA_TICKS);
}

int decoder_pull(struct decoder *d, struct picture *out)
{
	const AVFrame *frame = d->frame;
	int err;

	do {
		err = avcodec_receive_frame(d->codec, d->frame);
	} while (err == AVERROR_INVALIDDATA);
	if (err < 0)
		return err;
	if (!fits_as_it_is(d, frame)) {
		if ((err = scale(d)) < 0)
			return err;
		frame = d->scaled;
	}
	*out = (struct picture){ .format = PICTURE_I420,
				 .width = d->width,
				 .height = d->height,
				 .pts_90k = time_of(d) };
	for (int i = 0; i < 3; i++) {
		out->plane[i] = frame->data[i];
		out->stride[i] = frame->linesize[i];
	}
	return 0;
}
