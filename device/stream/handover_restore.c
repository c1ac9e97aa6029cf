/* SPDX-License-Identifier: MIT */
#include "device/stream/handover_state.h"

#include <string.h>

#define LOG_MODULE "handover"
#include "common/log.h"
#include "device/stream/journal.h"

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

int handover_restore(struct handover *h)
{
	bool same;
	int n = journal_load(h->spool, h->window, &same);

	if (n < 0)
		return n;
	go_on(h, same);
	spool_sweep(h->spool, is_known, h->window);
	return journal_write(h->spool, h->window);
}
