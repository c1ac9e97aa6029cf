/* SPDX-License-Identifier: MIT */
/*
 * websocket_failure: why a try did not come to a WebSocket, told from what the
 * other side answered and from what libwebsockets and OpenSSL have to say:
 * as a kind, and in words. Pure.
 */
#ifndef DEVICE_UPLINK_WEBSOCKET_FAILURE_H
#define DEVICE_UPLINK_WEBSOCKET_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/uplink/outcome.h"

/* All of it is borrowed for the call. */
struct websocket_failure {
	unsigned int status;  /* of HTTP; 0: nothing was answered */
	const char *location; /* where the answer leads to, raw; or "" */
	const char *text;     /* libwebsockets' words, raw; or NULL */
	size_t text_size;
	bool tls;
	const char *tls_error; /* OpenSSL's words, or "" */
	int64_t wall_us;       /* what the clock of this machine shows */
};

/* Writes the reason, fit to be logged behind the relay's name. */
enum outcome websocket_failure_tell(const struct websocket_failure *f,
				    char *out, size_t size);

#endif
