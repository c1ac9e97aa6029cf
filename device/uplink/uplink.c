/* SPDX-License-Identifier: MIT */
#include "device/uplink/uplink.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libwebsockets.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"
#include "common/trace.h"
#include "device/uplink/backoff.h"
#include "device/uplink/dialog.h"
#include "device/uplink/endpoint.h"

/* A part of a usual size leaves in one piece. */
#define PIECE (64u << 10)

/*
 * What the kernel may hold that was not even sent once: enough to fill any
 * line, little enough that what is decided here is still fresh when it goes.
 */
#define NOT_SENT_BYTES (128 << 10)

#define CONNECT_S 10	   /* TCP, TLS and the upgrade, together */
#define CHECK_US  500000   /* between two looks at dialog_check() */
#define STOP_US	  300000   /* for the bye; uplink.h promises 500 ms */
#define STABLE_US 10000000 /* a connection that worked for that long */
#define FILES	  32	   /* more than two sockets and a pipe need */

_Static_assert(LWS_PRE <= OUTBOX_HEADROOM, "a piece needs more room in front");

/* Why there is no connection, and so when the next try is. */
enum outcome {
	OUTCOME_LOST,	   /* worked, then broke */
	OUTCOME_UNREACHED, /* no such host, nobody listens */
	OUTCOME_BUSY,	   /* HTTP 5xx, 429 */
	OUTCOME_UNTRUSTED, /* TLS: not who it says it is, for us */
	OUTCOME_REFUSED,   /* other HTTP answers; error messages */
	OUTCOME_FORBIDDEN, /* HTTP 401, 403: the key */
	OUTCOME_REPLACED,  /* another device has the camera's name */
};

/*
 * A lost relay is looked for often: a picture shall be back within seconds of
 * it. One that has said no would say it again. Pauses are at least half of
 * the base (backoff.h).
 */
static const struct backoff_params pauses[] = {
	[OUTCOME_LOST] = { .base_us = 500000, .cap_us = 2000000 },
	[OUTCOME_UNREACHED] = { .base_us = 500000, .cap_us = 2000000 },
	[OUTCOME_UNTRUSTED] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_BUSY] = { .base_us = 1000000, .cap_us = 10000000 },
	[OUTCOME_REFUSED] = { .base_us = 1000000, .cap_us = 30000000 },
	[OUTCOME_FORBIDDEN] = { .base_us = 20000000, .cap_us = 30000000 },
	[OUTCOME_REPLACED] = { .base_us = 120000000, .cap_us = 120000000 },
};

/* What to tell the user about it. */
static const char *const next_steps[] = {
	[OUTCOME_LOST] = "trying again",
	[OUTCOME_UNREACHED] = "trying again",
	[OUTCOME_UNTRUSTED] = "is the clock of this machine right, and the "
			      "relay's certificate trusted here (--ca-file)?",
	[OUTCOME_BUSY] = "trying again",
	[OUTCOME_REFUSED] = "is that an oriel-relay of this version, and "
			    "--camera right?",
	[OUTCOME_FORBIDDEN] = "is the key the one that `oriel-relay key "
			      "CAMERA` prints for this camera?",
	[OUTCOME_REPLACED] = "if that is not wanted, give one of the two "
			     "another --camera; trying again in a minute or "
			     "two",
};

/* One connection, from the first try to its end. */
struct link {
	struct uplink *uplink;
	bool used;
	struct lws *wsi;       /* NULL: not there yet, or no more */
	struct dialog *dialog; /* NULL: not connected yet */
	enum outcome outcome;  /* when it ends */
	char why[200];	       /* and why */
	bool leave;	       /* closes, and nobody minds */
	bool ping;	       /* is to be sent */
	bool asked;	       /* a ping was, in this silence */
	int64_t live_us;       /* when it was welcomed; 0: not yet */
	lws_sorted_usec_list_t check;
};

struct uplink {
	struct endpoint endpoint;
	char *path, *authorization;
	char authority[ENDPOINT_AUTHORITY_SIZE];
	uint64_t process;
	struct lws_context *context;
	struct handover *handover;

	atomic_bool stop;
	bool stopping, late;
	lws_sorted_usec_list_t retry, stop_timer;
	struct link links[2]; /* two while one takes over from the other */
	struct link *live;    /* of these: the welcomed one */
	unsigned int attempt;
	bool told_live; /* that there is a connection was logged last */
	char told[600]; /* why there was none, as logged last */
	struct dialog_sent sent;
};

