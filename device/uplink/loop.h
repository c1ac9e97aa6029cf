/* SPDX-License-Identifier: MIT */
/*
 * loop: where the network thread waits: for what happens on a connection, for
 * a wake, or for a moment. libwebsockets' context is in there, or libcurl's.
 *
 * Network thread, but for loop_wake().
 */
#ifndef DEVICE_UPLINK_LOOP_H
#define DEVICE_UPLINK_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct https;
struct lws_context;

struct loop_params {
	bool http; /* by libcurl, not by libwebsockets */
	bool tls;
	const char *ca_file; /* to trust instead of the system's; or NULL */
};

/* -ENOMEM, or -EIO, logged; then *out is NULL. */
int loop_open(struct loop **out, const struct loop_params *params);

/* Connections that still exist hear of their end. */
void loop_close(struct loop **l);

/*
 * Lets connections do what they have to, waits at the latest until `until_us`
 * (monotonic; INT64_MAX: for ever) and returns after each turn. -EIO: it is
 * of no use to go on.
 */
int loop_turn(struct loop *l, int64_t until_us);

/* Makes loop_turn() return soon. Any thread, any time. */
void loop_wake(struct loop *l);

/* For whoever connects: the one that there is. */
struct lws_context *loop_context(const struct loop *l);
struct https *loop_https(const struct loop *l);

/*
 * What OpenSSL did not like of a certificate since this was asked last, or "".
 * libwebsockets 4.1 says that in its log alone. Borrowed until the next call.
 */
const char *loop_tls_error(void);

#endif
