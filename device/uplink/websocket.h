/* SPDX-License-Identifier: MIT */
/*
 * websocket: one WebSocket to the relay, as libwebsockets makes it. Whoever
 * owns it hears what happens (struct websocket_events), and decides.
 *
 * All zero: there is none, and nothing is wanted of it. Network thread.
 */
#ifndef DEVICE_UPLINK_WEBSOCKET_H
#define DEVICE_UPLINK_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/uplink/loop.h"
#include "device/uplink/outcome.h"
#include "device/uplink/target.h"

struct lws;

/* Called from within loop_turn(), or websocket_dial(). <0: it is closed. */
struct websocket_events {
	int (*opened)(void *context);
	/* A piece of a message; the first and the final one are marked. */
	int (*received)(void *context, const uint8_t *bytes, size_t n,
			bool first, bool final);
	void (*ponged)(void *context, const uint8_t *bytes, size_t n);
	int (*writeable)(void *context); /* see websocket_want() */
	/* It did not come to one, and why. Then nothing more is heard of it. */
	void (*failed)(void *context, enum outcome outcome, const char *why);
	void (*ended)(void *context); /* likewise */
};

struct websocket {
	struct loop *loop; /* borrowed, as all here */
	const struct target *target;
	const struct websocket_events *events;
	void *context;
	bool active;	 /* between websocket_dial() and its end */
	struct lws *wsi; /* NULL: not there yet, or no more */
	int64_t dialled_us;
};

/*
 * Begins a try. `address` is the numeric one of the target's host: of the
 * proxy, if there is one. When not even that can be, it has ended at once.
 */
void websocket_dial(struct websocket *w, const char *address, int64_t now_us);

/*
 * Until there is somebody at the other end: when to look at the latest whether
 * there is. INT64_MAX: there is. What has passed: nobody answers.
 */
int64_t websocket_reach_us(const struct websocket *w);

/* Its socket; -1: none. */
int websocket_socket(const struct websocket *w);

/* To be told when it is writeable. */
void websocket_want(const struct websocket *w);

/* When it is writeable, one of these: <0 is to be returned. */
int websocket_send(const struct websocket *w, uint8_t *piece, size_t size,
		   bool first, bool last);
int websocket_ping(const struct websocket *w);
int websocket_pong(const struct websocket *w, const uint8_t *bytes, size_t n);
int websocket_close_in_peace(const struct websocket *w);

/* Ends soon: without a word now, or after so many seconds at the latest. */
void websocket_kill(const struct websocket *w);
void websocket_kill_after(const struct websocket *w, int seconds);

/* For loop.c: what libwebsockets calls; reason as it has it. */
int websocket_callback(struct lws *wsi, int reason, void *in, size_t n);

#endif
