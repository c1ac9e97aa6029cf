/* SPDX-License-Identifier: MIT */
#include "device/stream/playlist.h"

#include <errno.h>
#include <time.h>

#include "common/names.h"
#include "common/text.h"

/*
 * Parts are listed for this many of the newest segments; the open one counts,
 * and the one that is only hinted at does too (as strict parsers have it).
 */
#define SEGMENTS_WITH_PARTS 3

/* draft-pantos-hls-rfc8216bis 4.4.3.8: at least twice, should be 3 times. */
#define HOLD_BACK_PARTS 3

#define LINE_BOUND 160 /* bytes of one tag with its URI, and to spare */

/* Rounded down, so that no part exceeds PART-TARGET by its printing. */
static void add_seconds(struct text *t, uint64_t ticks_90k)
{
	uint64_t e5 = ticks_90k * 10 / 9;

	text_add_number(t, e5 / 100000, 1);
	text_add(t, ".");
	text_add_number(t, e5 % 100000, 5);
}

static void add_ms(struct text *t, int ms)
{
	text_add_number(t, (uint64_t)(ms / 1000), 1);
	text_add(t, ".");
	text_add_number(t, (uint64_t)(ms % 1000), 3);
}

static void add_name(struct text *t, enum name_kind kind, uint32_t id,
		     struct wire_position at)
{
	char name[NAME_SIZE];
	int n = name_format(name,
			    &(struct name){ .kind = kind, .id = id, .at = at });

	text_add_bytes(t, name, (size_t)n);
}

/* "-07": a number of a date, and what stands before it. */
static void add_two(struct text *t, const char *before, int number)
{
	text_add(t, before);
	text_add_number(t, (uint64_t)number, 2);
}

