/* SPDX-License-Identifier: MIT */
/*
 * guard: how much one address, one token or one device may ask of the relay, so
 * that none takes it from the others: connections, requests under way, requests
 * a second, guesses of keys and tokens, and messages.
 *
 * Behind proxies that we were told of (`proxy_hops`), an address is what they
 * say in X-Forwarded-For, and their own connections are not counted. Loopback
 * is a proxy on the same machine, or its owner: not limited, unless asked for.
 *
 * All memory is allocated when it is opened. Server's thread. Pure: time is an
 * argument, and so is chance.
 */
#ifndef CLOUD_LIMIT_GUARD_H
#define CLOUD_LIMIT_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/limit/address.h"

struct guard;

struct guard_params {
	unsigned int max_connections; /* and streams; all there can be */
	/* 0: no limit, for all of these. */
	unsigned int max_per_address;
	unsigned int address_rate, token_rate; /* requests a second */
	unsigned int handshakes;	       /* of TLS, likewise */
	unsigned int guesses;		       /* a minute, of one address */
	unsigned int messages;		       /* a second, of one camera */
	unsigned int proxy_hops;	       /* 0: nobody is believed */
	bool limit_local;
	uint64_t seed; /* random */
};

/* -ENOMEM, -EINVAL. On failure *out is NULL. */
int guard_open(struct guard **out, const struct guard_params *params);
void guard_close(struct guard **guard);

/*
 * A connection has come; it is named by a pointer, never followed, and has to
 * leave. guard_may_connect() is for before there is such a pointer.
 */
bool guard_may_connect(const struct guard *g, const struct address *from);
void guard_connect(struct guard *g, void *connection,
		   const struct address *from, int64_t now_us);
/* Returns whether it has left without any request. */
bool guard_disconnect(struct guard *g, const void *connection);

/*
 * A TLS handshake of this address would begin, which costs more than most
 * requests do. Behind proxies it is theirs. Returns whether it may.
 */
bool guard_may_shake(struct guard *g, const struct address *from,
		     int64_t now_us);

/* One that came before then and has not sent a request yet; NULL: none. */
void *guard_late(const struct guard *g, int64_t before_us);
/* How many of them there are. */
size_t guard_silent(const struct guard *g);

/* Whose a request is; `forwarded` is its X-Forwarded-For, "" without. */
void guard_caller(struct guard *g, const void *connection,
		  const char *forwarded, struct address *out);

/*
 * Whether a proxy that we were not told of stands between: all who come
 * through it count as one address, which is not what its owner wants.
 */
bool guard_misses_proxy(const struct guard *g, const struct address *caller,
			const char *forwarded);

/*
 * A request is under way until guard_end(), which a second time is fine.
 * False: its address has as many as it may; only behind a proxy, or where it
 * is one of many on its connection (`stream`), because otherwise its
 * connections count.
 */
bool guard_begin(struct guard *g, void *request, bool stream,
		 const struct address *caller);
void guard_end(struct guard *g, const void *request);

/*
 * A request with `token` (NULL: none): 0, or in how many microseconds it would
 * be welcome.
 */
int64_t guard_ask(struct guard *g, const struct address *caller,
		  const char *token, size_t n, int64_t now_us);

/*
 * Whether an address may try another key or token, answered before it is
 * looked at, or the answer would tell: 0, or in how many microseconds.
 */
int64_t guard_locked_us(const struct guard *g, const struct address *caller,
			int64_t now_us);

/* What it tried was wrong. The same thing again is no guess. */
void guard_wrong(struct guard *g, const struct address *caller,
		 const char *tried, size_t n, int64_t now_us);

/*
 * A camera's device says something, over whichever of its connections. Returns
 * whether it may.
 */
bool guard_hear(struct guard *g, const char *camera, int64_t now_us);

/* What it said took work: so many bytes were unpacked. */
void guard_unpacked(struct guard *g, const char *camera, size_t bytes,
		    int64_t now_us);

#endif
