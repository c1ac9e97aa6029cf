/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake_handover.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PARTS 2000

struct fake_part {
	struct wire_part meta;
	uint8_t flags;
	uint32_t size;
	bool lost;
};

struct handover {
	pthread_mutex_t lock;
	struct window_params window;
	struct fake_part parts[MAX_PARTS];
	size_t count;
	uint32_t listed_from, held_from;
	uint32_t lost_init;
	bool raised;
	uint32_t raised_msn, raised_discontinuity;
	int64_t clock_us;
	bool finished;
};

struct handover *fake_open(void)
{
	struct handover *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	pthread_mutex_init(&h->lock, NULL);
	h->window = (struct window_params){ .segments = 7,
					    .target_ms = 2000,
					    .part_target_ms = 700 };
	return h;
}

void fake_close(struct handover **h)
{
	if (*h)
		pthread_mutex_destroy(&(*h)->lock);
	free(*h);
	*h = NULL;
}

static struct fake_part *at(struct handover *h, struct wire_position p)
{
	for (size_t i = 0; i < h->count; i++)
		if (wire_compare(h->parts[i].meta.at, p) == 0)
			return &h->parts[i];
	return NULL;
}

void fake_add(struct handover *h, struct fake_segment s)
{
	uint32_t first = 0;

	pthread_mutex_lock(&h->lock);
	while (at(h, (struct wire_position){ s.msn, first }))
		first++;
	for (uint32_t i = first; i < first + s.parts; i++) {
		bool last = !s.open && i + 1 == first + s.parts;

		if (h->count == MAX_PARTS)
			abort();
		h->parts[h->count++] = (struct fake_part){
			.meta = { .epoch = FAKE_EPOCH,
				  .at = { s.msn, i },
				  .init = s.init,
				  .discontinuity = s.discontinuity,
				  .duration_90k = FAKE_PART_90K,
				  .start_us = 1000000 },
			.flags = (uint8_t)((i ? 0 : WIRE_INDEPENDENT) |
					   (last ? WIRE_LAST : 0)),
			.size = s.size ? s.size : 100,
		};
	}
	pthread_mutex_unlock(&h->lock);
}

void fake_list_from(struct handover *h, uint32_t msn)
{
	h->listed_from = msn;
}

void fake_evict(struct handover *h, uint32_t msn)
{
	pthread_mutex_lock(&h->lock);
	h->held_from = msn;
	if (h->listed_from < msn)
		h->listed_from = msn;
	pthread_mutex_unlock(&h->lock);
}

void fake_lose_part(struct handover *h, uint32_t msn, uint32_t part)
{
	at(h, (struct wire_position){ msn, part })->lost = true;
}

void fake_lose_init(struct handover *h, uint32_t id)
{
	h->lost_init = id;
}

bool fake_raised(struct handover *h, uint32_t *msn, uint32_t *discontinuity)
{
	*msn = h->raised_msn;
	*discontinuity = h->raised_discontinuity;
	return h->raised;
}

/* --- what the real one does ----------------------------------------------- */

static struct fake_part *behind(struct handover *h,
				const struct wire_position *p)
{
	for (size_t i = 0; i < h->count; i++) {
		struct fake_part *part = &h->parts[i];
		uint32_t msn = part->meta.at.msn;

		if (msn >= h->held_from &&
		    (p ? wire_compare(part->meta.at, *p) > 0
		       : msn >= h->listed_from))
			return part;
	}
	return NULL;
}

bool handover_next(struct handover *h, const struct wire_position *p,
		   struct wire_part *meta, uint8_t *flags, uint32_t *size)
{
	struct fake_part *part;

	pthread_mutex_lock(&h->lock);
	part = behind(h, p);
	if (part) {
		*meta = part->meta;
		*flags = part->flags;
		*size = part->size;
	}
	pthread_mutex_unlock(&h->lock);
	return part;
}

