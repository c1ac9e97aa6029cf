/* SPDX-License-Identifier: MIT */
/*
 * handover_state: what the handover's own files share. handover_restore.c
 * goes on behind an earlier process, handover_put.c is what media calls,
 * handover_room.c makes room for that, handover_take.c is what the network
 * calls, handover.c the rest.
 */
#ifndef DEVICE_STREAM_HANDOVER_STATE_H
#define DEVICE_STREAM_HANDOVER_STATE_H

#include <pthread.h>

#include "common/names.h"
#include "device/stream/handover.h"
#include "device/stream/spool.h"

struct handover {
	struct handover_params params;
	struct spool *spool;

	pthread_mutex_t lock;
	struct window *window; /* changed by media alone; lock to change it,
				  and to read it in the network thread */
	struct window_place raised; /* under the lock; msn 0: nothing asked */
	bool stale;    /* likewise: all that is there, until `raised` is done */
	bool finished; /* under the lock, too, as these: */
	bool has_clock;
	int64_t clock_us;

	/* media thread only */
	bool broken; /* a part was lost: the next one follows a jump */
	uint64_t left_out_90k; /* of media, before a key frame */
	bool is_short;	       /* of room, which was logged */
	bool shed;	       /* the journal has what is not there any more */
	char *text;	       /* the playlist in the spool */
	size_t text_size;
};

/* The name of a part's file in the spool. */
void handover_part_file(char out[static NAME_SIZE],
			const struct wire_part *meta);

/* Removes what need not be kept any more, but for this init. */
void handover_evict(struct handover *h, uint32_t init_in_use);

/*
 * If `err` is that there is no room: removes the oldest segment, so that it
 * can be tried again. false: it is something else, or nothing can be spared.
 */
bool handover_shed(struct handover *h, int err, uint32_t init_in_use);

/* Loads what an earlier process left into spool and window, both open. */
int handover_restore(struct handover *h);

#endif
