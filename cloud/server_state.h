/* SPDX-License-Identifier: MIT */
/*
 * server_state: what the files of server share, and nobody else needs:
 *
 *   server.c             opening, and what is called when
 *   server_accept.c      connections as they come
 *   server_protocols.c   libwebsockets on our loop, and what it tells
 *   server_time.c        the timer, signals, and the way out
 *
 * Knows libwebsockets and libev.
 */
#ifndef CLOUD_SERVER_STATE_H
#define CLOUD_SERVER_STATE_H

#include <ev.h>
#include <libwebsockets.h>
#include <stdint.h>

#include "cloud/http/answer.h"
#include "cloud/http/report.h"
#include "cloud/http/session.h"
#include "cloud/key_memory.h"
#include "cloud/listen.h"
#include "cloud/login.h"
#include "cloud/login_thread.h"
#include "cloud/publish.h"
#include "cloud/server.h"
#include "cloud/tls_pair.h"

struct server {
	struct server_params params;
	struct listener listener, metrics;
	char url[96], metrics_url[96];
	struct ev_loop *loop;
	struct ev_io accepting, accepting_metrics;
	struct ev_timer ticking;
	struct ev_signal terminated, interrupted, hung_up;
	struct tls_pair tls; /* with a certificate only */
	struct output *output;
	struct lws_protocols protocols[3]; /* the last one ends the list */
	struct lws_context *context;
	struct store *store;
	struct assets *assets;
	struct guard *guard;
	struct login login;
	struct login_thread *login_thread; /* with a user only */
	struct ev_async looking;
	struct keyring keys;
	struct key_memory key_memory;
	const struct address *accepted; /* while it is adopted */
	struct answer_source source;
	struct report_counters counters;
	struct sessions *sessions;
	struct publishers *publishers;
	struct publish_door door;
	unsigned int ticks;
	int64_t draining_us;  /* since when; 0: not */
	int64_t drain_us;     /* for how long, then */
	int64_t dismissed_us; /* everybody was; 0: not yet */
};

/* --- server_accept.c --- */

/* Callbacks of libev: somebody is at a listener. */
void server_accept(struct ev_loop *loop, struct ev_io *watcher, int events);
void server_accept_metrics(struct ev_loop *loop, struct ev_io *watcher,
			   int events);

/* libwebsockets has no limit of its own for all of a first request. */
void server_hang_up_late(struct server *s, int64_t now_us);

/*
 * libwebsockets tells of any connection, before and after any protocol hears
 * of it; and of streams of HTTP/2, which nobody accepted.
 */
void server_count(struct server *s, struct lws *wsi,
		  enum lws_callback_reasons reason);

/* --- server_protocols.c --- */

/* On failure a line was logged. */
int server_open_context(struct server *s);

/* Connections that are there keep the certificate that they began with. */
void server_reload_tls(struct server *s);

/* --- server_time.c --- */

/* Gets timer and signals ready; the signals are listened for at once. */
void server_init_time(struct server *s);
void server_stop_time(struct server *s);

/* Reads what the process uses, and what its parts have counted. */
void server_measure(struct server *s);

#endif
