/* SPDX-License-Identifier: MIT */
/*
 * inflight: which pictures a hardware encoder has, by their timestamps: the
 * only thing that ties what comes out to what went in. An encoder skips
 * pictures (their buffers come back, and nothing else), so that counting
 * would be wrong for ever from the first skipped one on.
 *
 * Pure; time is an argument. Media thread.
 */
#ifndef DEVICE_ENCODER_INFLIGHT_H
#define DEVICE_ENCODER_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#define INFLIGHT_MOST 32

struct inflight {
	struct {
		int64_t at_us;
		int64_t pts_90k;
	} picture[INFLIGHT_MOST]; /* a ring, the oldest at `first` */
	unsigned int first, count;
	int64_t last_us;     /* newest timestamp given */
	int64_t unit_us;     /* when a unit came last, or when it all began */
	int64_t progress_us; /* when anything came back last */
	int64_t offered_us;  /* when there was a picture for it last */
	uint64_t skipped;    /* pictures that became no unit */
};

void inflight_init(struct inflight *f, int64_t now_us);

/*
 * There is a picture for it, which goes in if there is room. After a pause in
 * which there was none (nobody watched) it is given all the time anew: what it
 * has skipped before is no sign of anything then.
 */
void inflight_offer(struct inflight *f, int64_t frame_us, int64_t now_us);

/*
 * A picture goes in. Returns its timestamp, which is strictly above all
 * before and, where it can be, the picture's time.
 */
int64_t inflight_add(struct inflight *f, int64_t pts_90k, int64_t now_us);

/* The picture that inflight_add() was called for last did not go in. */
void inflight_undo(struct inflight *f);

/*
 * A unit came out with this timestamp: gives the time of its picture, and
 * counts those before it as skipped. False: there is no such picture, and the
 * unit is garbage.
 */
bool inflight_match(struct inflight *f, int64_t at_us, int64_t *pts_90k,
		    int64_t now_us);

/* A picture's buffer came back. */
void inflight_returned(struct inflight *f, int64_t now_us);

enum inflight_state {
	INFLIGHT_FINE,
	INFLIGHT_SKIPPING, /* pictures come back, units do not */
	INFLIGHT_HUNG,	   /* nothing comes back */
};

/*
 * How the encoder does that has `inside` of `most` pictures at `frame_us` to
 * the next.
 */
enum inflight_state inflight_judge(const struct inflight *f,
				   unsigned int inside, unsigned int most,
				   int64_t frame_us, int64_t now_us);

#endif
