/* SPDX-License-Identifier: MIT */
/*
 * answer: a request -> its reply, or that it has to wait. docs/http.md
 * specifies what is decided here. Pure: no I/O; time is an argument.
 */
#ifndef CLOUD_HTTP_ANSWER_H
#define CLOUD_HTTP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/http/request.h"
#include "common/names.h"

struct assets;
struct guard;
struct keyring;
struct login;
struct reply;
struct report_counters;
struct store;

/* What answers are made of; borrowed. */
struct answer_source {
	struct store *store;
	const struct assets *assets;
	struct report_counters *counters;
	const struct keyring *keys;
	struct guard *guard; /* NULL: nothing is too often */
	struct login *login; /* NULL: no user has a password */
	bool open;	     /* viewing needs no token */
	bool metrics_inside; /* a listener of their own has them */
	int64_t hold_us;     /* how long for a camera that is not there */
	/* How many requests wait for a camera's playlist; NULL: nobody can. */
	unsigned int (*count_waiting)(void *context, const char *camera);
	void *context;
};

/* A request that waits for a playlist or an object of a camera. */
struct want {
	char camera[CAMERA_NAME_MAX + 1];
	bool is_object;
	struct name object;	      /* with is_object */
	struct directives directives; /* without */
	bool gzip;		      /* likewise */
	bool listens;		      /* a device, to its session: see post.h */
	uint64_t session;
	bool away; /* it began to wait for a camera without a device */
	int64_t since_us;
};

/*
 * Returns true with the reply, held for the caller, in *out (NULL: no memory
 * for it), or false with what it waits for in *want. `now_us` is monotonic,
 * `wall_us` Unix time.
 */
bool answer_request(const struct answer_source *source,
		    const struct request *request, int64_t now_us,
		    int64_t wall_us, struct reply **out, struct want *want);

/*
 * Likewise for a request that waits, when its camera has changed or time has
 * passed.
 */
bool answer_want(const struct answer_source *source, const struct want *want,
		 int64_t now_us, struct reply **out);

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

#endif
