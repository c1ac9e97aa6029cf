/* SPDX-License-Identifier: MIT */
/*
 * endpoint: where the relay is, read from what the user wrote:
 *
 *   ws://HOST[:PORT][/PREFIX]      a WebSocket, plain, port 80
 *   wss://HOST[:PORT][/PREFIX]     a WebSocket in TLS, port 443
 *   http://..., https://...        likewise, by HTTP requests instead
 *
 * HOST is a name, an IPv4 address, or an IPv6 address in brackets. PREFIX is
 * where a reverse proxy has put the relay. Pure.
 */
#ifndef DEVICE_UPLINK_ENDPOINT_H
#define DEVICE_UPLINK_ENDPOINT_H

#include <stdbool.h>

#define ENDPOINT_HOST_SIZE 254 /* RFC 1035: 253 characters, and the NUL */
#define ENDPOINT_PATH_SIZE 256

struct endpoint {
	bool tls;
	bool http;		       /* by requests, not over a WebSocket */
	char host[ENDPOINT_HOST_SIZE]; /* without brackets */
	int port;
	char prefix[ENDPOINT_PATH_SIZE]; /* "" or "/relay", no slash behind */
};

/* Returns 0, or -EINVAL and in *why (a constant) what is wrong with `url`. */
int endpoint_parse(struct endpoint *out, const char *url, const char **why);

/* Whether what is sent there stays on this machine. */
bool endpoint_is_loopback(const struct endpoint *e);

/*
 * Writes the Host header: with brackets where they belong, and with the port
 * where it is not the usual one. Returns the length.
 */
#define ENDPOINT_AUTHORITY_SIZE (ENDPOINT_HOST_SIZE + 8) /* "[]:65535" */
int endpoint_authority(const struct endpoint *e,
		       char out[static ENDPOINT_AUTHORITY_SIZE]);

#endif
