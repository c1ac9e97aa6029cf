/* SPDX-License-Identifier: MIT */
#include "device/uplink/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"
#include "common/trace.h"
#include "device/uplink/netwatch.h"
#include "device/uplink/posts.h"
#include "device/uplink/tcp.h"
#include "device/uplink/websocket.h"

/* A part of a usual size leaves in one piece. */
#define PIECE (64u << 10)

#define CHECK_US 500000 /* between two looks at dialog_check() */
#define RETIRE_S 3	/* to close in peace */

struct connection {
	struct connection_params params;
	struct handover *handover;
	bool used, hold;
	bool resolving;	     /* there is no address yet */
	bool given_up;	     /* it is known why it ends */
	struct posts *posts; /* NULL: a WebSocket, which is: */
	struct websocket websocket;
	struct dialog *dialog; /* NULL: not connected yet */
	enum outcome outcome;  /* when it ends */
	char why[400];	       /* and why */
	bool dropped;	       /* closes, and nobody minds ... */
	bool retired;	       /* ... behind what is on its way */
	bool ping;	       /* is to be sent */
	bool asked;	       /* a ping was, in this silence */
	int64_t live_us;       /* when it was welcomed; 0: not yet */
	uint64_t moved;	       /* bytes that the other side has; see below */
	int64_t end_us;	       /* posts that retire have until then */
};

