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

struct assets;
struct guard;
struct keyring;
struct login;
struct reply;
struct report_counters;
struct store;
struct want;

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

/*
 * Returns true with the reply, held for the caller, in *out (NULL: no memory
 * for it), or false with what it waits for in *want. If that is a look at its
 * password (`login`), the request is to be asked again afterwards, with that
 * name in it. `now_us` is monotonic, `wall_us` Unix time.
 */
bool answer_request(const struct answer_source *source,
		    const struct request *request, int64_t now_us,
		    int64_t wall_us, struct reply **out, struct want *want);

#endif
