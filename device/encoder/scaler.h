/* SPDX-License-Identifier: MIT */
/*
 * scaler: makes a camera's pictures smaller, or gives them another format: in
 * hardware (the ISP of a Pi, found by what it can do), else by the processor,
 * which is said.
 *
 * Media thread only.
 */
#ifndef DEVICE_ENCODER_SCALER_H
#define DEVICE_ENCODER_SCALER_H

#include <stddef.h>

#include "device/stream/frame.h"
#include "device/v4l2/capture.h"

struct scaler;

struct scaler_picture {
	enum picture_format format;
	int width, height;
};

struct scaler_params {
	struct scaler_picture in, out;
	int64_t frame_us; /* from one picture to the next */
	/* Where the pictures come from; as in struct encoder_params. */
	struct capture *from;
};

/*
 * On failure *out is NULL and a line was logged. When the hardware fails, the
 * processor is taken.
 */
int scaler_open(struct scaler **out, const struct scaler_params *params);
void scaler_close(struct scaler **s);

/* As encoder_push(). */
int scaler_push(struct scaler *s, const struct picture *picture);

/*
 * Gives the next picture, with the time of the one it is made of. Its buffer,
 * if it has one, is held once, for the caller to release; else it is borrowed
 * until the next call. -EAGAIN: there is none.
 */
int scaler_pull(struct scaler *s, struct picture *out);

/* Readable when scaler_pull() has something; -1: it never needs waiting. */
int scaler_fd(const struct scaler *s);

/* Where its pictures come out, for sharing; NULL: they are in no device. */
struct capture *scaler_capture(struct scaler *s);

struct scaler_kind {
	const char *name;
	size_t size;
	int (*open)(void *self, const struct scaler_params *params);
	int (*push)(void *self, const struct picture *picture);
	int (*pull)(void *self, struct picture *out);
	int (*fd)(const void *self);
	struct capture *(*capture)(void *self);
	void (*close)(void *self);
};

#endif
