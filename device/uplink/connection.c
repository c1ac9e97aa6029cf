/* SPDX-License-Identifier: MIT */
#include "device/uplink/connection.h"

#include <errno.h>
#include <linux/tcp.h> /* what netinet/tcp.h has of tcp_info is old */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <libwebsockets.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"
#include "common/trace.h"
#include "device/uplink/netwatch.h"
#include "device/uplink/posts.h"

/* A part of a usual size leaves in one piece. */
#define PIECE (64u << 10)

/*
 * What the kernel may hold that was not even sent once: enough to fill any
 * line, little enough that what is decided here is still fresh when it goes.
 */
#define NOT_SENT_BYTES (16 << 10)

/*
 * To answer a SYN. Two of them were sent by then, and the third comes after
 * three seconds: a new try is sooner when the line was cut for a while.
 */
#define REACH_US 3000000

#define SYN_SENT 2 /* of tcpi_state; netinet/tcp.h, which has it, clashes */

#define CHECK_US 500000 /* between two looks at dialog_check() */
#define RETIRE_S 3	/* to close in peace */

_Static_assert(LWS_PRE <= OUTBOX_HEADROOM, "a piece needs more room in front");

struct connection {
	struct connection_params params;
	struct handover *handover;
	bool used, hold;
	bool resolving; /* there is no address yet */
	bool given_up;	/* it is known why it ends */
	int64_t dialled_us;
	struct posts *posts;   /* NULL: a WebSocket, which is: */
	struct lws *wsi;       /* NULL: not there yet, or no more */
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

static void kill_soon(struct connection *c)
{
	if (c->wsi)
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
				LWS_TO_KILL_ASYNC);
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
	c->wsi = NULL;
	tell(c, CONNECTION_ENDED);
	return 0;
}

static const char proxy_hint[] =
	", unless that was a proxy on the way that lets no WebSockets through: "
	"then write https:// instead of wss:// in --relay";

/* A relay would ask for a key with 401; one that stops says 503. */
static bool may_be_proxy(unsigned int status)
{
	return status != 401 && status != 429 && status < 502;
}

void connection_drop(struct connection *c)
{
	c->dropped = true;
	if (c->resolving)
		ended(c);
	else
		kill_soon(c);
}

static void give_up(struct connection *c, enum outcome outcome, const char *why)
{
	set_outcome(c, outcome, why);
	c->given_up = true;
	kill_soon(c);
}

static void describe_status(char *out, size_t size, struct lws *wsi,
			    unsigned int status)
{
	char location[96], shown[96];
	int n = lws_hdr_copy(wsi, location, sizeof(location),
			     WSI_TOKEN_HTTP_LOCATION);

	if (n > 0)
		log_escape(shown, sizeof(shown), location, (size_t)n);
	snprintf(out, size, "it answers with HTTP status %u%s%s%s", status,
		 n > 0 ? " and leads to " : "", n > 0 ? shown : "",
		 may_be_proxy(status) ? proxy_hint : "");
}

