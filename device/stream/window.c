/* SPDX-License-Identifier: MIT */
#include "device/stream/window.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SEGMENTS 10000

/* A list gets no longer than this many times its wanted length, however short
 * a stuttering camera makes the segments. */
#define LONGEST_LIST 4

/*
 * Segments lie in one array, oldest first: `held` of them from `first`. They
 * are moved down when the end is reached, which is rare and cheap.
 */
struct window {
	struct window_params params;
	struct window_segment *segment;
	size_t first, held, capacity;
	uint32_t epoch; /* of the next segment */
	uint32_t msn;	/* of the next segment */
	uint32_t discontinuity;
	bool jump; /* the next segment follows a discontinuity */
};

int window_open(struct window **out, const struct window_params *params)
{
	struct window *w;

	*out = NULL;
	if (params->segments < 3 || params->segments > MAX_SEGMENTS ||
	    params->part_target_ms <= 0 || params->target_ms % 1000 ||
	    params->target_ms < params->part_target_ms ||
	    params->target_ms > (int)WIRE_MAX_TARGET_MS)
		return -EINVAL;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->params = *params;
	/* listed, as many for latecomers, the open one, and room to move */
	w->capacity = 3 * LONGEST_LIST * (size_t)params->segments + 8;
	w->segment = calloc(w->capacity, sizeof(*w->segment));
	if (!w->segment) {
		window_close(&w);
		return -ENOMEM;
	}
	*out = w;
	return 0;
}

void window_release_segment(struct window_segment *segment)
{
	free(segment->parts);
	*segment = (struct window_segment){ 0 };
}

void window_close(struct window **window)
{
	struct window *w = *window;

	*window = NULL;
	if (!w)
		return;
	for (size_t i = 0; w->segment && i < w->capacity; i++)
		window_release_segment(&w->segment[i]);
	free(w->segment);
	free(w);
}

const struct window_params *window_params(const struct window *w)
{
	return &w->params;
}

static struct window_segment *newest(const struct window *w)
{
	return w->held ? &w->segment[w->first + w->held - 1] : NULL;
}

static struct window_segment *open_segment(const struct window *w)
{
	struct window_segment *s = newest(w);

	return s && !s->closed ? s : NULL;
}

struct wire_position window_next(const struct window *w)
{
	const struct window_segment *s = open_segment(w);

	if (s)
		return (struct wire_position){ s->msn, (uint32_t)s->count };
	return (struct wire_position){ w->msn, 0 };
}

uint32_t window_epoch(const struct window *w)
{
	const struct window_segment *s = open_segment(w);

	return s ? s->epoch : w->epoch;
}

void window_close_segment(struct window *w)
{
	struct window_segment *s = open_segment(w);

	if (s)
		s->closed = true;
}

void window_jump(struct window *w, const struct window_place *to)
{
	window_close_segment(w);
	if (to->epoch)
		w->epoch = to->epoch;
	if (to->msn > w->msn) {
		/* a hole: nothing before it can be listed together with it */
		w->msn = to->msn;
		for (size_t i = 0; i < w->held; i++)
			w->segment[w->first + i].given_up = true;
	}
	if (to->discontinuity > w->discontinuity)
		w->discontinuity = to->discontinuity;
	/* before the first segment of all there is nothing to break with */
	w->jump = to->seen || newest(w);
}

static void make_room(struct window *w)
{
	if (w->first + w->held < w->capacity)
		return;
	memmove(w->segment, w->segment + w->first,
		w->held * sizeof(*w->segment));
	memset(w->segment + w->held, 0, w->first * sizeof(*w->segment));
	w->first = 0;
}

