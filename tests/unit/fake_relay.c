/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake_relay.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libwebsockets.h>
#include <openssl/ssl.h>

#define PATIENCE_S  10
#define MAX_MESSAGE (WIRE_MAX_FIXED + WIRE_MAX_PART)
#define MAX_OUT	    1024
#define TRACE_SIZE  (1 << 16)

/* One connection. */
struct peer {
	unsigned int number;
	uint8_t *in;
	size_t in_size, pieces;
	bool ack_due;
	struct wire_position acked;
};

struct fake_relay {
	struct fake_relay_script script;
	struct lws_protocols protocols[2];
	struct lws_context *context;
	SSL_CTX *unused;
	pthread_t thread;
	int port;

	pthread_mutex_t lock;
	pthread_cond_t heard;
	bool stop, drop;
	unsigned int owed; /* connections that wait for an ack */
	uint8_t out[LWS_PRE + MAX_OUT];
	size_t out_size;
	char trace[TRACE_SIZE], copy[TRACE_SIZE];
	size_t trace_size;
	struct fake_relay_facts facts;

	/* server's thread only */
	struct lws *newest;
	unsigned int count;
};

static void trace(struct fake_relay *r, const struct peer *p, const char *word)
{
	pthread_mutex_lock(&r->lock);
	r->trace_size += (size_t)snprintf(
		r->trace + r->trace_size, TRACE_SIZE - r->trace_size, "%s%u:%s",
		r->trace_size ? " " : "", p->number, word);
	if (r->trace_size >= TRACE_SIZE)
		abort();
	pthread_cond_broadcast(&r->heard);
	pthread_mutex_unlock(&r->lock);
}

/* --- server's thread -------------------------------------------------------
 */

static void put_out(struct fake_relay *r, const void *bytes, size_t n)
{
	if (n > MAX_OUT)
		abort();
	memcpy(r->out + LWS_PRE, bytes, n);
	r->out_size = n;
}

static void put_message(struct fake_relay *r, const struct wire_message *m,
			const char *body)
{
	uint8_t bytes[WIRE_MAX_FIXED + WIRE_MAX_TEXT];
	size_t n = wire_encode(bytes, m);

	memcpy(bytes + n, body, m->body_size);
	put_out(r, bytes, n + m->body_size);
}

static void copy_header(struct lws *wsi, enum lws_token_indexes token,
			char *out, size_t size)
{
	if (lws_hdr_copy(wsi, out, (int)size, token) < 0)
		out[0] = '\0';
}

/* What becomes of the answer shows on the other side. */
static void refuse(struct fake_relay *r, struct lws *wsi, unsigned int status)
{
	const char *location = r->script.location;
	uint8_t bytes[LWS_PRE + 512], *at = bytes + LWS_PRE;
	int sent;

	if (location)
		sent = lws_http_redirect(
			wsi, (int)status, (const unsigned char *)location,
			(int)strlen(location), &at, bytes + sizeof(bytes));
	else
		sent = lws_return_http_status(wsi, status, "not you");
	(void)sent;
}

static int upgrade(struct fake_relay *r, struct lws *wsi)
{
	struct fake_relay_facts *f = &r->facts;
	struct peer nobody = { .number = ++r->count };
	unsigned int status;
	char word[32];

	pthread_mutex_lock(&r->lock);
	status = r->script.status;
	copy_header(wsi, WSI_TOKEN_GET_URI, f->path, sizeof(f->path));
	copy_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, f->authorization,
		    sizeof(f->authorization));
	copy_header(wsi, WSI_TOKEN_PROTOCOL, f->protocols,
		    sizeof(f->protocols));
	pthread_mutex_unlock(&r->lock);
	if (!status)
		return 0;
	snprintf(word, sizeof(word), "refused%u", status);
	refuse(r, wsi, status);
	trace(r, &nobody, word);
	return -1;
}

static void hear_hello(struct fake_relay *r, struct peer *p, struct lws *wsi,
		       const struct wire_message *m)
{
	pthread_mutex_lock(&r->lock);
	r->facts.process = m->hello.process;
	if (r->script.welcome.type)
		put_message(r, &r->script.welcome, "");
	if (r->script.later.type)
		r->script.welcome = r->script.later;
	pthread_mutex_unlock(&r->lock);
	trace(r, p, "hello");
	lws_callback_on_writable(wsi);
	if (r->script.deaf)
		lws_rx_flow_control(wsi, 0);
}

static bool body_is(const struct wire_message *m, uint32_t byte)
{
	for (uint32_t i = 0; i < m->body_size; i++)
		if (m->body[i] != (byte & 0xff))
			return false;
	return true;
}

static void owe_ack(struct fake_relay *r, struct peer *p, bool due)
{
	pthread_mutex_lock(&r->lock);
	r->owed += (unsigned int)due - (unsigned int)p->ack_due;
	p->ack_due = due;
	pthread_cond_broadcast(&r->heard);
	pthread_mutex_unlock(&r->lock);
}

