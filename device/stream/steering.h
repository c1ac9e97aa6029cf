/* SPDX-License-Identifier: MIT */
/*
 * steering: what the network thread wants of the media thread, and what media
 * says of itself in return. Beside the handover, through which the media
 * itself goes, it is the one place where the two meet.
 *
 * Several have wishes, each its own: the link that is too slow, the viewers
 * that are not there, the budget that is used up. What media has to do is all
 * of them at once: the lowest bitrate, the fewest frames, the least work.
 *
 * One mutex, held for the copy of a few words. No I/O but the wake.
 */
#ifndef DEVICE_STREAM_STEERING_H
#define DEVICE_STREAM_STEERING_H

#include <stdbool.h>
#include <stdint.h>

struct steering;

enum steering_who {
	STEERING_LINK,	 /* how much gets through (uplink/pressure.h) */
	STEERING_DEMAND, /* whether anyone watches */
	STEERING_BUDGET, /* what the data plan allows */
	STEERING_WHO,	 /* how many there are */
};

enum steering_work {
	STEERING_ENCODE,  /* everything */
	STEERING_CAPTURE, /* pictures are taken, for posters, not encoded */
	STEERING_REST,	  /* camera and encoder are closed */
};

/* All zero: no wish, everything as configured. */
struct steering_wish {
	int64_t bitrate; /* bit/s, at most; 0: as configured */
	int divisor;	 /* of frames, one in so many is encoded; 0 is 1 */
	bool skip;	 /* whole GOPs are left out, until this is cleared */
	enum steering_work work;
};

/* All wishes together. */
struct steering_orders {
	int64_t bitrate; /* 0: as configured */
	int divisor;	 /* >= 1 */
	bool skip;
	enum steering_work work;
};

/* What media is doing. */
struct steering_facts {
	bool open;	       /* a source is, and what follows is known */
	bool encodes;	       /* false: H.264 as it comes; it can only skip */
	int64_t bitrate;       /* bit/s, aimed at now; 0: not known */
	int64_t least_bitrate; /* no less is safe, with divisor 1; or 0 */
	int64_t frame_us;      /* from frame to frame, with divisor 1 */
	int divisor;	       /* in use */
	int most_divisor;      /* more would break the stream, see --min-fps */
	bool skipping;	       /* right now, or resting */
	uint64_t skips;	       /* how often that began */
	int64_t skipped_us;    /* media time of all these so far */
};

/* Negative errno: no eventfd, no memory; then *out is NULL. */
int steering_open(struct steering **out);

/* Both threads have ended. NULL is fine. */
void steering_close(struct steering **s);

/* --- network thread, or any --- */

/* Replaces what `who` wished before. */
void steering_wish(struct steering *s, enum steering_who who,
		   const struct steering_wish *wish);

/* What media said last; all zero: nothing yet. */
void steering_look(struct steering *s, struct steering_facts *facts);

/* --- media thread --- */

/* What is to be done now. Clears steering_fd(). */
void steering_take(struct steering *s, struct steering_orders *orders);

/* Readable when something was wished since steering_take(). Constant. */
int steering_fd(const struct steering *s);

void steering_tell(struct steering *s, const struct steering_facts *facts);

#endif
