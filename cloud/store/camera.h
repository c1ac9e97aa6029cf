/* SPDX-License-Identifier: MIT */
/*
 * camera: what the relay holds of one camera: init segments, segments made of
 * parts, and the newest playlist.
 *
 * A part is stored once, as the reply that serves it; a segment is a chain of
 * its parts. What the newest playlist lists is kept, and as much again before
 * it, so that a player which read the last playlist that named a segment can
 * still fetch it. Segments always begin with their part 0 and have no holes;
 * between segments there may be one.
 *
 * Owned by the store, which limits bytes. Server's thread. No I/O; time is an
 * argument.
 */
#ifndef CLOUD_STORE_CAMERA_H
#define CLOUD_STORE_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/names.h"
#include "common/wire.h"

struct audience;
struct camera;
struct playlist;
struct poster;
struct reply;

enum camera_state {
	CAMERA_WAITING, /* nothing has come yet */
	CAMERA_LIVE,
	CAMERA_GONE,	/* no device; the last playlist can still be played */
	CAMERA_STALLED, /* a device, but what it sent is too old to play */
	CAMERA_OFFLINE, /* no device, and too old */
	CAMERA_ENDED,	/* for good */
	CAMERA_ASLEEP,	/* nobody watches: it sends nothing until one does */
	CAMERA_WAKING,	/* and one does */
};

/* Since it was opened. */
struct camera_counts {
	uint64_t bytes_in, bytes_out; /* of parts and inits; of answers */
	uint64_t parts;
	uint64_t shed;	  /* segments, see camera_shed() */
	uint64_t lowered; /* times its device was told to list fewer */
	uint64_t resumes; /* a device came, and there was something of it */
	int64_t delay_us; /* from the newest part's end to its arrival */
};

/* -ENOMEM. On failure *out is NULL. `name` is valid and copied. */
int camera_open(struct camera **out, const char *name,
		unsigned int max_segments);
void camera_close(struct camera **camera);

const char *camera_name(const struct camera *c);

/* --- what the device does --- */

/* Counts connections of the camera's device; `now_us` when it changed. */
void camera_connect(struct camera *c);
void camera_disconnect(struct camera *c, int64_t now_us);
bool camera_connected(const struct camera *c);
int64_t camera_gone_us(const struct camera *c);

/*
 * What the device says of itself, which holds until it says otherwise, or
 * sends media. mode 0: it has said nothing.
 */
void camera_put_status(struct camera *c, const struct wire_status *status,
		       int64_t now_us);
const struct wire_status *camera_status(const struct camera *c);

/*
 * The sentence with it, which may have any bytes and is made fit to be shown
 * (note.h), and when it was said last.
 */
void camera_put_note(struct camera *c, const char *note, size_t n,
		     int64_t now_us);
const char *camera_note(const struct camera *c, int64_t *told_us);

/* Takes *poster over, in place of the one before. */
void camera_put_poster(struct camera *c, struct poster **poster);

/* Borrowed until the next one; NULL: none has come. */
const struct poster *camera_poster(const struct camera *c);

/*
 * A sleeping device, without a connection, asks whether anybody watches, and
 * will again in `interval_s`.
 */
void camera_check_in(struct camera *c, unsigned int interval_s, int64_t now_us);

/* How long it may take until a sleeping device asks; 0: it is not asleep. */
int64_t camera_check_in_us(const struct camera *c, int64_t now_us);

bool camera_has_init(const struct camera *c, uint32_t id);

/* Takes over the caller's hold on *reply. -ENOMEM: it stays the caller's. */
int camera_put_init(struct camera *c, uint32_t id, struct reply **reply);

/*
 * Whether a part may be put next. 0: yes; 1: it is here already, or was;
 * -EINVAL: it goes back or leaves a hole in its segment, -ENOENT: its init is
 * not here, -ENOSPC: more segments than the window may have.
 */
int camera_check_part(const struct camera *c, const struct wire_part *part);

/* After camera_check_part() said 0. As camera_put_init(). */
int camera_put_part(struct camera *c, const struct wire_part *part,
		    uint8_t flags, struct reply **reply);

/*
 * Takes *playlist over and evicts what it has made too old. 1: there is a
 * newer one already, *playlist was closed. -ENOENT: the newest part it lists
 * is not here; *playlist stays the caller's.
 */
int camera_put_playlist(struct camera *c, struct playlist **playlist,
			int64_t now_us);

/* What a device is told that connects. Returns whether anything is held. */
bool camera_welcome(const struct camera *c, struct wire_welcome *out);

const struct camera_counts *camera_counts(const struct camera *c);
/* A part has come, or its device; an answer of its media was given. */
void camera_count_part(struct camera *c, const struct wire_part *part,
		       int64_t wall_us);
void camera_count_resume(struct camera *c);
void camera_count_lowered(struct camera *c);
void camera_count_answer(struct camera *c, size_t bytes);

/* All bytes held. */
size_t camera_bytes(const struct camera *c);

/*
 * What store_admit() admitted is on its way, and counts for the camera until it
 * is here or will not come: a device that sends all but the end of it must not
 * get round the limits, nor take the room of others.
 */
void camera_expect(struct camera *c, size_t bytes);
void camera_expect_no_more(struct camera *c, size_t bytes);
size_t camera_expected(const struct camera *c);

/* Drops the oldest segment unless it is listed. Returns whether it did. */
bool camera_evict(struct camera *c);

/*
 * Drops the oldest segment, listed or not, for the sake of another camera; but
 * the newest ones stay. Returns whether it did.
 */
bool camera_shed(struct camera *c);

/* The bytes that camera_shed() can free. */
size_t camera_sheddable(const struct camera *c);

/* The bytes that camera_evict() can free. */
size_t camera_evictable(const struct camera *c);

/*
 * How many segments it may list to stay within `bytes`, going by those that
 * are here; but as many as any list needs. UINT_MAX: too few have come to tell.
 */
unsigned int camera_fitting(const struct camera *c, size_t bytes);

/* Whether its playlist names segments that were shed. */
bool camera_lists_shed(const struct camera *c);

/* --- what viewers do --- */

enum camera_state camera_state(const struct camera *c, int64_t now_us);

/* Whether the newest playlist may be given out: not too old, or ended. */
bool camera_playable(const struct camera *c, int64_t now_us);

/* Borrowed until the next camera_put_playlist(); NULL: none yet. */
struct playlist *camera_playlist(const struct camera *c);

/* When the newest playlist came. */
int64_t camera_playlist_us(const struct camera *c);

/* Who watches; counted by whoever answers. */
struct audience *camera_audience(struct camera *c);
unsigned int camera_viewers(const struct camera *c, int64_t now_us);

enum camera_object {
	CAMERA_HELD,	  /* here it is */
	CAMERA_COMING,	  /* announced, or what follows next */
	CAMERA_WITHDRAWN, /* its segment ended before it */
	CAMERA_UNKNOWN,	  /* never was, is too old, or did not come */
	CAMERA_NO_MEMORY,
};

/* Finds an object by its name; *out is borrowed until the camera changes. */
enum camera_object camera_find(struct camera *c, const struct name *name,
			       struct reply **out);

#endif
