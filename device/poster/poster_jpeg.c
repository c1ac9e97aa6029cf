/* SPDX-License-Identifier: MIT */
#include "device/poster/poster_jpeg.h"

#include <errno.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

#include "device/source/avlog.h"

/* Of a JPEG: 2 is the finest, 31 the coarsest. The first that fits is taken. */
static const int qualities[] = { 5, 12, 31 };

#define QUALITIES (sizeof(qualities) / sizeof(*qualities))

static int error(int err)
{
	return err == AVERROR(ENOMEM) ? -ENOMEM : -EINVAL;
}

/* --- to JPEG -------------------------------------------------------------- */

static AVCodecContext *open_jpeg(const AVFrame *frame, int quality)
{
	const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
	AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;

	if (!c)
		return NULL;
	c->width = frame->width;
	c->height = frame->height;
	c->pix_fmt = frame->format;
	c->color_range = AVCOL_RANGE_JPEG;
	c->time_base = (AVRational){ 1, 1 };
	c->thread_count = 1;
	c->flags |= AV_CODEC_FLAG_QSCALE;
	c->global_quality = quality * FF_QP2LAMBDA;
	if (avcodec_open2(c, codec, NULL) < 0)
		avcodec_free_context(&c);
	return c;
}

static int encode(uint8_t *out, size_t size, AVFrame *frame, int quality)
{
	AVCodecContext *codec = open_jpeg(frame, quality);
	AVPacket *packet = av_packet_alloc();
	int err = codec && packet ? 0 : AVERROR(ENOMEM);

	frame->quality = quality * FF_QP2LAMBDA;
	if (!err)
		err = avcodec_send_frame(codec, frame);
	if (!err)
		err = avcodec_receive_packet(codec, packet);
	if (err < 0) {
		err = error(err);
	} else if ((size_t)packet->size > size) {
		err = -EMSGSIZE;
	} else {
		memcpy(out, packet->data, (size_t)packet->size);
		err = packet->size;
	}
	av_packet_free(&packet);
	avcodec_free_context(&codec);
	return err;
}

static int encode_to_fit(uint8_t *out, size_t size, AVFrame *frame)
{
	int n = -EMSGSIZE;

	for (size_t i = 0; i < QUALITIES && n == -EMSGSIZE; i++)
		n = encode(out, size, frame, qualities[i]);
	return n;
}

/* --- smaller, and of full range, as JPEG has it (JFIF) -------------------- */

static bool is_full_range(const AVFrame *frame)
{
	return frame->color_range == AVCOL_RANGE_JPEG ||
	       frame->format == AV_PIX_FMT_YUVJ420P ||
	       frame->format == AV_PIX_FMT_YUVJ422P ||
	       frame->format == AV_PIX_FMT_YUVJ444P;
}

/* Even sides, because colour is for two by two pixels. */
static int allocate_small(AVFrame *small, const AVFrame *frame, int width)
{
	if (width > frame->width)
		width = frame->width;
	small->format = AV_PIX_FMT_YUV420P;
	small->color_range = AVCOL_RANGE_JPEG;
	small->width = width & ~1;
	small->height =
		(int)((int64_t)frame->height * width / frame->width) & ~1;
	if (small->width < 2 || small->height < 2)
		return -EINVAL;
	return av_frame_get_buffer(small, 0) < 0 ? -ENOMEM : 0;
}

static int scale(AVFrame *small, const AVFrame *frame)
{
	const int *table = sws_getCoefficients(SWS_CS_DEFAULT);
	struct SwsContext *sws = sws_getContext(
		frame->width, frame->height, frame->format, small->width,
		small->height, small->format, SWS_AREA, NULL, NULL, NULL);
	int err;

	if (!sws)
		return -ENOMEM;
	sws_setColorspaceDetails(sws, table, is_full_range(frame), table, 1, 0,
				 1 << 16, 1 << 16);
	err = sws_scale(sws, (const uint8_t *const *)frame->data,
			frame->linesize, 0, frame->height, small->data,
			small->linesize);
	sws_freeContext(sws);
	return err < 0 ? error(err) : 0;
}

