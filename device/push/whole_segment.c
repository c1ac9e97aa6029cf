/* SPDX-License-Identifier: MIT */
#include "device/push/whole_segment.h"

#include <errno.h>

/* Behind all parts of a segment. */
static struct wire_position end_of(uint32_t msn)
{
	return (struct wire_position){ msn, WIRE_MAX_PARTS };
}

bool whole_segment_is_ours(struct handover *h,
			   const struct pushed_segment *theirs)
{
	struct wire_position before = end_of(theirs->msn - 1);
	struct wire_part part;
	uint8_t flags;
	uint32_t size;

	return handover_next(h, theirs->msn ? &before : NULL, &part, &flags,
			     &size) &&
	       part.at.msn == theirs->msn && part.epoch == theirs->epoch;
}

/* Describes the segment that begins with `part`, if it is whole. */
static bool describe(struct handover *h, struct wire_part part, uint8_t flags,
		     uint32_t part_size, struct pushed_segment *out,
		     size_t *size)
{
	uint32_t msn = part.at.msn;

	*out = (struct pushed_segment){
		.epoch = part.epoch,
		.msn = msn,
		.init = part.init,
		.discontinuity = part.discontinuity,
		.follows_jump = flags & WIRE_DISCONTINUITY,
		.start_us = part.start_us,
	};
	*size = 0;
	for (;;) {
		struct wire_position at = part.at;

		out->duration_90k += part.duration_90k;
		*size += part_size;
		if (flags & WIRE_LAST)
			return true;
		if (!handover_next(h, &at, &part, &flags, &part_size))
			return false;
		if (part.at.msn != msn)
			return true;
	}
}

bool whole_segment_next(struct handover *h, const uint32_t *msn,
			struct pushed_segment *out, size_t *size)
{
	struct wire_position at =
		msn ? end_of(*msn) : (struct wire_position){ 0 };
	struct wire_part part;
	uint8_t flags;
	uint32_t part_size;

	return handover_next(h, msn ? &at : NULL, &part, &flags, &part_size) &&
	       describe(h, part, flags, part_size, out, size);
}

int whole_segment_read(struct handover *h, uint32_t msn, uint8_t *out,
		       size_t size)
{
	struct wire_position at = end_of(msn - 1);
	size_t used = 0;

	while (used < size) {
		struct wire_part part;
		uint32_t part_size;
		uint8_t flags;

		if (!handover_next(h, msn || used ? &at : NULL, &part, &flags,
				   &part_size) ||
		    part.at.msn != msn || part_size > size - used ||
		    handover_read_part(h, &part, out + used, part_size) < 0)
			return -ENOENT;
		used += part_size;
		at = part.at;
	}
	return 0;
}
