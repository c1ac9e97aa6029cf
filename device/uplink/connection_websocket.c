/* SPDX-License-Identifier: MIT */
/* A connection that is a WebSocket: from the relay's name to its last byte. */
#include "device/uplink/connection_state.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/trace.h"
#include "common/wire_clock.h"
#include "device/uplink/netwatch.h"

/* A part of a usual size leaves in one piece. */
#define PIECE (64u << 10)

#define CHECK_US 500000 /* between two looks at dialog_check() */

static void give_up(struct connection *c, enum outcome outcome, const char *why)
{
	connection_set_outcome(c, outcome, why);
	c->given_up = true;
	websocket_kill(&c->websocket);
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
		websocket_want(&c->websocket);
	}
}

/* --- what happens on it --------------------------------------------------
 */

static int connected(void *context)
{
	struct connection *c = context;

	if (connection_open_dialog(c) < 0 || c->dropped)
		return -1;
	connection_set_outcome(c, OUTCOME_LOST, "the connection was lost");
	return 0;
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

static bool clock_is_due(const struct connection *c, int64_t now_us)
{
	return c->live_us && !c->dropped &&
	       clock_asking_is_due(&c->asking, !dialog_sends_media(c->dialog),
				   now_us);
}

static int ask_clock(struct connection *c)
{
	uint8_t question[WIRE_CLOCK_QUESTION];

	wire_clock_ask(question,
		       clock_asking_ask(&c->asking, clock_monotonic_us()));
	return websocket_pong(&c->websocket, question, sizeof(question));
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
	if (clock_is_due(c, clock_monotonic_us()))
		return ask_clock(c);
	outbox = dialog_speak(c->dialog, clock_monotonic_us());
	return outbox ? send_piece(c, outbox) : 0;
}

static int received(void *context, const uint8_t *bytes, size_t n, bool first,
		    bool final)
{
	return connection_received(context, bytes, n, first, final);
}

/* Any is a sign of life; one may tell what the relay's clock shows. */
static void ponged(void *context, const uint8_t *bytes, size_t n)
{
	struct connection *c = context;
	int64_t now_us = clock_monotonic_us();
	struct dialog_clock clock = { .heard_us = now_us,
				      .own_us = clock_wall_us() - now_us };
	uint16_t number;

	dialog_heard(c->dialog, now_us);
	if (wire_clock_answers(bytes, n, &number, &clock.relay_us) &&
	    clock_asking_hears(&c->asking, number, &clock.asked_us))
		dialog_hear_clock(c->dialog, &clock);
}

static void failed(void *context, enum outcome outcome, const char *why)
{
	struct connection *c = context;

	if (!c->given_up)
		connection_set_outcome(c, outcome, why);
	connection_end(c);
}

static void ended(void *context)
{
	connection_end(context);
}

static const struct websocket_events events = {
	.opened = connected,
	.received = received,
	.ponged = ponged,
	.writeable = writeable,
	.failed = failed,
	.ended = ended,
};

/* --- looking, and trying ----------------------------------------------------
 */

static void dial(struct connection *c, int64_t now_us)
{
	connection_set_outcome(c, OUTCOME_UNREACHED, "it cannot be reached");
	websocket_dial(&c->websocket, resolver_address(c->params.resolver),
		       now_us);
}

static int64_t look_at_reach(struct connection *c, int64_t now_us)
{
	int64_t until_us = websocket_reach_us(&c->websocket);
	char why[sizeof(c->why)];

	if (until_us == INT64_MAX && websocket_socket(&c->websocket) >= 0)
		connection_set_outcome(c, OUTCOME_UNREACHED,
				       "it takes the connection and says "
				       "nothing: is that the relay's port?");
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
	connection_set_outcome(c, OUTCOME_UNNAMED, why);
	connection_end(c);
	return INT64_MAX;
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
			websocket_want(&c->websocket);
		break;
	case DIALOG_FINE:
		c->asked = false;
		break;
	}
	if (clock_is_due(c, now_us))
		websocket_want(&c->websocket);
	return now_us + CHECK_US;
}

int64_t connection_look_at_websocket(struct connection *c, int64_t now_us)
{
	if (!c->used || c->dropped || c->given_up)
		return INT64_MAX;
	if (c->resolving)
		return look_at_name(c, now_us);
	if (c->dialog)
		return look_at_dialog(c, now_us);
	return look_at_reach(c, now_us);
}

void connection_start_websocket(struct connection *c)
{
	const struct connection_params *p = &c->params;

	c->websocket = (struct websocket){ .loop = p->loop,
					   .target = p->target,
					   .events = &events,
					   .context = c };
	c->resolving = true;
	resolver_start(p->resolver, clock_monotonic_us());
}
