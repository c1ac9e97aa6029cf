/* SPDX-License-Identifier: MIT */
#include "device/stream/handover.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "handover"
#include "common/log.h"
#include "common/names.h"
#include "common/trace.h"
#include "device/stream/journal.h"
#include "device/stream/spool.h"

struct handover {
	struct handover_params params;
	struct spool *spool;

	pthread_mutex_t lock;
	struct window *window; /* changed by media alone; lock to change it,
				  and to read it in the network thread */
	struct window_place raised; /* under the lock; msn 0: nothing asked */
	bool stale;    /* likewise: all that is there, until `raised` is done */
	bool finished; /* under the lock, too, as these: */
	bool has_clock;
	int64_t clock_us;

	/* media thread only */
	bool broken; /* a part was lost: the next one follows a jump */
	char *text;  /* the playlist in the spool */
	size_t text_size;
};

static void part_file(char out[static NAME_SIZE], const struct wire_part *meta)
{
	name_format(out, &(struct name){ .kind = NAME_PART,
					 .id = meta->epoch,
					 .at = meta->at });
}

/* --- opening ----------------------------------------------------------------
 */

/* A file in the spool is kept when the restored window knows it. */
static bool is_known(const char *file, void *context)
{
	const struct window *w = context;
	const struct window_segment *s;
	struct name name;

	if (!strcmp(file, JOURNAL_NAME))
		return true;
	if (!name_parse(&name, file, strlen(file)))
		return false;
	if (name.kind == NAME_INIT) {
		for (size_t i = 0; i < window_count(w); i++)
			if (window_at(w, i)->init == name.id)
				return true;
		return false;
	}
	s = window_find(w, name.at.msn);
	return name.kind == NAME_PART && s && s->epoch == name.id &&
	       name.at.part < s->count;
}

/* When the newest segment ended, on the wall clock. */
static int64_t end_us(const struct window *w)
{
	const struct window_segment *s = window_at(w, window_count(w) - 1);

	return s->start_us + (int64_t)(s->duration_90k * 100 / 9);
}

/*
 * Goes on behind what an earlier process left. What it listed is listed again
 * when it is not older than a playlist is long and was made with the same
 * constants; else there is nothing that a player could still be watching.
 */
static void go_on(struct handover *h, bool same)
{
	struct window *w = h->window;
	struct window_place to = { .epoch = h->params.epoch,
				   .msn = h->params.first_msn };

	if (window_count(w)) {
		int64_t length_us = (int64_t)h->params.window.target_ms * 1000 *
				    h->params.window.segments;
		int64_t age_us = h->params.now_us - end_us(w);
		bool fresh = same && age_us >= 0 && age_us < length_us;
		uint32_t next = window_at(w, window_count(w) - 1)->msn + 1;

		to.msn = fresh ? next : next + 1;
		log_info("going on behind media sequence %u%s", next - 1,
			 fresh ? "" : ", which is too old to be listed");
	}
	window_jump(w, &to);
}

static int load(struct handover *h)
{
	bool same;
	int n = journal_load(h->spool, h->window, &same);

	if (n < 0)
		return n;
	go_on(h, same);
	spool_sweep(h->spool, is_known, h->window);
	return journal_write(h->spool, h->window);
}

int handover_open(struct handover **out, const struct handover_params *params)
{
	struct handover *h = calloc(1, sizeof(*h));
	int err;

	*out = NULL;
	if (!h)
		return -ENOMEM;
	h->params = *params;
	pthread_mutex_init(&h->lock, NULL);
	if ((err = window_open(&h->window, &params->window)) < 0 ||
	    (err = spool_open(&h->spool, params->directory,
			      params->any_filesystem)) < 0)
		goto fail;
	h->params.directory = NULL; /* was borrowed */
	err = load(h);
	if (err < 0) {
		log_error("cannot write the spool: %s", strerror(-err));
		goto fail;
	}
	*out = h;
	return 0;

fail:
	handover_close(&h);
	return err;
}

void handover_close(struct handover **handover)
{
	struct handover *h = *handover;

	*handover = NULL;
	if (!h)
		return;
	window_close(&h->window);
	spool_close(&h->spool);
	pthread_mutex_destroy(&h->lock);
	free(h->text);
	free(h);
}

/* --- media thread -----------------------------------------------------------
 */

int handover_put_init(struct handover *h, const uint8_t *bytes, size_t size,
		      uint32_t *id)
{
	char name[NAME_SIZE];
	int err;

	if (size > WIRE_MAX_INIT)
		return -EMSGSIZE;
	*id = name_init_id(bytes, size);
	name_format(name, &(struct name){ .kind = NAME_INIT, .id = *id });
	err = spool_write(h->spool, name, bytes, size);
	if (err < 0)
		log_error("cannot write %s: %s", name, strerror(-err));
	return err;
}

