/* SPDX-License-Identifier: MIT */
/*
 * timeline: lays what a file or a camera on the network gives onto media
 * time, which runs with CLOCK_MONOTONIC: the first item is now; each start of
 * a file over again goes on exactly one frame behind its last; time that
 * jumps goes on here without a jump, or with one that is marked.
 *
 * Pure: time is an argument. All in ticks of 1/90000 s.
 */
#ifndef DEVICE_SOURCE_TIMELINE_H
#define DEVICE_SOURCE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A file may leave out pictures for a while; beyond this it is rather a
 * recording that was put together than somebody who wants to see nothing.
 */
#define TIMELINE_FILE_JUMP_90K (10 * 90000)
#define TIMELINE_LIVE_JUMP_90K 90000

/*
 * What is further behind the clock goes on from now: a file because it was
 * read or decoded too slowly, a camera because its clock is slower than ours.
 * (One that is faster cannot be told to go back; some seconds a day.)
 */
#define TIMELINE_FILE_LATE_90K 90000
#define TIMELINE_LIVE_LATE_90K (30 * 90000)

struct timeline {
	bool live; /* things come when they come; else we pace them */
	bool started;
	bool restarted;	  /* the next item is the first of a file again */
	int64_t shift;	  /* what is added to the item's own time */
	int64_t last_in;  /* of the item before, as it came */
	int64_t last_out; /* and as it was laid down */
	int64_t duration; /* of the item before, its own or expected */
};

struct timeline_place {
	int64_t at;	    /* strictly increasing */
	int64_t shift;	    /* for the item's other times */
	bool discontinuity; /* time does not go on from the item before */
	bool late;	    /* and that because it fell behind the clock */
};

/* `duration`: of a frame, until one is known; above 0. */
void timeline_init(struct timeline *t, bool live, int64_t duration);

/* The next item is the first of the same file again. */
void timeline_restart(struct timeline *t);

/*
 * Lays down the next item: its own decode time, its duration (0: not known),
 * and the time now.
 */
struct timeline_place timeline_add(struct timeline *t, int64_t at,
				   int64_t duration, int64_t now);

#endif