static void hear(struct fake_relay *r, struct peer *p, struct lws *wsi)
{
	struct wire_message m;
	char word[64] = "garbage";

	pthread_mutex_lock(&r->lock);
	if (p->pieces > r->facts.most_pieces)
		r->facts.most_pieces = p->pieces;
	pthread_mutex_unlock(&r->lock);
	if (wire_decode(&m, p->in, p->in_size) < 0) {
		trace(r, p, word);
		return;
	}
	switch (m.type) {
	case WIRE_HELLO:
		hear_hello(r, p, wsi, &m);
		return;
	case WIRE_INIT:
		if (body_is(&m, m.init.id))
			snprintf(word, sizeof(word), "init%u", m.init.id);
		break;
	case WIRE_PART:
		p->acked = m.part.at;
		owe_ack(r, p, true);
		lws_callback_on_writable(wsi);
		if (body_is(&m, m.part.at.msn + m.part.at.part))
			snprintf(word, sizeof(word), "%u.%u", m.part.at.msn,
				 m.part.at.part);
		break;
	case WIRE_PLAYLIST:
		snprintf(word, sizeof(word), "[%u-%u.%u%s]",
			 m.playlist.first_msn, m.playlist.last.msn,
			 m.playlist.last.part,
			 m.flags & WIRE_ENDED ? "-end" : "");
		break;
	default:
		snprintf(word, sizeof(word), "%s", wire_type_name(m.type));
	}
	pthread_mutex_lock(&r->lock);
	if (m.type == WIRE_INIT || m.type == WIRE_PART)
		r->facts.media_bytes += p->in_size;
	pthread_mutex_unlock(&r->lock);
	trace(r, p, word);
}

static int receive(struct fake_relay *r, struct peer *p, struct lws *wsi,
		   const uint8_t *bytes, size_t n)
{
	if (lws_is_first_fragment(wsi))
		p->in_size = p->pieces = 0;
	if (n > MAX_MESSAGE - p->in_size)
		abort();
	memcpy(p->in + p->in_size, bytes, n);
	p->in_size += n;
	if (lws_remaining_packet_payload(wsi))
		return 0;
	p->pieces++;
	if (lws_is_final_fragment(wsi))
		hear(r, p, wsi);
	return 0;
}

static int open_peer(struct fake_relay *r, struct peer *p, struct lws *wsi)
{
	p->number = r->count;
	p->in = malloc(MAX_MESSAGE);
	r->newest = wsi;
	trace(r, p, "open");
	return p->in ? 0 : -1;
}

static int close_peer(struct fake_relay *r, struct peer *p, struct lws *wsi)
{
	if (r->newest == wsi)
		r->newest = NULL;
	free(p->in);
	owe_ack(r, p, false);
	if (p->number) /* it was open */
		trace(r, p, "closed");
	return 0;
}

static bool may_ack(struct fake_relay *r)
{
	bool may;

	pthread_mutex_lock(&r->lock);
	may = r->script.acks;
	pthread_mutex_unlock(&r->lock);
	return may;
}

static int write_ack(struct fake_relay *r, struct peer *p, struct lws *wsi)
{
	struct wire_message m = { .type = WIRE_ACK, .ack = { p->acked } };
	uint8_t bytes[LWS_PRE + WIRE_MAX_FIXED];
	int n = (int)wire_encode(bytes + LWS_PRE, &m);

	lws_callback_on_writable(wsi);
	if (lws_write(wsi, bytes + LWS_PRE, (size_t)n, LWS_WRITE_BINARY) != n)
		return -1;
	owe_ack(r, p, false);
	return 0;
}

static int write_out(struct fake_relay *r, struct peer *p, struct lws *wsi)
{
	int ret = 0;

	if (p->ack_due && may_ack(r))
		return write_ack(r, p, wsi);
	if (wsi != r->newest)
		return 0;
	pthread_mutex_lock(&r->lock);
	if (r->drop)
		ret = -1;
	else if (r->out_size)
		ret = lws_write(wsi, r->out + LWS_PRE, r->out_size,
				LWS_WRITE_BINARY) == (int)r->out_size
			      ? 0
			      : -1;
	r->drop = false;
	r->out_size = 0;
	pthread_cond_broadcast(&r->heard);
	pthread_mutex_unlock(&r->lock);
	return ret;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason,
		    void *user, void *in, size_t n)
{
	struct fake_relay *r = lws_context_user(lws_get_context(wsi));

	switch (reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		if (r->script.cert)
			trace(r, &(struct peer){ 0 }, "tcp");
		return 0;
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return upgrade(r, wsi);
	case LWS_CALLBACK_ESTABLISHED:
		return open_peer(r, user, wsi);
	case LWS_CALLBACK_RECEIVE:
		return receive(r, user, wsi, in, n);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_out(r, user, wsi);
	case LWS_CALLBACK_CLOSED:
		return close_peer(r, user, wsi);
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		lws_callback_on_writable_all_protocol(lws_get_context(wsi),
						      r->protocols);
		return 0;
	default:
		return 0;
	}
}

