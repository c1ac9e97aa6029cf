/* SPDX-License-Identifier: MIT */
/*
 * post: a device that publishes by HTTP requests, because something on its way
 * breaks WebSockets; one of the publishers. What a WebSocket is for others is
 * here a session, which the device names:
 *
 *   POST /v1/publish/CAMERA/SESSION   messages of common/wire.h, one behind
 *                                     the other; answered with those that the
 *                                     relay has to say by then
 *   GET  /v1/publish/CAMERA/SESSION   waits until the relay has one to say
 *
 * A session begins with a hello, and ends with bye, an error, or silence.
 *
 * Server's thread. No I/O; time is an argument.
 */
#ifndef CLOUD_POST_H
#define CLOUD_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

struct publishers;
struct reply;

/* The longest body: the largest part, and what is small beside it. */
#define POST_MAX_BODY (WIRE_MAX_PART + (1u << 20))

/* A GET without news is answered with nothing, before proxies give up. */
#define POST_LISTEN_US 20000000

/* Which session of which camera; the key has been checked. */
struct post_name {
	const char *camera;
	uint64_t session;
};

/*
 * A POST begins, and makes the session if it is not there. Returns NULL, or
 * why it cannot be taken.
 */
struct reply *post_begin(struct publishers *ps, const struct post_name *name,
			 int64_t now_us);

/* The next bytes of its body. */
void post_receive(struct publishers *ps, const struct post_name *name,
		  const uint8_t *bytes, size_t n, int64_t now_us,
		  int64_t wall_us);

/* It was all of it. The answer; NULL: no memory. */
struct reply *post_answer(struct publishers *ps, const struct post_name *name,
			  int64_t now_us);

/* The connection broke before. */
void post_break(struct publishers *ps, const struct post_name *name);

/*
 * A GET that waits since `since_us`. False: there is nothing to say yet. True:
 * the answer is in *out; NULL: no memory.
 */
bool post_listen(struct publishers *ps, const struct post_name *name,
		 int64_t since_us, int64_t now_us, struct reply **out);

#endif
