/* SPDX-License-Identifier: MIT */
/*
 * pressure: what to ask of the encoder, so that the way to the relay carries
 * it and a picture is there soon. When it carries less, in this order:
 *
 *   1. fewer bits, down to the least that is sensible at all frames;
 *   2. fewer pictures, and with them fewer bits;
 *   3. whole GOPs are left out, before they are packaged. Where H.264 passes
 *      through as it came, this is all that can be done.
 *
 * It asks for PRESSURE_SHARE of what the line was seen to carry (flow.h), less
 * while something waits, and goes up again: while the line has much time left,
 * at once to what it was seen to carry last, and from there by steps that
 * grow; to the measure once it is busy. So it goes up to what the line carries
 * and does not go beyond it to find out.
 *
 * Pure: time is an argument (monotonic). Network thread.
 */
#ifndef DEVICE_UPLINK_PRESSURE_H
#define DEVICE_UPLINK_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/stream/steering.h"
#include "device/uplink/flow.h"

#define PRESSURE_SHARE	 90	 /* percent of the capacity */
#define PRESSURE_SKIP_US 1500000 /* of sending wait: GOPs are left out */
#define PRESSURE_GO_US	 400000	 /* until no more than that waits */

/* So much may wait before the line was seen to carry anything. */
#define PRESSURE_UNKNOWN_US 8000000

/* From here on what waits is too old, and the sender leaves it out, too. */
#define PRESSURE_JUMP_US 2000000

struct pressure_params {
	int64_t bitrate;     /* to begin with */
	int64_t least, most; /* bit/s; least is for all frames */
};

struct pressure_sight {
	struct flow_sight flow;
	int64_t behind_us;    /* media that the relay has not acknowledged */
	int64_t behind_bytes; /* the same */
	struct steering_facts media;
};

struct pressure {
	struct pressure_params params;
	struct steering_wish wish;
	int64_t looked_us;
	int64_t divided_us; /* when the divisor was changed */
	int64_t limit;	    /* bitrate that the line was seen to carry ... */
	int64_t limited_us; /* ... when; it may be more by now */
};

void pressure_init(struct pressure *p, const struct pressure_params *params,
		   int64_t now_us);

/* There is no connection, or nothing to send: all stays as it is. */
void pressure_pause(struct pressure *p, int64_t now_us);

/*
 * To be called a few times a second while media is sent. Returns what is
 * wished, borrowed.
 */
const struct steering_wish *pressure_look(struct pressure *p,
					  const struct pressure_sight *sight,
					  int64_t now_us);

/* How long it takes to send what waits; what is not known takes behind_us. */
int64_t pressure_wait_us(const struct pressure_sight *sight);

#endif
