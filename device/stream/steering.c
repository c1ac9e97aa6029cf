/* SPDX-License-Identifier: MIT */
#include "device/stream/steering.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct steering {
	int fd;
	pthread_mutex_t lock; /* for all below */
	struct steering_wish wishes[STEERING_WHO];
	struct steering_facts facts;
};

int steering_open(struct steering **out)
{
	struct steering *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0) {
		err = -errno;
		steering_close(&s);
		return err;
	}
	*out = s;
	return 0;
}

void steering_close(struct steering **steering)
{
	struct steering *s = *steering;

	*steering = NULL;
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static bool is_same(const struct steering_wish *a,
		    const struct steering_wish *b)
{
	return a->bitrate == b->bitrate && a->divisor == b->divisor &&
	       a->skip == b->skip && a->work == b->work;
}

void steering_wish(struct steering *s, enum steering_who who,
		   const struct steering_wish *wish)
{
	bool changed;

	assert(who < STEERING_WHO);
	pthread_mutex_lock(&s->lock);
	changed = !is_same(&s->wishes[who], wish);
	s->wishes[who] = *wish;
	pthread_mutex_unlock(&s->lock);
	if (changed)
		eventfd_write(s->fd, 1);
}

void steering_look(struct steering *s, struct steering_facts *facts)
{
	pthread_mutex_lock(&s->lock);
	*facts = s->facts;
	pthread_mutex_unlock(&s->lock);
}

static void combine(struct steering_orders *o, const struct steering_wish *w)
{
	if (w->bitrate && (!o->bitrate || w->bitrate < o->bitrate))
		o->bitrate = w->bitrate;
	if (w->divisor > o->divisor)
		o->divisor = w->divisor;
	if (w->work > o->work)
		o->work = w->work;
	o->skip = o->skip || w->skip;
}

void steering_take(struct steering *s, struct steering_orders *orders)
{
	eventfd_t ignored;

	*orders = (struct steering_orders){ .divisor = 1 };
	/* before the wishes are read: one that comes meanwhile wakes again */
	eventfd_read(s->fd, &ignored);
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < STEERING_WHO; i++)
		combine(orders, &s->wishes[i]);
	pthread_mutex_unlock(&s->lock);
}

int steering_fd(const struct steering *s)
{
	return s->fd;
}

void steering_tell(struct steering *s, const struct steering_facts *facts)
{
	pthread_mutex_lock(&s->lock);
	s->facts = *facts;
	pthread_mutex_unlock(&s->lock);
}
