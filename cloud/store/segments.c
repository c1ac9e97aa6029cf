/* SPDX-License-Identifier: MIT */
#include "cloud/store/segments.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/store/media.h"

#define GROWTH 16 /* elements of an array at a time */

void segments_open(struct segments *all, size_t most)
{
	*all = (struct segments){ .most = most };
}

static void drop(struct segments *all, struct reply **reply)
{
	if (*reply)
		all->bytes -= (*reply)->memory;
	reply_release(reply);
}

static void drop_segment(struct segments *all, struct segment *s)
{
	for (size_t i = 0; i < s->count; i++)
		drop(all, &s->part[i]);
	drop(all, &s->whole);
	free(s->part);
}

void segments_close(struct segments *all)
{
	for (size_t i = 0; i < all->count; i++)
		drop_segment(all, &all->segment[i]);
	for (size_t i = 0; i < all->inits; i++)
		drop(all, &all->init[i].reply);
	assert(all->bytes == 0);
	free(all->segment);
	free(all->init);
}

/* Makes room for one more element. -ENOMEM: nothing has changed. */
static int grow(void **array, size_t *room, size_t count, size_t element)
{
	void *bigger;

	if (count < *room)
		return 0;
	bigger = reallocarray(*array, *room + GROWTH, element);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room += GROWTH;
	return 0;
}

struct segment *segments_newest(const struct segments *all)
{
	return all->count ? &all->segment[all->count - 1] : NULL;
}

struct segment *segments_find(const struct segments *all, uint32_t msn)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (all->segment[middle].msn < msn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < all->count && all->segment[low].msn == msn
		       ? &all->segment[low]
		       : NULL;
}

/* --- init segments --- */

static struct init *find_init(const struct segments *all, uint32_t id)
{
	for (size_t i = 0; i < all->inits; i++)
		if (all->init[i].id == id)
			return &all->init[i];
	return NULL;
}

struct reply *segments_find_init(const struct segments *all, uint32_t id)
{
	const struct init *init = find_init(all, id);

	return init ? init->reply : NULL;
}

/* The newest stays too: the part that needs it is on its way. */
static void drop_unneeded_inits(struct segments *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->inits; i++) {
		if (i + 1 == all->inits || all->init[i].uses)
			all->init[kept++] = all->init[i];
		else
			drop(all, &all->init[i].reply);
	}
	all->inits = kept;
}

int segments_put_init(struct segments *all, uint32_t id, struct reply **reply)
{
	assert(!find_init(all, id));
	if (grow((void **)&all->init, &all->init_room, all->inits,
		 sizeof(*all->init)) < 0)
		return -ENOMEM;
	all->init[all->inits++] = (struct init){ .id = id, .reply = *reply };
	all->bytes += (*reply)->memory;
	*reply = NULL;
	drop_unneeded_inits(all);
	return 0;
}

/* --- parts --- */

/* A part of a segment that is not the newest. */
static int check_older(const struct segments *all, const struct wire_part *part)
{
	const struct segment *s = segments_find(all, part->at.msn);

	/* Was here, and was evicted; unless it is of another stream. */
	if (part->at.msn < all->segment[0].msn &&
	    part->epoch == all->segment[0].epoch)
		return 1;
	if (s && s->epoch == part->epoch && part->at.part < s->count)
		return 1;
	return -EINVAL;
}

static int check_newest(const struct segment *s, const struct wire_part *part)
{
	if (s->epoch != part->epoch || s->init != part->init)
		return -EINVAL;
	if (part->at.part < s->count)
		return 1;
	return part->at.part == s->count && !s->complete ? 0 : -EINVAL;
}

int segments_check(const struct segments *all, const struct wire_part *part)
{
	const struct segment *s = segments_newest(all);
	int err = 0;

	if (s && part->at.msn < s->msn)
		return check_older(all, part);
	if (s && part->at.msn == s->msn)
		err = check_newest(s, part);
	else if (part->at.part != 0)
		err = -EINVAL;
	else if (all->count >= all->most)
		err = -ENOSPC;
	if (err == 0 && !find_init(all, part->init))
		return -ENOENT;
	return err;
}

static int add_part(struct segment *s, const struct wire_part *part,
		    uint8_t flags, struct reply **reply)
{
	if (grow((void **)&s->part, &s->room, s->count, sizeof(*s->part)) < 0)
		return -ENOMEM;
	s->part[s->count++] = *reply;
	s->memory += (*reply)->memory;
	s->complete = flags & WIRE_LAST;
	s->end_us = part->start_us + (int64_t)part->duration_90k * 100 / 9;
	*reply = NULL;
	return 0;
}

/* With its first part, so that there is never an empty one. */
static int add_segment(struct segments *all, const struct wire_part *part,
		       uint8_t flags, struct reply **reply)
{
	struct segment *before;
	struct segment s = {
		.msn = part->at.msn,
		.epoch = part->epoch,
		.init = part->init,
		.discontinuity = part->discontinuity,
		.start_us = part->start_us,
	};

	if (grow((void **)&all->segment, &all->room, all->count, sizeof(s)) <
		    0 ||
	    add_part(&s, part, flags, reply) < 0)
		return -ENOMEM;
	before = segments_newest(all);
	/* what was left in the middle is a hole, too: no list may name it */
	if (!before || before->msn + 1 != s.msn || !before->complete)
		all->run_msn = s.msn;
	if (before)
		before->complete = true;
	all->segment[all->count++] = s;
	find_init(all, s.init)->uses++;
	return 0;
}

int segments_put(struct segments *all, const struct wire_part *part,
		 uint8_t flags, struct reply **reply)
{
	struct segment *s = segments_newest(all);
	size_t memory = (*reply)->memory;
	int err;

	assert(segments_check(all, part) == 0);
	if (s && s->msn == part->at.msn)
		err = add_part(s, part, flags, reply);
	else
		err = add_segment(all, part, flags, reply);
	if (err == 0)
		all->bytes += memory;
	return err;
}

/* --- what becomes of them --- */

struct reply *segments_whole(struct segments *all, struct segment *s)
{
	assert(s->complete);
	if (!s->whole) {
		s->whole = media_segment(s->part, s->count);
		if (s->whole) {
			s->memory += s->whole->memory;
			all->bytes += s->whole->memory;
		}
	}
	return s->whole;
}

void segments_drop_oldest(struct segments *all)
{
	find_init(all, all->segment[0].init)->uses--;
	drop_segment(all, &all->segment[0]);
	all->count--;
	memmove(&all->segment[0], &all->segment[1],
		all->count * sizeof(*all->segment));
	drop_unneeded_inits(all);
}
