/* SPDX-License-Identifier: MIT */
#include "device/uplink/sendplan_place.h"

#include "device/uplink/lookup.h"

static bool too_far(const struct sendplan *p, uint32_t from, uint32_t to)
{
	int target_ms = handover_window(p->handover)->target_ms;
	uint32_t most = (uint32_t)(SENDPLAN_CATCH_UP_MS / target_ms);

	if (most < SENDPLAN_CATCH_UP_SEGMENTS)
		most = SENDPLAN_CATCH_UP_SEGMENTS;
	return to > from && to - from > most;
}

/* Goes on with segment `msn`, which the relay gets from its start. */
static void go_to(struct sendplan *p, uint32_t msn, struct wire_position goal)
{
	p->started = msn > 0;
	p->at = p->started ? lookup_end_of(msn - 1)
			   : (struct wire_position){ 0 };
	p->first_msn = msn;
	p->goal = goal;
	p->dirty = false;
	p->sent = false;
	p->from = p->at;
}

/* Goes on behind what the relay holds of this stream. */
static void go_on(struct sendplan *p)
{
	p->started = true;
	p->at = p->relay.last;
	p->first_msn = p->relay.first_msn;
	p->told_msn = p->relay.last.msn;
	p->from = p->at;
	p->dirty = true; /* its playlist may be from before its last part */
}

/* Has the stream go on above `msn`, and waits for that. */
static void go_above(struct sendplan *p, uint32_t msn)
{
	handover_raise(p->handover, msn, p->relay.discontinuity);
	go_to(p, msn + 1, (struct wire_position){ 0 });
}

/* Whether the relay's last part is that of ours with the same number. */
static bool same_stream(const struct sendplan *p)
{
	struct wire_part part;

	return lookup_part(p->handover, p->relay.last, &part) &&
	       part.epoch == p->relay.epoch;
}

/*
 * The relay's last part is not in our window, or not the same one. Its
 * numbers are used up; ours go on above them.
 */
static void pass(struct sendplan *p, uint32_t first_msn,
		 struct wire_position newest)
{
	uint32_t last_msn = p->relay.last.msn;
	struct wire_part part = { 0 };

	lookup_part(p->handover, newest, &part);
	if (p->relay.discontinuity > part.discontinuity) {
		/* Above our newest too: what we have cannot be listed. */
		go_above(p, last_msn > newest.msn ? last_msn : newest.msn + 1);
	} else if (last_msn < newest.msn) {
		uint32_t start =
			lookup_start_msn(p->handover, first_msn, newest.msn);
		uint32_t from = first_msn > last_msn ? first_msn : last_msn + 1;

		if (start > from) /* before that they are gone */
			p->skipped += start - from;
		go_to(p, start > last_msn ? start : last_msn + 1, newest);
	} else {
		go_above(p, last_msn);
		/* Our own parts, of which a crash has lost the newest? */
		if (last_msn <= newest.msn + 1 &&
		    p->relay.discontinuity == part.discontinuity)
			p->first_msn = p->relay.first_msn;
	}
}

void sendplan_place(struct sendplan *p, uint32_t first_msn,
		    struct wire_position newest)
{
	uint32_t last_msn = p->relay.last.msn;

	p->placed = true;
	if (!p->holds)
		go_to(p, lookup_start_msn(p->handover, first_msn, newest.msn),
		      newest);
	else if (same_stream(p) && last_msn + 1 >= first_msn &&
		 !too_far(p, last_msn, newest.msn))
		go_on(p);
	else
		pass(p, first_msn, newest);
}

/*
 * One target duration: all of it has to be there before anybody sees anything,
 * over a line that may hardly be faster than the stream. Low-latency players
 * start within it, and the others with what there is.
 */
void sendplan_resume(struct sendplan *p)
{
	struct wire_position newest;
	uint32_t first_msn, from;
	bool fresh = wire_compare(p->at, p->goal) < 0;

	if (!p->placed || !handover_range(p->handover, &first_msn, &newest) ||
	    (!fresh && lookup_start_msn(p->handover, first_msn, newest.msn) <=
			       p->at.msn + 1))
		return;
	from = lookup_msn_before(p->handover, first_msn, newest.msn, 1);
	if (!p->started || from > p->at.msn + 1)
		go_to(p, from, newest);
}

/* Leaves out what would be old when it arrives. */
static bool leave_old(struct sendplan *p, uint32_t next_msn,
		      struct wire_position newest)
{
	uint32_t start;

	if (!p->leaves_old)
		return false;
	p->leaves_old = false;
	start = lookup_young_from(p->handover, next_msn, newest.msn,
				  p->young_bytes);
	if (!start)
		return false;
	p->skipped += start - next_msn;
	go_to(p, start, newest);
	return true;
}

/* Skips to where a player can start when too much waits to be sent. */
static bool catch_up(struct sendplan *p, uint32_t next_msn, uint32_t first_msn,
		     struct wire_position newest)
{
	uint32_t start;

	if (wire_compare(p->at, p->goal) < 0 ||
	    !too_far(p, next_msn, newest.msn))
		return false;
	start = lookup_start_msn(p->handover, first_msn, newest.msn);
	if (start <= next_msn)
		return false;
	p->skipped += start - next_msn;
	go_to(p, start, newest);
	return true;
}

bool sendplan_skip(struct sendplan *p, uint32_t next_msn, uint32_t first_msn,
		   struct wire_position newest)
{
	return leave_old(p, next_msn, newest) ||
	       catch_up(p, next_msn, first_msn, newest);
}
