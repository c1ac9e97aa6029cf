/* SPDX-License-Identifier: MIT */
/*
 * https_failure: what has gone wrong with a request, as an errno and as a line
 * that names the thing, the reason and the next step. Part of https.h.
 */
#ifndef DEVICE_UPLINK_HTTPS_FAILURE_H
#define DEVICE_UPLINK_HTTPS_FAILURE_H

#include <stdbool.h>

#include "device/uplink/https.h"

#define HTTPS_WHY_SIZE 512

struct https_failure {
	void *easy;	    /* libcurl's handle of the request */
	const char *host;   /* fit to be logged */
	const char *detail; /* libcurl's words, or "" */
	long deadline_ms;
	bool too_large; /* the answer was */
	char *why;	/* HTTPS_WHY_SIZE bytes: where the line goes */
};

/* No answer came; `code` is libcurl's. The errno, as in https.h. */
int https_failure(const struct https_failure *f, int code);

/* This answer came: 0, or the errno of one that is as good as none. */
int https_failure_answer(const struct https_failure *f,
			 const struct https_answer *a);

#endif
