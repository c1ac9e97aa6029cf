/* SPDX-License-Identifier: MIT */
/*
 * answer_device: what devices ask: whether they may publish, over a WebSocket
 * or by requests, and whether anybody watches. Pure; time is an argument.
 */
#ifndef CLOUD_HTTP_ANSWER_DEVICE_H
#define CLOUD_HTTP_ANSWER_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/names.h"

struct answer_source;
struct reply;
struct request;
struct route;

/*
 * Whether a device may publish: returns true with the camera's name in
 * `camera`, or false with the refusal in *out (NULL: no memory). `protocols`
 * is its Sec-WebSocket-Protocol.
 */
bool answer_publish(const struct answer_source *source,
		    const struct request *request, const char *protocols,
		    int64_t now_us, char camera[static CAMERA_NAME_MAX + 1],
		    struct reply **out);

/*
 * What to do with a request of a device that publishes by HTTP (post.h).
 * ANSWER_REFUSE: *out is the answer (NULL: no memory). With ANSWER_TAKE and
 * ANSWER_LISTEN camera and session are filled in.
 */
enum answer_post {
	ANSWER_ELSE,   /* it is none: see answer_request() */
	ANSWER_REFUSE, /* it may not */
	ANSWER_TAKE,   /* receive its body */
	ANSWER_LISTEN, /* it waits for what the relay has to say */
};

/* Whether its body can be received, be it for nothing. */
bool answer_may_take(const struct request *request);

enum answer_post answer_post(const struct answer_source *source,
			     const struct request *request, int64_t now_us,
			     char camera[static CAMERA_NAME_MAX + 1],
			     uint64_t *session, struct reply **out);

/*
 * A sleeping device asks. `now_us` is monotonic, `wall_us` Unix time. NULL
 * without memory.
 */
struct reply *answer_demand(const struct answer_source *source,
			    const struct request *request,
			    const struct route *route, int64_t now_us,
			    int64_t wall_us);

#endif
