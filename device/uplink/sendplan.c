/* SPDX-License-Identifier: MIT */
#include "device/uplink/sendplan.h"

/* A place behind every part of its segment. */
static struct wire_position end_of(uint32_t msn)
{
	return (struct wire_position){ msn, WIRE_MAX_PARTS };
}

/* The first part behind everything before segment `msn`. */
static bool first_from(const struct sendplan *p, uint32_t msn,
		       struct wire_part *out)
{
	struct wire_position before = end_of(msn - 1);
	uint32_t size;
	uint8_t flags;

	return handover_next(p->handover, msn ? &before : NULL, out, &flags,
			     &size);
}

/* Describes the part at exactly this place. */
static bool find(const struct sendplan *p, struct wire_position at,
		 struct wire_part *out)
{
	struct wire_position before = { at.msn, at.part - 1 };
	uint32_t size;
	uint8_t flags;
	bool found = at.part ? handover_next(p->handover, &before, out, &flags,
					     &size)
			     : first_from(p, at.msn, out);

	return found && wire_compare(out->at, at) == 0;
}

/* How long a segment is, as far as it is there; 0: it is not. */
static uint64_t segment_90k(const struct sendplan *p, uint32_t msn)
{
	struct wire_part part;
	uint64_t sum = 0;
	bool any = first_from(p, msn, &part);

	while (any && part.at.msn == msn) {
		struct wire_position at = part.at;
		uint32_t size;
		uint8_t flags;

		sum += part.duration_90k;
		any = handover_next(p->handover, &at, &part, &flags, &size);
	}
	return sum;
}

/*
 * The newest segment behind which, without the open one, lie so many target
 * durations, or all there is.
 */
static uint32_t msn_before(const struct sendplan *p, uint32_t first_msn,
			   uint32_t newest_msn, uint64_t targets)
{
	const struct window_params *window = handover_window(p->handover);
	uint64_t need = (uint64_t)window->target_ms * targets * 90;
	uint32_t msn = newest_msn;
	uint64_t sum = 0;

	while (msn > first_msn && sum < need) {
		uint64_t length = segment_90k(p, msn - 1);

		if (!length)
			break;
		sum += length;
		msn--;
	}
	return msn;
}

/* From where any player can start (RFC 8216 6.3.3). */
static uint32_t start_msn(const struct sendplan *p, uint32_t first_msn,
			  uint32_t newest_msn)
{
	return msn_before(p, first_msn, newest_msn, 3);
}

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
	p->at = p->started ? end_of(msn - 1) : (struct wire_position){ 0 };
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

	return find(p, p->relay.last, &part) && part.epoch == p->relay.epoch;
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

	find(p, newest, &part);
	if (p->relay.discontinuity > part.discontinuity) {
		/* Above our newest too: what we have cannot be listed. */
		go_above(p, last_msn > newest.msn ? last_msn : newest.msn + 1);
	} else if (last_msn < newest.msn) {
		uint32_t start = start_msn(p, first_msn, newest.msn);
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

static void place(struct sendplan *p, uint32_t first_msn,
		  struct wire_position newest)
{
	uint32_t last_msn = p->relay.last.msn;

	p->placed = true;
	if (!p->holds)
		go_to(p, start_msn(p, first_msn, newest.msn), newest);
	else if (same_stream(p) && last_msn + 1 >= first_msn &&
		 !too_far(p, last_msn, newest.msn))
		go_on(p);
	else
		pass(p, first_msn, newest);
}

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
		place(p, first_msn, newest);
	else if (p->holds) /* before the first part takes a lower number */
		handover_raise(handover, p->relay.last.msn,
			       p->relay.discontinuity);
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
	    (!fresh && start_msn(p, first_msn, newest.msn) <= p->at.msn + 1))
		return;
	from = msn_before(p, first_msn, newest.msn, 1);
	if (!p->started || from > p->at.msn + 1)
		go_to(p, from, newest);
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
	p->at = p->from = end_of(msn);
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

/* Whether a decoder can start there. */
static bool is_independent(const struct sendplan *p, uint32_t msn)
{
	struct wire_position before = end_of(msn - 1);
	struct wire_part part;
	uint32_t size;
	uint8_t flags;

	return handover_next(p->handover, &before, &part, &flags, &size) &&
	       part.at.msn == msn && part.at.part == 0 &&
	       (flags & WIRE_INDEPENDENT);
}

/* The oldest segment behind `msn` that is in time, else the newest; 0: none. */
static uint32_t young_from(const struct sendplan *p, uint32_t msn,
			   uint32_t newest_msn)
{
	uint32_t found = 0;

	for (uint32_t at = newest_msn; at > msn; at--) {
		if (!is_independent(p, at))
			continue;
		if (found &&
		    handover_behind(p->handover, end_of(at - 1)).bytes >
			    p->young_bytes)
			break;
		found = at;
	}
	return found;
}

/* Leaves out what would be old when it arrives. */
static bool leave_old(struct sendplan *p, uint32_t next_msn,
		      struct wire_position newest)
{
	uint32_t start;

	if (!p->leaves_old)
		return false;
	p->leaves_old = false;
	start = young_from(p, next_msn, newest.msn);
	if (!start)
		return false;
	p->skipped += start - next_msn;
	go_to(p, start, newest);
	return true;
}

/* Skips to where a player can start when too much waits to be sent. */
static bool catch_up(struct sendplan *p, const struct sendplan_action *action,
		     uint32_t first_msn, struct wire_position newest)
{
	uint32_t next_msn = action->part.at.msn;
	uint32_t start;

	if (wire_compare(p->at, p->goal) < 0 ||
	    !too_far(p, next_msn, newest.msn))
		return false;
	start = start_msn(p, first_msn, newest.msn);
	if (start <= next_msn)
		return false;
	p->skipped += start - next_msn;
	go_to(p, start, newest);
	return true;
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
		uint32_t needed = start_msn(p, first, p->at.msn);

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
	    find(p, (struct wire_position){ p->first_msn, 0 }, &oldest) ||
	    !first_from(p, 1, &oldest) || oldest.at.msn <= p->first_msn ||
	    oldest.at.msn > p->told_msn)
		return false;
	for (uint32_t msn = oldest.at.msn; msn < p->at.msn; msn++)
		sum += segment_90k(p, msn) * 10 / 9;
	if (p->ends)
		sum += segment_90k(p, p->at.msn) * 10 / 9;
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
		place(p, first_msn, newest);
	found = find_next(p, &action);
	if (found && (leave_old(p, action.part.at.msn, newest) ||
		      catch_up(p, &action, first_msn, newest)))
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
