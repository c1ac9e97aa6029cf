/* SPDX-License-Identifier: MIT */
/*
 * parts: access units become parts and segments in the handover, by what the
 * cutter decides and with what the packager makes. After a pause, and where a
 * parameter set changes, comes a discontinuity.
 *
 * Media thread. It reads the clock, because a part says when it was made.
 */
#ifndef DEVICE_MEDIA_PARTS_H
#define DEVICE_MEDIA_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "device/stream/cutter.h"
#include "device/stream/frame.h"
#include "device/stream/h264.h"
#include "device/stream/handover.h"

struct parts;

struct parts_counters {
	uint64_t frames;     /* access units put into parts */
	uint64_t h264_bytes; /* their size as they came in, Annex B */
	uint64_t parts;
};

/* -ENOMEM: *out is NULL. */
int parts_open(struct parts **out, const struct cutter_params *params);

/* NULL is fine. */
void parts_close(struct parts **parts);

/* Borrows `handover`, which outlasts it; before any of what follows. */
void parts_begin(struct parts *p, struct handover *handover);
/*
 * 1: the unit is in the stream; 0: it was left out, because a stream begins
 * with a key frame and its parameter sets. Negative errno: it cannot be
 * packaged, and a line was logged.
 */
int parts_add(struct parts *p, const struct access_unit *unit);

/* Ends what is open: what comes next follows a discontinuity, and is a key. */
void parts_pause(struct parts *p);

/*
 * Whether the picture of that time should become a key frame. It is asked for
 * the next picture only, and the answer is kept in mind.
 */
bool parts_want_key(struct parts *p, int64_t pts_90k);

/*
 * The wall clock minus the monotonic one: the relay's as soon as that is
 * known, because ours may have started in 1970.
 */
int64_t parts_clock_offset_us(const struct parts *p);

/* The parameter sets that came last; borrowed until parts_add(). */
const struct h264_parameter_sets *parts_sets(const struct parts *p);

const struct parts_counters *parts_counters(const struct parts *p);

#endif
