/* SPDX-License-Identifier: MIT */
/*
 * handover: the one place where the media thread and the network thread meet.
 *
 * Media puts inits and parts in; their bytes go to the spool (tmpfs), their
 * description to the window, both bounded by the window's length. Network
 * takes them from there at its own pace, as often as it needs to. Media never
 * waits for the network: when the network falls behind by more than the
 * window, the oldest segments are gone, and that is the only drop policy.
 *
 * One mutex, held for microseconds, never across I/O on the network side.
 */
#ifndef DEVICE_STREAM_HANDOVER_H
#define DEVICE_STREAM_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"
#include "device/stream/playlist.h"
#include "device/stream/window.h"

struct handover;

struct handover_params {
	struct window_params window;
	const char *directory; /* of the spool; borrowed for the call */
	bool any_filesystem;   /* also one that is not in memory */
	uint32_t epoch;	       /* random, for the names of this process */
	uint32_t first_msn;    /* where a stream without a past begins */
	int64_t now_us;	       /* wall clock: is what was left still fresh? */
	/* Called in the media thread when there is something new to take. */
	void (*wake)(void *context);
	void *context;
};

/*
 * Opens the spool and goes on where the process before left it: its segments
 * are listed again, and the first new one follows a discontinuity. On failure
 * *out is NULL and a line was logged.
 */
int handover_open(struct handover **out, const struct handover_params *params);

/* Both threads have ended. The spool stays, for the next process. */
void handover_close(struct handover **h);

/* --- media thread --- */

/* Stores an init segment and gives its id. Errors are logged. */
int handover_put_init(struct handover *h, const uint8_t *bytes, size_t size,
		      uint32_t *id);

/* When a part's frames were where, monotonic; see common/trace.h. */
struct handover_trace {
	int64_t captured_us, encoded_us; /* the first one */
	int64_t full_us;		 /* the last one was captured */
};

struct handover_part {
	uint32_t init; /* from handover_put_init() */
	uint32_t duration_90k;
	int64_t start_us; /* wall clock of the first frame */
	struct handover_trace trace;
	bool segment;	    /* begins a segment */
	bool discontinuity; /* which follows a discontinuity */
	bool independent;
	bool last; /* ends its segment */
};

/*
 * Stores a part. -ENOSPC and the like, logged once while it lasts: the part
 * is lost, and the next one follows a discontinuity. -EAGAIN: it was left out,
 * as all are until one is independent, for half a minute at most, when
 * handover_wants_key().
 */
int handover_put_part(struct handover *h, const struct handover_part *part,
		      const uint8_t *bytes, size_t size);

/* The stream is to go on elsewhere, which it can only do at a key frame. */
bool handover_wants_key(struct handover *h);

/* The segment that is open ends as it stands (its last part was put). */
void handover_end_segment(struct handover *h);

/* Nothing more comes, for good: EXT-X-ENDLIST. */
void handover_finish(struct handover *h);

/* Whether that was said: what is there now is all. Any thread. */
bool handover_is_finished(struct handover *h);

/* What handover_set_clock() was told last; false: nothing yet. */
bool handover_clock(struct handover *h, int64_t *offset_us);

/*
 * Nothing comes for a long while, and what is there will be too old then:
 * nothing is found or listed until the next part, and then from that one on.
 */
void handover_renew(struct handover *h);

/* --- network thread --- */

/*
 * Finds the part behind *at (NULL: the first listed one). Fills *meta and
 * *flags as they go on the wire, and *size. Returns false when there is none
 * yet.
 */
bool handover_next(struct handover *h, const struct wire_position *at,
		   struct wire_part *meta, uint8_t *flags, uint32_t *size);

/*
 * Reads the bytes of a part or an init into `out`, exactly `size` of them.
 * -ENOENT: evicted meanwhile; go on with handover_next().
 */
int handover_read_part(struct handover *h, const struct wire_part *meta,
		       uint8_t *out, size_t size);

/* Returns the size, at most `size`. */
int handover_read_init(struct handover *h, uint32_t id, uint8_t *out,
		       size_t size);

/*
 * Renders the playlist of what lies in first_msn..last into `out`; see
 * playlist_render(). Returns its length or a negative errno.
 */
int handover_playlist(struct handover *h, const struct playlist_params *params,
		      char *out, size_t size, struct playlist_facts *facts);

/*
 * The relay knows this stream up to `last_msn`: from the next independent part
 * on, new segments go above it, and their discontinuity sequence too. Does
 * nothing when they do already.
 */
void handover_raise(struct handover *h, uint32_t last_msn,
		    uint32_t discontinuity);

/* The relay's wall clock, whose dates count, minus CLOCK_MONOTONIC here. */
void handover_set_clock(struct handover *h, int64_t offset_us);

/* The first msn that is listed, and the newest part; false: nothing yet. */
bool handover_range(struct handover *h, uint32_t *first_msn,
		    struct wire_position *last);

/* How much media is listed behind `at`. */
struct window_amount handover_behind(struct handover *h,
				     struct wire_position at);

/* Constant. */
const struct window_params *handover_window(const struct handover *h);

#endif