/* 4.4.4.6: on every segment, so that none is ever added to one later. */
static void add_date(struct text *t, int64_t unix_us)
{
	time_t seconds = (time_t)(unix_us / 1000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	text_add(t, "#EXT-X-PROGRAM-DATE-TIME:");
	text_add_number(t, (uint64_t)(tm.tm_year + 1900), 4);
	add_two(t, "-", tm.tm_mon + 1);
	add_two(t, "-", tm.tm_mday);
	add_two(t, "T", tm.tm_hour);
	add_two(t, ":", tm.tm_min);
	add_two(t, ":", tm.tm_sec);
	text_add(t, ".");
	text_add_number(t, (uint64_t)(unix_us / 1000 % 1000), 3);
	text_add(t, "Z\n");
}

static void add_map(struct text *t, uint32_t init)
{
	text_add(t, "#EXT-X-MAP:URI=\"");
	add_name(t, NAME_INIT, init, (struct wire_position){ 0 });
	text_add(t, "\"\n");
}

/* What one playlist shows of the window. */
struct view {
	const struct window *window;
	size_t from, to; /* indices of segments: from .. to-1 */
	struct wire_position last;
};

/* Parts of segment `s` that the view shows. */
static size_t parts_shown(const struct view *v, const struct window_segment *s)
{
	if (s->msn == v->last.msn && v->last.part + 1 < s->count)
		return v->last.part + 1;
	return s->count;
}

static bool shown_closed(const struct view *v, const struct window_segment *s)
{
	return s->closed && parts_shown(v, s) == s->count;
}

/*
 * The list of a reader that lacks the newest is as long as that of any other:
 * it must not get shorter than three target durations (6.2.2) because the
 * window has gone on meanwhile.
 */
static bool make_view(struct view *v, const struct window *w,
		      const struct playlist_params *params)
{
	*v = (struct view){ .window = w,
			    .to = window_count(w),
			    .last = params->last };
	while (v->to > 0 && window_at(w, v->to - 1)->msn > params->last.msn)
		v->to--;
	if (!v->to)
		return false;
	v->from = window_first_listed_to(
		w, v->to, shown_closed(v, window_at(w, v->to - 1)));
	while (v->from < v->to &&
	       window_at(w, v->from)->msn < params->first_msn)
		v->from++;
	return v->to > v->from;
}

/* Constants: from the configuration alone, the same in each playlist. */
static void add_head(struct text *t, const struct window_params *params,
		     const struct window_segment *first)
{
	text_add(t, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:");
	text_add_number(t, (uint64_t)params->target_ms / 1000, 1);
	text_add(t, "\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,"
		    "PART-HOLD-BACK=");
	add_ms(t, HOLD_BACK_PARTS * params->part_target_ms);
	text_add(t, "\n#EXT-X-PART-INF:PART-TARGET=");
	add_ms(t, params->part_target_ms);
	text_add(t, "\n#EXT-X-MEDIA-SEQUENCE:");
	text_add_number(t, first->msn, 1);
	/* 6.2.1: the tag before a segment counts for it, so leave it out */
	text_add(t, "\n#EXT-X-DISCONTINUITY-SEQUENCE:");
	text_add_number(t, first->discontinuity - first->follows_jump, 1);
	text_add(t, "\n");
}

static void add_parts(struct text *t, const struct window_segment *s,
		      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		text_add(t, "#EXT-X-PART:DURATION=");
		add_seconds(t, s->parts[i].duration_90k);
		text_add(t, ",URI=\"");
		add_name(t, NAME_PART, s->epoch,
			 (struct wire_position){ s->msn, (uint32_t)i });
		text_add(t, s->parts[i].independent ? "\",INDEPENDENT=YES\n"
						    : "\"\n");
	}
}

/* Index of the first segment whose parts are listed. */
static size_t first_with_parts(const struct view *v)
{
	size_t count = SEGMENTS_WITH_PARTS;

	if (shown_closed(v, window_at(v->window, v->to - 1)))
		count--;
	return v->to > count ? v->to - count : 0;
}

static void add_segments(struct text *t, const struct view *v)
{
	size_t with_parts = first_with_parts(v);
	uint32_t map = 0;

	for (size_t i = v->from; i < v->to; i++) {
		const struct window_segment *s = window_at(v->window, i);

		if (s->follows_jump)
			text_add(t, "#EXT-X-DISCONTINUITY\n");
		if (i == v->from || s->follows_jump || s->init != map)
			add_map(t, s->init);
		map = s->init;
		add_date(t, s->start_us);
		if (i >= with_parts)
			add_parts(t, s, parts_shown(v, s));
		if (!shown_closed(v, s))
			continue;
		text_add(t, "#EXTINF:");
		add_seconds(t, s->duration_90k);
		text_add(t, ",\n");
		add_name(t, NAME_SEGMENT, s->epoch,
			 (struct wire_position){ s->msn, 0 });
		text_add(t, "\n");
	}
}

/* The part that will come next: its name is known before it is made. */
static void find_hint(const struct view *v, struct playlist_facts *facts)
{
	const struct window_segment *s = window_at(v->window, v->to - 1);
	const struct window_segment *next;

	facts->hint_epoch = s->epoch;
	facts->hint = (struct wire_position){ s->msn, facts->last.part + 1 };
	if (!shown_closed(v, s))
		return;
	facts->hint = (struct wire_position){ s->msn + 1, 0 };
	next = window_find(v->window, s->msn + 1);
	facts->hint_epoch = next ? next->epoch : window_epoch(v->window);
}

int playlist_render(char *out, size_t size, const struct window *w,
		    const struct playlist_params *params,
		    struct playlist_facts *facts)
{
	struct text t = { .at = out, .size = size };
	const struct window_segment *newest;
	struct view v;

	if (!make_view(&v, w, params) ||
	    !shown_closed(&v, window_at(w, v.from)))
		return -ENODATA;
	newest = window_at(w, v.to - 1);
	*facts = (struct playlist_facts){
		.first_msn = window_at(w, v.from)->msn,
		.last = { newest->msn, (uint32_t)parts_shown(&v, newest) - 1 },
	};
	find_hint(&v, facts);
	add_head(&t, window_params(w), window_at(w, v.from));
	add_segments(&t, &v);
	if (params->ended) {
		text_add(&t, "#EXT-X-ENDLIST\n");
	} else {
		text_add(&t, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"");
		add_name(&t, NAME_PART, facts->hint_epoch, facts->hint);
		text_add(&t, "\"\n");
	}
	return text_end(&t) ? (int)t.length : -EMSGSIZE;
}

size_t playlist_bound(const struct window *w)
{
	size_t lines = 16, most_parts = 0;

	for (size_t i = 0; i < window_count(w); i++) {
		size_t parts = window_at(w, i)->count;

		lines += 5;
		most_parts = parts > most_parts ? parts : most_parts;
	}
	return (lines + SEGMENTS_WITH_PARTS * most_parts) * LINE_BOUND;
}
