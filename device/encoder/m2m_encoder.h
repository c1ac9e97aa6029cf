/* SPDX-License-Identifier: MIT */
/*
 * m2m_encoder: a stateful hardware H.264 encoder (kernel documentation,
 * "Memory-to-Memory Stateful Video Encoder Interface"), set up and running;
 * what goes in and comes out is encoder_m2m.c's.
 *
 * The order of the calls is the one that all firmware of the Pi is known to
 * take: formats, rate, controls, buffers, start. Where it refuses to start
 * with what was asked (recipe.h), all of it is done again with less.
 *
 * Media thread.
 */
#ifndef DEVICE_ENCODER_M2M_ENCODER_H
#define DEVICE_ENCODER_M2M_ENCODER_H

#include "device/encoder/encoder.h"
#include "device/encoder/m2m_input.h"
#include "device/encoder/recipe.h"
#include "device/v4l2/v4l2_find.h"

struct m2m_encoder {
	int fd; /* -1: not open */
	struct v4l2_node node;
	struct recipe_params wish;
	struct recipe recipe;
	struct m2m_input in;
	struct v4l2_queue out; /* mapped, and with the driver */
	bool forces_keys;      /* it can be asked for a key frame */
};

/* For a node that was found; `params` as of encoder_open(). Errors logged. */
int m2m_encoder_open(struct m2m_encoder *e, const struct v4l2_node *node,
		     const struct encoder_params *params);

/* Stops both sides and starts them again, with the same buffers. */
int m2m_encoder_restart(struct m2m_encoder *e);

/* Sets the bitrate while it runs, and returns what it really is. */
int32_t m2m_encoder_set_bitrate(struct m2m_encoder *e, int64_t wanted);

/* On one that was never opened, too, if fd is -1. */
void m2m_encoder_close(struct m2m_encoder *e);

#endif
