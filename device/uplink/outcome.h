/* SPDX-License-Identifier: MIT */
/*
 * outcome: why there is no connection, and what follows from that: how long
 * to wait before the next try, and what to tell the user. Pure.
 */
#ifndef DEVICE_UPLINK_OUTCOME_H
#define DEVICE_UPLINK_OUTCOME_H

#include <stdbool.h>

#include "device/uplink/backoff.h"

/* From OUTCOME_UNTRUSTED on it is for the user to do something. */
enum outcome {
	OUTCOME_LOST,	   /* worked, then broke */
	OUTCOME_UNREACHED, /* nobody listens, or answers */
	OUTCOME_UNNAMED,   /* no such host, no name server */
	OUTCOME_BUSY,	   /* HTTP 5xx, 429 */
	OUTCOME_NO_TLS,	   /* what answers does not speak it with us */
	OUTCOME_UNTRUSTED, /* TLS: not who it says it is, for us */
	OUTCOME_CLOCK,	   /* TLS: a certificate from the future */
	OUTCOME_PORTAL,	   /* something else answers, as a login page does */
	OUTCOME_PROXY,	   /* the proxy does not let us through */
	OUTCOME_TOO_LARGE, /* HTTP 413: a request, for what is on the way */
	OUTCOME_REFUSED,   /* other HTTP answers; error messages */
	OUTCOME_FORBIDDEN, /* HTTP 401, 403: the key */
	OUTCOME_REPLACED,  /* another device has the camera's name */
};

/* What an HTTP status other than 101 stands for. */
enum outcome outcome_of_status(unsigned int status);

/*
 * What libwebsockets' words for a failed try stand for, in the versions 4.1
 * and 4.3; with TLS, OpenSSL's words for what it does not like, or "".
 */
enum outcome outcome_of_failure(const char *text, bool tls,
				const char *tls_error);

/* The pause before the next try. Constant. */
const struct backoff_params *outcome_pause(enum outcome outcome);

/* What to tell the user about it. Constant. */
const char *outcome_next_step(enum outcome outcome);

#endif
