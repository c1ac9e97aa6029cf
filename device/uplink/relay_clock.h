/* SPDX-License-Identifier: MIT */
/*
 * relay_clock: what the relay's wall clock shows, in terms of our own
 * monotonic one. Most cameras have no clock that survives a power cut, and
 * dates have to be right for whoever watches, so the relay's clock counts.
 *
 * Whenever the relay says what its clock shows, that gives two bounds: it
 * looked after we had sent, and before we received. Bounds of all answers
 * together are as narrow as the fastest of them; they widen with time, because
 * clocks drift apart.
 *
 * Pure: time is an argument. Network thread.
 */
#ifndef DEVICE_UPLINK_RELAY_CLOCK_H
#define DEVICE_UPLINK_RELAY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* More than two bad quartzes drift apart, in parts per million. */
#define RELAY_CLOCK_DRIFT_PPM 200

/* In the year 2255: what lies beyond is a lie, and is not believed. */
#define RELAY_CLOCK_MAX_US (INT64_C(1) << 53)

struct relay_clock {
	bool known;
	int64_t low_us, high_us; /* of relay's wall minus our monotonic */
	int64_t at_us;		 /* when these bounds held, monotonic */
};

/*
 * The relay's clock showed `relay_us` (Unix time) at some moment between
 * `sent_us` and `received_us` (monotonic). What contradicts all that was
 * heard before (its clock was set, or it is another relay) replaces it. A time
 * beyond any calendar is not believed.
 */
void relay_clock_sample(struct relay_clock *c, int64_t sent_us,
			int64_t received_us, int64_t relay_us);

/*
 * What to add to the monotonic clock for the relay's time. `own_us` is the
 * same for our own wall clock: within the bounds it is believed. Only with
 * c->known.
 */
int64_t relay_clock_offset(const struct relay_clock *c, int64_t own_us);

#endif
