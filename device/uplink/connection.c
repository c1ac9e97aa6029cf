/* SPDX-License-Identifier: MIT */
#include "device/uplink/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "device/uplink/connection_state.h"
#include "device/uplink/tcp.h"

#define RETIRE_S 3 /* to close in peace */

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

void connection_set_outcome(struct connection *c, enum outcome outcome,
			    const char *why)
{
	c->outcome = outcome;
	snprintf(c->why, sizeof(c->why), "%s", why);
}

/* What has ended is forgotten, but for why. */
void connection_end(struct connection *c)
{
	if (!c->used)
		return;
	if (c->posts)
		posts_end(c->posts);
	dialog_close(&c->dialog);
	c->used = false;
	c->websocket.active = false;
	c->websocket.wsi = NULL;
	tell(c, CONNECTION_ENDED);
}

void connection_drop(struct connection *c)
{
	c->dropped = true;
	if (c->resolving)
		connection_end(c);
	else
		websocket_kill(&c->websocket);
}

/* --- its life --------------------------------------------------------------
 */

/* Only a WebSocket is told when it can: posts look by themselves. */
static void want_to_write(const struct connection *c)
{
	websocket_want(&c->websocket);
}

int connection_open_dialog(struct connection *c)
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

static int welcomed(struct connection *c)
{
	c->live_us = clock_monotonic_us();
	clock_asking_begin(&c->asking, c->live_us);
	tell(c, CONNECTION_WELCOMED);
	want_to_write(c);
	return 0;
}

/* The relay said why it does not want this connection any more. */
static int refused(struct connection *c)
{
	bool replaced = dialog_error(c->dialog) == WIRE_ERROR_REPLACED;

	connection_set_outcome(c, replaced ? OUTCOME_REPLACED : OUTCOME_REFUSED,
			       dialog_why(c->dialog));
	return -1;
}

int connection_received(struct connection *c, const uint8_t *bytes, size_t n,
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
		connection_set_outcome(c, OUTCOME_REFUSED,
				       dialog_why(c->dialog));
		return -1;
	default:
		return 0;
	}
}

void connection_retire(struct connection *c)
{
	c->dropped = c->retired = true;
	dialog_pause(c->dialog);
	c->end_us = clock_monotonic_us() + RETIRE_S * INT64_C(1000000);
	websocket_kill_after(&c->websocket, RETIRE_S);
	want_to_write(c);
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
	if (sight.moved != c->moved) /* of another connection, perhaps */
		flow_moved(flow, now_us);
	c->moved = sight.moved;
}

int64_t connection_look(struct connection *c, int64_t now_us)
{
	return c->posts ? connection_look_at_posts(c, now_us)
			: connection_look_at_websocket(c, now_us);
}

/* --- its beginning ---------------------------------------------------------
 */

void connection_start(struct connection *c, struct handover *handover,
		      bool hold)
{
	*c = (struct connection){ .params = c->params,
				  .posts = c->posts,
				  .handover = handover,
				  .used = true,
				  .hold = hold };
	connection_set_outcome(c, OUTCOME_UNREACHED, "the host has no address");
	if (c->posts)
		connection_start_posts(c);
	else
		connection_start_websocket(c);
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
