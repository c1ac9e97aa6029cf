/* SPDX-License-Identifier: MIT */
/*
 * audience: how many watch a camera, from the playlists that are asked for.
 *
 * A viewer has no session: it may come over many connections, behind one
 * address with others. But each answer with a playlist lets one viewer play
 * for a known time: a part's, when it waited for that part, else about a
 * segment's. The time given out in the last seconds, divided by these seconds,
 * is how many watch. Behind a cache that collapses requests it is fewer.
 * Whoever waits for a playlist has been given none, and is one all the same.
 * Pure; time is an argument and may not go back.
 */
#ifndef CLOUD_STORE_AUDIENCE_H
#define CLOUD_STORE_AUDIENCE_H

#include <stdint.h>

#define AUDIENCE_SECONDS 4

/* Starts zeroed. */
struct audience {
	int64_t second;		       /* the newest that is counted */
	uint64_t ms[AUDIENCE_SECONDS]; /* given out in it and before it */
	int64_t asked_until_us;	       /* who asked last is forgotten then */
};

/* A playlist was given out that one viewer can play `ms` of. */
void audience_count(struct audience *a, uint32_t ms, int64_t now_us);

/* Somebody asks for a playlist, or still waits for one. */
void audience_ask(struct audience *a, int64_t now_us);

unsigned int audience_viewers(const struct audience *a, int64_t now_us);

#endif
