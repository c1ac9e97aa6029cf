/* SPDX-License-Identifier: MIT */
/*
 * A camera, a line and a relay on a fake clock, with the real flow and
 * pressure between them: an encoder that keeps its bitrate with a key frame
 * each second, a sender that keeps little in the line, a line that carries so
 * many bits a second, one message behind the other, after half a round trip.
 */
#ifndef TESTS_UNIT_SIMULATED_LINE_H
#define TESTS_UNIT_SIMULATED_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/uplink/flow.h"
#include "device/uplink/pressure.h"

#define LINE_TICK_US   5000
#define LINE_PART_US   200000
#define LINE_GOP       5	  /* parts */
#define LINE_MOST      4096	  /* messages that wait */
#define LINE_IN_KERNEL (32 << 10) /* bytes */

struct line_message {
	struct wire_position at;
	uint32_t bytes;
	bool media, sent;
	int64_t made_us, left; /* bits that are still to be carried */
	int64_t sent_us, acked_us;
};

struct line {
	/* to be set, any time */
	int64_t rate;	  /* bit/s; 0: it is cut */
	int64_t trip_us;  /* there and back */
	int busy_picture; /* percent of its bitrate that the encoder needs */
	int key_share;	  /* a part with a key frame, of the others' size */
	int64_t lag_us;	  /* until the encoder does as it is told */
	int64_t saved;	  /* bits that an idle line saves up: a token bucket */
	bool passthrough; /* what comes is `source_bitrate` */
	int64_t source_bitrate;
	struct steering_facts media;

	/* to be looked at */
	int64_t now_us;
	struct flow flow;
	struct pressure pressure;
	int64_t waiting_us; /* media that is not acknowledged */
	int64_t delay_us;   /* from made to received, of the newest part */
	int64_t worst_us;   /* the oldest that the newest picture was, ever */
	int64_t carried;    /* bits, all of it */
	uint64_t parts, skipped, jumped;
	int64_t most_waiting; /* messages, ever */

	struct line_message queue[LINE_MOST];
	int first, count;
	struct wire_position next;
	int64_t next_part_us;
	bool was_skipping;
	int64_t encoded;   /* bit/s, of late */
	int64_t tokens;	   /* bits that may go at once */
	int64_t newest_us; /* when what was received last was taken */
};

void line_init(struct line *l, const struct pressure_params *params);
void line_run(struct line *l, int64_t us);

/* The connection is lost, and another one is welcomed. */
void line_reconnect(struct line *l);

#endif
