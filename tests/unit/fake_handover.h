/* SPDX-License-Identifier: MIT */
/*
 * fake_handover: handover_*() of the network thread over a table, in place of
 * spool and window. A part's bytes are all (msn + part) & 0xff, an init's all
 * its id; a playlist is the line that fake_playlist() also gives.
 */
#ifndef TESTS_UNIT_FAKE_HANDOVER_H
#define TESTS_UNIT_FAKE_HANDOVER_H

#include "device/stream/handover.h"

#define FAKE_PART_90K 60000 /* three of them are a target duration */

/* The epoch of every part. */
#define FAKE_EPOCH 0xe0e0e0e0

struct fake_segment {
	uint32_t msn, parts, discontinuity, init;
	uint32_t size; /* of each part; 0: 100 */
	bool open;
};

/* An empty one with a target duration of 2 s. */
struct handover *fake_open(void);
void fake_close(struct handover **h);

/* A segment, or more parts of the newest one. Any thread. */
void fake_add(struct handover *h, struct fake_segment segment);

/* Segments below are not listed; or not even held. */
void fake_list_from(struct handover *h, uint32_t msn);
void fake_evict(struct handover *h, uint32_t msn);

/* Reads of this part, or of this init, fail from now on. */
void fake_lose_part(struct handover *h, uint32_t msn, uint32_t part);
void fake_lose_init(struct handover *h, uint32_t id);

/* What handover_set_clock() was told last; 0: it was not called. */
int64_t fake_clock(struct handover *h);

/* As handover_finish(). Any thread. */
void fake_finish(struct handover *h);

/* What handover_raise() was told last; false: it was not called. */
bool fake_raised(struct handover *h, uint32_t *msn, uint32_t *discontinuity);

#endif
