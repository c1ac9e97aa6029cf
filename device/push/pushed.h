/* SPDX-License-Identifier: MIT */
/*
 * pushed: what lies on an origin: the segments that its playlist lists, those
 * that fell out of it and are still wanted by players for a while, and what is
 * to be deleted. Its playlist is plain HLS (RFC 8216): whole segments.
 *
 * Pure: no I/O, no clock. One thread.
 */
#ifndef DEVICE_PUSH_PUSHED_H
#define DEVICE_PUSH_PUSHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/names.h"

struct pushed_segment {
	uint32_t epoch, msn, init;
	uint32_t discontinuity; /* its discontinuity sequence number */
	bool follows_jump;	/* EXT-X-DISCONTINUITY stands before it */
	int64_t start_us;	/* wall clock of its first frame */
	uint64_t duration_90k;
};

struct pushed;

/* `segments` are listed. -ENOMEM: *out is NULL. */
int pushed_open(struct pushed **out, unsigned int segments, int target_ms);
void pushed_close(struct pushed **p);

/*
 * Takes over what an earlier process left there, as its playlist tells:
 * pushed_has() knows it, and it is deleted in time. What is no playlist of
 * ours says nothing. Returns whether it lists any segment; then *newest is
 * filled in, as far as the text has it: epoch, msn, discontinuity.
 */
bool pushed_learn(struct pushed *p, const char *text,
		  struct pushed_segment *newest);

/* Whether exactly this segment, or this init, is there already. */
bool pushed_has(const struct pushed *p, const struct pushed_segment *segment);
bool pushed_has_init(const struct pushed *p, uint32_t init);

/*
 * It is there now, and listed last. Behind a hole in the media sequence
 * nothing older is: a playlist cannot tell a hole.
 */
void pushed_add(struct pushed *p, const struct pushed_segment *segment);

/* Enough for every playlist, and its NUL. */
size_t pushed_text_size(const struct pushed *p);

/* Writes the playlist and returns its length; `ended`: nothing will follow. */
size_t pushed_render(const struct pushed *p, bool ended, char *out,
		     size_t size);

/*
 * The name of what is to be deleted next; false: nothing. A segment stays for
 * another list's length when it is not listed any more (6.2.2).
 */
bool pushed_stale(const struct pushed *p, char name[static NAME_SIZE]);

/* It was deleted, or is given up. */
void pushed_drop_stale(struct pushed *p);

#endif