/* --- trying again ----------------------------------------------------------
 */

static void connect_link(struct link *l);

static struct link *free_link(struct uplink *u)
{
	for (int i = 0; i < 2; i++)
		if (!u->links[i].used)
			return &u->links[i];
	return NULL;
}

/* Whether a connection is being made beside the live one. */
static bool is_trying(const struct uplink *u)
{
	for (int i = 0; i < 2; i++)
		if (u->links[i].used && &u->links[i] != u->live &&
		    !u->links[i].leave)
			return true;
	return false;
}

/* Whether there is another connection, live or on its way. */
static bool has_other(const struct link *l)
{
	const struct uplink *u = l->uplink;
	const struct link *other = &u->links[l == &u->links[0]];

	return other->used && !other->leave;
}

static void try_now(struct uplink *u)
{
	struct link *l = free_link(u);

	if (l && !u->stopping && !is_trying(u))
		connect_link(l);
}

static void retry_due(lws_sorted_usec_list_t *sul)
{
	try_now(lws_container_of(sul, struct uplink, retry));
}

static void try_later(struct uplink *u, enum outcome outcome)
{
	uint32_t random = 0;
	int64_t pause_us;

	/* Without it there is no jitter, and no harm. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT32_MAX / 2;
	pause_us = backoff_us(&pauses[outcome], u->attempt, random);
	u->attempt++;
	log_debug("next try in %d ms", (int)(pause_us / 1000));
	lws_sul_schedule(u->context, 0, &u->retry, retry_due, pause_us);
}

/* --- the end of a connection ------------------------------------------------
 */

static void close_at_once(struct link *l)
{
	l->leave = true;
	if (l->wsi)
		lws_set_timeout(l->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
				LWS_TO_KILL_ASYNC);
}

/*
 * A timer's callback runs before lws_service() waits, and does not keep it
 * from waiting: uplink_run() has to look whether that was the end.
 */
static void wake_loop(struct uplink *u)
{
	lws_cancel_service(u->context);
}

static void set_outcome(struct link *l, enum outcome outcome, const char *why)
{
	l->outcome = outcome;
	snprintf(l->why, sizeof(l->why), "%s", why);
}

/* Once, and not again before something else is the matter. */
static void tell_end(struct link *l)
{
	struct uplink *u = l->uplink;
	char line[sizeof(u->told)];

	snprintf(line, sizeof(line), "%s: %s; %s", u->authority, l->why,
		 next_steps[l->outcome]);
	if (!strcmp(line, u->told))
		return;
	memcpy(u->told, line, sizeof(line));
	u->told_live = false;
	log_write(l->outcome >= OUTCOME_UNTRUSTED ? LOG_ERROR : LOG_WARN,
		  LOG_MODULE, "%s", line);
}

/* What ended is forgotten; without another one it is tried again. */
static void link_ended(struct link *l)
{
	struct uplink *u = l->uplink;

	if (!l->used)
		return;
	lws_sul_cancel(&l->check);
	dialog_close(&l->dialog);
	l->used = false;
	l->wsi = NULL;
	if (u->live == l)
		u->live = NULL;
	if (u->stopping)
		wake_loop(u);
	if (l->leave || u->stopping)
		return;
	tell_end(l);
	if (!is_trying(u))
		try_later(u, l->outcome);
}

static enum outcome outcome_of_status(unsigned int status)
{
	if (status == 401 || status == 403)
		return OUTCOME_FORBIDDEN;
	if (status == 429 || status >= 500)
		return OUTCOME_BUSY;
	return OUTCOME_REFUSED;
}

/* libwebsockets has words for what went wrong, no codes. */
static bool is_about_tls(const struct uplink *u, const char *text)
{
	return u->endpoint.tls &&
	       (strcasestr(text, "ssl") || strcasestr(text, "tls") ||
		strcasestr(text, "cert"));
}

/* It did not come to a WebSocket. */
static int link_failed(struct link *l, struct lws *wsi, const char *text,
		       size_t n)
{
	unsigned int status = lws_http_client_http_response(wsi);
	char why[sizeof(l->why)] = "no reason given";

	if (status && status != 101) {
		snprintf(why, sizeof(why), "it answers with HTTP status %u",
			 status);
		set_outcome(l, outcome_of_status(status), why);
	} else {
		if (text)
			log_escape(why, sizeof(why), text, strnlen(text, n));
		set_outcome(l,
			    is_about_tls(l->uplink, why) ? OUTCOME_UNTRUSTED
							 : OUTCOME_UNREACHED,
			    why);
	}
	link_ended(l);
	return 0;
}

static int link_closed(struct link *l)
{
	link_ended(l);
	return 0;
}

/* --- a connection's life ----------------------------------------------------
 */

/* It has worked for a while: what comes next is a new story. */
static void settle(struct link *l, int64_t now_us)
{
	struct uplink *u = l->uplink;

	if (!l->live_us || now_us - l->live_us < STABLE_US)
		return;
	u->attempt = 0;
	u->told[0] = '\0';
}

static void check_due(lws_sorted_usec_list_t *sul)
{
	struct link *l = lws_container_of(sul, struct link, check);
	int64_t now_us = clock_monotonic_us();

	settle(l, now_us);
	switch (dialog_check(l->dialog, now_us)) {
	case DIALOG_DEAD:
		set_outcome(l, OUTCOME_LOST, "it does not answer");
		lws_set_timeout(l->wsi, PENDING_TIMEOUT_USER_REASON_BASE,
				LWS_TO_KILL_ASYNC);
		return;
	case DIALOG_SILENT:
		l->ping = !l->asked;
		l->asked = true;
		lws_callback_on_writable(l->wsi);
		break;
	case DIALOG_FINE:
		l->asked = false;
		break;
	}
	lws_sul_schedule(l->uplink->context, 0, &l->check, check_due, CHECK_US);
}

/* A small message must not wait for others, and none wait in the kernel. */
static void tune_socket(struct lws *wsi)
{
	int fd = lws_get_socket_fd(wsi), on = 1, bytes = NOT_SENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

static int link_connected(struct link *l, struct lws *wsi)
{
	struct uplink *u = l->uplink;
	int err =
		dialog_open(&l->dialog, &(struct dialog_params){
						.process = u->process,
						.handover = u->handover,
						.sent = &u->sent,
						.now_us = clock_monotonic_us(),
						.wall_us = clock_wall_us(),
					});

	if (err < 0 || u->stopping)
		return -1;
	l->wsi = wsi;
	set_outcome(l, OUTCOME_LOST, "the connection was lost");
	tune_socket(wsi);
	lws_sul_schedule(u->context, 0, &l->check, check_due, CHECK_US);
	lws_callback_on_writable(wsi);
	return 0;
}

/* The new connection has taken over: the one before it is not needed. */
static void link_welcomed(struct link *l)
{
	struct uplink *u = l->uplink;

	if (u->live && u->live != l)
		close_at_once(u->live);
	u->live = l;
	l->live_us = clock_monotonic_us();
	u->sent.counters.connects++;
	if (!u->told_live)
		log_info("connected to %s", u->authority);
	u->told_live = true;
	lws_callback_on_writable(l->wsi);
}

/* The relay said why it does not want this connection any more. */
static int link_error(struct link *l)
{
	bool replaced = dialog_error(l->dialog) == WIRE_ERROR_REPLACED;

	l->leave = has_other(l); /* which has replaced it, or will */
	set_outcome(l, replaced ? OUTCOME_REPLACED : OUTCOME_REFUSED,
		    dialog_why(l->dialog));
	return -1;
}

/* A relay that drains on and on must not be asked without a pause. */
static void link_drained(struct link *l)
{
	struct uplink *u = l->uplink;

	log_info("%s asks to connect anew", u->authority);
	if (clock_monotonic_us() - l->live_us >= STABLE_US)
		try_now(u);
	else if (!is_trying(u))
		try_later(u, OUTCOME_LOST);
}

static int link_received(struct link *l, struct lws *wsi, const uint8_t *bytes,
			 size_t n)
{
	bool final = lws_is_final_fragment(wsi) &&
		     !lws_remaining_packet_payload(wsi);

	switch (dialog_receive(l->dialog, bytes, n, lws_is_first_fragment(wsi),
			       final, clock_monotonic_us())) {
	case DIALOG_WELCOMED:
		link_welcomed(l);
		return 0;
	case DIALOG_DRAIN:
		link_drained(l);
		return 0;
	case DIALOG_ERROR:
		return link_error(l);
	case DIALOG_BROKEN:
		set_outcome(l, OUTCOME_REFUSED, dialog_why(l->dialog));
		return -1;
	default:
		return 0;
	}
}

static int send_ping(struct link *l)
{
	uint8_t ping[LWS_PRE + 1];

	l->ping = false;
	lws_callback_on_writable(l->wsi);
	return lws_write(l->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1
									: 0;
}

static void trace_sent(const struct uplink *u, enum wire_type type)
{
	if (type == WIRE_PART)
		trace_mark("sent", u->sent.newest);
	else if (type == WIRE_PLAYLIST)
		trace_mark("told", u->sent.newest);
}

static int send_piece(struct link *l, struct outbox *outbox)
{
	size_t size;
	bool first, last;
	uint8_t *piece = outbox_take(outbox, PIECE, &size, &first, &last);
	int flags = lws_write_ws_flags(LWS_WRITE_BINARY, first, last);

	if (!first) /* the piece before it is through */
		dialog_heard(l->dialog, clock_monotonic_us());
	lws_callback_on_writable(l->wsi);
	if (lws_write(l->wsi, piece, size, (enum lws_write_protocol)flags) !=
	    (int)size)
		return -1;
	if (last)
		trace_sent(l->uplink, outbox_type(outbox));
	return 0;
}

static int link_writeable(struct link *l)
{
	struct outbox *outbox;

	if (l->leave || dialog_has_left(l->dialog))
		return -1;
	if (l->ping)
		return send_ping(l);
	outbox = dialog_speak(l->dialog);
	return outbox ? send_piece(l, outbox) : 0;
}

static int add_authorization(struct link *l, struct lws *wsi, uint8_t **at,
			     size_t n)
{
	const char *value = l->uplink->authorization;

	return lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
					    (const unsigned char *)value,
					    (int)strlen(value), at, *at + n);
}

/* --- the loop ---------------------------------------------------------------
 */

static void stop_is_late(lws_sorted_usec_list_t *sul)
{
	struct uplink *u = lws_container_of(sul, struct uplink, stop_timer);

	u->late = true;
	wake_loop(u);
}

static void begin_stop(struct uplink *u)
{
	u->stopping = true;
	lws_sul_cancel(&u->retry);
	lws_sul_schedule(u->context, 0, &u->stop_timer, stop_is_late, STOP_US);
	for (int i = 0; i < 2; i++) {
		struct link *l = &u->links[i];

		if (!l->used)
			continue;
		if (l != u->live) {
			close_at_once(l);
			continue;
		}
		dialog_leave(l->dialog);
		lws_callback_on_writable(l->wsi);
	}
}

/* lws says this to every protocol and now and then unasked: look, not count. */
static int woken(struct uplink *u)
{
	if (atomic_load(&u->stop)) {
		if (!u->stopping)
			begin_stop(u);
	} else if (u->live) {
		lws_callback_on_writable(u->live->wsi);
	}
	return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason,
		    void *user, void *in, size_t len)
{
	struct link *l;

	(void)user;
	if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED)
		return woken(lws_context_user(lws_get_context(wsi)));
	l = lws_get_opaque_user_data(wsi);
	if (!l || !l->used || (l->wsi && l->wsi != wsi))
		return 0; /* not a connection of ours, or no more */
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_authorization(l, wsi, in, len);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		return link_connected(l, wsi);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return link_received(l, wsi, in, len);
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		dialog_heard(l->dialog, clock_monotonic_us());
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return link_writeable(l);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		return link_failed(l, wsi, in, len);
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY: /* all that a killed try gets */
		return link_closed(l);
	default:
		return 0;
	}
}

