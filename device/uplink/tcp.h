/* SPDX-License-Identifier: MIT */
/*
 * tcp: what the kernel is told of a connection to the relay, and what it knows
 * of it.
 */
#ifndef DEVICE_UPLINK_TCP_H
#define DEVICE_UPLINK_TCP_H

#include <stdbool.h>
#include <stdint.h>

/* For messages that must not wait: neither for others, nor in the kernel. */
void tcp_tune(int fd);

/* Whether somebody answered at its other end; true also if nobody can tell. */
bool tcp_is_reached(int fd);

struct tcp_sight {
	int64_t trip_us; /* the shortest round trip; 0: not known */
	uint64_t moved;	 /* bytes that the other side has */
};

/* False: the kernel does not say. */
bool tcp_look(int fd, struct tcp_sight *out);

#endif
