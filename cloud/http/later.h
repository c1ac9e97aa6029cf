/* SPDX-License-Identifier: MIT */
/*
 * later: 503, and when to come again. Those who are turned away at one moment
 * must not all be back at one moment, so each is told another second, in turn.
 * Retry-After knows whole seconds only (RFC 9110 10.2.3); who comes within
 * which part of one is left to the client.
 *
 * The server's thread only. No I/O, no clock.
 */
#ifndef CLOUD_HTTP_LATER_H
#define CLOUD_HTTP_LATER_H

struct reply;

#define LATER_MOST_S 3

/* From 1 to LATER_MOST_S. */
unsigned int later_s(void);

/*
 * A 503 of one sentence. `extra`: further lines, each with CRLF, or NULL. NULL
 * without memory.
 */
struct reply *later_new(const char *extra, const char *sentence);

/* The same, made before it is needed. */
struct later {
	struct reply *reply[LATER_MOST_S];
};

/* -ENOMEM, with nothing to be released. */
int later_make(struct later *l, const char *sentence);
/* What was never made is fine. */
void later_release(struct later *l);
/* One of them, held. */
struct reply *later_hold(const struct later *l);

#endif
