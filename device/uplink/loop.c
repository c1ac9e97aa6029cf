/* SPDX-License-Identifier: MIT */
#include "device/uplink/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"
#include "common/wire.h"
#include "device/uplink/https.h"
#include "device/uplink/websocket.h"

/*
 * TCP, TLS and the upgrade, together: some round trips. What takes longer may
 * lead nowhere, while a new try would get through.
 */
#define CONNECT_S  6
#define LONGEST_US 60000000 /* that libcurl is let wait */
#define FILES	   32	    /* more than two sockets and a pipe need */

struct loop {
	struct lws_context *context; /* NULL: ... */
	struct https *https;	     /* ... this is used */
	lws_sorted_usec_list_t timer;
};

/* Of this thread: libwebsockets has one log for all of them. */
static _Thread_local char tls_error[96], tls_error_told[sizeof(tls_error)];

/* "SSL error: certificate has expired (preverify_ok=0;err=10;depth=0)" */
static void note_tls_error(const char *line)
{
	static const char mark[] = "SSL error: ";
	const char *at = strstr(line, mark);

	if (!at)
		return;
	at += sizeof(mark) - 1;
	log_escape(tls_error, sizeof(tls_error), at, strcspn(at, "(\n"));
}

const char *loop_tls_error(void)
{
	size_t n = strlen(tls_error);

	while (n && tls_error[n - 1] == ' ')
		n--;
	memcpy(tls_error_told, tls_error, n);
	tls_error_told[n] = '\0';
	tls_error[0] = '\0';
	return tls_error_told;
}

/* What lws has to say is detail: whatever matters is logged by others. */
static void take_log_line(int level, const char *line)
{
	char text[256];
	size_t n = strcspn(line, "\n");

	(void)level;
	note_tls_error(line);
	log_debug("lws: %s", log_escape(text, sizeof(text), line, n));
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason,
		    void *user, void *in, size_t n)
{
	(void)user;
	return websocket_callback(wsi, (int)reason, in, n);
}

static int open_context(struct loop *l, const struct loop_params *params)
{
	static const struct lws_protocols protocols[] = {
		{ .name = WIRE_PROTOCOL, .callback = callback },
		{ 0 },
	};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.timeout_secs = CONNECT_S,
		.connect_timeout_secs = CONNECT_S,
		.fd_limit_per_thread = FILES,
		.client_ssl_ca_filepath = params->ca_file,
		.http_proxy_address = ":0", /* not $http_proxy: see proxy.h */
	};

	if (params->tls)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if (params->ca_file)
		info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	lws_set_log_level(LLL_ERR | LLL_WARN, take_log_line);
	l->context = lws_create_context(&info);
	if (l->context)
		return 0;
	log_error("cannot set up libwebsockets%s%s",
		  params->ca_file ? " with " : "",
		  params->ca_file ? params->ca_file : "");
	return -EIO;
}

int loop_open(struct loop **out, const struct loop_params *params)
{
	struct loop *l = calloc(1, sizeof(*l));
	int err;

	*out = NULL;
	if (!l)
		return -ENOMEM;
	err = params->http ? https_open(&l->https, params->ca_file)
			   : open_context(l, params);
	if (err < 0) {
		loop_close(&l);
		return err;
	}
	*out = l;
	return 0;
}

void loop_close(struct loop **loop)
{
	struct loop *l = *loop;

	*loop = NULL;
	if (!l)
		return;
	if (l->context)
		lws_context_destroy(l->context);
	https_close(&l->https);
	free(l);
}

/*
 * A timer's callback runs before lws_service() waits, and does not keep it
 * from waiting.
 */
static void moment_has_come(lws_sorted_usec_list_t *timer)
{
	loop_wake(lws_container_of(timer, struct loop, timer));
}

static int turn_https(struct loop *l, int64_t until_us)
{
	int64_t pause_us = until_us - clock_monotonic_us();

	if (pause_us < 0)
		pause_us = 0;
	else if (pause_us > LONGEST_US)
		pause_us = LONGEST_US;
	https_turn(l->https, (int)((pause_us + 999) / 1000));
	return 0;
}

int loop_turn(struct loop *l, int64_t until_us)
{
	int64_t pause_us = until_us - clock_monotonic_us();
	bool ever = until_us == INT64_MAX;
	int err;

	if (l->https)
		return turn_https(l, until_us);
	if (!ever)
		lws_sul_schedule(l->context, 0, &l->timer, moment_has_come,
				 pause_us > 1 ? pause_us : 1);
	err = lws_service(l->context, 0);
	lws_sul_cancel(&l->timer);
	return err < 0 ? -EIO : 0;
}

void loop_wake(struct loop *l)
{
	if (l->https)
		https_wake(l->https);
	else
		lws_cancel_service(l->context);
}

struct https *loop_https(const struct loop *l)
{
	return l->https;
}

struct lws_context *loop_context(const struct loop *l)
{
	return l->context;
}
