/* SPDX-License-Identifier: MIT */
/*
 * health: asks the relay that listens on this machine whether it is well, for
 * a container that has no curl. A process of its own; blocks.
 */
#ifndef CLOUD_HEALTH_H
#define CLOUD_HEALTH_H

#include <stdbool.h>

/*
 * `address` and `port` are what the relay listens on; "any address" is asked
 * on loopback. With `tls`, that it takes a connection is enough. Returns 0;
 * -ECONNREFUSED, -ETIMEDOUT (3 s), ..., -EPROTO: it answered something else.
 */
int health_ask(const char *address, int port, bool tls);

#endif
