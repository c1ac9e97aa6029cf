/* SPDX-License-Identifier: MIT */
#include "cloud/limit/rate.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cloud/limit/hash.h"

#define WAYS 4 /* places that one name may be in */

struct bucket {
	uint64_t name; /* hash; 0: nobody's */
	uint64_t last; /* hash of what was charged last */
	double level;  /* at that time */
	int64_t at_us;
};

struct rate {
	struct rate_params params;
	size_t sets; /* a power of two */
	struct bucket bucket[];
};

int rate_open(struct rate **out, const struct rate_params *params)
{
	size_t sets = 1;
	struct rate *r;

	*out = NULL;
	assert(params->per_s >= 0 && (params->burst >= 1 || !params->per_s));
	while (sets * WAYS < params->places)
		sets *= 2;
	r = calloc(1, sizeof(*r) + sets * WAYS * sizeof(*r->bucket));
	if (!r)
		return -ENOMEM;
	r->params = *params;
	r->sets = sets;
	*out = r;
	return 0;
}

void rate_close(struct rate **rate)
{
	free(*rate);
	*rate = NULL;
}

static uint64_t name_of(const struct rate *r, const void *who, size_t n)
{
	uint64_t name = hash_bytes(r->params.seed, who, n);

	return name ? name : 1;
}

static double level_at(const struct rate *r, const struct bucket *b,
		       int64_t now_us)
{
	double level =
		b->level + (double)(now_us - b->at_us) * r->params.per_s / 1e6;

	if (!b->name || level > r->params.burst)
		return r->params.burst;
	return level;
}

/* Its bucket, or NULL: it is full. */
static const struct bucket *find(const struct rate *r, uint64_t name)
{
	const struct bucket *set = &r->bucket[(name & (r->sets - 1)) * WAYS];

	for (int i = 0; i < WAYS; i++)
		if (set[i].name == name)
			return &set[i];
	return NULL;
}

/* Its bucket, made for it if need be, filled up to now. */
static struct bucket *get(struct rate *r, uint64_t name, int64_t now_us)
{
	struct bucket *set = &r->bucket[(name & (r->sets - 1)) * WAYS];
	struct bucket *b = &set[0];
	double level;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].name == name) {
			b = &set[i];
			break;
		}
		if (level_at(r, &set[i], now_us) > level_at(r, b, now_us))
			b = &set[i];
	}
	level = b->name == name ? level_at(r, b, now_us) : r->params.burst;
	if (b->name != name)
		*b = (struct bucket){ .name = name };
	b->level = level;
	b->at_us = now_us;
	return b;
}

static int64_t wait_for(const struct rate *r, double level)
{
	if (level >= 1)
		return 0;
	return (int64_t)((1 - level) / r->params.per_s * 1e6) + 1;
}

int64_t rate_take(struct rate *r, const void *who, size_t n, int64_t now_us)
{
	struct bucket *b;
	int64_t wait_us;

	if (!r->params.per_s)
		return 0;
	b = get(r, name_of(r, who, n), now_us);
	wait_us = wait_for(r, b->level);
	if (!wait_us)
		b->level--;
	return wait_us;
}

int64_t rate_wait_us(const struct rate *r, const void *who, size_t n,
		     int64_t now_us)
{
	const struct bucket *b;

	if (!r->params.per_s)
		return 0;
	b = find(r, name_of(r, who, n));
	return b ? wait_for(r, level_at(r, b, now_us)) : 0;
}

void rate_owe(struct rate *r, const void *who, size_t n, double count,
	      int64_t now_us)
{
	struct bucket *b;

	if (!r->params.per_s)
		return;
	b = get(r, name_of(r, who, n), now_us);
	b->level -= count;
	if (b->level < -r->params.burst)
		b->level = -r->params.burst;
}

void rate_charge(struct rate *r, const void *who, size_t n, const void *what,
		 size_t what_size, int64_t now_us)
{
	uint64_t hash = hash_bytes(~r->params.seed, what, what_size);
	struct bucket *b;

	if (!r->params.per_s)
		return;
	b = get(r, name_of(r, who, n), now_us);
	if (b->last == hash)
		return;
	b->last = hash;
	b->level = b->level > 1 ? b->level - 1 : 0;
}