static int begin_segment(struct window *w, const struct wire_part *meta)
{
	struct window_part *parts;

	if (w->held == w->capacity)
		return -ENOSPC; /* the owner does not evict */
	parts = malloc(sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	make_room(w);
	if (w->jump)
		w->discontinuity++;
	w->segment[w->first + w->held++] = (struct window_segment){
		.epoch = w->epoch,
		.msn = w->msn++,
		.init = meta->init,
		.discontinuity = w->discontinuity,
		.follows_jump = w->jump,
		.start_us = meta->start_us,
		.parts = parts,
	};
	w->jump = false;
	return 0;
}

/* Room for one more part: it doubles at each power of two. */
static bool grow_parts(struct window_segment *s)
{
	struct window_part *parts;

	if (!s->count || s->count & (s->count - 1))
		return true;
	parts = realloc(s->parts, 2 * s->count * sizeof(*parts));
	if (parts)
		s->parts = parts;
	return parts != NULL;
}

int window_add(struct window *w, const struct wire_part *meta, uint8_t flags,
	       uint32_t size)
{
	struct window_segment *s = open_segment(w);
	int err;

	if (s && s->count == WIRE_MAX_PARTS)
		return -EMSGSIZE;
	if (!s) {
		err = begin_segment(w, meta);
		if (err < 0)
			return err;
		s = newest(w);
	} else if (!grow_parts(s)) {
		return -ENOMEM;
	}
	s->parts[s->count++] = (struct window_part){
		.duration_90k = meta->duration_90k,
		.size = size,
		.independent = flags & WIRE_INDEPENDENT,
	};
	s->duration_90k += meta->duration_90k;
	s->closed = flags & WIRE_LAST;
	return 0;
}

int window_restore(struct window *w, const struct wire_part *meta,
		   uint8_t flags, uint32_t size)
{
	struct wire_position next = window_next(w);

	if (!wire_compare(meta->at, next) && meta->at.part)
		return window_add(w, meta, flags, size);
	if (meta->at.part || meta->at.msn < w->msn)
		return -EINVAL;
	window_jump(w, &(struct window_place){ .epoch = meta->epoch,
					       .msn = meta->at.msn });
	w->jump = flags & WIRE_DISCONTINUITY;
	if (meta->discontinuity < w->jump)
		return -EINVAL;
	w->discontinuity = meta->discontinuity - w->jump;
	return window_add(w, meta, flags, size);
}

size_t window_count(const struct window *w)
{
	return w->held;
}

const struct window_segment *window_at(const struct window *w, size_t i)
{
	assert(i < w->held);
	return &w->segment[w->first + i];
}

/* The first segment that is not before `msn`; they may have holes. */
static size_t find_from(const struct window *w, uint32_t msn)
{
	size_t low = 0, high = w->held;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (window_at(w, middle)->msn < msn)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct window_segment *window_find(const struct window *w, uint32_t msn)
{
	size_t i = find_from(w, msn);

	if (i < w->held && window_at(w, i)->msn == msn)
		return window_at(w, i);
	return NULL;
}

/*
 * Whether a list of this many closed segments and this length is enough: of
 * 10 us, as a playlist says them, each rounded down.
 */
static bool listed_enough(const struct window *w, size_t closed,
			  uint64_t length_e5)
{
	size_t wanted = (size_t)w->params.segments;

	if (closed >= LONGEST_LIST * wanted)
		return true;
	/* 6.2.2: three target durations must remain after a removal */
	return closed >= wanted &&
	       length_e5 >= (uint64_t)w->params.target_ms * 100 * 3;
}

size_t window_first_listed_to(const struct window *w, size_t end, bool whole)
{
	uint64_t length_e5 = 0;
	size_t i = end, closed = 0;

	assert(end <= w->held);
	while (i > 0 && !window_at(w, i - 1)->given_up &&
	       !listed_enough(w, closed, length_e5)) {
		const struct window_segment *s = window_at(w, --i);

		if (!s->closed || (i + 1 == end && !whole))
			continue;
		closed++;
		length_e5 += s->duration_90k * 10 / 9;
	}
	return i;
}

size_t window_first_listed(const struct window *w)
{
	return window_first_listed_to(w, w->held, true);
}

static void take_oldest(struct window *w, struct window_segment *out)
{
	*out = w->segment[w->first];
	w->segment[w->first] = (struct window_segment){ 0 };
	w->first++;
	w->held--;
}

/*
 * A segment that left the list is kept for as long as that list was, and its
 * own length (draft-pantos-hls-rfc8216bis 6.2.2), counted in segments.
 */
bool window_evict(struct window *w, struct window_segment *out)
{
	size_t unlisted = window_first_listed(w);

	if (unlisted <= w->held - unlisted + 1)
		return false;
	take_oldest(w, out);
	return true;
}

bool window_shed(struct window *w, struct window_segment *out)
{
	if (w->held <= WINDOW_LEAST)
		return false;
	take_oldest(w, out);
	return true;
}

bool window_after(const struct window *w, struct wire_position at,
		  struct wire_position *out)
{
	for (size_t i = find_from(w, at.msn); i < w->held; i++) {
		const struct window_segment *s = window_at(w, i);
		uint32_t part = s->msn == at.msn ? at.part + 1 : 0;

		if (part >= s->count)
			continue;
		*out = (struct wire_position){ s->msn, part };
		return true;
	}
	return false;
}

/* From the newest backwards: what is behind is little. */
struct window_amount window_behind(const struct window *w,
				   struct wire_position at)
{
	struct window_amount sum = { 0 };

	for (size_t i = w->held; i-- > window_first_listed(w);) {
		const struct window_segment *s = window_at(w, i);
		size_t first = s->msn == at.msn ? at.part + 1 : 0;

		if (s->msn < at.msn)
			break;
		for (size_t k = first; k < s->count; k++) {
			sum.duration_90k += s->parts[k].duration_90k;
			sum.bytes += s->parts[k].size;
		}
	}
	return sum;
}

uint8_t window_describe(const struct window_segment *s, size_t i,
			struct wire_part *out)
{
	const struct window_part *part = &s->parts[i];
	uint64_t before_90k = 0;
	uint8_t flags = 0;

	for (size_t k = 0; k < i; k++)
		before_90k += s->parts[k].duration_90k;
	*out = (struct wire_part){
		.epoch = s->epoch,
		.at = { s->msn, (uint32_t)i },
		.init = s->init,
		.discontinuity = s->discontinuity,
		.duration_90k = part->duration_90k,
		.start_us = s->start_us + (int64_t)(before_90k * 100 / 9),
	};
	if (part->independent)
		flags |= WIRE_INDEPENDENT;
	if (s->closed && i + 1 == s->count)
		flags |= WIRE_LAST;
	if (s->follows_jump)
		flags |= WIRE_DISCONTINUITY;
	return flags;
}
