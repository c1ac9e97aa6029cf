/* SPDX-License-Identifier: MIT */
/*
 * request: what of an HTTP request matters here, and the few header values
 * that have to be read. Pure.
 */
#ifndef CLOUD_HTTP_REQUEST_H
#define CLOUD_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/limit/address.h"
#include "cloud/store/blocking.h"

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_OPTIONS,
	METHOD_POST,
	METHOD_OTHER
};

/* Texts are "" where the request has no such header. */
struct request {
	enum method method;
	const char *path; /* percent-decoded, without the query */
	size_t path_size;
	struct directives directives;
	bool bad; /* a number in the query is none: 400 */
	/* it has one, or may: but for a POST of messages that is 400, and the
	 * connection ends */
	bool body;
	int64_t length; /* of its body in bytes; -1: not said */
	bool gzip;
	const char *authorization;
	uint64_t login; /* what was looked at for it; 0: nothing (login.h) */
	struct address from; /* whose it is, as limits count */
	const char *if_none_match;
};

/*
 * Of one that has to wait, in one piece, for free(); but for its Authorization,
 * which nobody keeps. NULL: no memory.
 */
struct request *request_copy(const struct request *request);

/* Whether an Accept-Encoding allows gzip (RFC 9110 12.5.3). */
bool request_takes_gzip(const char *accept_encoding);

/* Whether a comma-separated list has `item`. */
bool request_lists(const char *list, const char *item);

/*
 * The credentials of "Bearer X", borrowed from `authorization`; NULL for
 * anything else.
 */
const char *request_bearer(const char *authorization);

#endif