/* Removes the files of a segment, and its init if no other needs it. */
static void forget(struct handover *h, struct window_segment *s,
		   uint32_t init_in_use)
{
	bool needed = s->init == init_in_use;
	char name[NAME_SIZE];

	for (size_t i = 0; i < s->count; i++) {
		struct wire_part meta;

		window_describe(s, i, &meta);
		part_file(name, &meta);
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

static bool evict(struct handover *h, struct window_segment *s)
{
	bool evicted;

	pthread_mutex_lock(&h->lock);
	evicted = window_evict(h->window, s);
	pthread_mutex_unlock(&h->lock);
	return evicted;
}

/* The playlist beside the parts, for whoever reads the spool directly. */
static int write_playlist(struct handover *h)
{
	struct playlist_params all = { .last = { WIRE_MAX_MSN, 0 } };
	struct playlist_facts facts;
	size_t bound = playlist_bound(h->window);
	int n;

	if (bound > h->text_size) {
		char *text = realloc(h->text, bound);

		if (!text)
			return -ENOMEM;
		h->text = text;
		h->text_size = bound;
	}
	n = playlist_render(h->text, h->text_size, h->window, &all, &facts);
	if (n < 0) /* before the first whole segment there is none */
		return n == -ENODATA ? 0 : n;
	return spool_write(h->spool, NAME_PLAYLIST, h->text, (size_t)n);
}

/* What the relay asked for with handover_raise(), if it still matters. */
static struct window_place take_raised(struct handover *h)
{
	struct window_place to = h->raised;

	h->raised = (struct window_place){ 0 };
	h->stale = false;
	if (window_next(h->window).msn >= to.msn)
		to.msn = 0;
	else
		log_info("the relay knows this stream up to media sequence "
			 "%u: going on above it",
			 to.msn - 1);
	return to;
}

/* Where the next part goes, as far as the window decides it. */
static void place_part(struct handover *h, const struct handover_part *part,
		       struct wire_part *meta)
{
	struct window_place to;

	pthread_mutex_lock(&h->lock);
	to = take_raised(h);
	if (part->discontinuity || h->broken || to.msn)
		window_jump(h->window, &to);
	else if (part->segment)
		window_close_segment(h->window);
	*meta = (struct wire_part){
		.epoch = window_epoch(h->window),
		.at = window_next(h->window),
		.init = part->init,
		.duration_90k = part->duration_90k,
		.start_us = part->start_us,
	};
	pthread_mutex_unlock(&h->lock);
}

/* Adds a stored part to the window; completes `meta` and `flags`. */
static int publish(struct handover *h, struct wire_part *meta, uint8_t *flags,
		   uint32_t size)
{
	int err;

	pthread_mutex_lock(&h->lock);
	err = window_add(h->window, meta, *flags, size);
	if (!err)
		*flags = window_describe(window_find(h->window, meta->at.msn),
					 meta->at.part, meta);
	pthread_mutex_unlock(&h->lock);
	return err;
}

static void trace_part(const struct handover_trace *t, struct wire_position at)
{
	trace_mark_at("captured", at, t->captured_us);
	trace_mark_at("encoded", at, t->encoded_us);
	trace_mark_at("full", at, t->full_us);
	trace_mark("closed", at);
}

static int store_part(struct handover *h, const struct handover_part *part,
		      const uint8_t *bytes, size_t size)
{
	uint8_t flags = (part->independent ? WIRE_INDEPENDENT : 0) |
			(part->last ? WIRE_LAST : 0);
	struct wire_part meta;
	char name[NAME_SIZE];
	int err;

	place_part(h, part, &meta);
	trace_part(&part->trace, meta.at);
	part_file(name, &meta);
	err = spool_write(h->spool, name, bytes, size);
	if (err < 0)
		return err;
	trace_mark("spooled", meta.at);
	err = publish(h, &meta, &flags, (uint32_t)size);
	if (err < 0) {
		spool_remove(h->spool, name);
		return err;
	}
	h->broken = false;
	h->params.wake(h->params.context);
	if (meta.at.part == 0)
		return journal_write(h->spool, h->window);
	return journal_append(h->spool, &meta, flags, (uint32_t)size);
}

int handover_put_part(struct handover *h, const struct handover_part *part,
		      const uint8_t *bytes, size_t size)
{
	bool was_broken = h->broken;
	struct window_segment old;
	int err;

	if (size > WIRE_MAX_PART) {
		log_error("a part of %zu bytes is beyond the limit of %u; "
			  "lower the bitrate or --part-ms",
			  size, WIRE_MAX_PART);
		h->broken = true;
		return -EMSGSIZE;
	}
	while (evict(h, &old))
		forget(h, &old, part->init);
	err = store_part(h, part, bytes, size);
	if (!err)
		err = write_playlist(h);
	if (err < 0) {
		h->broken = true;
		if (!was_broken)
			log_error("cannot write the spool: %s; the stream has "
				  "a gap from here",
				  strerror(-err));
		return err;
	}
	if (was_broken)
		log_info("the spool can be written again");
	return 0;
}

void handover_end_segment(struct handover *h)
{
	pthread_mutex_lock(&h->lock);
	window_close_segment(h->window);
	pthread_mutex_unlock(&h->lock);
	h->params.wake(h->params.context);
}

void handover_finish(struct handover *h)
{
	pthread_mutex_lock(&h->lock);
	window_close_segment(h->window);
	h->finished = true;
	pthread_mutex_unlock(&h->lock);
	h->params.wake(h->params.context);
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
	bool known;

	pthread_mutex_lock(&h->lock);
	known = h->has_clock;
	*offset_us = h->clock_us;
	pthread_mutex_unlock(&h->lock);
	return known;
}

/* --- network thread ---------------------------------------------------------
 */

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

	part_file(name, meta);
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

/* Behind a hole in the media sequence nothing older is listed. */
void handover_renew(struct handover *h)
{
	pthread_mutex_lock(&h->lock);
	if (window_count(h->window)) {
		uint32_t msn = window_next(h->window).msn + 2;

		if (h->raised.msn < msn)
			h->raised = (struct window_place){ .msn = msn,
							   .seen = true };
		h->stale = true;
	}
	pthread_mutex_unlock(&h->lock);
}

void handover_set_clock(struct handover *h, int64_t offset_us)
{
	pthread_mutex_lock(&h->lock);
	h->has_clock = true;
	h->clock_us = offset_us;
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

const struct window_params *handover_window(const struct handover *h)
{
	return window_params(h->window);
}
