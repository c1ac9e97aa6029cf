/* SPDX-License-Identifier: MIT */
/*
 * whole_segment: the handover's parts as what plain HLS has: segments, each
 * as soon as its last part is there, and not before.
 *
 * Push's thread.
 */
#ifndef DEVICE_PUSH_WHOLE_SEGMENT_H
#define DEVICE_PUSH_WHOLE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/push/pushed.h"
#include "device/stream/handover.h"

/*
 * The segment behind *msn (NULL: the first listed one), and its size. False:
 * there is none that is whole yet.
 */
bool whole_segment_next(struct handover *h, const uint32_t *msn,
			struct pushed_segment *out, size_t *size);

/*
 * Reads all parts of `msn`, one behind the other: `size` bytes. -ENOENT:
 * evicted meanwhile.
 */
int whole_segment_read(struct handover *h, uint32_t msn, uint8_t *out,
		       size_t size);

/* Whether `theirs` is a segment of the stream that we go on with. */
bool whole_segment_is_ours(struct handover *h,
			   const struct pushed_segment *theirs);

#endif
