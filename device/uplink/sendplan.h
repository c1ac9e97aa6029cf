/* SPDX-License-Identifier: MIT */
/*
 * sendplan: what goes to the relay next, decided from what its welcome said
 * it holds and from what the handover has. One plan per connection.
 *
 * The rules, in this order:
 *
 *   - Each part goes once, in order, behind what the relay holds of this very
 *     stream; the init that it needs goes before it, once per connection.
 *   - A relay that holds nothing of use, or is far behind, is not sent the
 *     whole window, but what a player needs to start: it is live again sooner.
 *   - A playlist follows the parts that wait, not each of them; it names
 *     nothing that the relay does not hold.
 *   - When the relay knows the stream further than we do, or holds another
 *     one under the same numbers, ours is raised above that.
 *
 * No I/O and no clock of its own: asks the handover_*() that describe, never
 * those that read. Network thread.
 */
#ifndef DEVICE_UPLINK_SENDPLAN_H
#define DEVICE_UPLINK_SENDPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"
#include "device/stream/handover.h"

/* More inits than that between two parts are sent again: harmless. */
#define SENDPLAN_INITS 4

/* Further behind than both of these, what is missing is skipped. */
#define SENDPLAN_CATCH_UP_MS	   30000
#define SENDPLAN_CATCH_UP_SEGMENTS 4

struct sendplan {
	struct handover *handover;
	struct wire_welcome relay;
	bool holds;  /* WIRE_HOLDS was set */
	bool placed; /* what follows is known */

	bool started;		   /* false: nothing is settled yet */
	struct wire_position at;   /* everything up to here is settled */
	uint32_t first_msn;	   /* from here on the relay holds all of it */
	struct wire_position goal; /* no playlist before this part was sent */
	uint32_t told_msn;   /* the newest that the relay's list has; 0: none */
	bool dirty;	     /* the relay's playlist is older than its parts */
	bool sent;	     /* a part was sent since the last playlist */
	bool spare;	     /* see sendplan_spare() */
	unsigned int untold; /* parts sent since then */
	bool ends;	     /* the last of them ends its segment */
	bool finished;	     /* the end of the stream was told */
	uint32_t inits[SENDPLAN_INITS];
	size_t init_count;
	uint32_t skipped;	   /* segments left out since the plan began */
	struct wire_position from; /* no part up to here will be sent */
	bool leaves_old;	   /* see sendplan_leave_old() */
	uint64_t young_bytes;
};

enum sendplan_kind {
	SENDPLAN_WAIT,	   /* nothing to do until the handover has more */
	SENDPLAN_INIT,	   /* send the init part.init */
	SENDPLAN_PART,	   /* send `part` */
	SENDPLAN_PLAYLIST, /* render and send `playlist` */
};

struct sendplan_action {
	enum sendplan_kind kind;
	struct wire_part part;
	uint8_t flags; /* of the part */
	uint32_t size; /* of the part */
	struct playlist_params playlist;
};

/* Starts over for a relay that has sent this welcome. Borrows the handover. */
void sendplan_begin(struct sendplan *p, struct handover *handover,
		    const struct wire_message *welcome);

/*
 * Nothing was sent for a while on purpose, and now somebody waits: when that
 * is more than a relay's viewers could still be playing, goes on with the
 * newest segments, just enough for a first picture.
 */
void sendplan_resume(struct sendplan *p);

/*
 * What waits would be old when it arrives: goes on with as many of the newest
 * segments as have no more than `bytes` together, at least with the newest
 * one, where there is a newer one than what is to be sent next.
 */
void sendplan_leave_old(struct sendplan *p, uint64_t bytes);

/*
 * Playlists are a burden: one for every second part is enough, and one for the
 * end of each segment. False: one for each part that does not wait.
 */
void sendplan_spare(struct sendplan *p, bool spare);

/*
 * Of what the relay holds, nothing before `msn` is to be listed: segments that
 * were left out halfway look whole there, and a list does not go back.
 */
void sendplan_list_from(struct sendplan *p, uint32_t msn);

/* The next action; it counts as done unless sendplan_lost() is told. */
struct sendplan_action sendplan_next(struct sendplan *p);

/*
 * The bytes of an init or part are not to be had, or not wanted by the relay:
 * goes on with the segment behind it.
 */
void sendplan_lost(struct sendplan *p, const struct sendplan_action *action);

#endif