/* With the time, where that may be what is wrong. */
static void describe_tls(char *out, size_t size, const char *error)
{
	bool is_time = strstr(error, "yet valid") || strstr(error, "expired");
	time_t now_s = (time_t)(clock_wall_us() / 1000000);
	char when[32] = "";
	struct tm tm;

	if (is_time && gmtime_r(&now_s, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
	snprintf(out, size, "its %s%s%s", error,
		 is_time ? ", by the clock of this machine: it says " : "",
		 when);
}

/* It did not come to a WebSocket. */
static int failed(struct connection *c, struct lws *wsi, const char *text,
		  size_t n)
{
	unsigned int status = lws_http_client_http_response(wsi);
	const char *tls_error = loop_tls_error();
	char why[sizeof(c->why)] = "no reason given";
	bool tls = c->params.target->endpoint.tls;
	enum outcome outcome;

	if (c->given_up)
		return ended(c);
	if (status && status != 101) {
		outcome = outcome_of_status(status);
		describe_status(why, sizeof(why), wsi, status);
	} else {
		if (text)
			log_escape(why, sizeof(why), text, strnlen(text, n));
		outcome = outcome_of_failure(why, tls, tls_error);
		if (tls && *tls_error)
			describe_tls(why, sizeof(why), tls_error);
	}
	set_outcome(c, outcome, why);
	return ended(c);
}

/* --- its life --------------------------------------------------------------
 */

/* Only a WebSocket is told when it can: posts look by themselves. */
static void want_to_write(struct connection *c)
{
	if (c->wsi)
		lws_callback_on_writable(c->wsi);
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
			lws_callback_on_writable(c->wsi);
		break;
	case DIALOG_FINE:
		c->asked = false;
		break;
	}
	return now_us + CHECK_US;
}

/* A small message must not wait for others, and none wait in the kernel. */
static void tune_socket(struct lws *wsi)
{
	int fd = lws_get_socket_fd(wsi), on = 1, bytes = NOT_SENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
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

static int connected(struct connection *c, struct lws *wsi)
{
	if (open_dialog(c) < 0 || c->dropped)
		return -1;
	c->wsi = wsi;
	set_outcome(c, OUTCOME_LOST, "the connection was lost");
	tune_socket(wsi);
	lws_callback_on_writable(wsi);
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

static int received_frame(struct connection *c, struct lws *wsi,
			  const uint8_t *bytes, size_t n)
{
	return received(c, bytes, n, lws_is_first_fragment(wsi),
			lws_is_final_fragment(wsi) &&
				!lws_remaining_packet_payload(wsi));
}

static int send_ping(struct connection *c)
{
	uint8_t ping[LWS_PRE + 1];

	c->ping = false;
	lws_callback_on_writable(c->wsi);
	return lws_write(c->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1
									: 0;
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
	int flags = lws_write_ws_flags(LWS_WRITE_BINARY, first, last);

	if (!first) /* the piece before it is through */
		dialog_heard(c->dialog, clock_monotonic_us());
	lws_callback_on_writable(c->wsi);
	if (lws_write(c->wsi, piece, size, (enum lws_write_protocol)flags) !=
	    (int)size)
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
	if (c->wsi)
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
				RETIRE_S);
	want_to_write(c);
}

static int close_in_peace(struct connection *c)
{
	lws_close_reason(c->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
	return -1;
}

static int writeable(struct connection *c)
{
	struct outbox *outbox;

	if (c->retired && dialog_is_settled(c->dialog))
		return close_in_peace(c);
	if ((c->dropped && !c->retired) || dialog_has_left(c->dialog))
		return -1;
	if (c->ping)
		return send_ping(c);
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
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);
	int fd = -1;

	if (c->wsi)
		fd = lws_get_socket_fd(c->wsi);
	else if (c->posts && c->used)
		fd = posts_socket(c->posts);
	if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) < 0)
		return;
	if (info.tcpi_min_rtt && info.tcpi_min_rtt != UINT32_MAX)
		flow_set_trip(flow, info.tcpi_min_rtt);
	if (info.tcpi_bytes_acked > c->moved)
		flow_moved(flow, now_us);
	c->moved = info.tcpi_bytes_acked;
}

void connection_doubt(struct connection *c)
{
	if (!c->used || c->dropped || c->given_up || !c->wsi)
		return;
	if (!netwatch_has_local(lws_get_socket_fd(c->wsi))) {
		give_up(c, OUTCOME_LOST,
			"this machine has another address now");
	} else if (c->dialog) {
		c->ping = true;
		lws_callback_on_writable(c->wsi);
	}
}

/* --- trying ------------------------------------------------------------------
 */

/* libwebsockets has it per vhost, and would look up its name itself. */
static void set_proxy(const struct connection *c)
{
	const struct proxy *proxy = &c->params.target->proxy;
	const char *address = resolver_address(c->params.resolver);
	bool brackets = strchr(address, ':');
	char text[PROXY_AUTH_SIZE + RESOLVER_ADDRESS_SIZE + 16];

	snprintf(text, sizeof(text), "%s%s%s%s%s:%d", proxy->auth,
		 proxy->auth[0] ? "@" : "", brackets ? "[" : "", address,
		 brackets ? "]" : "", proxy->port);
	lws_set_proxy(
		lws_get_vhost_by_name(loop_context(c->params.loop), "default"),
		text);
	explicit_bzero(text, sizeof(text));
}

static void dial(struct connection *c, int64_t now_us)
{
	const struct connection_params *p = &c->params;
	const struct target *t = p->target;
	bool proxy = t->proxy.host[0];
	const struct lws_client_connect_info info = {
		.context = loop_context(p->loop),
		.address = proxy ? t->endpoint.host
				 : resolver_address(p->resolver),
		.port = t->endpoint.port,
		.path = t->path,
		.host = t->authority, /* TLS is for this name */
		.protocol = WIRE_PROTOCOL,
		.local_protocol_name = WIRE_PROTOCOL,
		.alpn = "http/1.1", /* lws has no WebSocket over h2 client */
		/* The key is for this relay, not for where it may point. */
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT |
				  (t->endpoint.tls ? LCCSCF_USE_SSL : 0),
		.opaque_user_data = c,
		.pwsi = &c->wsi,
	};

	if (proxy)
		set_proxy(c);
	c->dialled_us = now_us;
	loop_tls_error(); /* of another try */
	set_outcome(c, OUTCOME_UNREACHED, "it cannot be reached");
	if (!lws_client_connect_via_info(&info))
		ended(c);
}

/* --- whether it comes to one ------------------------------------------------
 */

static bool is_reached(const struct connection *c)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);

	return getsockopt(lws_get_socket_fd(c->wsi), IPPROTO_TCP, TCP_INFO,
			  &info, &n) < 0 ||
	       info.tcpi_state != SYN_SENT;
}