static void connect_link(struct link *l)
{
	struct uplink *u = l->uplink;
	const struct lws_client_connect_info info = {
		.context = u->context,
		.address = u->endpoint.host,
		.port = u->endpoint.port,
		.path = u->path,
		.host = u->authority,
		.protocol = WIRE_PROTOCOL,
		.local_protocol_name = WIRE_PROTOCOL,
		.alpn = "http/1.1", /* lws has no WebSocket over h2 client */
		/* The key is for this relay, not for where it may point. */
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT |
				  (u->endpoint.tls ? LCCSCF_USE_SSL : 0),
		.opaque_user_data = l,
		.pwsi = &l->wsi,
	};

	*l = (struct link){ .uplink = u, .used = true };
	set_outcome(l, OUTCOME_UNREACHED, "the host has no address");
	if (!lws_client_connect_via_info(&info))
		link_ended(l);
}

int uplink_run(struct uplink *u, struct handover *handover)
{
	u->handover = handover;
	try_now(u);
	while (!u->late &&
	       !(u->stopping && !u->links[0].used && !u->links[1].used)) {
		if (lws_service(u->context, 0) < 0)
			return -EIO;
	}
	return 0;
}

void uplink_wake(struct uplink *u)
{
	lws_cancel_service(u->context);
}