static bool stopped(struct fake_relay *r)
{
	bool stop;

	pthread_mutex_lock(&r->lock);
	stop = r->stop;
	pthread_mutex_unlock(&r->lock);
	return stop;
}

static void *serve(void *context)
{
	struct fake_relay *r = context;

	while (!stopped(r))
		lws_service(r->context, 0);
	return NULL;
}

/* --- the test's thread -----------------------------------------------------
 */

void fake_relay_hush(void)
{
	lws_set_log_level(0, NULL);
}

struct fake_relay *fake_relay_open(const struct fake_relay_script *script)
{
	struct fake_relay *r = calloc(1, sizeof(*r));
	SSL_CTX *unused =
		script->cert ? SSL_CTX_new(TLS_client_method()) : NULL;
	struct lws_context_creation_info info = {
		.port = 0,
		.iface = "127.0.0.1",
		.user = r,
		.fd_limit_per_thread = 64,
		.http_proxy_address = ":0",
		/*
		 * Or lws makes one, which it cannot find again to free it
		 * when a second context was made after this one.
		 */
		.provided_client_ssl_ctx = unused,
		.ssl_cert_filepath = script->cert,
		.ssl_private_key_filepath = script->key,
		.options =
			script->cert ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
	};

	if (!r)
		abort();
	r->script = *script;
	r->unused = unused;
	r->protocols[0] = (struct lws_protocols){
		.name = script->protocol ? script->protocol : WIRE_PROTOCOL,
		.callback = callback,
		.per_session_data_size = sizeof(struct peer),
	};
	info.protocols = r->protocols;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->heard, NULL);
	fake_relay_hush();
	r->context = lws_create_context(&info);
	if (!r->context)
		abort();
	r->port = lws_get_vhost_listen_port(
		lws_get_vhost_by_name(r->context, "default"));
	pthread_create(&r->thread, NULL, serve, r);
	return r;
}

static void wake(struct fake_relay *r)
{
	lws_cancel_service(r->context);
}

void fake_relay_close(struct fake_relay **relay)
{
	struct fake_relay *r = *relay;

	*relay = NULL;
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_mutex_unlock(&r->lock);
	wake(r);
	pthread_join(r->thread, NULL);
	lws_context_destroy(r->context);
	SSL_CTX_free(r->unused);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->heard);
	free(r);
}

int fake_relay_port(const struct fake_relay *r)
{
	return r->port;
}

void fake_relay_set_welcome(struct fake_relay *r, const struct wire_message *m)
{
	pthread_mutex_lock(&r->lock);
	r->script.welcome = *m;
	pthread_mutex_unlock(&r->lock);
}

void fake_relay_set_status(struct fake_relay *r, unsigned int status)
{
	pthread_mutex_lock(&r->lock);
	r->script.status = status;
	pthread_mutex_unlock(&r->lock);
}

void fake_relay_set_acks(struct fake_relay *r, bool acks)
{
	pthread_mutex_lock(&r->lock);
	while (!acks && r->owed)
		pthread_cond_wait(&r->heard, &r->lock);
	r->script.acks = acks;
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

/* One message at a time. */
static void wait_until_said(struct fake_relay *r)
{
	while (r->out_size)
		pthread_cond_wait(&r->heard, &r->lock);
}

void fake_relay_send(struct fake_relay *r, const void *bytes, size_t n)
{
	pthread_mutex_lock(&r->lock);
	wait_until_said(r);
	put_out(r, bytes, n);
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

void fake_relay_say(struct fake_relay *r, const struct wire_message *m,
		    const char *body)
{
	pthread_mutex_lock(&r->lock);
	wait_until_said(r);
	put_message(r, m, body);
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

void fake_relay_drop(struct fake_relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->drop = true;
	pthread_mutex_unlock(&r->lock);
	wake(r);
}

bool fake_relay_hears(struct fake_relay *r, const char *words)
{
	struct timespec until;
	int err = 0;
	bool found;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&r->lock);
	while (!(found = strstr(r->trace, words)) && !err)
		err = pthread_cond_timedwait(&r->heard, &r->lock, &until);
	pthread_mutex_unlock(&r->lock);
	if (!found)
		fprintf(stderr, "waited for \"%s\", heard \"%s\"\n", words,
			fake_relay_heard(r));
	return found;
}

const char *fake_relay_heard(struct fake_relay *r)
{
	pthread_mutex_lock(&r->lock);
	memcpy(r->copy, r->trace, r->trace_size + 1);
	pthread_mutex_unlock(&r->lock);
	return r->copy;
}

struct fake_relay_facts fake_relay_facts(struct fake_relay *r)
{
	struct fake_relay_facts facts;

	pthread_mutex_lock(&r->lock);
	facts = r->facts;
	pthread_mutex_unlock(&r->lock);
	return facts;
}
