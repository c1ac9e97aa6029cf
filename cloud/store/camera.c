/* SPDX-License-Identifier: MIT */
#include "cloud/store/camera_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/store/blocking.h"
#include "cloud/store/playlist.h"
#include "cloud/store/poster.h"

/*
 * What leaves the list stays for as long as the longest playlist that named
 * it, and its own duration (draft-pantos-hls-rfc8216bis 6.2.2). Segments have
 * unequal durations, and playlists travel: one more.
 */
#define LATE_SEGMENTS 2

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
	segments_open(&c->segments,
		      2 * (size_t)max_segments + LATE_SEGMENTS + 1);
	return 0;
}

void camera_close(struct camera **camera)
{
	struct camera *c = *camera;

	*camera = NULL;
	if (!c)
		return;
	segments_close(&c->segments);
	playlist_close(&c->playlist);
	poster_close(&c->poster);
	free(c);
}

const char *camera_name(const struct camera *c)
{
	return c->name;
}

/* --- the device --- */

void camera_connect(struct camera *c)
{
	presence_connect(&c->presence);
}

void camera_disconnect(struct camera *c, int64_t now_us)
{
	presence_disconnect(&c->presence, now_us);
}

bool camera_connected(const struct camera *c)
{
	return c->presence.connections > 0;
}

int64_t camera_gone_us(const struct camera *c)
{
	return c->presence.gone_us;
}

void camera_put_status(struct camera *c, const struct wire_status *status,
		       int64_t now_us)
{
	presence_put_status(&c->presence, status, now_us);
}

const struct wire_status *camera_status(const struct camera *c)
{
	return &c->presence.status;
}

void camera_put_note(struct camera *c, const char *note, size_t n,
		     int64_t now_us)
{
	presence_put_note(&c->presence, note, n, now_us);
}

const char *camera_note(const struct camera *c, int64_t *told_us)
{
	*told_us = c->presence.note_us;
	return c->presence.note;
}

void camera_check_in(struct camera *c, unsigned int interval_s, int64_t now_us)
{
	presence_check_in(&c->presence, interval_s, now_us);
}

