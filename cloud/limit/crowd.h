/* SPDX-License-Identifier: MIT */
/*
 * crowd: who is here, from which address, and how many from each. A member is
 * named by a pointer, which is never followed. The memory is allocated when
 * it is opened and does not grow. Pure.
 */
#ifndef CLOUD_LIMIT_CROWD_H
#define CLOUD_LIMIT_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/limit/address.h"

struct crowd;

struct crowd_params {
	size_t max;		/* members in all */
	size_t max_per_address; /* 0: no limit */
	uint64_t seed;		/* random */
};

/* -ENOMEM. On failure *out is NULL. */
int crowd_open(struct crowd **out, const struct crowd_params *params);
void crowd_close(struct crowd **crowd);

/*
 * `member` comes at `now_us`, which may not go back; whoever is here already
 * stays. `counted`: it is one of its address. -EDQUOT: there are too many of
 * them; -ENFILE: of all.
 */
int crowd_enter(struct crowd *c, void *member, const struct address *from,
		bool counted, int64_t now_us);

enum crowd_left {
	CROWD_WAS_NOT_HERE, /* which is fine */
	CROWD_WAS_SILENT,   /* no crowd_hear() */
	CROWD_WAS_HEARD,
};

enum crowd_left crowd_leave(struct crowd *c, const void *member);

/*
 * It has said something. Returns where it comes from, borrowed until the next
 * enter or leave; NULL: it is not here.
 */
const struct address *crowd_hear(struct crowd *c, const void *member);

/*
 * Who has been here longest without a word, if it came before then; NULL:
 * nobody.
 */
void *crowd_find_silent(const struct crowd *c, int64_t before_us);

/* How many have been here without a word. */
size_t crowd_silent(const struct crowd *c);

/* How many counted ones have come from there. */
size_t crowd_count(const struct crowd *c, const struct address *from);

#endif
