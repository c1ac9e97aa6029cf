/* SPDX-License-Identifier: MIT */
/*
 * decoder: turns what cannot be passed through (anything but H.264 that every
 * player takes) into I420 pictures of limited range, all of one even size.
 *
 * Only for reader.c, with which it shares libavcodec. Media thread only.
 */
#ifndef DEVICE_SOURCE_DECODER_H
#define DEVICE_SOURCE_DECODER_H

#include <stdbool.h>

#include <libavcodec/avcodec.h>

#include "device/stream/frame.h"

struct decoder;

/* `live`: gives each picture as soon as it can. Returns an AVERROR. */
int decoder_open(struct decoder **out, const AVCodecParameters *parameters,
		 AVRational time_base, bool live);

/* NULL: no more packets will come. A packet that is damaged is left out. */
int decoder_push(struct decoder *d, const AVPacket *packet);

/*
 * Gives the next picture, borrowed until the next call, with its time in the
 * file. AVERROR(EAGAIN): needs another packet; AVERROR_EOF: that was all.
 */
int decoder_pull(struct decoder *d, struct picture *out);

void decoder_close(struct decoder **d);

#endif
