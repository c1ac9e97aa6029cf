/* SPDX-License-Identifier: MIT */
/*
 * m2m_input: the side of an encoder or a scaler that pictures go into, in the
 * cheapest of three ways:
 *
 *   import   it reads the camera's own buffers
 *   export   the camera writes into its buffers (a USB camera's memory is
 *            none that the device could read)
 *   copy     neither works
 *
 * Buffers come back in any order and at any time; none is used again before.
 * Each shared one has the same index on both sides, for good.
 *
 * Media thread.
 */
#ifndef DEVICE_ENCODER_M2M_INPUT_H
#define DEVICE_ENCODER_M2M_INPUT_H

#include "device/v4l2/capture.h"

enum m2m_way { M2M_COPY, M2M_IMPORT, M2M_EXPORT };

struct m2m_input {
	struct v4l2_queue queue;
	struct v4l2_layout layout;
	enum m2m_way way;
	unsigned int most;    /* pictures inside at a time */
	struct capture *from; /* borrowed while the way is import or export */
	struct picture_buffer *held[V4L2_QUEUE_MOST];
};

/* The format is set already; `layout` is what the driver made of it. */
void m2m_input_init(struct m2m_input *in, int fd, uint32_t type,
		    const struct v4l2_layout *layout);

/*
 * Gets buffers: those of `from` or for it, when that can be, else its own to
 * copy into. `from` NULL: to copy.
 */
int m2m_input_request(struct m2m_input *in, struct capture *from);

/* What goes which way, for a log line. */
const char *m2m_way_text(enum m2m_way way);

int m2m_input_start(struct m2m_input *in);

/* Whether there is room until something came back. */
bool m2m_input_has_room(const struct m2m_input *in);

/*
 * Gives it a picture. -EAGAIN: there is no room until something came back.
 * -EFAULT: it cannot reach this memory after all.
 */
int m2m_input_put(struct m2m_input *in, const struct picture *picture,
		  int64_t at_us);

/* Takes back one that was read: 1; 0: there is none; or an error. */
int m2m_input_collect(struct m2m_input *in);

/* Stops, and releases all that it held. Its buffers stay. */
int m2m_input_stop(struct m2m_input *in);

/* Stops and gives all back; `from` is undecided again after an export. */
void m2m_input_finish(struct m2m_input *in);

#endif
