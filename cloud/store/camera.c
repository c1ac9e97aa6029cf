/* SPDX-License-Identifier: MIT */
#include "cloud/store/camera.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/store/audience.h"
#include "cloud/store/blocking.h"
#include "cloud/store/media.h"
#include "cloud/store/note.h"
#include "cloud/store/playlist.h"
#include "cloud/store/poster.h"

/* Smaller in tests, so that growing is what they do. */
#ifndef CAMERA_GROWTH
#define CAMERA_GROWTH 16
#endif

/*
 * What leaves the list stays for as long as the longest playlist that named
 * it, and its own duration (draft-pantos-hls-rfc8216bis 6.2.2). Segments have
 * unequal durations, and playlists travel: one more.
 */
#define LATE_SEGMENTS 2

/* What a player needs to start, whoever else wants the memory. */
#define KEPT_SEGMENTS 3

/* A sleeping device that has missed as many questions is not there. */
#define MISSED_CHECK_INS 3
#define LATE_CHECK_IN_US 5000000

/* One that was woken may have to start its camera first. */
#define WAKING_US 10000000

struct init {
	uint32_t id;
	struct reply *reply;
};

struct segment {
	uint32_t msn, epoch, init, discontinuity;
	bool complete;
	int64_t start_us, end_us; /* Unix time, as its parts say */
	size_t count, room;
	struct reply **part;
	struct reply *whole; /* made when first asked for */
};

struct camera {
	char name[CAMERA_NAME_MAX + 1];
	size_t max_held; /* segments, listed ones and those before them */
	struct segment *segment; /* oldest first, by msn */
	size_t count, room;
	struct init *init; /* newest last */
	size_t inits, init_room;
	uint32_t run_msn; /* without a hole since this segment */
	size_t bytes;	  /* without playlist and poster */
	struct playlist *playlist;
	struct poster *poster;
	int64_t longest_us; /* of the lists so far, in media */
	int64_t playlist_us, gone_us;
	unsigned int connections;
	struct wire_status status;
	int64_t waking_until_us;
	char note[NOTE_SIZE];
	int64_t note_us;
	struct audience audience;
	struct camera_counts counts;
};

int camera_open(struct camera **out, const char *name,
		unsigned int max_segments)
{
	struct camera *c = calloc(1, sizeof(*c));

	*out = c;
	if (!c)
		return -ENOMEM;
	assert(camera_name_valid(name, strlen(name)));
	memcpy(c->name, name, strlen(name) + 1);
	/* The window, as much again, and a segment that has just begun. */
	c->max_held = 2 * (size_t)max_segments + LATE_SEGMENTS + 1;
	return 0;
}

static void drop(struct camera *c, struct reply **reply)
{
	if (*reply)
		c->bytes -= (*reply)->memory;
	reply_release(reply);
}

static void drop_segment(struct camera *c, struct segment *s)
{
	for (size_t i = 0; i < s->count; i++)
		drop(c, &s->part[i]);
	drop(c, &s->whole);
	free(s->part);
}

void camera_close(struct camera **camera)
{
	struct camera *c = *camera;

	*camera = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		drop_segment(c, &c->segment[i]);
	for (size_t i = 0; i < c->inits; i++)
		drop(c, &c->init[i].reply);
	assert(c->bytes == 0);
	playlist_close(&c->playlist);
	poster_close(&c->poster);
	free(c->segment);
	free(c->init);
	free(c);
}

const char *camera_name(const struct camera *c)
{
	return c->name;
}

void camera_connect(struct camera *c)
{
	c->connections++;
}

void camera_disconnect(struct camera *c, int64_t now_us)
{
	assert(c->connections);
	c->connections--;
	c->gone_us = now_us;
}

bool camera_connected(const struct camera *c)
{
	return c->connections > 0;
}

int64_t camera_gone_us(const struct camera *c)
{
	return c->gone_us;
}

/* --- how it says it is --- */

static bool is_resting(const struct wire_status *status)
{
	return status->mode == WIRE_QUIET || status->mode == WIRE_ASLEEP;
}