int handover_read_part(struct handover *h, const struct wire_part *meta,
		       uint8_t *out, size_t size)
{
	struct fake_part *part;
	int err = -ENOENT;

	pthread_mutex_lock(&h->lock);
	part = at(h, meta->at);
	if (part && !part->lost && part->size == size) {
		memset(out, (int)((meta->at.msn + meta->at.part) & 0xff), size);
		err = 0;
	}
	pthread_mutex_unlock(&h->lock);
	return err;
}

int handover_read_init(struct handover *h, uint32_t id, uint8_t *out,
		       size_t size)
{
	if (id == h->lost_init || size < 50)
		return -ENOENT;
	memset(out, (int)(id & 0xff), 50);
	return 50;
}

/* "FIRST-LAST" of what both the parameters and the table allow. */
static int render(struct handover *h, const struct playlist_params *params,
		  char *out, size_t size, struct playlist_facts *facts)
{
	const struct fake_part *first = NULL, *last = NULL;

	for (size_t i = 0; i < h->count; i++) {
		const struct fake_part *part = &h->parts[i];
		uint32_t msn = part->meta.at.msn;

		if (msn < h->listed_from || msn < params->first_msn ||
		    wire_compare(part->meta.at, params->last) > 0)
			continue;
		first = first ? first : part;
		last = part;
	}
	if (!last)
		return -ENODATA;
	facts->first_msn = first->meta.at.msn;
	facts->last = last->meta.at;
	facts->hint_epoch = last->meta.epoch;
	facts->hint = (struct wire_position){ last->meta.at.msn,
					      last->meta.at.part + 1 };
	return snprintf(out, size, "%" PRIu32 "-%" PRIu32 ".%" PRIu32,
			facts->first_msn, facts->last.msn, facts->last.part);
}

int handover_playlist(struct handover *h, const struct playlist_params *params,
		      char *out, size_t size, struct playlist_facts *facts)
{
	int n;

	pthread_mutex_lock(&h->lock);
	n = render(h, params, out, size, facts);
	pthread_mutex_unlock(&h->lock);
	return n;
}

void handover_raise(struct handover *h, uint32_t last_msn,
		    uint32_t discontinuity)
{
	h->raised = true;
	h->raised_msn = last_msn;
	h->raised_discontinuity = discontinuity;
}

void fake_finish(struct handover *h)
{
	pthread_mutex_lock(&h->lock);
	h->finished = true;
	pthread_mutex_unlock(&h->lock);
}

bool handover_is_finished(struct handover *h)
{
	bool finished;

	pthread_mutex_lock(&h->lock);
	finished = h->finished;
	pthread_mutex_unlock(&h->lock);
	return finished;
}

bool handover_clock(struct handover *h, int64_t *offset_us)
{
	*offset_us = h->clock_us;
	return h->clock_us != 0;
}

void handover_set_clock(struct handover *h, int64_t offset_us)
{
	h->clock_us = offset_us;
}

int64_t fake_clock(struct handover *h)
{
	return h->clock_us;
}

bool handover_range(struct handover *h, uint32_t *first_msn,
		    struct wire_position *last)
{
	const struct fake_part *first;

	pthread_mutex_lock(&h->lock);
	first = behind(h, NULL);
	if (first) {
		*first_msn = first->meta.at.msn;
		*last = h->parts[h->count - 1].meta.at;
	}
	pthread_mutex_unlock(&h->lock);
	return first;
}

struct window_amount handover_behind(struct handover *h,
				     struct wire_position at)
{
	struct window_amount sum = { 0 };
	struct wire_part part;
	uint32_t size;
	uint8_t flags;

	while (handover_next(h, &at, &part, &flags, &size)) {
		sum.duration_90k += part.duration_90k;
		sum.bytes += size;
		at = part.at;
	}
	return sum;
}

const struct window_params *handover_window(const struct handover *h)
{
	return &h->window;
}
