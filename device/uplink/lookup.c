/* SPDX-License-Identifier: MIT */
#include "device/uplink/lookup.h"

struct wire_position lookup_end_of(uint32_t msn)
{
	return (struct wire_position){ msn, WIRE_MAX_PARTS };
}

bool lookup_first_from(struct handover *h, uint32_t msn, struct wire_part *out)
{
	struct wire_position before = lookup_end_of(msn - 1);
	uint32_t size;
	uint8_t flags;

	return handover_next(h, msn ? &before : NULL, out, &flags, &size);
}

bool lookup_part(struct handover *h, struct wire_position at,
		 struct wire_part *out)
{
	struct wire_position before = { at.msn, at.part - 1 };
	uint32_t size;
	uint8_t flags;
	bool found = at.part ? handover_next(h, &before, out, &flags, &size)
			     : lookup_first_from(h, at.msn, out);

	return found && wire_compare(out->at, at) == 0;
}

uint64_t lookup_segment_90k(struct handover *h, uint32_t msn)
{
	struct wire_part part;
	uint64_t sum = 0;
	bool any = lookup_first_from(h, msn, &part);

	while (any && part.at.msn == msn) {
		struct wire_position at = part.at;
		uint32_t size;
		uint8_t flags;

		sum += part.duration_90k;
		any = handover_next(h, &at, &part, &flags, &size);
	}
	return sum;
}

uint32_t lookup_msn_before(struct handover *h, uint32_t first_msn,
			   uint32_t newest_msn, uint64_t targets)
{
	const struct window_params *window = handover_window(h);
	uint64_t need = (uint64_t)window->target_ms * targets * 90;
	uint32_t msn = newest_msn;
	uint64_t sum = 0;

	while (msn > first_msn && sum < need) {
		uint64_t length = lookup_segment_90k(h, msn - 1);

		if (!length)
			break;
		sum += length;
		msn--;
	}
	return msn;
}

uint32_t lookup_start_msn(struct handover *h, uint32_t first_msn,
			  uint32_t newest_msn)
{
	return lookup_msn_before(h, first_msn, newest_msn, 3);
}

/* Whether a decoder can start there. */
static bool is_independent(struct handover *h, uint32_t msn)
{
	struct wire_position before = lookup_end_of(msn - 1);
	struct wire_part part;
	uint32_t size;
	uint8_t flags;

	return handover_next(h, &before, &part, &flags, &size) &&
	       part.at.msn == msn && part.at.part == 0 &&
	       (flags & WIRE_INDEPENDENT);
}

uint32_t lookup_young_from(struct handover *h, uint32_t msn,
			   uint32_t newest_msn, uint64_t bytes)
{
	uint32_t found = 0;

	for (uint32_t at = newest_msn; at > msn; at--) {
		if (!is_independent(h, at))
			continue;
		if (found &&
		    handover_behind(h, lookup_end_of(at - 1)).bytes > bytes)
			break;
		found = at;
	}
	return found;
}
