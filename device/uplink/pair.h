/* SPDX-License-Identifier: MIT */
/*
 * pair: the connections there are, which of them counts, and how another one
 * takes over from it: of the same process, at the very part where it ends.
 *
 *   live      sends what there is; NULL: none does
 *   next      was welcomed and waits to take over from it, or NULL
 *
 * Network thread.
 */
#ifndef DEVICE_UPLINK_PAIR_H
#define DEVICE_UPLINK_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "device/uplink/connection.h"

/* All zero: closed. */
struct pair {
	struct connection *connection[2];
	struct connection *live, *next; /* of these */
	int64_t take_over_us; /* when `next` does at the latest; or INT64_MAX */
};

/* -ENOMEM; then it is half open, and to be closed. */
int pair_open(struct pair *p, const struct connection_params *params);

/* Before and after loop_close(), see connection.h. */
void pair_abandon(struct pair *p);
void pair_close(struct pair *p);

/* One to be started; NULL: there is none, or it is not to be started now. */
struct connection *pair_spare(const struct pair *p);

/* Whether there is another connection, live or on its way. */
bool pair_has_other(const struct pair *p, const struct connection *c);

/* Whether any is not at its end yet. */
bool pair_is_used(const struct pair *p);

/* The newest that was welcomed, which knows best; or NULL. */
struct connection *pair_newest(const struct pair *p);

/* That one was welcomed: it is to take over. */
void pair_welcome(struct pair *p, struct connection *c, int64_t now_us);

/* That one has ended. */
void pair_forget(struct pair *p, const struct connection *c);

/*
 * Goes on with taking over, if that is under way. Returns whether another one
 * is live since; *next_us: when to look again at the latest.
 */
bool pair_take_over(struct pair *p, int64_t now_us, int64_t *next_us);

/* All of them: see connection.h. */
void pair_wake(const struct pair *p);
void pair_doubt(const struct pair *p);
int64_t pair_look(const struct pair *p, int64_t now_us);

/* Says bye on the live one, and drops the other. */
void pair_leave(const struct pair *p);

#endif
