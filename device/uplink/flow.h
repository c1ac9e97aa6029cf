/* SPDX-License-Identifier: MIT */
/*
 * flow: how much the way to the relay carries, told from what was sent and
 * when the relay acknowledged it.
 *
 * A message that waits behind another one is received when the line has
 * carried it: the time between two acknowledgements is the line's, and bytes
 * over that time its capacity. One that was sent while nothing waited has also
 * taken a round trip, which is taken off.
 *
 *   sent  A B          C
 *         | |          |
 *   acked |----A--B    |--C     busy: the time under a dash, without the trip
 *
 * It outlives a connection: what a line could carry is likely to be so again.
 *
 * Pure: time is an argument (monotonic). Network thread.
 */
#ifndef DEVICE_UPLINK_FLOW_H
#define DEVICE_UPLINK_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

#define FLOW_IN_FLIGHT 128 /* more are counted as one with the last */
#define FLOW_SAMPLES   128

/* The past that is looked at: of the line's busy time, and of any time. */
#define FLOW_BUSY_US 1000000
#define FLOW_PAST_US 3000000

/* So much busy time is looked at, too: a line may be quick for a moment. */
#define FLOW_LONG_US 3000000

/* One measure does not count for more: it may be an odd one. */
#define FLOW_MOST_SAMPLE_US 300000

/* Nothing at all gets through for so long: the line is cut, and not slow. */
#define FLOW_CUT_US 700000

struct flow_message {
	struct wire_position at; /* what its acknowledgement will say */
	int64_t sent_us;
	uint32_t bytes;
	bool media;
};

struct flow_sample {
	int64_t at_us, busy_us;
	uint32_t bytes, other; /* of these, what is no media */
};

/* All zero: nothing known. */
struct flow {
	struct flow_message in_flight[FLOW_IN_FLIGHT]; /* a ring */
	size_t first, count;
	struct flow_sample samples[FLOW_SAMPLES]; /* a ring, newest before */
	size_t next;
	int64_t acked_us; /* the newest acknowledgement; 0: none here */
	int64_t known;	  /* capacity, as it was when it was known last; or 0 */
	bool anew;	  /* it was cut: some bytes went before that */
	int64_t moved_us; /* when bytes got through last */
	int64_t trip_us;  /* the shortest round trip; 0: not known */
};

/* A connection is welcomed: what was in flight before is not any more. */
void flow_begin(struct flow *f, int64_t now_us);

/* What the kernel says of round trips, of messages too small to take time. */
void flow_set_trip(struct flow *f, int64_t trip_us);

/*
 * And that some bytes got through since this was said last. How long a line
 * was cut is no measure of what it carries.
 */
void flow_moved(struct flow *f, int64_t now_us);

/* A part, or a playlist that names parts up to `at`, goes out. */
void flow_sent(struct flow *f, struct wire_position at, bool media,
	       uint32_t bytes, int64_t now_us);

/* The relay has everything up to `last`. */
void flow_acked(struct flow *f, struct wire_position last, int64_t now_us);

struct flow_sight {
	int64_t capacity;  /* bit/s while it was busy last; 0: unknown */
	int load;	   /* of 100: how much of the time it was busy */
	int64_t other;	   /* bit/s that were no media */
	int64_t silent_us; /* for how long an acknowledgement is overdue */
	bool cut;	   /* something waits, and nothing gets through */
};

struct flow_sight flow_look(const struct flow *f, int64_t now_us);

#endif