void uplink_stop(struct uplink *u)
{
	atomic_store(&u->stop, true);
	lws_cancel_service(u->context);
}

/* --- opening ----------------------------------------------------------------
 */

/* What lws has to say is detail: whatever matters is logged here. */
static void take_log_line(int level, const char *line)
{
	char text[256];
	size_t n = strcspn(line, "\n");

	(void)level;
	log_debug("lws: %s", log_escape(text, sizeof(text), line, n));
}

static int read_url(struct uplink *u, const char *url)
{
	const char *why;
	int err = endpoint_parse(&u->endpoint, url, &why);

	if (err < 0) {
		char text[256];

		log_error("--relay %s: %s; write ws://HOST[:PORT][/PATH] or "
			  "wss://...",
			  log_escape(text, sizeof(text), url, strlen(url)),
			  why);
		return err;
	}
	endpoint_authority(&u->endpoint, u->authority);
	if (!u->endpoint.tls && !endpoint_is_loopback(&u->endpoint))
		log_warn("ws:// to %s: key and picture travel in the clear; "
			 "use wss://",
			 u->authority);
	return 0;
}

/* A header value must be one line of visible characters (RFC 9110 5.5). */
static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* asprintf(), but *out is NULL when there is no memory. */
static int join(char **out, const char *a, const char *b, const char *c)
{
	if (asprintf(out, "%s%s%s", a, b, c) >= 0)
		return 0;
	*out = NULL;
	return -ENOMEM;
}

