/* SPDX-License-Identifier: MIT */
#include "device/push/pushed.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

#define LINES_BOUND 256 /* bytes of all tags of a segment, and to spare */

/*
 * Before the oldest segment that a list names may lie some that had fallen out
 * of it and were not deleted when the process was killed.
 */
#define LOOK_BACK(p) ((p)->segments + 2)

struct pushed {
	unsigned int segments;
	int target_ms;
	/* oldest first: gone, then listed; some learned ones before both */
	struct pushed_segment *all;
	size_t room, count;
	size_t gone;	    /* of these */
	bool drop_init;	    /* before all[0]: */
	uint32_t init_gone; /* this init is to be deleted */
};

int pushed_open(struct pushed **out, unsigned int segments, int target_ms)
{
	struct pushed *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->segments = segments;
	p->target_ms = target_ms;
	p->room = 4 * (size_t)segments + 8;
	p->all = calloc(p->room, sizeof(*p->all));
	if (!p->all) {
		pushed_close(&p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

void pushed_close(struct pushed **pushed)
{
	struct pushed *p = *pushed;

	*pushed = NULL;
	if (!p)
		return;
	free(p->all);
	free(p);
}

/* --- what is there ---------------------------------------------------------
 */

bool pushed_has(const struct pushed *p, const struct pushed_segment *segment)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].msn == segment->msn &&
		    p->all[i].epoch == segment->epoch)
			return true;
	return false;
}

bool pushed_has_init(const struct pushed *p, uint32_t init)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].init == init)
			return true;
	return false;
}

static void remove_at(struct pushed *p, size_t at)
{
	p->count--;
	memmove(p->all + at, p->all + at + 1,
		(p->count - at) * sizeof(*p->all));
	if (at < p->gone)
		p->gone--;
}

/* When nobody could delete for long, the oldest is forgotten. */
static void append(struct pushed *p, const struct pushed_segment *segment)
{
	if (p->count == p->room)
		remove_at(p, 0);
	p->all[p->count++] = *segment;
}

void pushed_add(struct pushed *p, const struct pushed_segment *segment)
{
	/* It was learned: now more is known of it. */
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].msn == segment->msn &&
		    p->all[i].epoch == segment->epoch)
			remove_at(p, i--);
	if (p->count && p->all[p->count - 1].msn + 1 != segment->msn)
		p->gone = p->count;
	append(p, segment);
	if (p->count - p->gone > p->segments)
		p->gone++;
}

/* --- what an earlier process left ------------------------------------------
 */

/* The text behind `tag` in the line; NULL: it is another line. */
static const char *behind(const char *line, const char *tag)
{
	size_t n = strlen(tag);

	return strncmp(line, tag, n) ? NULL : line + n;
}

static uint32_t read_number(const char *text)
{
	unsigned long value = strtoul(text, NULL, 10);

	return value > WIRE_MAX_MSN ? 0 : (uint32_t)value;
}

static uint32_t read_map(const char *attributes)
{
	const char *uri = behind(attributes, "URI=\"");
	struct name name;

	if (uri && name_parse(&name, uri, strcspn(uri, "\"")) &&
	    name.kind == NAME_INIT)
		return name.id;
	return 0;
}

/* Those of its epoch that may be there though no list has them any more. */
static void look_back(struct pushed *p, const struct pushed_segment *first)
{
	unsigned int n = LOOK_BACK(p);

	for (uint32_t i = n; i > 0; i--)
		if (first->msn > i) {
			struct pushed_segment s = *first;

			s.msn -= i;
			append(p, &s);
		}
}

static void learn_line(struct pushed *p, const char *line,
		       struct pushed_segment *s)
{
	const char *rest;
	struct name name;

	if ((rest = behind(line, "#EXT-X-DISCONTINUITY-SEQUENCE:")))
		s->discontinuity = read_number(rest);
	else if (behind(line, "#EXT-X-DISCONTINUITY"))
		s->discontinuity++;
	else if ((rest = behind(line, "#EXT-X-MAP:")))
		s->init = read_map(rest);
	else if (name_parse(&name, line, strcspn(line, "\r\n")) &&
		 name.kind == NAME_SEGMENT) {
		s->epoch = name.id;
		s->msn = name.at.msn;
		if (!p->count)
			look_back(p, s);
		append(p, s);
	}
}

