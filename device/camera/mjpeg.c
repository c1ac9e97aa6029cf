/* SPDX-License-Identifier: MIT */
#include "device/camera/mjpeg.h"

#include <errno.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>

#define LOG_MODULE "mjpeg"
#include "common/log.h"
#include "device/source/avlog.h"
#include "device/source/decoder.h"

struct mjpeg {
	struct decoder *decoder;
	AVPacket *packet;
};

static int open_decoder(struct mjpeg *m, int width, int height)
{
	AVCodecParameters *parameters = avcodec_parameters_alloc();
	int err;

	if (!parameters)
		return AVERROR(ENOMEM);
	parameters->codec_type = AVMEDIA_TYPE_VIDEO;
	parameters->codec_id = AV_CODEC_ID_MJPEG;
	parameters->width = width; /* of what it gives */
	parameters->height = height;
	err = decoder_open(&m->decoder, parameters, (AVRational){ 1, 90000 },
			   true);
	avcodec_parameters_free(&parameters);
	return err;
}

int mjpeg_open(struct mjpeg **out, int width, int height)
{
	struct mjpeg *m = calloc(1, sizeof(*m));
	int err;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	avlog_route();
	err = open_decoder(m, width, height);
	if (!err) {
		m->packet = av_packet_alloc();
		err = m->packet ? 0 : AVERROR(ENOMEM);
	}
	if (err < 0) {
		log_error("cannot decode MJPEG: %s", av_err2str(err));
		mjpeg_close(&m);
		return -ENOTSUP;
	}
	*out = m;
	return 0;
}

void mjpeg_close(struct mjpeg **mjpeg)
{
	struct mjpeg *m = *mjpeg;

	*mjpeg = NULL;
	if (!m)
		return;
	decoder_close(&m->decoder);
	av_packet_free(&m->packet);
	free(m);
}

/* A cut-off picture would be decoded, and be grey from there on down. */
static size_t trim(const uint8_t *bytes, size_t size)
{
	/* drivers fill up behind the end with zeroes */
	while (size > 4 && !bytes[size - 1])
		size--;
	if (size < 4 || bytes[0] != 0xff || bytes[1] != 0xd8 ||
	    bytes[size - 2] != 0xff || bytes[size - 1] != 0xd9)
		return 0;
	return size;
}

int mjpeg_decode(struct mjpeg *m, const uint8_t *bytes, size_t size,
		 struct picture *out)
{
	int err;

	size = trim(bytes, size);
	if (!size || size > INT32_MAX)
		return -EINVAL;
	/* libavcodec copies it, because it is none of its own buffers */
	m->packet->data = (uint8_t *)(uintptr_t)bytes;
	m->packet->size = (int)size;
	err = decoder_push(m->decoder, m->packet);
	if (!err)
		err = decoder_pull(m->decoder, out);
	m->packet->data = NULL;
	m->packet->size = 0;
	return err < 0 ? -EINVAL : 0;
}
