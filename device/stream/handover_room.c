/* SPDX-License-Identifier: MIT */
#include "device/stream/handover_state.h"

#include <errno.h>

#define LOG_MODULE "handover"
#include "common/log.h"

/* Removes the files of a segment, and its init if no other needs it. */
static void forget(struct handover *h, struct window_segment *s,
		   uint32_t init_in_use)
{
	bool needed = s->init == init_in_use;
	char name[NAME_SIZE];

	for (size_t i = 0; i < s->count; i++) {
		struct wire_part meta;

		window_describe(s, i, &meta);
		handover_part_file(name, &meta);
		spool_remove(h->spool, name);
	}
	for (size_t i = 0; i < window_count(h->window); i++)
		needed = needed || window_at(h->window, i)->init == s->init;
	if (!needed) {
		name_format(name,
			    &(struct name){ .kind = NAME_INIT, .id = s->init });
		spool_remove(h->spool, name);
	}
	window_release_segment(s);
}

/* Takes a segment out of the window, by `take`, and out of the spool. */
static bool drop(struct handover *h, uint32_t init_in_use,
		 bool (*take)(struct window *w, struct window_segment *out))
{
	struct window_segment s;
	bool taken;

	pthread_mutex_lock(&h->lock);
	taken = take(h->window, &s);
	pthread_mutex_unlock(&h->lock);
	if (taken)
		forget(h, &s, init_in_use);
	return taken;
}

void handover_evict(struct handover *h, uint32_t init_in_use)
{
	while (drop(h, init_in_use, window_evict))
		;
}

bool handover_shed(struct handover *h, int err, uint32_t init_in_use)
{
	if ((err != -ENOSPC && err != -EDQUOT) ||
	    !drop(h, init_in_use, window_shed))
		return false;
	if (!h->is_short)
		log_warn("the spool is full: less is kept than --window asks "
			 "for; make it or --bitrate smaller, or the spool "
			 "larger");
	h->is_short = h->shed = true;
	return true;
}
