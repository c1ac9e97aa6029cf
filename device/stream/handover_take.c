/* SPDX-License-Identifier: MIT */
#include "device/stream/handover_state.h"

#include <errno.h>

static bool next_position(const struct window *w,
			  const struct wire_position *at,
			  struct wire_position *out)
{
	size_t first = window_first_listed(w);

	if (at)
		return window_after(w, *at, out);
	if (first == window_count(w))
		return false;
	*out = (struct wire_position){ window_at(w, first)->msn, 0 };
	return true;
}

bool handover_next(struct handover *h, const struct wire_position *at,
		   struct wire_part *meta, uint8_t *flags, uint32_t *size)
{
	struct wire_position next;
	bool found;

	pthread_mutex_lock(&h->lock);
	found = !h->stale && next_position(h->window, at, &next);
	if (found) {
		const struct window_segment *s =
			window_find(h->window, next.msn);

		*flags = window_describe(s, next.part, meta);
		*size = s->parts[next.part].size;
	}
	pthread_mutex_unlock(&h->lock);
	return found;
}

int handover_read_part(struct handover *h, const struct wire_part *meta,
		       uint8_t *out, size_t size)
{
	char name[NAME_SIZE];
	int n;

	handover_part_file(name, meta);
	n = spool_read(h->spool, name, out, size);
	if (n < 0)
		return n;
	return (size_t)n == size ? 0 : -ENOENT;
}

int handover_read_init(struct handover *h, uint32_t id, uint8_t *out,
		       size_t size)
{
	char name[NAME_SIZE];

	name_format(name, &(struct name){ .kind = NAME_INIT, .id = id });
	return spool_read(h->spool, name, out, size);
}

int handover_playlist(struct handover *h, const struct playlist_params *params,
		      char *out, size_t size, struct playlist_facts *facts)
{
	int n;

	pthread_mutex_lock(&h->lock);
	n = playlist_render(out, size, h->window, params, facts);
	pthread_mutex_unlock(&h->lock);
	return n;
}

void handover_raise(struct handover *h, uint32_t last_msn,
		    uint32_t discontinuity)
{
	if (last_msn >= WIRE_MAX_MSN)
		return; /* a relay that lies: nothing comes above that */
	pthread_mutex_lock(&h->lock);
	if (h->raised.msn <= last_msn)
		h->raised.msn = last_msn + 1;
	if (h->raised.discontinuity < discontinuity)
		h->raised.discontinuity = discontinuity;
	h->raised.seen = true;
	pthread_mutex_unlock(&h->lock);
}

bool handover_range(struct handover *h, uint32_t *first_msn,
		    struct wire_position *last)
{
	const struct window *w = h->window;
	bool any;

	pthread_mutex_lock(&h->lock);
	any = !h->stale && window_first_listed(w) < window_count(w);
	if (any) {
		const struct window_segment *s =
			window_at(w, window_count(w) - 1);

		*first_msn = window_at(w, window_first_listed(w))->msn;
		*last = (struct wire_position){ s->msn,
						(uint32_t)s->count - 1 };
	}
	pthread_mutex_unlock(&h->lock);
	return any;
}

struct window_amount handover_behind(struct handover *h,
				     struct wire_position at)
{
	struct window_amount amount;

	pthread_mutex_lock(&h->lock);
	amount = window_behind(h->window, at);
	pthread_mutex_unlock(&h->lock);
	return amount;
}
