/* SPDX-License-Identifier: MIT */
#include "device/uplink/sendplan.h"

#include "device/uplink/lookup.h"
#include "device/uplink/sendplan_place.h"

void sendplan_begin(struct sendplan *p, struct handover *handover,
		    const struct wire_message *welcome)
{
	struct wire_position newest;
	uint32_t first_msn;

	*p = (struct sendplan){
		.handover = handover,
		.relay = welcome->welcome,
		.holds = welcome->flags & WIRE_HOLDS,
	};
	if (handover_range(handover, &first_msn, &newest))
		sendplan_place(p, first_msn, newest);
	else if (p->holds) /* before the first part takes a lower number */
		handover_raise(handover, p->relay.last.msn,
			       p->relay.discontinuity);
}

void sendplan_list_from(struct sendplan *p, uint32_t msn)
{
	if (p->first_msn < msn && msn <= p->at.msn)
		p->first_msn = msn;
}

void sendplan_spare(struct sendplan *p, bool spare)
{
	p->spare = spare;
}

/* Leaves a segment out: what comes behind it is where the copy starts. */
static void skip_segment(struct sendplan *p, uint32_t msn)
{
	p->started = true;
	p->at = p->from = lookup_end_of(msn);
	p->first_msn = msn + 1;
	p->dirty = false; /* there is nothing to list before that */
	p->skipped++;
}

/* The part behind what is settled, if there is one that the relay takes. */
static bool find_next(struct sendplan *p, struct sendplan_action *action)
{
	uint32_t most = p->relay.max_part;

	while (handover_next(p->handover, p->started ? &p->at : NULL,
			     &action->part, &action->flags, &action->size)) {
		if (!most || action->size <= most)
			return true;
		skip_segment(p, action->part.at.msn);
	}
	return false;
}

void sendplan_leave_old(struct sendplan *p, uint64_t bytes)
{
	p->leaves_old = true;
	p->young_bytes = bytes;
}

static bool init_is_there(const struct sendplan *p, uint32_t id)
{
	for (size_t i = 0; i < SENDPLAN_INITS && i < p->init_count; i++)
		if (p->inits[i] == id)
			return true;
	return false;
}

/* Takes the part that was found, or first the init that it needs. */
static void take(struct sendplan *p, struct sendplan_action *action)
{
	const struct wire_part *part = &action->part;

	if (!init_is_there(p, part->init)) {
		action->kind = SENDPLAN_INIT;
		p->inits[p->init_count++ % SENDPLAN_INITS] = part->init;
		return;
	}
	action->kind = SENDPLAN_PART;
	/* A hole, by eviction or by a jump: a playlist cannot tell it. */
	if (part->at.msn > p->at.msn + 1)
		p->first_msn = part->at.msn;
	p->started = true;
	p->at = part->at;
	p->dirty = true;
	p->sent = true;
	p->untold++;
	p->ends = action->flags & WIRE_LAST;
}

/*
 * A playlist of what the relay holds, no longer than what it keeps; but what
 * any player needs stays listed (RFC 8216 6.2.2).
 */
static void take_playlist(struct sendplan *p, struct sendplan_action *action)
{
	uint32_t most = p->relay.max_segments;
	uint32_t first = p->first_msn;

	if (most && p->at.msn >= most && first <= p->at.msn - most) {
		uint32_t needed =
			lookup_start_msn(p->handover, first, p->at.msn);

		first = p->at.msn - most + 1;
		if (first > needed)
			first = needed;
	}
	action->kind = SENDPLAN_PLAYLIST;
	p->told_msn = p->at.msn;
	action->playlist =
		(struct playlist_params){ .first_msn = first, .last = p->at };
	p->dirty = false;
	p->sent = false;
	p->untold = 0;
}

/*
 * Whether a list would have to drop what the relay's has and keep less than
 * three target durations (6.2.2), because what it needs of the past is gone
 * here. Who catches up will soon have more, or is let go on somewhere else.
 */
static bool is_too_short(const struct sendplan *p)
{
	int target_ms = handover_window(p->handover)->target_ms;
	struct wire_part oldest;
	uint64_t sum = 0;

	if (!p->told_msn ||
	    lookup_part(p->handover, (struct wire_position){ p->first_msn, 0 },
			&oldest) ||
	    !lookup_first_from(p->handover, 1, &oldest) ||
	    oldest.at.msn <= p->first_msn || oldest.at.msn > p->told_msn)
		return false;
	for (uint32_t msn = oldest.at.msn; msn < p->at.msn; msn++)
		sum += lookup_segment_90k(p->handover, msn) * 10 / 9;
	if (p->ends)
		sum += lookup_segment_90k(p->handover, p->at.msn) * 10 / 9;
	return sum < (uint64_t)target_ms * 100 * 3; /* as it is written */
}

/* Behind the last part there will ever be. */
static void take_last_playlist(struct sendplan *p,
			       struct sendplan_action *action)
{
	take_playlist(p, action);
	action->playlist.ended = true;
	p->finished = true;
}

/* Whether it is worth waiting for one more part before the next playlist. */
static bool waits_for_more(const struct sendplan *p)
{
	return p->spare && p->untold == 1 && !p->ends;
}

struct sendplan_action sendplan_next(struct sendplan *p)
{
	struct sendplan_action action = { .kind = SENDPLAN_WAIT };
	struct wire_position newest;
	uint32_t first_msn;
	bool over = !p->finished && handover_is_finished(p->handover);
	bool found, due;

	if (!handover_range(p->handover, &first_msn, &newest))
		return action;
	if (!p->placed)
		sendplan_place(p, first_msn, newest);
	found = find_next(p, &action);
	if (found && sendplan_skip(p, action.part.at.msn, first_msn, newest))
		found = find_next(p, &action);

	/* Parts first; but with ever more of them, viewers must hear of some.
	 */
	due = found ? p->sent && action.part.at.msn != p->at.msn
		    : !waits_for_more(p);
	if (over && !found && p->started)
		take_last_playlist(p, &action);
	else if (p->dirty && due && wire_compare(p->at, p->goal) >= 0 &&
		 !is_too_short(p))
		take_playlist(p, &action);
	else if (found)
		take(p, &action);
	return action;
}

void sendplan_lost(struct sendplan *p, const struct sendplan_action *action)
{
	for (size_t i = 0; i < SENDPLAN_INITS; i++)
		if (action->kind == SENDPLAN_INIT &&
		    p->inits[i] == action->part.init)
			p->inits[i] = ~action->part.init;
	skip_segment(p, action->part.at.msn);
}