static int read_key(struct uplink *u, const char *key)
{
	if (!*key || !is_visible(key)) {
		log_error("the key is empty or has characters that no key has");
		return -EINVAL;
	}
	return join(&u->authorization, "Bearer ", key, "");
}

static int check_ca_file(const char *path)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	log_error("cannot read --ca-file %s: %s", path, strerror(errno));
	return -EINVAL;
}

static int open_context(struct uplink *u, const char *ca_file)
{
	static const struct lws_protocols protocols[] = {
		{ .name = WIRE_PROTOCOL, .callback = callback },
		{ 0 },
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.user = u,
		.timeout_secs = CONNECT_S,
		.connect_timeout_secs = CONNECT_S,
		.fd_limit_per_thread = FILES,
		.client_ssl_ca_filepath = ca_file,
	};

	if (u->endpoint.tls)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if (ca_file)
		info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	if (endpoint_is_loopback(&u->endpoint))
		info.http_proxy_address = ":0"; /* not that of $http_proxy */
	lws_set_log_level(LLL_ERR | LLL_WARN, take_log_line);
	u->context = lws_create_context(&info);
	if (u->context)
		return 0;
	log_error("cannot set up libwebsockets%s%s", ca_file ? " with " : "",
		  ca_file ? ca_file : "");
	return -EIO;
}

int uplink_open(struct uplink **out, const struct uplink_params *params)
{
	struct uplink *u = calloc(1, sizeof(*u));
	int err;

	*out = NULL;
	if (!u)
		return -ENOMEM;
	u->process = params->process;
	u->links[0].uplink = u->links[1].uplink = u;
	if ((err = read_url(u, params->relay)) < 0 ||
	    (err = read_key(u, params->key)) < 0 ||
	    (err = check_ca_file(params->ca_file)) < 0 ||
	    (err = join(&u->path, u->endpoint.prefix, "/v1/publish/",
			params->camera)) < 0 ||
	    (err = open_context(u, params->ca_file)) < 0)
		goto fail;
	*out = u;
	return 0;

fail:
	uplink_close(&u);
	return err;
}

const struct uplink_counters *uplink_counters(const struct uplink *u)
{
	return &u->sent.counters;
}

void uplink_close(struct uplink **uplink)
{
	struct uplink *u = *uplink;

	*uplink = NULL;
	if (!u)
		return;
	u->stopping = true; /* what ends from here on is not tried again */
	if (u->context)
		lws_context_destroy(u->context);
	for (int i = 0; i < 2; i++)
		dialog_close(&u->links[i].dialog);
	if (u->authorization)
		explicit_bzero(u->authorization, strlen(u->authorization));
	free(u->authorization);
	free(u->path);
	free(u);
}