int connection_open(struct connection **out,
		    const struct connection_params *params)
{
	struct connection *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return -ENOMEM;
	c->params = *params;
	if (params->target->endpoint.http &&
	    posts_open(&c->posts,
		       &(struct posts_params){
			       .https = loop_https(params->loop),
			       .url = params->target->url,
			       .authorization =
				       params->target->authorization }) < 0) {
		free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void connection_abandon(struct connection *c)
{
	if (c)
		posts_close(&c->posts);
}

void connection_close(struct connection **connection)
{
	struct connection *c = *connection;

	*connection = NULL;
	if (!c)
		return;
	dialog_close(&c->dialog);
	free(c);
}

/* It may happen before lws_service() waits, and shall not wait for its end. */
static void tell(struct connection *c, enum connection_event event)
{
	c->params.event(c->params.context, c, event);
	loop_wake(c->params.loop);
}

/* --- its end ---------------------------------------------------------------
 */

static void set_outcome(struct connection *c, enum outcome outcome,
			const char *why)
{
	c->outcome = outcome;
	snprintf(c->why, sizeof(c->why), "%s", why);
}

/* What has ended is forgotten, but for why. */
static int ended(struct connection *c)
{
	if (!c->used)
		return 0;
	if (c->posts)
		posts_end(c->posts);
	dialog_close(&c->dialog);
	c->used = false;
	c->websocket.active = false;
	c->websocket.wsi = NULL;
	tell(c, CONNECTION_ENDED);
	return 0;
}

void connection_drop(struct connection *c)
{
	c->dropped = true;
	if (c->resolving)
		ended(c);
	else
		websocket_kill(&c->websocket);
}

static void give_up(struct connection *c, enum outcome outcome, const char *why)
{
	set_outcome(c, outcome, why);
	c->given_up = true;
	websocket_kill(&c->websocket);
}

/* --- its life --------------------------------------------------------------
 */

/* Only a WebSocket is told when it can: posts look by themselves. */
static void want_to_write(const struct connection *c)
{
	websocket_want(&c->websocket);
}

static int received(struct connection *c, const uint8_t *bytes, size_t n,
		    bool first, bool final);

/* Whether nothing more is to come by posts; then c->outcome tells why. */
static bool posts_are_over(struct connection *c, int64_t now_us)
{
	enum outcome outcome;
	const char *why;
	const uint8_t *bytes;
	size_t n;

	while (posts_hear(c->posts, &bytes, &n))
		if (received(c, bytes, n, true, true) < 0)
			return true;
	if (posts_failed(c->posts, &outcome, &why)) {
		set_outcome(c, outcome, why);
		return true;
	}
	if (c->retired)
		return now_us >= c->end_us || dialog_is_settled(c->dialog);
	return c->dropped ||
	       (dialog_has_left(c->dialog) && posts_are_through(c->posts));
}

static int64_t look_at_posts(struct connection *c, int64_t now_us)
{
	int64_t next_us;

	if (!c->used)
		return INT64_MAX;
	if (posts_are_over(c, now_us)) {
		ended(c);
		return INT64_MAX;
	}
	next_us = posts_send(c->posts, now_us);
	return c->retired && c->end_us < next_us ? c->end_us : next_us;
}

static int64_t look_at_dialog(struct connection *c, int64_t now_us)
{
	switch (dialog_check(c->dialog, now_us)) {
	case DIALOG_DEAD:
		give_up(c, OUTCOME_LOST, "it does not answer");
		return INT64_MAX;
	case DIALOG_SILENT:
		if (!c->asked)
			c->ping = true;
		c->asked = true;
		if (c->ping)
			want_to_write(c);
		break;
	case DIALOG_FINE:
		c->asked = false;
		break;
	}
	return now_us + CHECK_US;
}

static int open_dialog(struct connection *c)
{
	return dialog_open(&c->dialog, &(struct dialog_params){
					       .process = c->params.process,
					       .handover = c->handover,
					       .sent = c->params.sent,
					       .now_us = clock_monotonic_us(),
					       .wall_us = clock_wall_us(),
					       .hold = c->hold,
				       });
}

static int connected(void *context)
{
	struct connection *c = context;

	if (open_dialog(c) < 0 || c->dropped)
		return -1;
	set_outcome(c, OUTCOME_LOST, "the connection was lost");
	return 0;
}

static int welcomed(struct connection *c)
{
	c->live_us = clock_monotonic_us();
	tell(c, CONNECTION_WELCOMED);
	want_to_write(c);
	return 0;
}

/* The relay said why it does not want this connection any more. */
static int refused(struct connection *c)
{
	bool replaced = dialog_error(c->dialog) == WIRE_ERROR_REPLACED;

	set_outcome(c, replaced ? OUTCOME_REPLACED : OUTCOME_REFUSED,
		    dialog_why(c->dialog));
	return -1;
}

static int received(struct connection *c, const uint8_t *bytes, size_t n,
		    bool first, bool final)
{
	if (c->retired) /* it may be settled now */
		want_to_write(c);
	switch (dialog_receive(c->dialog, bytes, n, first, final,
			       clock_monotonic_us())) {
	case DIALOG_WELCOMED:
		return welcomed(c);
	case DIALOG_DRAIN:
		tell(c, CONNECTION_DRAIN);
		return 0;
	case DIALOG_DEMAND:
		tell(c, CONNECTION_DEMAND);
		return 0;
	case DIALOG_ERROR:
		return refused(c);
	case DIALOG_BROKEN:
		set_outcome(c, OUTCOME_REFUSED, dialog_why(c->dialog));
		return -1;
	default:
		return 0;
	}
}

static void trace_sent(const struct connection *c, enum wire_type type)
{
	if (type == WIRE_PART)
		trace_mark("sent", c->params.sent->newest);
	else if (type == WIRE_PLAYLIST)
		trace_mark("told", c->params.sent->newest);
}

static int send_piece(struct connection *c, struct outbox *outbox)
{
	size_t size;
	bool first, last;
	uint8_t *piece = outbox_take(outbox, PIECE, &size, &first, &last);

	if (!first) /* the piece before it is through */
		dialog_heard(c->dialog, clock_monotonic_us());
	if (websocket_send(&c->websocket, piece, size, first, last) < 0)
		return -1;
	if (last)
		trace_sent(c, outbox_type(outbox));
	return 0;
}

void connection_retire(struct connection *c)
{
	c->dropped = c->retired = true;
	dialog_pause(c->dialog);
	c->end_us = clock_monotonic_us() + RETIRE_S * INT64_C(1000000);
	websocket_kill_after(&c->websocket, RETIRE_S);
	want_to_write(c);
}

static int writeable(void *context)
{
	struct connection *c = context;
	struct outbox *outbox;

	if (c->retired && dialog_is_settled(c->dialog))
		return websocket_close_in_peace(&c->websocket);
	if ((c->dropped && !c->retired) || dialog_has_left(c->dialog))
		return -1;
	if (c->ping) {
		c->ping = false;
		return websocket_ping(&c->websocket);
	}
	outbox = dialog_speak(c->dialog, clock_monotonic_us());
	return outbox ? send_piece(c, outbox) : 0;
}

void connection_leave(struct connection *c)
{
	dialog_leave(c->dialog);
	want_to_write(c);
}

void connection_wake(struct connection *c)
{
	want_to_write(c);
}

/*
 * Acknowledgements come when a whole part is there; on a slow line that takes
 * a while, and the kernel knows more.
 */
void connection_measure(struct connection *c, int64_t now_us)
{
	struct flow *flow = &c->params.sent->flow;
	int fd = websocket_socket(&c->websocket);
	struct tcp_sight sight;

	if (c->posts && c->used)
		fd = posts_socket(c->posts);
	if (fd < 0 || !tcp_look(fd, &sight))
		return;
	if (sight.trip_us)
		flow_set_trip(flow, sight.trip_us);
	if (sight.moved > c->moved)
		flow_moved(flow, now_us);
	c->moved = sight.moved;
}

void connection_doubt(struct connection *c)
{
	int fd = websocket_socket(&c->websocket);

	if (!c->used || c->dropped || c->given_up || fd < 0)
		return;
	if (!netwatch_has_local(fd)) {
		give_up(c, OUTCOME_LOST,
			"this machine has another address now");
	} else if (c->dialog) {
		c->ping = true;
		want_to_write(c);
	}
}

/* --- whether it comes to one ------------------------------------------------
 */

static void dial(struct connection *c, int64_t now_us)
{
	set_outcome(c, OUTCOME_UNREACHED, "it cannot be reached");
	websocket_dial(&c->websocket, resolver_address(c->params.resolver),
		       now_us);
}

static int64_t look_at_reach(struct connection *c, int64_t now_us)
{
	int64_t until_us = websocket_reach_us(&c->websocket);
	char why[sizeof(c->why)];

	if (now_us < until_us)
		return until_us;
	snprintf(why, sizeof(why), "nobody answers at %s",
		 resolver_address(c->params.resolver));
	give_up(c, OUTCOME_UNREACHED, why);
	return INT64_MAX;
}

static int64_t look_at_name(struct connection *c, int64_t now_us)
{
	struct resolver *resolver = c->params.resolver;
	enum resolver_result result = resolver_look(resolver, now_us);
	char why[sizeof(c->why)];

	if (result == RESOLVER_LOOKING)
		return resolver_until_us(resolver);
	c->resolving = false;
	if (result == RESOLVER_FOUND) {
		dial(c, now_us);
		return now_us;
	}
	resolver_tell(resolver, result, why, sizeof(why));
	set_outcome(c, OUTCOME_UNNAMED, why);
	ended(c);
	return INT64_MAX;
}

int64_t connection_look(struct connection *c, int64_t now_us)
{
	if (c->posts)
		return look_at_posts(c, now_us);
	if (!c->used || c->dropped || c->given_up)
		return INT64_MAX;
	if (c->resolving)
		return look_at_name(c, now_us);
	if (c->dialog)
		return look_at_dialog(c, now_us);
	return look_at_reach(c, now_us);
}

/* --- its beginning ---------------------------------------------------------
 */

static int heard(void *context, const uint8_t *bytes, size_t n, bool first,
		 bool final)
{
	return received(context, bytes, n, first, final);
}

static void ponged(void *context)
{
	struct connection *c = context;

	dialog_heard(c->dialog, clock_monotonic_us());
}

static void websocket_failed(void *context, enum outcome outcome,
			     const char *why)
{
	struct connection *c = context;

	if (!c->given_up)
		set_outcome(c, outcome, why);
	ended(c);
}

static void websocket_ended(void *context)
{
	ended(context);
}

static const struct websocket_events websocket_events = {
	.opened = connected,
	.received = heard,
	.ponged = ponged,
	.writeable = writeable,
	.failed = websocket_failed,
	.ended = websocket_ended,
};

/* There is nothing to wait for: the first request carries the hello. */
static void start_posts(struct connection *c)
{
	if (open_dialog(c) < 0) {
		ended(c);
		return;
	}
	posts_begin(c->posts, c->dialog);
	loop_wake(c->params.loop);
}

static void start_websocket(struct connection *c)
{
	const struct connection_params *p = &c->params;

	c->websocket = (struct websocket){ .loop = p->loop,
					   .target = p->target,
					   .events = &websocket_events,
					   .context = c };
	c->resolving = true;
	resolver_start(p->resolver, clock_monotonic_us());
}

void connection_start(struct connection *c, struct handover *handover,
		      bool hold)
{
	*c = (struct connection){ .params = c->params,
				  .posts = c->posts,
				  .handover = handover,
				  .used = true,
				  .hold = hold };
	set_outcome(c, OUTCOME_UNREACHED, "the host has no address");
	if (c->posts)
		start_posts(c);
	else
		start_websocket(c);
}

/* --- what is known of it ---------------------------------------------------
 */

bool connection_is_used(const struct connection *c)
{
	return c->used;
}

bool connection_is_dropped(const struct connection *c)
{
	return c->dropped;
}

int64_t connection_live_us(const struct connection *c)
{
	return c->live_us;
}

enum outcome connection_outcome(const struct connection *c)
{
	return c->outcome;
}

const char *connection_why(const struct connection *c)
{
	return c->why;
}

struct dialog *connection_dialog(const struct connection *c)
{
	return c->dialog;
}
