/* SPDX-License-Identifier: MIT */
/*
 * journal: the window as a file in the spool, so that a process which was
 * killed at any moment is followed by one that goes on behind it.
 *
 *   magic "oriel-1\n" | target_ms u32 | part_target_ms u32 |
 *   for each part: head and fields of its wire message (common/wire.h)
 *
 * Written anew once per segment, appended to for each part. A record that is
 * cut off at the end, or whose file is missing, ends what is believed.
 *
 * Whichever thread owns the window.
 */
#ifndef DEVICE_STREAM_JOURNAL_H
#define DEVICE_STREAM_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire.h"
#include "device/stream/spool.h"
#include "device/stream/window.h"

#define JOURNAL_NAME "journal"

/*
 * Fills an empty window with what the journal and the files beside it hold.
 * *same tells whether it was written with the window's constants. Returns how
 * many parts were restored; 0 when there is no journal or no sense in it.
 */
int journal_load(struct spool *spool, struct window *w, bool *same);

/* Writes the whole window. */
int journal_write(struct spool *spool, const struct window *w);

/* Adds one part, the newest of the window. */
int journal_append(struct spool *spool, const struct wire_part *meta,
		   uint8_t flags, uint32_t size);

#endif
