/* SPDX-License-Identifier: MIT */
/*
 * proxy: which HTTP proxy leads to the relay, from the environment as curl(1)
 * reads it:
 *
 *   https_proxy, HTTPS_PROXY   for wss://
 *   http_proxy                 for ws://
 *   all_proxy, ALL_PROXY       for both, when there is none of those
 *   no_proxy, NO_PROXY         hosts to reach without: "example.org,.lan,*"
 *
 * Pure: the environment is an argument.
 */
#ifndef DEVICE_UPLINK_PROXY_H
#define DEVICE_UPLINK_PROXY_H

#include <stdbool.h>

#include "device/uplink/endpoint.h"

#define PROXY_AUTH_SIZE 94 /* "user:password", as libwebsockets takes it */

struct proxy {
	char host[ENDPOINT_HOST_SIZE]; /* "": there is none */
	int port;
	char auth[PROXY_AUTH_SIZE]; /* "user:password", or "" */
};

/*
 * `get` is getenv(). Returns 0, or -EINVAL and in *name (a constant) the
 * variable and in *why (another one) what is wrong with it.
 */
int proxy_choose(struct proxy *out, const struct endpoint *relay,
		 char *(*get)(const char *), const char **name,
		 const char **why);

#endif
