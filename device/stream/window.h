/* SPDX-License-Identifier: MIT */
/*
 * window: the stream as the playlist tells it: the newest segments and their
 * parts, what may still be fetched, and how the media sequence and the
 * discontinuity sequence go on. It holds descriptions; the bytes are in the
 * spool.
 *
 * Pure: no I/O, no clock. Owned by the handover, which locks.
 */
#ifndef DEVICE_STREAM_WINDOW_H
#define DEVICE_STREAM_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

struct window;

struct window_params {
	int segments;	    /* listed closed segments, 3..10000 */
	int target_ms;	    /* EXT-X-TARGETDURATION, whole seconds */
	int part_target_ms; /* PART-TARGET */
};

struct window_part {
	uint32_t duration_90k;
	uint32_t size; /* bytes */
	bool independent;
};

struct window_segment {
	uint32_t epoch, msn, init;
	uint32_t discontinuity; /* its discontinuity sequence number */
	bool follows_jump;	/* EXT-X-DISCONTINUITY stands before it */
	bool closed;		/* no part will be added */
	bool given_up;		/* before a hole: never listed again */
	int64_t start_us;	/* wall clock of its first frame */
	uint64_t duration_90k;	/* of its parts together */
	struct window_part *parts;
	size_t count; /* of parts */
};

/* -EINVAL: limits contradict each other. On failure *out is NULL. */
int window_open(struct window **out, const struct window_params *params);
void window_close(struct window **w);

const struct window_params *window_params(const struct window *w);

/*
 * The place that the next part takes: in the open segment, or the first of a
 * new one.
 */
struct wire_position window_next(const struct window *w);

/* The epoch of the segment at window_next(). */
uint32_t window_epoch(const struct window *w);

struct window_place {
	uint32_t epoch;		/* 0: as it is */
	uint32_t msn;		/* at least; 0: as it is */
	uint32_t discontinuity; /* sequence before the jump, at least */
	bool seen;		/* players know a past that this window lacks */
};

/*
 * The next part begins a new segment, at the place given, and after a
 * discontinuity (where there is anything before it). Where that leaves a hole
 * in the media sequence, what was listed before is given up: a playlist
 * cannot tell a hole.
 */
void window_jump(struct window *w, const struct window_place *to);

/*
 * Adds a part at window_next(); of `meta`, only duration, init and start are
 * looked at, and the latter two only where it begins a segment. Segments that
 * fall out of the list stay for another list's length, so that a player which
 * read the last playlist that named them can still fetch them; then
 * window_evict() gives them out. -ENOMEM, -EMSGSIZE (WIRE_MAX_PARTS in a
 * segment), -ENOSPC (nobody evicts); then nothing changed.
 */
int window_add(struct window *w, const struct wire_part *meta, uint8_t flags,
	       uint32_t size);

/*
 * Adds a part just as a process before this one described it; parts come in
 * their order. -EINVAL: it cannot follow what is there; then nothing changed
 * that matters. Else as window_add().
 */
int window_restore(struct window *w, const struct wire_part *meta,
		   uint8_t flags, uint32_t size);

/*
 * Describes part `i` of a segment as it goes on the wire; returns its flags.
 */
uint8_t window_describe(const struct window_segment *s, size_t i,
			struct wire_part *out);

/* Closes the open segment, if any, as it stands. */
void window_close_segment(struct window *w);

/*
 * Takes the oldest segment that need not be kept any more; its parts are
 * released with window_release_segment(). Returns false when there is none.
 */
bool window_evict(struct window *w, struct window_segment *out);

/*
 * Where there is no room for all that should be kept: takes the oldest one,
 * listed or not, but for those that a player needs to start, and the open one.
 */
#define WINDOW_LEAST 4
bool window_shed(struct window *w, struct window_segment *out);

void window_release_segment(struct window_segment *segment);

/* Segments held, oldest first, evictable ones included. */
size_t window_count(const struct window *w);

/* Borrowed until the next call that changes the window. i < count. */
const struct window_segment *window_at(const struct window *w, size_t i);

/* By media sequence number; NULL: not here. Borrowed as above. */
const struct window_segment *window_find(const struct window *w, uint32_t msn);

/* Index of the first listed segment; the rest is held for latecomers. */
size_t window_first_listed(const struct window *w);

/*
 * The same for a reader that lacks what is newer: of a list that ends before
 * index `end` (<= count), all of its last segment in it, or some parts only.
 */
size_t window_first_listed_to(const struct window *w, size_t end, bool whole);

/*
 * The place behind `at` that holds a part, for sending in order. Returns false
 * when there is none yet. An `at` that was evicted goes on with the oldest.
 */
bool window_after(const struct window *w, struct wire_position at,
		  struct wire_position *out);

/* How much media lies behind `at`, held and listed. */
struct window_amount {
	uint64_t duration_90k, bytes;
};

struct window_amount window_behind(const struct window *w,
				   struct wire_position at);

#endif