static int jpeg_of_frame(uint8_t *out, size_t size, const AVFrame *frame,
			 int width)
{
	AVFrame *small = av_frame_alloc();
	int err = small ? allocate_small(small, frame, width) : -ENOMEM;

	if (!err)
		err = scale(small, frame);
	if (!err)
		err = encode_to_fit(out, size, small);
	av_frame_free(&small);
	return err;
}

/* --- what there is to make it of ------------------------------------------ */

static enum AVPixelFormat pixel_format(enum picture_format format)
{
	switch (format) {
	case PICTURE_NV12:
		return AV_PIX_FMT_NV12;
	case PICTURE_YUYV:
		return AV_PIX_FMT_YUYV422;
	default:
		return AV_PIX_FMT_YUV420P;
	}
}

int poster_jpeg_of_picture(uint8_t *out, size_t size,
			   const struct picture *picture, int width)
{
	AVFrame *frame;
	int n;

	if (!picture->plane[0])
		return -ENOTSUP; /* it is where only hardware can read it */
	avlog_route();
	frame = av_frame_alloc();
	if (!frame)
		return -ENOMEM;
	frame->format = pixel_format(picture->format);
	frame->width = picture->width;
	frame->height = picture->height;
	for (int i = 0; i < 3; i++) {
		/* libav never writes to what it scales from */
		frame->data[i] = (uint8_t *)(uintptr_t)picture->plane[i];
		frame->linesize[i] = picture->stride[i];
	}
	n = jpeg_of_frame(out, size, frame, width);
	av_frame_free(&frame);
	return n;
}

static uint8_t *add_nal(uint8_t *at, const uint8_t *nal, size_t size)
{
	static const uint8_t start[] = { 0, 0, 0, 1 };

	memcpy(at, start, sizeof(start));
	memcpy(at + sizeof(start), nal, size);
	return at + sizeof(start) + size;
}

/* A unit can rely on parameter sets that came long before. */
static int make_packet(AVPacket *packet, const struct h264_parameter_sets *sets,
		       const struct access_unit *unit)
{
	size_t size = 4 + sets->sps_size + 4 + sets->pps_size + unit->size;
	uint8_t *at;

	if (size > INT_MAX || av_new_packet(packet, (int)size) < 0)
		return -ENOMEM;
	at = add_nal(packet->data, sets->sps, sets->sps_size);
	at = add_nal(at, sets->pps, sets->pps_size);
	memcpy(at, unit->bytes, unit->size);
	packet->flags |= AV_PKT_FLAG_KEY;
	return 0;
}

static int decode(AVFrame *frame, const AVPacket *packet)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
	AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
	int err;

	if (!c)
		return codec ? -ENOMEM : -ENOTSUP;
	c->thread_count = 1; /* the other cores have the stream to make */
	if ((err = avcodec_open2(c, codec, NULL)) < 0 ||
	    (err = avcodec_send_packet(c, packet)) < 0 ||
	    (err = avcodec_send_packet(c, NULL)) < 0 ||
	    (err = avcodec_receive_frame(c, frame)) < 0)
		err = error(err);
	avcodec_free_context(&c);
	return err;
}

int poster_jpeg_of_key(uint8_t *out, size_t size,
		       const struct h264_parameter_sets *sets,
		       const struct access_unit *unit, int width)
{
	AVPacket *packet = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();
	int n = packet && frame ? 0 : -ENOMEM;

	avlog_route();
	if (!n)
		n = make_packet(packet, sets, unit);
	if (!n)
		n = decode(frame, packet);
	if (!n)
		n = jpeg_of_frame(out, size, frame, width);
	av_frame_free(&frame);
	av_packet_free(&packet);
	return n;
}
