/* SPDX-License-Identifier: MIT */
/*
 * https_sockets: which socket a request goes over. libcurl tells of each that
 * it makes, and of a request, whichever connection it reuses, the local port;
 * it names no socket before the request is over, when it is too late to ask
 * the kernel how the line does.
 *
 * No limit of its own: the newest few are kept.
 */
#ifndef DEVICE_UPLINK_HTTPS_SOCKETS_H
#define DEVICE_UPLINK_HTTPS_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

#define HTTPS_SOCKETS 8

/* All zero: none. What was closed since is not found any more. */
struct https_sockets {
	int fd[HTTPS_SOCKETS]; /* a ring; plus one, so that 0 is none */
	size_t next;
};

void https_sockets_add(struct https_sockets *s, int fd);

/* -1: none of them has this local port. */
int https_sockets_find(const struct https_sockets *s, uint16_t local_port);

#endif
