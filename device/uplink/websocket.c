/* SPDX-License-Identifier: MIT */
#include "device/uplink/websocket.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <libwebsockets.h>

#include "common/clock.h"
#include "common/wire.h"
#include "device/uplink/outbox.h"
#include "device/uplink/resolver.h"
#include "device/uplink/tcp.h"
#include "device/uplink/websocket_failure.h"

/*
 * To answer a SYN. Two of them were sent by then, and the third comes after
 * three seconds: a new try is sooner when the line was cut for a while.
 */
#define REACH_US 3000000

#define MAX_CONTROL 125 /* bytes of a control frame: RFC 6455 5.5 */

_Static_assert(LWS_PRE <= OUTBOX_HEADROOM, "a piece needs more room in front");

/* --- its beginning ---------------------------------------------------------
 */

/* libwebsockets has it per vhost, and would look up its name itself. */
static void set_proxy(const struct websocket *w, const char *address)
{
	const struct proxy *proxy = &w->target->proxy;
	bool brackets = strchr(address, ':');
	char text[PROXY_AUTH_SIZE + RESOLVER_ADDRESS_SIZE + 16];

	snprintf(text, sizeof(text), "%s%s%s%s%s:%d", proxy->auth,
		 proxy->auth[0] ? "@" : "", brackets ? "[" : "", address,
		 brackets ? "]" : "", proxy->port);
	lws_set_proxy(lws_get_vhost_by_name(loop_context(w->loop), "default"),
		      text);
	explicit_bzero(text, sizeof(text));
}

/* libwebsockets may have said so already, or not at all. */
static int ended(struct websocket *w)
{
	if (!w->active)
		return 0;
	w->active = false;
	w->wsi = NULL;
	w->events->ended(w->context);
	return 0;
}

void websocket_dial(struct websocket *w, const char *address, int64_t now_us)
{
	const struct target *t = w->target;
	bool proxy = t->proxy.host[0];
	const struct lws_client_connect_info info = {
		.context = loop_context(w->loop),
		.address = proxy ? t->endpoint.host : address,
		.port = t->endpoint.port,
		.path = t->path,
		.host = t->authority, /* TLS is for this name */
		.protocol = WIRE_PROTOCOL,
		.local_protocol_name = WIRE_PROTOCOL,
		.alpn = "http/1.1", /* lws has no WebSocket over h2 client */
		/* The key is for this relay, not for where it may point. */
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT |
				  (t->endpoint.tls ? LCCSCF_USE_SSL : 0),
		.opaque_user_data = w,
		.pwsi = &w->wsi,
	};

	if (proxy)
		set_proxy(w, address);
	w->dialled_us = now_us;
	w->active = true;
	loop_tls_error(); /* of another try */
	if (!lws_client_connect_via_info(&info))
		ended(w);
}

int64_t websocket_reach_us(const struct websocket *w)
{
	if (!w->wsi || tcp_is_reached(lws_get_socket_fd(w->wsi)))
		return INT64_MAX; /* from here on libwebsockets looks */
	return w->dialled_us + REACH_US;
}

/* --- its life --------------------------------------------------------------
 */

int websocket_socket(const struct websocket *w)
{
	return w->wsi ? lws_get_socket_fd(w->wsi) : -1;
}

void websocket_want(const struct websocket *w)
{
	if (w->wsi)
		lws_callback_on_writable(w->wsi);
}

int websocket_send(const struct websocket *w, uint8_t *piece, size_t size,
		   bool first, bool last)
{
	int flags = lws_write_ws_flags(LWS_WRITE_BINARY, first, last);

	lws_callback_on_writable(w->wsi);
	return lws_write(w->wsi, piece, size, (enum lws_write_protocol)flags) ==
			       (int)size
		       ? 0
		       : -1;
}

int websocket_ping(const struct websocket *w)
{
	uint8_t ping[LWS_PRE + 1];

	lws_callback_on_writable(w->wsi);
	return lws_write(w->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1
									: 0;
}

int websocket_pong(const struct websocket *w, const uint8_t *bytes, size_t n)
{
	uint8_t pong[LWS_PRE + MAX_CONTROL];

	assert(n <= MAX_CONTROL);
	memcpy(pong + LWS_PRE, bytes, n);
	lws_callback_on_writable(w->wsi);
	return lws_write(w->wsi, pong + LWS_PRE, n, LWS_WRITE_PONG) < 0 ? -1
									: 0;
}

int websocket_close_in_peace(const struct websocket *w)
{
	lws_close_reason(w->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
	return -1;
}

void websocket_kill(const struct websocket *w)
{
	if (w->wsi)
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
				LWS_TO_KILL_ASYNC);
}

void websocket_kill_after(const struct websocket *w, int seconds)
{
	if (w->wsi)
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
				seconds);
}

/* --- what libwebsockets calls ----------------------------------------------
 */

static int add_authorization(const struct websocket *w, struct lws *wsi,
			     uint8_t **at, size_t n)
{
	const char *value = w->target->authorization;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
					    (const unsigned char *)value,
					    (int)strlen(value), at, *at + n);
}

static int opened(struct websocket *w, struct lws *wsi)
{
	w->wsi = wsi;
	tcp_tune(lws_get_socket_fd(wsi));
	lws_callback_on_writable(wsi);
	return w->events->opened(w->context);
}

static int received(struct websocket *w, struct lws *wsi, const uint8_t *bytes,
		    size_t n)
{
	bool final = lws_is_final_fragment(wsi) &&
		     !lws_remaining_packet_payload(wsi);

	return w->events->received(w->context, bytes, n,
				   lws_is_first_fragment(wsi), final);
}

static int ponged(struct websocket *w, const uint8_t *bytes, size_t n)
{
	w->events->ponged(w->context, bytes, n);
	return 0;
}

/* It did not come to a WebSocket. */
static int failed(struct websocket *w, struct lws *wsi, const char *text,
		  size_t n)
{
	char location[96], why[400];
	struct websocket_failure failure = {
		.status = lws_http_client_http_response(wsi),
		.location = location,
		.text = text,
		.text_size = n,
		.tls = w->target->endpoint.tls,
		.tls_error = loop_tls_error(),
		.wall_us = clock_wall_us(),
	};
	enum outcome outcome;

	if (lws_hdr_copy(wsi, location, sizeof(location),
			 WSI_TOKEN_HTTP_LOCATION) <= 0)
		location[0] = '\0';
	outcome = websocket_failure_tell(&failure, why, sizeof(why));
	w->active = false;
	w->wsi = NULL;
	w->events->failed(w->context, outcome, why);
	return 0;
}

int websocket_callback(struct lws *wsi, int reason, void *in, size_t n)
{
	struct websocket *w;

	if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED)
		return 0; /* loop_turn() returns */
	w = lws_get_opaque_user_data(wsi);
	if (!w || !w->active || (w->wsi && w->wsi != wsi))
		return 0; /* not one of ours, or no more */
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_authorization(w, wsi, in, n);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		return opened(w, wsi);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return received(w, wsi, in, n);
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		return ponged(w, in, n);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return w->events->writeable(w->context);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		return failed(w, wsi, in, n);
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY: /* all that a killed try gets */
		return ended(w);
	default:
		return 0;
	}
}