void camera_put_status(struct camera *c, const struct wire_status *status,
		       int64_t now_us)
{
	if (is_resting(&c->status) && !is_resting(status))
		c->waking_until_us = now_us + WAKING_US;
	c->status = *status;
}

const struct wire_status *camera_status(const struct camera *c)
{
	return &c->status;
}

void camera_put_poster(struct camera *c, struct poster **poster)
{
	poster_close(&c->poster);
	c->poster = *poster;
	*poster = NULL;
}

const struct poster *camera_poster(const struct camera *c)
{
	return c->poster;
}

void camera_put_note(struct camera *c, const char *note, size_t n,
		     int64_t now_us)
{
	note_copy(c->note, note, n);
	c->note_us = now_us;
}

const char *camera_note(const struct camera *c, int64_t *told_us)
{
	*told_us = c->note_us;
	return c->note;
}

void camera_check_in(struct camera *c, unsigned int interval_s, int64_t now_us)
{
	if (c->connections)
		return; /* it is about to leave, or has just come */
	c->status.mode = WIRE_ASLEEP;
	c->status.checkin_s = (uint16_t)interval_s;
	c->gone_us = now_us;
}

int64_t camera_check_in_us(const struct camera *c, int64_t now_us)
{
	int64_t interval_us = c->status.checkin_s * INT64_C(1000000);

	if (c->connections || c->status.mode != WIRE_ASLEEP ||
	    now_us - c->gone_us >=
		    MISSED_CHECK_INS * interval_us + LATE_CHECK_IN_US)
		return 0;
	return interval_us;
}

/* Whether it sends nothing because nobody watches, or did until just now. */
static bool is_asleep(const struct camera *c, int64_t now_us)
{
	if (!c->connections)
		return camera_check_in_us(c, now_us) > 0;
	return is_resting(&c->status) || now_us < c->waking_until_us;
}

/* Makes room for one more element. -ENOMEM: nothing has changed. */
static int grow(void **array, size_t *room, size_t count, size_t element)
{
	void *bigger;

	if (count < *room)
		return 0;
	bigger = reallocarray(*array, *room + CAMERA_GROWTH, element);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room += CAMERA_GROWTH;
	return 0;
}

static struct segment *newest(const struct camera *c)
{
	return c->count ? &c->segment[c->count - 1] : NULL;
}

static struct segment *find_segment(const struct camera *c, uint32_t msn)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->segment[middle].msn < msn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->count && c->segment[low].msn == msn ? &c->segment[low]
							    : NULL;
}

/* --- init segments --- */

static struct init *find_init(const struct camera *c, uint32_t id)
{
	for (size_t i = 0; i < c->inits; i++)
		if (c->init[i].id == id)
			return &c->init[i];
	return NULL;
}

bool camera_has_init(const struct camera *c, uint32_t id)
{
	return find_init(c, id) != NULL;
}

static bool init_needed(const struct camera *c, uint32_t id)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->segment[i].init == id)
			return true;
	return false;
}

/* The newest stays too: the part that needs it is on its way. */
static void drop_unneeded_inits(struct camera *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->inits; i++) {
		if (i + 1 == c->inits || init_needed(c, c->init[i].id))
			c->init[kept++] = c->init[i];
		else
			drop(c, &c->init[i].reply);
	}
	c->inits = kept;
}

int camera_put_init(struct camera *c, uint32_t id, struct reply **reply)
{
	assert(!camera_has_init(c, id));
	if (grow((void **)&c->init, &c->init_room, c->inits, sizeof(*c->init)) <
	    0)
		return -ENOMEM;
	c->init[c->inits++] = (struct init){ id, *reply };
	c->bytes += (*reply)->memory;
	c->counts.bytes_in += (*reply)->body_size;
	*reply = NULL;
	drop_unneeded_inits(c);
	return 0;
}

/* --- parts --- */

