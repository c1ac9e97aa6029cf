/* SPDX-License-Identifier: MIT */
/*
 * lookup: questions about the handover in segments: which part is where, how
 * long a segment is, from which one a player can start.
 *
 * Asks the handover_*() that describe, never those that read. Network thread.
 */
#ifndef DEVICE_UPLINK_LOOKUP_H
#define DEVICE_UPLINK_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "device/stream/handover.h"

/* A place behind every part of its segment. */
struct wire_position lookup_end_of(uint32_t msn);

/* The first part behind everything before segment `msn`. */
bool lookup_first_from(struct handover *h, uint32_t msn, struct wire_part *out);

/* Describes the part at exactly this place. */
bool lookup_part(struct handover *h, struct wire_position at,
		 struct wire_part *out);

/* How long a segment is, as far as it is there; 0: it is not. */
uint64_t lookup_segment_90k(struct handover *h, uint32_t msn);

/*
 * The newest segment behind which, without the open one, lie so many target
 * durations, or all there is.
 */
uint32_t lookup_msn_before(struct handover *h, uint32_t first_msn,
			   uint32_t newest_msn, uint64_t targets);

/* From where any player can start (RFC 8216 6.3.3). */
uint32_t lookup_start_msn(struct handover *h, uint32_t first_msn,
			  uint32_t newest_msn);

/*
 * The oldest segment behind `msn` at which a decoder can start and from which
 * on there are no more than `bytes`; else the newest such one; 0: none.
 */
uint32_t lookup_young_from(struct handover *h, uint32_t msn,
			   uint32_t newest_msn, uint64_t bytes);

#endif
