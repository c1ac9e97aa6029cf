/* SPDX-License-Identifier: MIT */
/*
 * target: where the relay is, how one gets there, and who the camera is to it:
 * what the user wrote, read once. Constant while it is open.
 */
#ifndef DEVICE_UPLINK_TARGET_H
#define DEVICE_UPLINK_TARGET_H

#include "device/uplink/endpoint.h"
#include "device/uplink/proxy.h"

struct target {
	struct endpoint endpoint;
	struct proxy proxy;			 /* that leads there, or none */
	char authority[ENDPOINT_AUTHORITY_SIZE]; /* the Host header */
	char *path;				 /* what is asked for there */
	char *url;	     /* the same, whole, for HTTP requests */
	char *authorization; /* value of that header: the key */
};

/*
 * Reads the relay's URL, the camera's name and key, and from the environment
 * which proxy there is. On failure *t is closed: -EINVAL, logged, when one of
 * them makes no sense; -ENOMEM.
 */
int target_open(struct target *t, const char *relay, const char *camera,
		const char *key);

/* Forgets key and password. An empty *t is fine. */
void target_close(struct target *t);

/* The host that is connected to: the proxy, or the relay. Borrowed. */
const char *target_host(const struct target *t);

#endif