/* A part of a segment that is not the newest. */
static int check_older(const struct camera *c, const struct wire_part *part)
{
	const struct segment *s = find_segment(c, part->at.msn);

	/* Was here, and was evicted; unless it is of another stream. */
	if (part->at.msn < c->segment[0].msn &&
	    part->epoch == c->segment[0].epoch)
		return 1;
	if (s && s->epoch == part->epoch && part->at.part < s->count)
		return 1;
	return -EINVAL;
}

static int check_newest(const struct segment *s, const struct wire_part *part)
{
	if (s->epoch != part->epoch || s->init != part->init)
		return -EINVAL;
	if (part->at.part < s->count)
		return 1;
	return part->at.part == s->count && !s->complete ? 0 : -EINVAL;
}

int camera_check_part(const struct camera *c, const struct wire_part *part)
{
	const struct segment *s = newest(c);
	int err = 0;

	if (s && part->at.msn < s->msn)
		return check_older(c, part);
	if (s && part->at.msn == s->msn)
		err = check_newest(s, part);
	else if (part->at.part != 0)
		err = -EINVAL;
	else if (c->count >= c->max_held)
		err = -ENOSPC;
	if (err == 0 && !camera_has_init(c, part->init))
		return -ENOENT;
	return err;
}

static int add_part(struct segment *s, const struct wire_part *part,
		    uint8_t flags, struct reply **reply)
{
	if (grow((void **)&s->part, &s->room, s->count, sizeof(*s->part)) < 0)
		return -ENOMEM;
	s->part[s->count++] = *reply;
	s->complete = flags & WIRE_LAST;
	s->end_us = part->start_us + (int64_t)part->duration_90k * 100 / 9;
	*reply = NULL;
	return 0;
}

/* With its first part, so that there is never an empty one. */
static int add_segment(struct camera *c, const struct wire_part *part,
		       uint8_t flags, struct reply **reply)
{
	struct segment *before;
	struct segment s = {
		.msn = part->at.msn,
		.epoch = part->epoch,
		.init = part->init,
		.discontinuity = part->discontinuity,
		.start_us = part->start_us,
	};

	if (grow((void **)&c->segment, &c->room, c->count, sizeof(s)) < 0 ||
	    add_part(&s, part, flags, reply) < 0)
		return -ENOMEM;
	before = newest(c);
	if (before)
		before->complete = true;
	if (!before || before->msn + 1 != s.msn)
		c->run_msn = s.msn;
	c->segment[c->count++] = s;
	return 0;
}

int camera_put_part(struct camera *c, const struct wire_part *part,
		    uint8_t flags, struct reply **reply)
{
	struct segment *s = newest(c);
	size_t memory = (*reply)->memory, body_size = (*reply)->body_size;
	int err;

	assert(camera_check_part(c, part) == 0);
	if (s && s->msn == part->at.msn)
		err = add_part(s, part, flags, reply);
	else
		err = add_segment(c, part, flags, reply);
	if (err < 0)
		return err;
	c->bytes += memory;
	c->counts.bytes_in += body_size;
	if (is_resting(&c->status))
		c->status.mode = WIRE_LIVE;
	return 0;
}

/* --- the playlist --- */

static bool holds_part(const struct camera *c, struct wire_position at)
{
	const struct segment *s = find_segment(c, at.msn);

	return s && at.part < s->count;
}

static void evict_oldest(struct camera *c)
{
	drop_segment(c, &c->segment[0]);
	c->count--;
	memmove(&c->segment[0], &c->segment[1], c->count * sizeof(*c->segment));
	drop_unneeded_inits(c);
}

/*
 * By time as well: a list may be of long segments, and what follows it of
 * short ones. It has been off the list for what is newer than that list.
 */
static bool has_expired(const struct camera *c, const struct segment *s)
{
	int64_t duration_us = s->end_us - s->start_us;

	return newest(c)->end_us - s->end_us >= 2 * c->longest_us + duration_us;
}