bool pushed_learn(struct pushed *p, const char *text,
		  struct pushed_segment *newest)
{
	struct pushed_segment s = { 0 };

	assert(!p->count);
	if (behind(text, "#EXTM3U"))
		for (const char *line = text; line;) {
			learn_line(p, line, &s);
			line = strchr(line, '\n');
			line = line ? line + 1 : NULL;
		}
	p->gone = p->count;
	*newest = s;
	return p->count > 0;
}

/* --- the playlist ----------------------------------------------------------
 */

static void add_name(struct text *t, enum name_kind kind, uint32_t id,
		     uint32_t msn)
{
	char name[NAME_SIZE];
	int n = name_format(
		name,
		&(struct name){ .kind = kind, .id = id, .at = { msn, 0 } });

	text_add_bytes(t, name, (size_t)n);
}

/* 4.3.2.6, with milliseconds. */
static void add_date(struct text *t, int64_t unix_us)
{
	time_t seconds = (time_t)(unix_us / 1000000);
	char date[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%FT%T.", &tm);
	text_add(t, "#EXT-X-PROGRAM-DATE-TIME:");
	text_add(t, date);
	text_add_number(t, (uint64_t)(unix_us / 1000 % 1000), 3);
	text_add(t, "Z\n");
}

static void add_segment(struct text *t, const struct pushed_segment *s,
			bool map)
{
	uint64_t e5 = s->duration_90k * 10 / 9;

	if (s->follows_jump)
		text_add(t, "#EXT-X-DISCONTINUITY\n");
	if (map) {
		text_add(t, "#EXT-X-MAP:URI=\"");
		add_name(t, NAME_INIT, s->init, 0);
		text_add(t, "\"\n");
	}
	add_date(t, s->start_us);
	text_add(t, "#EXTINF:");
	text_add_number(t, e5 / 100000, 1);
	text_add(t, ".");
	text_add_number(t, e5 % 100000, 5);
	text_add(t, ",\n");
	add_name(t, NAME_SEGMENT, s->epoch, s->msn);
	text_add(t, "\n");
}

size_t pushed_text_size(const struct pushed *p)
{
	return (p->segments + 1) * (size_t)LINES_BOUND;
}

/* Version 6 is the least that has EXT-X-MAP here; 7 says it is CMAF. */
size_t pushed_render(const struct pushed *p, bool ended, char *out, size_t size)
{
	struct text t = { .at = out, .size = size };
	const struct pushed_segment *first = &p->all[p->gone];

	assert(p->gone < p->count);
	text_add(&t, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:");
	text_add_number(&t, (uint64_t)p->target_ms / 1000, 1);
	text_add(&t, "\n#EXT-X-MEDIA-SEQUENCE:");
	text_add_number(&t, first->msn, 1);
	/* 6.2.1: the tag before a segment counts for it, so leave it out */
	text_add(&t, "\n#EXT-X-DISCONTINUITY-SEQUENCE:");
	text_add_number(&t, first->discontinuity - first->follows_jump, 1);
	text_add(&t, "\n");
	for (size_t i = p->gone; i < p->count; i++) {
		const struct pushed_segment *s = &p->all[i];

		add_segment(&t, s,
			    s == first || s->follows_jump ||
				    s->init != s[-1].init);
	}
	if (ended)
		text_add(&t, "#EXT-X-ENDLIST\n");
	text_end(&t);
	return t.length;
}

/* --- what is to be deleted -------------------------------------------------
 */

bool pushed_stale(const struct pushed *p, char name[static NAME_SIZE])
{
	struct name stale = { .kind = NAME_SEGMENT };

	if (p->drop_init) {
		stale = (struct name){ .kind = NAME_INIT, .id = p->init_gone };
	} else if (p->gone > p->segments) {
		stale.id = p->all[0].epoch;
		stale.at.msn = p->all[0].msn;
	} else {
		return false;
	}
	name_format(name, &stale);
	return true;
}

void pushed_drop_stale(struct pushed *p)
{
	uint32_t init;

	if (p->drop_init) {
		p->drop_init = false;
		return;
	}
	init = p->all[0].init;
	remove_at(p, 0);
	p->drop_init = init && !pushed_has_init(p, init);
	p->init_gone = init;
}
