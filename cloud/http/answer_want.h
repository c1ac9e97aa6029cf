/* SPDX-License-Identifier: MIT */
/*
 * answer_want: what may have to wait: a request for a camera's playlist or one
 * of its objects. docs/http.md specifies what is decided here. Pure; time is
 * an argument.
 */
#ifndef CLOUD_HTTP_ANSWER_WANT_H
#define CLOUD_HTTP_ANSWER_WANT_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/http/request.h"
#include "common/names.h"

struct answer_source;
struct reply;
struct route;

/* A request that waits for a playlist or an object of a camera. */
struct want {
	char camera[CAMERA_NAME_MAX + 1];
	bool is_object;
	struct name object;	      /* with is_object */
	struct directives directives; /* without */
	bool gzip;		      /* likewise */
	bool listens;		      /* a device, to its session: see post.h */
	uint64_t session;
	uint64_t login; /* what is being looked at for it; 0: nothing */
	bool personal;	/* see permit_is_personal() */
	bool away;	/* it began to wait without a device that is there */
	int64_t since_us;
};

/*
 * Returns true with the reply, held for the caller, in *out (NULL: no memory
 * for it), or false with what it waits for in *want.
 */
bool answer_want_begin(const struct answer_source *source,
		       const struct request *request, const struct route *route,
		       int64_t now_us, struct reply **out, struct want *want);

/*
 * Likewise for a request that waits, when its camera has changed or time has
 * passed.
 */
bool answer_want(const struct answer_source *source, const struct want *want,
		 int64_t now_us, struct reply **out);

#endif