static int64_t look_at_reach(struct connection *c, int64_t now_us)
{
	int64_t until_us = c->dialled_us + REACH_US;
	char why[sizeof(c->why)];

	if (is_reached(c))
		return INT64_MAX; /* from here on libwebsockets looks */
	if (now_us < until_us)
		return until_us;
	snprintf(why, sizeof(why), "nobody answers at %s",
		 resolver_address(c->params.resolver));
	give_up(c, OUTCOME_UNREACHED, why);
	return INT64_MAX;
}

/* A name server that is dead is named, as far as this machine knows it. */
static void describe_dead(char *out, size_t size, const char *host)
{
	char text[2048] = "", servers[96] = "";
	FILE *file = fopen("/etc/resolv.conf", "re");
	size_t n = 0;

	if (file) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	resolver_servers(servers, sizeof(servers), text);
	snprintf(out, size, "%.80s cannot be looked up: %s %s", host,
		 *servers ? "no answer from the name server"
			  : "/etc/resolv.conf names no name server",
		 servers);
}

static int64_t look_at_name(struct connection *c, int64_t now_us)
{
	const struct connection_params *p = &c->params;
	const char *host = target_host(p->target);
	char why[sizeof(c->why)];

	switch (resolver_look(p->resolver, now_us)) {
	case RESOLVER_LOOKING:
		return resolver_until_us(p->resolver);
	case RESOLVER_FOUND:
		c->resolving = false;
		dial(c, now_us);
		return now_us;
	case RESOLVER_NO_NAME:
		snprintf(why, sizeof(why), "there is no host %.100s", host);
		break;
	case RESOLVER_DEAD:
		describe_dead(why, sizeof(why), host);
		break;
	}
	c->resolving = false;
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
	return c->wsi ? look_at_reach(c, now_us) : INT64_MAX;
}

/* --- its beginning ---------------------------------------------------------
 */

static int add_authorization(struct connection *c, struct lws *wsi,
			     uint8_t **at, size_t n)
{
	const char *value = c->params.target->authorization;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
					    (const unsigned char *)value,
					    (int)strlen(value), at, *at + n);
}

int connection_callback(struct lws *wsi, int reason, void *in, size_t n)
{
	struct connection *c;

	if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED)
		return 0; /* loop_turn() returns */
	c = lws_get_opaque_user_data(wsi);
	if (!c || !c->used || (c->wsi && c->wsi != wsi))
		return 0; /* not a connection of ours, or no more */
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_authorization(c, wsi, in, n);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		return connected(c, wsi);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return received_frame(c, wsi, in, n);
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		dialog_heard(c->dialog, clock_monotonic_us());
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return writeable(c);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		return failed(c, wsi, in, n);
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY: /* all that a killed try gets */
		return ended(c);
	default:
		return 0;
	}
}

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
