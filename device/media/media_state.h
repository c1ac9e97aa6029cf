/* SPDX-License-Identifier: MIT */
/*
 * media_state: what media's own files share. media.c opens, runs and rests,
 * media_orders.c does as it is ordered, media_take.c takes what the feed gives.
 */
#ifndef DEVICE_MEDIA_MEDIA_STATE_H
#define DEVICE_MEDIA_MEDIA_STATE_H

#include <stdbool.h>

#include "device/media/feed.h"
#include "device/media/media.h"

struct media {
	struct media_params params;
	struct feed feed;
	struct parts *parts;
	int part_target_ms;
	struct steering_orders orders;
	struct steering_facts facts;
	struct handover *handover;
	unsigned int pictures; /* counted for the divisor */
	int64_t late_us; /* skips for the link's sake since then; 0: does not */
	bool gone;	 /* nobody can use what is in the handover any more */
};

/* --- media_orders.c --- */

/* What is known of the feed now is for whoever steers. */
void media_tell_open(struct media *m);

/* What is to be done now; the rate is changed at once. */
void media_take_orders(struct media *m);

/* Whether frames go into the stream now. What passes through costs nothing. */
bool media_is_wanted(const struct media *m);

/*
 * From here on frames are left out, until media_resume(). Where that is for
 * long, who comes then must not begin with what was before.
 */
void media_skip(struct media *m);
void media_resume(struct media *m);

/* --- media_take.c: 0, or a negative errno: the feed has to be opened anew ---
 */

int media_take_picture(struct media *m, const struct picture *picture);

/* H.264 that comes as it is: all that can be done is to leave GOPs out. */
int media_take_passing(struct media *m, const struct access_unit *unit);

/* Takes what the encoder has ready. */
int media_drain(struct media *m);

#endif
