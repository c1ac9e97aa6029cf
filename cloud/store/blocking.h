/* SPDX-License-Identifier: MIT */
/*
 * blocking: when a playlist request is answered, held or refused, by the
 * delivery directives in its query (draft-pantos-hls-rfc8216bis 6.2.5).
 *
 * Nothing is parsed but the query: what the playlist lists came with it.
 * Pure.
 */
#ifndef CLOUD_STORE_BLOCKING_H
#define CLOUD_STORE_BLOCKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

/* The query of a playlist request, or of a check-in. Starts zeroed. */
struct directives {
	bool has_msn, has_part, skip, has_every;
	uint32_t msn, part;
	uint32_t every_s; /* a sleeping device asks so often */
};

/* The newest playlist. */
struct blocking_state {
	struct wire_position last; /* the newest part it lists */
	uint32_t target_ms, part_target_ms;
	bool ended;
};

enum blocking {
	BLOCKING_READY, /* answer with the newest playlist */
	BLOCKING_WAIT,	/* hold, ask again when there is a newer one */
	BLOCKING_BAD,	/* 400 */
};

/*
 * Takes one `name=value` of a query into *d. Names that are no directive are
 * ignored (6.2.5). -EINVAL: a directive that makes no sense; 400.
 */
int blocking_parse(struct directives *d, const char *argument, size_t n);

enum blocking blocking_check(const struct blocking_state *s,
			     const struct directives *d);

/* How long a request may be held: three target durations (B.1). */
int64_t blocking_limit_us(uint32_t target_ms);

#endif
