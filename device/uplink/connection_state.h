/* SPDX-License-Identifier: MIT */
/*
 * connection_state: what connection.c shares with the two ways that a dialog
 * can travel, connection_websocket.c and connection_posts.c. Nobody else
 * includes it.
 */
#ifndef DEVICE_UPLINK_CONNECTION_STATE_H
#define DEVICE_UPLINK_CONNECTION_STATE_H

#include "device/uplink/clock_asking.h"
#include "device/uplink/connection.h"
#include "device/uplink/posts.h"
#include "device/uplink/websocket.h"

struct connection {
	struct connection_params params;
	struct handover *handover;
	bool used, hold;
	bool resolving;	     /* there is no address yet */
	bool given_up;	     /* it is known why it ends */
	struct posts *posts; /* NULL: a WebSocket, which is: */
	struct websocket websocket;
	struct clock_asking asking; /* over a WebSocket */
	struct dialog *dialog;	    /* NULL: not connected yet */
	enum outcome outcome;	    /* when it ends */
	char why[400];		    /* and why */
	bool dropped;		    /* closes, and nobody minds ... */
	bool retired;		    /* ... behind what is on its way */
	bool ping;		    /* is to be sent */
	bool asked;		    /* a ping was, in this silence */
	int64_t live_us;	    /* when it was welcomed; 0: not yet */
	uint64_t moved; /* bytes that the other side has; see below */
	int64_t end_us; /* posts that retire have until then */
};

/* --- connection.c, for both ways --- */

/* Why it ends, when it does. */
void connection_set_outcome(struct connection *c, enum outcome outcome,
			    const char *why);

/* It has ended: what was of it is forgotten, but for why. */
void connection_end(struct connection *c);

/* There is somebody to speak with. -ENOMEM. */
int connection_open_dialog(struct connection *c);

/* A piece of a message has come. <0: it is over. */
int connection_received(struct connection *c, const uint8_t *bytes, size_t n,
			bool first, bool final);

/* --- the two ways --- */

void connection_start_posts(struct connection *c);
int64_t connection_look_at_posts(struct connection *c, int64_t now_us);

void connection_start_websocket(struct connection *c);
int64_t connection_look_at_websocket(struct connection *c, int64_t now_us);

#endif
