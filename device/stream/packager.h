/* SPDX-License-Identifier: MIT */
/*
 * packager: access units in, an init segment and CMAF parts out; the only
 * file that knows libavformat's muxer. One `moof` a part, absolute `tfdt`.
 * Parameter sets are in the init alone; those that differ from the init's
 * stay in the stream.
 *
 * An error of packager_add() that is neither -EINVAL nor -EMSGSIZE, and any
 * but -ENODATA of packager_cut(), was logged and leaves a packager that can
 * only be closed.
 *
 * Media thread only.
 */
#ifndef DEVICE_STREAM_PACKAGER_H
#define DEVICE_STREAM_PACKAGER_H

#include <stddef.h>
#include <stdint.h>

#include "device/stream/frame.h"
#include "device/stream/h264.h"

struct packager;

/*
 * Opens a packager for one set of parameter sets; when they change, open
 * another. On failure *out is NULL. -EINVAL: the SPS cannot be read.
 */
int packager_open(struct packager **out,
		  const struct h264_parameter_sets *sets);

/* The init segment, borrowed until packager_close(). Same sets, same bytes. */
const uint8_t *packager_init(const struct packager *p, size_t *size);

/*
 * Adds one access unit to the part that is being made; its bytes are
 * borrowed for the call. `dts_90k` replaces the unit's own decode time and
 * must be above that of the unit before; presentation moves with it. Returns
 * -EINVAL for a unit without a picture and -EMSGSIZE for one that no part can
 * hold: it is left out.
 */
int packager_add(struct packager *p, const struct access_unit *unit,
		 int64_t dts_90k);

/*
 * Closes the part at `end_90k`, which is above the last unit's dts, and gives
 * its bytes, borrowed until the next packager_add(). -ENODATA: nothing added.
 * -EMSGSIZE: more than WIRE_MAX_PART.
 */
int packager_cut(struct packager *p, int64_t end_90k, const uint8_t **bytes,
		 size_t *size);

/* Drops what was added, releases everything, sets *p to NULL. NULL is fine. */
void packager_close(struct packager **p);

#endif
