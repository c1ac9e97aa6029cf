/* SPDX-License-Identifier: MIT */
#include "device/stream/handover_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "handover"
#include "common/log.h"
#include "common/trace.h"
#include "device/stream/journal.h"

/* A key frame is waited for no longer than this: most come sooner. */
#define MOST_LEFT_OUT_90K (30 * 90000)

/* What is left out for longer than this is told. */
#define MUCH_LEFT_OUT_90K (5 * 90000)

int handover_put_init(struct handover *h, const uint8_t *bytes, size_t size,
		      uint32_t *id)
{
	char name[NAME_SIZE];
	int err;

	if (size > WIRE_MAX_INIT)
		return -EMSGSIZE;
	*id = name_init_id(bytes, size);
	name_format(name, &(struct name){ .kind = NAME_INIT, .id = *id });
	do
		err = spool_write(h->spool, name, bytes, size);
	while (handover_shed(h, err, *id));
	if (err < 0)
		log_error("cannot write %s: %s", name, strerror(-err));
	return err;
}

/* The playlist beside the parts, for whoever reads the spool directly. */
static int write_playlist(struct handover *h)
{
	struct playlist_params all = { .last = { WIRE_MAX_MSN, 0 },
				       .ended = h->finished };
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

static bool is_raised(const struct handover *h)
{
	return h->raised.msn > window_next(h->window).msn;
}

/*
 * A stream that begins anew does so with a key frame: who comes begins there,
 * and what is behind it may need nothing before it.
 */
bool handover_wants_key(struct handover *h)
{
	bool wants;

	pthread_mutex_lock(&h->lock);
	wants = h->broken || is_raised(h);
	pthread_mutex_unlock(&h->lock);
	return wants;
}

/* What the relay asked for with handover_raise(), if it still matters. */
static struct window_place take_raised(struct handover *h)
{
	struct window_place to = { 0 };

	if (is_raised(h)) {
		to = h->raised;
		log_info("the relay knows this stream up to media sequence "
			 "%u: going on above it",
			 to.msn - 1);
	}
	h->raised = (struct window_place){ 0 };
	h->stale = false;
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

/* What was shed is still in the journal: it is written anew. */
static int renew_journal(struct handover *h, uint32_t init)
{
	int err;

	do
		err = journal_write(h->spool, h->window);
	while (handover_shed(h, err, init));
	if (!err)
		h->shed = false;
	return err;
}

static int note_part(struct handover *h, const struct wire_part *meta,
		     uint8_t flags, uint32_t size)
{
	int err;

	if (meta->at.part == 0 || h->shed)
		return renew_journal(h, meta->init);
	err = journal_append(h->spool, meta, flags, size);
	return handover_shed(h, err, meta->init) ? renew_journal(h, meta->init)
						 : err;
}

/* Whoever reads the spool learns of the part, and the next process too. */
static int tell_part(struct handover *h, uint32_t init)
{
	int err;

	do
		err = write_playlist(h);
	while (handover_shed(h, err, init));
	return !err && h->shed ? renew_journal(h, init) : err;
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
	handover_part_file(name, &meta);
	do
		err = spool_write(h->spool, name, bytes, size);
	while (handover_shed(h, err, part->init));
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
	return note_part(h, &meta, flags, (uint32_t)size);
}

/* Each once, however long it lasts: `before` is what was left out till now. */
static void tell_waiting(const struct handover *h, uint64_t before)
{
	if (before <= MUCH_LEFT_OUT_90K && h->left_out_90k > MUCH_LEFT_OUT_90K)
		log_warn("waiting for a key frame, with which the stream goes "
			 "on: the camera should send one every second or two");
	if (before <= MOST_LEFT_OUT_90K && h->left_out_90k > MOST_LEFT_OUT_90K)
		log_warn("no key frame in %d s: the stream goes on without "
			 "one, but most players show nothing until one comes",
			 MOST_LEFT_OUT_90K / 90000);
}

/* Some cameras send a key frame at their start, and then never again. */
static bool waits_for_key(struct handover *h, const struct handover_part *part)
{
	uint64_t before = h->left_out_90k;

	if (part->independent || !handover_wants_key(h)) {
		h->left_out_90k = 0;
		return false;
	}
	h->left_out_90k += part->duration_90k;
	tell_waiting(h, before);
	return h->left_out_90k <= MOST_LEFT_OUT_90K;
}

int handover_put_part(struct handover *h, const struct handover_part *part,
		      const uint8_t *bytes, size_t size)
{
	bool was_broken = h->broken;
	int err;

	if (size > WIRE_MAX_PART) {
		log_error("a part of %zu bytes is beyond the limit of %u; "
			  "lower the bitrate or --part-ms",
			  size, WIRE_MAX_PART);
		h->broken = true;
		return -EMSGSIZE;
	}
	if (waits_for_key(h, part))
		return -EAGAIN;
	handover_evict(h, part->init);
	err = store_part(h, part, bytes, size);
	if (!err)
		err = tell_part(h, part->init);
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
	int err;

	pthread_mutex_lock(&h->lock);
	window_close_segment(h->window);
	h->finished = true;
	pthread_mutex_unlock(&h->lock);
	h->params.wake(h->params.context);
	err = write_playlist(h);
	if (err < 0)
		log_error("cannot write the end of the stream: %s",
			  strerror(-err));
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
