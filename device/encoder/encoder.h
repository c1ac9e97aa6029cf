/* SPDX-License-Identifier: MIT */
/*
 * encoder: raw pictures in, H.264 access units out. An encoder may keep
 * pictures for a while (hardware), skip some (rate control), and give units
 * without a picture having just been pushed; nothing is paired by counting.
 *
 *   v4l2[:/dev/videoN]    hardware, as in a Pi up to number 4
 *   x264                  libx264 through libavcodec, no delay
 *
 * A new kind is one `const struct encoder_kind` and a row in encoder.c.
 *
 * Media thread only.
 */
#ifndef DEVICE_ENCODER_ENCODER_H
#define DEVICE_ENCODER_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

#include "device/stream/frame.h"

struct capture;
struct encoder;

struct encoder_params {
	const char *name; /* "auto", "v4l2", "v4l2:/dev/video11", "x264" */
	enum picture_format format;
	int width, height;
	int fps_num, fps_den;
	int64_t bitrate; /* bits per second */
	int gop;	 /* most frames from one key frame to the next */
	/*
	 * Where the pictures come from, when that can share its memory; it is
	 * not started yet, outlasts the encoder, and its memory is decided by
	 * encoder_open(). NULL: each picture is copied.
	 */
	struct capture *from;
};

/*
 * The formats that an encoder of this name takes, as bits 1 << PICTURE_...,
 * so that a source gives one that needs no conversion.
 */
unsigned int encoder_formats(const char *name);

/*
 * Opens an encoder for pictures of exactly this format. On failure *out is
 * NULL and a line was logged that names the encoder and the next step.
 * The same parameters always give the same SPS and PPS.
 */
int encoder_open(struct encoder **out, const struct encoder_params *params);

/* Its kind: "v4l2", "x264". */
const char *encoder_name(const struct encoder *e);

/*
 * Gives one picture, borrowed for the call. Returns 0, -EAGAIN when the
 * encoder has no room until encoder_pull() was called, or an error, logged,
 * after which the encoder has to be opened again.
 */
int encoder_push(struct encoder *e, const struct picture *picture);

/*
 * Takes the next access unit, borrowed until the next call for this encoder.
 * Its timestamps are those of its picture; each key frame has SPS and PPS in
 * front. Returns 0, -EAGAIN when none is ready, or an error as above.
 */
int encoder_pull(struct encoder *e, struct access_unit *out);

/* Readable when encoder_pull() has something; -1: it never needs waiting. */
int encoder_fd(const struct encoder *e);

/*
 * Takes effect from one of the next pictures. Out of range: the nearest. Of
 * the pictures that it was opened for, one in `divisor` is given.
 */
void encoder_set_bitrate(struct encoder *e, int64_t bits_per_second,
			 int divisor);

/* What it would not go below, with all pictures. */
int64_t encoder_least_bitrate(const struct encoder *e);

/* Makes one of the next pictures an IDR; see encoder_keys_at_once(). */
void encoder_request_key(struct encoder *e);

/* Whether the very next picture pushed after a request becomes the IDR. */
bool encoder_keys_at_once(const struct encoder *e);

/* Releases everything and sets *e to NULL. A NULL *e is fine. */
void encoder_close(struct encoder **e);

/* What a kind implements; as in struct source_kind. */
struct encoder_kind {
	const char *name;
	size_t size;
	bool keys_at_once;
	unsigned int (*formats)(const char *name); /* 0: it is not there */
	int (*open)(void *self, const struct encoder_params *params);
	int (*push)(void *self, const struct picture *picture);
	int (*pull)(void *self, struct access_unit *out);
	int (*fd)(const void *self);
	void (*set_bitrate)(void *self, int64_t bits_per_second, int divisor);
	int64_t (*least_bitrate)(const void *self);
	void (*request_key)(void *self);
	void (*close)(void *self);
};

#endif
