/* SPDX-License-Identifier: MIT */
/*
 * origin: the web server that is pushed to, one request after the other. What
 * goes wrong is logged here, once while it lasts, with what to do.
 *
 * One thread, but for origin_wake() and origin_stop().
 */
#ifndef DEVICE_PUSH_ORIGIN_H
#define DEVICE_PUSH_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

#include "device/status/status.h"

struct origin;

struct origin_params {
	const char *url;     /* https://HOST/PATH/ */
	const char *secret;  /* see credentials.h; or NULL */
	const char *ca_file; /* PEM to trust instead of the system's; or NULL */
	struct status *status; /* borrowed; NULL: nobody asks */
};

/* -EINVAL, logged: URL or secret are none. -ENOMEM. *out is NULL then. */
int origin_open(struct origin **out, const struct origin_params *params);
void origin_close(struct origin **o);

/* What lies under a name; *text is borrowed until the next request, NULL when
 * there is nothing, or nothing of use. Negative: try again later. */
int origin_get(struct origin *o, const char *name, const char **text);

/* Lays something there. Negative: it does not lie there; try again later. */
int origin_put(struct origin *o, const char *name, const char *type,
	       const void *body, size_t size);

/*
 * 1: it was there and is no more; 0: it was not, or the server does not want
 * that; negative: try again later.
 */
int origin_delete(struct origin *o, const char *name);

/* Waits for origin_wake() or origin_stop(), no longer than that. */
void origin_wait(struct origin *o, int timeout_ms);
void origin_wake(struct origin *o);

/* Ends what is under way, and all that follows. */
void origin_stop(struct origin *o);

#endif
