/* SPDX-License-Identifier: MIT */
#include "device/poster/poster.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct poster {
	pthread_mutex_t lock;
	uint8_t bytes[POSTER_MAX_BYTES];
	size_t size;
	int64_t taken_us;
	uint64_t number;
};

int poster_open(struct poster **out)
{
	struct poster *p = calloc(1, sizeof(*p));

	*out = p;
	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	return 0;
}

void poster_close(struct poster **poster)
{
	struct poster *p = *poster;

	*poster = NULL;
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void poster_put(struct poster *p, const uint8_t *bytes, size_t size,
		int64_t taken_us)
{
	assert(size <= POSTER_MAX_BYTES);
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	memcpy(p->bytes, bytes, size);
	p->size = size;
	p->taken_us = taken_us;
	p->number++;
	pthread_mutex_unlock(&p->lock);
}

uint64_t poster_number(struct poster *p)
{
	uint64_t number;

	if (!p)
		return 0;
	pthread_mutex_lock(&p->lock);
	number = p->number;
	pthread_mutex_unlock(&p->lock);
	return number;
}

size_t poster_read(struct poster *p, uint8_t *out, int64_t *taken_us)
{
	size_t size;

	if (!p)
		return 0;
	pthread_mutex_lock(&p->lock);
	size = p->size;
	memcpy(out, p->bytes, size);
	*taken_us = p->taken_us;
	pthread_mutex_unlock(&p->lock);
	return size;
}