/* Dates may jump; no list is longer than its segments can be. */
static void measure_list(struct camera *c)
{
	const struct wire_playlist *meta = playlist_meta(c->playlist);
	const struct segment *first = find_segment(c, meta->first_msn);
	int64_t most_us = ((int64_t)meta->last.msn - meta->first_msn + 1) *
			  meta->target_ms * 1000;
	int64_t list_us = first ? newest(c)->end_us - first->start_us : 0;

	if (list_us > most_us)
		list_us = most_us;
	if (list_us > c->longest_us)
		c->longest_us = list_us;
}

/* Keeps what is listed, and what players may have read of in time. */
static void evict_expired(struct camera *c)
{
	const struct wire_playlist *meta = playlist_meta(c->playlist);
	uint32_t late = meta->last.msn - meta->first_msn + 1 + LATE_SEGMENTS;

	while (c->count && c->segment[0].msn < meta->first_msn &&
	       meta->first_msn - c->segment[0].msn > late &&
	       has_expired(c, &c->segment[0]))
		evict_oldest(c);
}

/* A segment may end as it stands, without WIRE_LAST on its last part. */
static bool ends_newest(const struct camera *c, const struct playlist *p)
{
	return playlist_state(p).ended ||
	       playlist_meta(p)->hint.msn > newest(c)->msn;
}

int camera_put_playlist(struct camera *c, struct playlist **playlist,
			int64_t now_us)
{
	const struct wire_playlist *meta = playlist_meta(*playlist);

	if (!holds_part(c, meta->last))
		return -ENOENT;
	if (c->playlist &&
	    wire_compare(meta->last, playlist_meta(c->playlist)->last) < 0) {
		playlist_close(playlist);
		return 1;
	}
	if (ends_newest(c, *playlist))
		newest(c)->complete = true;
	playlist_close(&c->playlist);
	c->playlist = *playlist;
	c->playlist_us = now_us;
	*playlist = NULL;
	measure_list(c);
	evict_expired(c);
	return 0;
}

static bool is_listed(const struct camera *c, const struct segment *s)
{
	return !c->playlist || s->msn >= playlist_meta(c->playlist)->first_msn;
}

bool camera_evict(struct camera *c)
{
	if (!c->count || is_listed(c, &c->segment[0]))
		return false;
	evict_oldest(c);
	return true;
}

static size_t segment_memory(const struct segment *s)
{
	size_t bytes = s->whole ? s->whole->memory : 0;

	for (size_t k = 0; k < s->count; k++)
		bytes += s->part[k]->memory;
	return bytes;
}

size_t camera_evictable(const struct camera *c)
{
	size_t bytes = 0;

	for (size_t i = 0; i < c->count && !is_listed(c, &c->segment[i]); i++)
		bytes += segment_memory(&c->segment[i]);
	return bytes;
}

bool camera_shed(struct camera *c)
{
	if (c->count <= KEPT_SEGMENTS)
		return false;
	evict_oldest(c);
	c->counts.shed++;
	return true;
}

size_t camera_sheddable(const struct camera *c)
{
	size_t bytes = 0;

	for (size_t i = 0; i + KEPT_SEGMENTS < c->count; i++)
		bytes += segment_memory(&c->segment[i]);
	return bytes;
}

const struct camera_counts *camera_counts(const struct camera *c)
{
	return &c->counts;
}

void camera_count_part(struct camera *c, const struct wire_part *part,
		       int64_t wall_us)
{
	c->counts.parts++;
	c->counts.delay_us = wall_us - part->start_us -
			     (int64_t)part->duration_90k * 100 / 9;
}

void camera_count_resume(struct camera *c)
{
	c->counts.resumes++;
}

void camera_count_answer(struct camera *c, size_t bytes)
{
	c->counts.bytes_out += bytes;
}

size_t camera_bytes(const struct camera *c)
{
	return c->bytes + (c->playlist ? playlist_memory(c->playlist) : 0) +
	       poster_memory(c->poster);
}

bool camera_welcome(const struct camera *c, struct wire_welcome *out)
{
	const struct segment *s = newest(c);

	if (!s)
		return false;
	out->first_msn =
		c->run_msn > c->segment[0].msn ? c->run_msn : c->segment[0].msn;
	out->last = (struct wire_position){ s->msn, (uint32_t)s->count - 1 };
	out->epoch = s->epoch;
	out->epoch = s->epoch;
	out->discontinuity = s->discontinuity;
	return true;
}

