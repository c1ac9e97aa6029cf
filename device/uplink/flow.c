/* SPDX-License-Identifier: MIT */
#include "device/uplink/flow.h"

/* Less busy time than that says nothing. */
#define LEAST_BUSY_US 60000

/* What is overdue for less is a hiccup. */
#define OVERDUE_US 400000

#define MOST_BYTES (UINT32_MAX / 2)

static struct flow_message *oldest(struct flow *f)
{
	return &f->in_flight[f->first];
}

/*
 * The oldest part in flight, or NULL. A relay may acknowledge a playlist with
 * the part in front of it, so what waits for a word of its own does not count.
 */
static const struct flow_message *oldest_media(const struct flow *f)
{
	for (size_t i = 0; i < f->count; i++) {
		size_t at = (f->first + i) % FLOW_IN_FLIGHT;

		if (f->in_flight[at].media)
			return &f->in_flight[at];
	}
	return NULL;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void flow_begin(struct flow *f, int64_t now_us)
{
	f->count = 0;
	f->anew = false;
	f->acked_us = f->moved_us = now_us;
}

void flow_sent(struct flow *f, struct wire_position at, bool media,
	       uint32_t bytes, int64_t now_us)
{
	struct flow_message *m;

	if (!oldest_media(f))
		f->moved_us = now_us;
	if (f->count == FLOW_IN_FLIGHT) {
		m = &f->in_flight[(f->first + f->count - 1) % FLOW_IN_FLIGHT];
		m->at = at;
		m->media = m->media || media;
		m->bytes += bytes < MOST_BYTES - m->bytes ? bytes : 0;
		return;
	}
	m = &f->in_flight[(f->first + f->count++) % FLOW_IN_FLIGHT];
	*m = (struct flow_message){
		.at = at, .sent_us = now_us, .bytes = bytes, .media = media
	};
}

void flow_set_trip(struct flow *f, int64_t trip_us)
{
	f->trip_us = trip_us;
}

static bool is_cut(const struct flow *f, int64_t now_us)
{
	return oldest_media(f) &&
	       now_us - f->moved_us >= FLOW_CUT_US + 2 * f->trip_us;
}

void flow_moved(struct flow *f, int64_t now_us)
{
	if (is_cut(f, now_us)) { /* the line begins anew */
		f->acked_us = now_us;
		f->anew = true;
	}
	f->moved_us = now_us;
}

/* When the line can have begun with a message: it had come, and was its turn.
 */
static int64_t begun_us(const struct flow *f, const struct flow_message *m)
{
	return later(f->acked_us, m->sent_us + f->trip_us);
}

/* --- acknowledgements ------------------------------------------------------
 */

static const struct flow_sample *sample(const struct flow *f, size_t back)
{
	return &f->samples[(f->next + FLOW_SAMPLES - 1 - back) % FLOW_SAMPLES];
}

static void add_sample(struct flow *f, const struct flow_sample *s)
{
	f->samples[f->next] = *s;
	f->next = (f->next + 1) % FLOW_SAMPLES;
}

static void add_up(const struct flow_sample *s, int64_t *busy_us,
		   int64_t *bytes)
{
	if (s->busy_us <= FLOW_MOST_SAMPLE_US) {
		*busy_us += s->busy_us;
		*bytes += s->bytes;
		return;
	}
	*busy_us += FLOW_MOST_SAMPLE_US;
	*bytes += (int64_t)s->bytes * FLOW_MOST_SAMPLE_US / s->busy_us;
}

/* Of the newest `most_us` of busy time, what is overdue included. */
static int64_t carried(const struct flow *f, int64_t most_us, int64_t overdue,
		       int64_t now_us)
{
	int64_t past_us = most_us + 5 * FLOW_BUSY_US + overdue;
	int64_t busy_us = 0, bytes = 0;

	if (overdue > OVERDUE_US) {
		busy_us = overdue;
		bytes = oldest_media(f)->bytes; /* at the most */
	}
	for (size_t i = 0; i < FLOW_SAMPLES && busy_us < most_us; i++) {
		const struct flow_sample *s = sample(f, i);

		if (!s->at_us || now_us - s->at_us > past_us)
			break;
		add_up(s, &busy_us, &bytes);
	}
	if (busy_us >= LEAST_BUSY_US)
		return bytes * 8000000 / busy_us;
	/* too quick to be measured: it carries at least that */
	bytes = bytes * 8000000 / LEAST_BUSY_US;
	return bytes > f->known ? bytes : f->known;
}

/*
 * The less of a moment and of a while: what was idle lets the first bytes pass
 * at once (a token bucket), and is none the faster.
 */
static int64_t capacity(const struct flow *f, int64_t overdue, int64_t now_us)
{
	int64_t now = carried(f, FLOW_BUSY_US, overdue, now_us);
	int64_t before = carried(f, FLOW_LONG_US, overdue, now_us);

	return now < before ? now : before;
}

/*
 * A part and the playlist behind it are acknowledged by the same words: the
 * first time it is for the part.
 */
static bool is_meant(const struct flow_message *m, struct wire_position last,
		     bool any)
{
	int order = wire_compare(m->at, last);

	return order < 0 || (order == 0 && (m->media || !any));
}

void flow_acked(struct flow *f, struct wire_position last, int64_t now_us)
{
	struct flow_sample s = { .at_us = now_us };
	int64_t begun;

	if (!f->count || !is_meant(oldest(f), last, false))
		return;
	flow_moved(f, now_us);
	begun = begun_us(f, oldest(f));
	if (oldest_media(f) && is_meant(oldest_media(f), last, true))
		begun = begun_us(f, oldest_media(f));
	while (f->count && is_meant(oldest(f), last, s.bytes > 0)) {
		const struct flow_message *m = oldest(f);

		s.bytes += m->bytes;
		s.other += m->media ? 0 : m->bytes;
		f->first = (f->first + 1) % FLOW_IN_FLIGHT;
		f->count--;
	}
	s.busy_us = now_us > begun ? now_us - begun : 0;
	f->acked_us = now_us;
	if (!f->anew)
		add_sample(f, &s);
	f->anew = false;
	f->known = capacity(f, 0, now_us);
}

/* --- what it comes to ------------------------------------------------------
 */

static int64_t overdue_us(const struct flow *f, int64_t now_us)
{
	const struct flow_message *m = oldest_media(f);
	int64_t us = m ? now_us - begun_us(f, m) : 0;

	return us > 0 ? us : 0;
}

static void look_back(const struct flow *f, struct flow_sight *sight,
		      int64_t now_us)
{
	int64_t busy_us = sight->silent_us, other = 0;

	for (size_t i = 0; i < FLOW_SAMPLES; i++) {
		const struct flow_sample *s = sample(f, i);

		if (!s->at_us || now_us - s->at_us > FLOW_PAST_US)
			break;
		busy_us += s->busy_us;
		other += s->other;
	}
	if (busy_us > FLOW_PAST_US)
		busy_us = FLOW_PAST_US;
	sight->load = (int)(busy_us * 100 / FLOW_PAST_US);
	sight->other = other * 8000000 / FLOW_PAST_US;
}

struct flow_sight flow_look(const struct flow *f, int64_t now_us)
{
	struct flow_sight sight = {
		.silent_us = overdue_us(f, now_us),
		.cut = is_cut(f, now_us),
	};

	sight.capacity = capacity(f, sight.silent_us, now_us);
	look_back(f, &sight, now_us);
	return sight;
}