int64_t camera_check_in_us(const struct camera *c, int64_t now_us)
{
	return presence_check_in_us(&c->presence, now_us);
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

/* --- media --- */

bool camera_has_init(const struct camera *c, uint32_t id)
{
	return segments_find_init(&c->segments, id) != NULL;
}

int camera_put_init(struct camera *c, uint32_t id, struct reply **reply)
{
	size_t body_size = (*reply)->body_size;
	int err = segments_put_init(&c->segments, id, reply);

	if (err == 0)
		c->counts.bytes_in += body_size;
	return err;
}

int camera_check_part(const struct camera *c, const struct wire_part *part)
{
	return segments_check(&c->segments, part);
}

int camera_put_part(struct camera *c, const struct wire_part *part,
		    uint8_t flags, struct reply **reply)
{
	size_t body_size = (*reply)->body_size;
	int err = segments_put(&c->segments, part, flags, reply);

	if (err < 0)
		return err;
	c->counts.bytes_in += body_size;
	presence_media(&c->presence);
	return 0;
}

/* --- the playlist --- */

static bool holds_part(const struct camera *c, struct wire_position at)
{
	const struct segment *s = segments_find(&c->segments, at.msn);

	return s && at.part < s->count;
}

/* Dates may jump; no segment is longer than it may be. */
int64_t camera_length_us(const struct camera *c, const struct segment *s)
{
	int64_t us = s->end_us - s->start_us;
	int64_t most_us = (int64_t)playlist_meta(c->playlist)->target_ms * 1000;

	if (us < 0)
		return 0;
	return us < most_us ? us : most_us;
}

/*
 * How long the list is, for each segment in it. What was left out between them
 * is no part of it.
 */
static void measure_list(struct camera *c)
{
	const struct wire_playlist *meta = playlist_meta(c->playlist);
	int64_t list_us = 0;
	struct segment *all = c->segments.segment;
	size_t first = c->segments.count;

	while (first > 0 && all[first - 1].msn >= meta->first_msn) {
		first--;
		list_us += camera_length_us(c, &all[first]);
	}
	for (size_t i = first; i < c->segments.count; i++)
		if (all[i].list_us < list_us)
			all[i].list_us = list_us;
}

/*
 * What has just left the list stays by the clock as well (6.2.2): what follows
 * may be of short segments, come in a burst, or be far ahead.
 */
static void keep_unlisted(struct camera *c, int64_t now_us)
{
	const struct wire_playlist *meta = playlist_meta(c->playlist);

	for (size_t i = 0; i < c->segments.count; i++) {
		struct segment *s = &c->segments.segment[i];

		if (s->msn >= meta->first_msn)
			break;
		if (!s->kept_us)
			s->kept_us =
				now_us + s->list_us + camera_length_us(c, s);
	}
}

/* Keeps what is listed, and what players may have read of in time. */
static void evict_expired(struct camera *c, int64_t now_us)
{
	const struct wire_playlist *meta = playlist_meta(c->playlist);
	uint32_t late = meta->last.msn - meta->first_msn + 1 + LATE_SEGMENTS;

	while (c->segments.count &&
	       c->segments.segment[0].msn < meta->first_msn &&
	       meta->first_msn - c->segments.segment[0].msn > late &&
	       c->segments.segment[0].kept_us <= now_us)
		segments_drop_oldest(&c->segments);
}

/* A segment may end as it stands, without WIRE_LAST on its last part. */
static bool ends_newest(const struct camera *c, const struct playlist *p)
{
	return playlist_state(p).ended ||
	       playlist_meta(p)->hint.msn > segments_newest(&c->segments)->msn;
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
		segments_newest(&c->segments)->complete = true;
	/* It may end a segment without WIRE_LAST; what it lists is no hole. */
	if (meta->first_msn < c->segments.run_msn)
		c->segments.run_msn = meta->first_msn;
	playlist_close(&c->playlist);
	c->playlist = *playlist;
	c->playlist_us = now_us;
	*playlist = NULL;
	measure_list(c);
	keep_unlisted(c, now_us);
	evict_expired(c, now_us);
	return 0;
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

void camera_count_lowered(struct camera *c)
{
	c->counts.lowered++;
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
	return c->segments.bytes +
	       (c->playlist ? playlist_memory(c->playlist) : 0) +
	       poster_memory(c->poster);
}

void camera_expect(struct camera *c, size_t bytes)
{
	c->expected += bytes;
}

void camera_expect_no_more(struct camera *c, size_t bytes)
{
	assert(c->expected >= bytes);
	c->expected -= bytes;
}

size_t camera_expected(const struct camera *c)
{
	return c->expected;
}

bool camera_welcome(const struct camera *c, struct wire_welcome *out)
{
	const struct segment *s = segments_newest(&c->segments);

	if (!s)
		return false;
	out->first_msn = c->segments.run_msn > c->segments.segment[0].msn
				 ? c->segments.run_msn
				 : c->segments.segment[0].msn;
	out->last = (struct wire_position){ s->msn, (uint32_t)s->count - 1 };
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
	if (presence_is_asleep(&c->presence, now_us) && !(watched && playable))
		return watched ? CAMERA_WAKING : CAMERA_ASLEEP;
	if (!c->playlist)
		return CAMERA_WAITING;
	if (playable)
		return camera_connected(c) ? CAMERA_LIVE : CAMERA_GONE;
	return camera_connected(c) ? CAMERA_STALLED : CAMERA_OFFLINE;
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
	const struct segment *s = segments_newest(&c->segments);

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

static enum camera_object find_whole(struct camera *c, struct segment *s,
				     struct reply **out)
{
	if (!s->complete)
		return CAMERA_COMING;
	*out = segments_whole(&c->segments, s);
	return *out ? CAMERA_HELD : CAMERA_NO_MEMORY;
}

enum camera_object camera_find(struct camera *c, const struct name *name,
			       struct reply **out)
{
	struct segment *s;

	*out = NULL;
	if (name->kind == NAME_INIT) {
		*out = segments_find_init(&c->segments, name->id);
		return *out ? CAMERA_HELD : CAMERA_UNKNOWN;
	}
	s = segments_find(&c->segments, name->at.msn);
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
