/* SPDX-License-Identifier: MIT */
/*
 * connection: one WebSocket to the relay, or one session of HTTP requests
 * (posts.h), from the first try to its end, and the dialog on it. It can be
 * made again after its end. Two of them are used: one takes over from the
 * other.
 *
 * It decides nothing: whoever owns it hears what happened (see
 * connection_event) and says what to do. Network thread.
 */
#ifndef DEVICE_UPLINK_CONNECTION_H
#define DEVICE_UPLINK_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/stream/handover.h"
#include "device/uplink/dialog.h"
#include "device/uplink/loop.h"
#include "device/uplink/outcome.h"
#include "device/uplink/resolver.h"
#include "device/uplink/target.h"

struct connection;

enum connection_event {
	CONNECTION_WELCOMED, /* it is live, or with `hold` ready for that */
	CONNECTION_DRAIN,    /* the relay asks to connect anew */
	CONNECTION_DEMAND,   /* it said how many watch: dialog_viewers() */
	CONNECTION_ENDED,    /* see connection_outcome(); or never came to be */
};

/* All of it is borrowed for as long as the connection exists. */
struct connection_params {
	struct loop *loop;
	const struct target *target;
	struct resolver *resolver; /* of target_host() */
	uint64_t process;
	struct dialog_sent *sent;
	/* Called from within loop_turn(), or connection_start(). */
	void (*event)(void *context, struct connection *c,
		      enum connection_event event);
	void *context;
};

/* Prepares it. -ENOMEM; then *out is NULL. */
int connection_open(struct connection **out,
		    const struct connection_params *params);

/* Before loop_close(): lets go of what it has there. No more is called then. */
void connection_abandon(struct connection *c);

/* After loop_close(): libwebsockets must not know of it any more. */
void connection_close(struct connection **c);

/*
 * Begins a try; not while connection_is_used(). Borrows the handover. With
 * `hold` it sends no media before dialog_begin(), but says hello.
 */
void connection_start(struct connection *c, struct handover *handover,
		      bool hold);

/* From connection_start() to CONNECTION_ENDED. */
bool connection_is_used(const struct connection *c);

/* Ends it without a word, soon. */
void connection_drop(struct connection *c);

/* Another one has taken over: closes it behind what is on its way. */
void connection_retire(struct connection *c);

/* Whether it was told to end by one of these two: nobody minds. */
bool connection_is_dropped(const struct connection *c);

/*
 * Addresses or routes of this machine have changed: ends at once when its own
 * address is gone, and asks whether the relay is still there when not.
 */
void connection_doubt(struct connection *c);

/* Says bye behind what is on its way, then ends. Only when it is live. */
void connection_leave(struct connection *c);

/* There may be something to say. Only when it is live. */
void connection_wake(struct connection *c);

/*
 * Looks whether there is an address, somebody there, and then whether the
 * relay still answers, and asks it. Returns when to look again; INT64_MAX: not
 * for its sake.
 */
int64_t connection_look(struct connection *c, int64_t now_us);

/* Takes a measure of the line, for dialog_sent.flow. Only when it is live. */
void connection_measure(struct connection *c, int64_t now_us);

/* When it was welcomed, monotonic; 0: not yet. */
int64_t connection_live_us(const struct connection *c);

/* At CONNECTION_ENDED: why, as a kind and in words. Borrowed. */
enum outcome connection_outcome(const struct connection *c);
const char *connection_why(const struct connection *c);

/* NULL before there is one. Borrowed until CONNECTION_ENDED. */
struct dialog *connection_dialog(const struct connection *c);

#endif
