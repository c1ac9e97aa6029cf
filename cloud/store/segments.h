/* SPDX-License-Identifier: MIT */
/*
 * segments: what a camera has sent of its media: segments made of parts, and
 * the inits that they need. Segments begin with their part 0 and have no
 * holes; between segments there may be one. Pure.
 */
#ifndef CLOUD_STORE_SEGMENTS_H
#define CLOUD_STORE_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

struct reply;

struct init {
	uint32_t id;
	size_t uses; /* segments that need it */
	struct reply *reply;
};

struct segment {
	uint32_t msn, epoch, init, discontinuity;
	bool complete;
	int64_t start_us, end_us; /* Unix time, as its parts say */
	int64_t list_us;	  /* of media: the longest list that named it */
	int64_t kept_us; /* until then, by our clock; 0: while it is listed */
	size_t memory;	 /* of all that follows */
	size_t count, room;
	struct reply **part;
	struct reply *whole; /* made when first asked for */
};

struct segments {
	struct segment *segment; /* oldest first, by msn */
	size_t count, room;
	size_t most;	   /* that there may be */
	struct init *init; /* newest last */
	size_t inits, init_room;
	uint32_t run_msn; /* without a hole since this segment */
	size_t bytes;	  /* of all that */
};

void segments_open(struct segments *all, size_t most);
void segments_close(struct segments *all);

/* All of these are borrowed until the next change; NULL: there is none. */
struct reply *segments_find_init(const struct segments *all, uint32_t id);
struct segment *segments_newest(const struct segments *all);
struct segment *segments_find(const struct segments *all, uint32_t msn);

/* One that is not there. Takes over the caller's hold on *reply. -ENOMEM: it
 * stays the caller's. */
int segments_put_init(struct segments *all, uint32_t id, struct reply **reply);

/* See camera_check_part(). */
int segments_check(const struct segments *all, const struct wire_part *part);

/* After segments_check() said 0. As segments_put_init(). */
int segments_put(struct segments *all, const struct wire_part *part,
		 uint8_t flags, struct reply **reply);

/* A complete one as one reply, made when first asked for. NULL: -ENOMEM. */
struct reply *segments_whole(struct segments *all, struct segment *s);

/* There has to be one. */
void segments_drop_oldest(struct segments *all);

#endif
