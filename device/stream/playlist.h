/* SPDX-License-Identifier: MIT */
/*
 * playlist: renders a window as a media playlist (RFC 8216 and
 * draft-pantos-hls-rfc8216bis) with everything that LL-HLS wants. Constants
 * come from the window's parameters only, never from measured durations.
 *
 * Pure. Any thread that may read the window.
 */
#ifndef DEVICE_STREAM_PLAYLIST_H
#define DEVICE_STREAM_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/stream/window.h"

struct playlist_params {
	uint32_t first_msn;	   /* list nothing older: what the reader has */
	struct wire_position last; /* list nothing newer */
	bool ended;		   /* EXT-X-ENDLIST, no hint */
};

/* What the text says, for who sends it on. */
struct playlist_facts {
	uint32_t first_msn;
	struct wire_position last;
	uint32_t hint_epoch;
	struct wire_position hint;
};

/*
 * Writes the playlist, NUL-terminated, and returns its length; -ENODATA when
 * no whole segment would be listed, with which most players cannot start,
 * -EMSGSIZE when `size` does not hold it.
 */
int playlist_render(char *out, size_t size, const struct window *w,
		    const struct playlist_params *params,
		    struct playlist_facts *facts);

/* Enough for any playlist of this window. */
size_t playlist_bound(const struct window *w);

#endif
