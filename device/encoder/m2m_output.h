/* SPDX-License-Identifier: MIT */
/*
 * m2m_output: what comes out of a hardware encoder, one access unit at a time,
 * with the time of the picture that it was; what nobody can use is left out:
 * units that belong to no picture, broken ones, and those up to a key frame
 * behind one that was lost.
 *
 * Media thread.
 */
#ifndef DEVICE_ENCODER_M2M_OUTPUT_H
#define DEVICE_ENCODER_M2M_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/encoder/inflight.h"
#include "device/encoder/m2m_wishes.h"
#include "device/stream/frame.h"
#include "device/stream/h264.h"
#include "device/v4l2/v4l2_queue.h"

/* All borrowed until m2m_output_close(). */
struct m2m_output_params {
	struct v4l2_queue *queue; /* mapped; its buffers have one size */
	struct inflight *inflight;
	struct m2m_wishes *wishes; /* a key frame, behind one that was lost */
};

struct m2m_output {
	struct m2m_output_params params;
	int lent;	  /* of the queue, with whoever took it; -1: none */
	bool waiting_key; /* units before it refer to what was lost */
	struct h264_parameter_sets sets;
	uint8_t *joined; /* parameter sets and the unit behind them */
	size_t joined_size;
	uint64_t garbage, broken;
};

/* -ENOMEM; m2m_output_close() is fine then, and on all zero. */
int m2m_output_open(struct m2m_output *o,
		    const struct m2m_output_params *params);
void m2m_output_close(struct m2m_output *o);

/* The queue has started, again perhaps: all its buffers are the driver's. */
void m2m_output_begin(struct m2m_output *o);

/*
 * Takes units until one can be used: 1; 0: there is none; or an error. Its
 * bytes are borrowed until the next call.
 */
int m2m_output_take(struct m2m_output *o, struct access_unit *out);

#endif
