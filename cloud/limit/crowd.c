/* SPDX-License-Identifier: MIT */
#include "cloud/limit/crowd.h"

#include <errno.h>
#include <stdlib.h>

#include "cloud/limit/hash.h"

#define NONE UINT32_MAX

/*
 * Both tables have a chain for each hash, of indices into the members. Those
 * who have not been heard yet are a list, the oldest first.
 */
struct member {
	void *name; /* NULL: free, and `next` the next that is */
	struct address from;
	bool counted, heard;
	uint32_t next, next_from;
	uint32_t older, younger; /* unless heard */
	int64_t came_us;
};

struct crowd {
	struct crowd_params params;
	size_t chains; /* a power of two */
	uint32_t *by_name, *by_address;
	uint32_t free, oldest, youngest;
	size_t silent;
	struct member *member;
};

static int allocate(struct crowd *c)
{
	size_t max = c->params.max;

	for (c->chains = 1; c->chains < max; c->chains *= 2)
		;
	c->by_name = malloc(c->chains * sizeof(*c->by_name));
	c->by_address = malloc(c->chains * sizeof(*c->by_address));
	c->member = calloc(max, sizeof(*c->member));
	if (!c->by_name || !c->by_address || !c->member)
		return -ENOMEM;
	for (size_t i = 0; i < c->chains; i++)
		c->by_name[i] = c->by_address[i] = NONE;
	for (size_t i = 0; i < max; i++)
		c->member[i].next = i + 1 < max ? (uint32_t)i + 1 : NONE;
	return 0;
}

int crowd_open(struct crowd **out, const struct crowd_params *params)
{
	struct crowd *c;

	*out = NULL;
	if (params->max == 0 || params->max >= NONE)
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->params = *params;
	c->oldest = c->youngest = NONE;
	if (allocate(c) < 0) {
		crowd_close(&c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void crowd_close(struct crowd **crowd)
{
	struct crowd *c = *crowd;

	*crowd = NULL;
	if (!c)
		return;
	free(c->by_name);
	free(c->by_address);
	free(c->member);
	free(c);
}

static uint32_t *name_chain(const struct crowd *c, const void *name)
{
	uint64_t hash = hash_bytes(c->params.seed, &name, sizeof(name));

	return &c->by_name[hash & (c->chains - 1)];
}

static uint32_t *address_chain(const struct crowd *c,
			       const struct address *from)
{
	uint64_t hash =
		hash_bytes(c->params.seed, from->byte, sizeof(from->byte));

	return &c->by_address[hash & (c->chains - 1)];
}

static struct member *find(const struct crowd *c, const void *name)
{
	uint32_t i = *name_chain(c, name);

	while (i != NONE && c->member[i].name != name)
		i = c->member[i].next;
	return i == NONE ? NULL : &c->member[i];
}

/* Up to `most`, without walking along all the others. */
static size_t count(const struct crowd *c, const struct address *from,
		    size_t most)
{
	size_t n = 0;

	for (uint32_t i = *address_chain(c, from); i != NONE && n < most;
	     i = c->member[i].next_from)
		n += address_equal(&c->member[i].from, from);
	return n;
}

static void add_silent(struct crowd *c, uint32_t i)
{
	struct member *m = &c->member[i];

	m->older = c->youngest;
	m->younger = NONE;
	*(c->youngest == NONE ? &c->oldest : &c->member[c->youngest].younger) =
		i;
	c->youngest = i;
	c->silent++;
}

static void remove_silent(struct crowd *c, const struct member *m)
{
	*(m->older == NONE ? &c->oldest : &c->member[m->older].younger) =
		m->younger;
	*(m->younger == NONE ? &c->youngest : &c->member[m->younger].older) =
		m->older;
	c->silent--;
}

int crowd_enter(struct crowd *c, void *member, const struct address *from,
		bool counted, int64_t now_us)
{
	size_t most = c->params.max_per_address;
	uint32_t i = c->free, *chain;
	struct member *m;

	if (find(c, member))
		return 0;
	if (counted && most && count(c, from, most) >= most)
		return -EDQUOT;
	if (i == NONE)
		return -ENFILE;
	m = &c->member[i];
	c->free = m->next;
	chain = name_chain(c, member);
	*m = (struct member){ .name = member,
			      .from = *from,
			      .counted = counted,
			      .came_us = now_us,
			      .next = *chain,
			      .next_from = NONE };
	*chain = i;
	if (counted) {
		chain = address_chain(c, from);
		m->next_from = *chain;
		*chain = i;
	}
	add_silent(c, i);
	return 0;
}

enum crowd_left crowd_leave(struct crowd *c, const void *member)
{
	uint32_t *chain = name_chain(c, member), i;
	enum crowd_left left;
	struct member *m;

	while (*chain != NONE && c->member[*chain].name != member)
		chain = &c->member[*chain].next;
	i = *chain;
	if (i == NONE)
		return CROWD_WAS_NOT_HERE;
	m = &c->member[i];
	*chain = m->next;
	if (m->counted) {
		chain = address_chain(c, &m->from);
		while (*chain != i)
			chain = &c->member[*chain].next_from;
		*chain = m->next_from;
	}
	left = m->heard ? CROWD_WAS_HEARD : CROWD_WAS_SILENT;
	if (!m->heard)
		remove_silent(c, m);
	*m = (struct member){ .next = c->free };
	c->free = i;
	return left;
}

const struct address *crowd_hear(struct crowd *c, const void *member)
{
	struct member *m = find(c, member);

	if (!m)
		return NULL;
	if (!m->heard)
		remove_silent(c, m);
	m->heard = true;
	return &m->from;
}

void *crowd_find_silent(const struct crowd *c, int64_t before_us)
{
	const struct member *m = &c->member[c->oldest];

	return c->oldest != NONE && m->came_us < before_us ? m->name : NULL;
}

size_t crowd_silent(const struct crowd *c)
{
	return c->silent;
}

size_t crowd_count(const struct crowd *c, const struct address *from)
{
	return count(c, from, SIZE_MAX);
}
