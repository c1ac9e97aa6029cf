/* SPDX-License-Identifier: MIT */
/*
 * access: a line about each request, for whoever runs the relay. Nothing that
 * a peer made up is in it: the path is written anew from its route, a token
 * as "~" and what is no route as "-"; there is no query and no header. Pure.
 */
#ifndef CLOUD_HTTP_ACCESS_H
#define CLOUD_HTTP_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include "cloud/http/request.h"

#define ACCESS_PATH 72 /* "/CAMERA/~/EPOCH-MSN.PART.m4s" */
#define ACCESS_LINE 320

enum access_format { ACCESS_NONE, ACCESS_TEXT, ACCESS_JSON };

struct access {
	struct address from;
	enum method method;
	char path[ACCESS_PATH];
};

void access_take(struct access *out, const struct request *request);

struct access_end {
	int status;
	uint64_t bytes;	     /* head and body, as far as they were sent */
	int64_t duration_us; /* from the request on, waiting included */
	int64_t wall_us;     /* Unix time */
};

/* Writes one line with its newline; returns its length. */
size_t access_print(char out[static ACCESS_LINE], enum access_format format,
		    const struct access *access, const struct access_end *end);

#endif