/* --- viewers --- */

struct playlist *camera_playlist(const struct camera *c)
{
	return c->playlist;
}

int64_t camera_playlist_us(const struct camera *c)
{
	return c->playlist_us;
}

struct audience *camera_audience(struct camera *c)
{
	return &c->audience;
}

unsigned int camera_viewers(const struct camera *c, int64_t now_us)
{
	return audience_viewers(&c->audience, now_us);
}

bool camera_playable(const struct camera *c, int64_t now_us)
{
	struct blocking_state state;

	if (!c->playlist)
		return false;
	state = playlist_state(c->playlist);
	return state.ended ||
	       now_us - c->playlist_us <= blocking_limit_us(state.target_ms);
}

enum camera_state camera_state(const struct camera *c, int64_t now_us)
{
	bool playable = camera_playable(c, now_us);
	bool watched = camera_viewers(c, now_us) > 0;

	if (c->playlist && playlist_state(c->playlist).ended)
		return CAMERA_ENDED;
	/* Who came early enough plays what is still there, and all is well. */
	if (is_asleep(c, now_us) && !(watched && playable))
		return watched ? CAMERA_WAKING : CAMERA_ASLEEP;
	if (!c->playlist)
		return CAMERA_WAITING;
	if (playable)
		return c->connections ? CAMERA_LIVE : CAMERA_GONE;
	return c->connections ? CAMERA_STALLED : CAMERA_OFFLINE;
}

static enum camera_object find_whole(struct camera *c, struct segment *s,
				     struct reply **out)
{
	if (!s->complete)
		return CAMERA_COMING;
	if (!s->whole) {
		s->whole = media_segment(s->part, s->count);
		if (!s->whole)
			return CAMERA_NO_MEMORY;
		c->bytes += s->whole->memory;
	}
	*out = s->whole;
	return CAMERA_HELD;
}

static bool is_hinted(const struct camera *c, const struct name *name)
{
	const struct wire_playlist *meta;

	if (!c->playlist || playlist_state(c->playlist).ended)
		return false;
	meta = playlist_meta(c->playlist);
	return meta->hint_epoch == name->id &&
	       wire_compare(meta->hint, name->at) == 0;
}

/* Behind the newest part: what was hinted, or what follows by the rules. */
static bool is_coming(const struct camera *c, const struct name *name)
{
	const struct segment *s = newest(c);

	if (!s || name->at.msn < s->msn ||
	    (name->at.msn == s->msn &&
	     (name->at.part < s->count || s->complete)))
		return false;
	if (is_hinted(c, name))
		return true;
	if (s->epoch != name->id)
		return false;
	if (name->at.msn == s->msn)
		return name->at.part == s->count;
	return name->at.msn == s->msn + 1 && name->at.part == 0;
}

static enum camera_object find_init_reply(const struct camera *c, uint32_t id,
					  struct reply **out)
{
	const struct init *init = find_init(c, id);

	if (!init)
		return CAMERA_UNKNOWN;
	*out = init->reply;
	return CAMERA_HELD;
}

enum camera_object camera_find(struct camera *c, const struct name *name,
			       struct reply **out)
{
	struct segment *s;

	*out = NULL;
	if (name->kind == NAME_INIT)
		return find_init_reply(c, name->id, out);
	s = find_segment(c, name->at.msn);
	if (s && s->epoch != name->id)
		s = NULL;
	if (name->kind == NAME_SEGMENT)
		return s ? find_whole(c, s, out) : CAMERA_UNKNOWN;
	if (s && name->at.part < s->count) {
		*out = s->part[name->at.part];
		return CAMERA_HELD;
	}
	if (is_coming(c, name))
		return CAMERA_COMING;
	return s && name->at.part == s->count ? CAMERA_WITHDRAWN
					      : CAMERA_UNKNOWN;
}
