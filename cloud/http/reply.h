/* SPDX-License-Identifier: MIT */
/*
 * reply: one HTTP answer, rendered once and sent to as many viewers as want
 * it. Head and body are in one piece of memory, so that HTTP/1.1 is one write:
 *
 *   | REPLY_FRONT | HTTP/1.1 200 OK ... CRLF CRLF | body |
 *                 ^ offset 0                      ^ head_size
 *
 * or the body is a chain, the bodies of other replies one behind the other:
 * that is how a segment is served without storing the bytes of its parts
 * twice. Apart from the date in the head a reply never changes once others
 * hold it.
 *
 * Counted by a plain integer: the server's thread only. No I/O, no clock.
 */
#ifndef CLOUD_HTTP_REPLY_H
#define CLOUD_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in front of offset 0 that whoever sends may overwrite. */
#define REPLY_FRONT	32
#define REPLY_DATE_SIZE 29 /* "Tue, 15 Nov 1994 08:12:31 GMT" */
#define REPLY_MAX_HEAD	1536

struct reply_params {
	int status;
	const char *type;  /* Content-Type; NULL: none */
	const char *cache; /* Cache-Control; NULL: none */
	const char *extra; /* further lines, each with CRLF; NULL: none */
	/* What is sent ten times a second goes without lines that say nothing
	 * about it: it refers to nobody, and scripts read its body only. */
	bool media;
};

struct reply {
	unsigned int holds;
	uint16_t status;
	uint16_t head_size;
	uint16_t date; /* its offset in the head */
	size_t body_size;
	size_t memory; /* bytes allocated for this one, without the pieces */
	uint8_t *head;
	size_t pieces; /* 0: the body is behind the head */
	struct reply **piece;
};

/*
 * Returns a reply with `body_size` bytes of body at reply_body(), to be filled
 * in before anybody else holds it, or NULL without memory.
 */
struct reply *reply_new(const struct reply_params *params, size_t body_size);

/* The body is `n` bytes of `body`, copied. */
struct reply *reply_new_body(const struct reply_params *params,
			     const void *body, size_t n);

/*
 * The body is the bodies of `piece[0..count)`, each of which is held and must
 * not be a chain itself. NULL without memory.
 */
struct reply *reply_new_chain(const struct reply_params *params,
			      struct reply *const *piece, size_t count);

/*
 * The same answer for one person: where `r` may be kept by caches that others
 * use, too, this one may not (RFC 9111 5.2.2.7). Its body is that of `r`, which
 * is held. NULL without memory.
 */
struct reply *reply_new_private(struct reply *r);

/*
 * An answer that is no media: one sentence of text/plain, with a newline put
 * behind it, not to be stored by caches. `extra` as above.
 */
struct reply *reply_new_text(int status, const char *extra,
			     const char *sentence);

/* Returns `r`, held once more. */
struct reply *reply_hold(struct reply *r);

/* What all replies together take. */
size_t reply_memory(void);

/* Lets go of *r and sets it to NULL. A NULL *r is fine. */
void reply_release(struct reply **r);

/* Only without pieces. */
uint8_t *reply_body(struct reply *r);

/* Head and body together. */
size_t reply_size(const struct reply *r);

/*
 * The bytes from `offset` (< reply_size()) on that are in one run of memory,
 * *n of them, at least one.
 */
uint8_t *reply_run(const struct reply *r, size_t offset, size_t *n);

/* Copies up to `n` bytes from `offset` on; returns how many there were. */
size_t reply_copy(const struct reply *r, size_t offset, uint8_t *out, size_t n);

/* Sets the date in the head, just before it is sent. */
void reply_set_date(struct reply *r, const char date[static REPLY_DATE_SIZE]);

#endif
