/* SPDX-License-Identifier: MIT */
#include "cloud/limit/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/limit/crowd.h"
#include "cloud/limit/rate.h"

#define BURST_S	  4    /* of requests, by whoever made none before */
#define ADDRESSES 4096 /* remembered; 32 bytes each, in four tables */
#define CAMERAS	  1024 /* likewise */
/* Unpacking as many takes about as long as a message. */
#define MESSAGE_BYTES 8192
#define MINUTE_S      60

struct guard {
	struct guard_params params;
	struct crowd *connections, *requests;
	struct rate *addresses, *handshakes, *tokens, *guesses, *messages;
};

static int open_rates(struct guard *g)
{
	const struct guard_params *p = &g->params;
	struct rate_params address = { p->address_rate,
				       BURST_S * p->address_rate, ADDRESSES,
				       p->seed };
	struct rate_params shake = { p->handshakes, BURST_S * p->handshakes,
				     ADDRESSES, p->seed };
	struct rate_params token = { p->token_rate, BURST_S * p->token_rate,
				     ADDRESSES, p->seed };
	struct rate_params guess = { (double)p->guesses / MINUTE_S, p->guesses,
				     ADDRESSES, p->seed };
	struct rate_params message = { p->messages, BURST_S * p->messages,
				       CAMERAS, p->seed };
	int err;

	if ((err = rate_open(&g->addresses, &address)) < 0 ||
	    (err = rate_open(&g->handshakes, &shake)) < 0 ||
	    (err = rate_open(&g->tokens, &token)) < 0 ||
	    (err = rate_open(&g->messages, &message)) < 0)
		return err;
	return rate_open(&g->guesses, &guess);
}

int guard_open(struct guard **out, const struct guard_params *params)
{
	const struct crowd_params crowd = { params->max_connections,
					    params->max_per_address,
					    params->seed };
	struct guard *g = calloc(1, sizeof(*g));
	int err;

	*out = NULL;
	if (!g)
		return -ENOMEM;
	g->params = *params;
	if ((err = crowd_open(&g->connections, &crowd)) < 0 ||
	    (err = crowd_open(&g->requests, &crowd)) < 0 ||
	    (err = open_rates(g)) < 0) {
		guard_close(&g);
		return err;
	}
	*out = g;
	return 0;
}

void guard_close(struct guard **guard)
{
	struct guard *g = *guard;

	*guard = NULL;
	if (!g)
		return;
	crowd_close(&g->connections);
	crowd_close(&g->requests);
	rate_close(&g->addresses);
	rate_close(&g->handshakes);
	rate_close(&g->tokens);
	rate_close(&g->guesses);
	rate_close(&g->messages);
	free(g);
}

static bool is_free(const struct guard *g, const struct address *a)
{
	return address_is_inside(a) ||
	       (address_is_loopback(a) && !g->params.limit_local);
}

/* Where any number may come, all of an address would be one long chain. */
static bool is_counted(const struct guard *g, const struct address *a)
{
	return g->params.max_per_address && !is_free(g, a);
}

/* --- connections, and requests that stand for them --- */

bool guard_may_connect(const struct guard *g, const struct address *from)
{
	return g->params.proxy_hops || !is_counted(g, from) ||
	       crowd_count(g->connections, from) < g->params.max_per_address;
}

void guard_connect(struct guard *g, void *connection,
		   const struct address *from, int64_t now_us)
{
	crowd_leave(g->connections, connection); /* never told, but gone */
	crowd_enter(g->connections, connection, from,
		    !g->params.proxy_hops && is_counted(g, from), now_us);
}

bool guard_disconnect(struct guard *g, const void *connection)
{
	return crowd_leave(g->connections, connection) == CROWD_WAS_SILENT;
}

bool guard_may_shake(struct guard *g, const struct address *from,
		     int64_t now_us)
{
	return g->params.proxy_hops || is_free(g, from) ||
	       !rate_take(g->handshakes, from->byte, sizeof(from->byte),
			  now_us);
}

size_t guard_silent(const struct guard *g)
{
	return crowd_silent(g->connections);
}

void *guard_late(const struct guard *g, int64_t before_us)
{
	return crowd_find_silent(g->connections, before_us);
}

void guard_caller(struct guard *g, const void *connection,
		  const char *forwarded, struct address *out)
{
	const struct address *from = crowd_hear(g->connections, connection);

	if (g->params.proxy_hops && !(from && address_is_inside(from)) &&
	    address_forwarded(out, forwarded, g->params.proxy_hops))
		return;
	*out = from ? *from : (struct address){ 0 };
}

bool guard_misses_proxy(const struct guard *g, const struct address *caller,
			const char *forwarded)
{
	return forwarded[0] && !g->params.proxy_hops && !is_free(g, caller);
}

bool guard_begin(struct guard *g, void *request, bool stream,
		 const struct address *caller)
{
	if (!(g->params.proxy_hops || stream) || !is_counted(g, caller))
		return true;
	return crowd_enter(g->requests, request, caller, true, 0) == 0;
}

void guard_end(struct guard *g, const void *request)
{
	crowd_leave(g->requests, request);
}

/* --- how often --- */

int64_t guard_ask(struct guard *g, const struct address *caller,
		  const char *token, size_t n, int64_t now_us)
{
	int64_t wait_us = 0;

	if (!is_free(g, caller))
		wait_us = rate_take(g->addresses, caller->byte,
				    sizeof(caller->byte), now_us);
	if (!wait_us && token)
		wait_us = rate_take(g->tokens, token, n, now_us);
	return wait_us;
}

int64_t guard_locked_us(const struct guard *g, const struct address *caller,
			int64_t now_us)
{
	if (is_free(g, caller))
		return 0;
	return rate_wait_us(g->guesses, caller->byte, sizeof(caller->byte),
			    now_us);
}

void guard_wrong(struct guard *g, const struct address *caller,
		 const char *tried, size_t n, int64_t now_us)
{
	if (!is_free(g, caller))
		rate_charge(g->guesses, caller->byte, sizeof(caller->byte),
			    tried, n, now_us);
}

bool guard_hear(struct guard *g, const char *camera, int64_t now_us)
{
	return rate_take(g->messages, camera, strlen(camera), now_us) == 0;
}

void guard_unpacked(struct guard *g, const char *camera, size_t bytes,
		    int64_t now_us)
{
	rate_owe(g->messages, camera, strlen(camera),
		 (double)(bytes / MESSAGE_BYTES), now_us);
}
