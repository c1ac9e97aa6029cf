/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "server"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cloud/http/later.h"
#include "cloud/limit/address.h"
#include "cloud/server_state.h"
#include "common/clock.h"
#include "common/log.h"

#define ACCEPT_AT_ONCE 64
#define SHAKE_AT_ONCE  8 /* a millisecond each, with a certificate of RSA */
#define AWAY_S	       3 /* those whom there is no room for */
/*
 * One of so many may be in its handshake, or behind it without a request yet:
 * it takes 50 kB, and up to 200 kB with all of a ClientHello that OpenSSL
 * allows (128 kB), where a connection that rests takes 17 kB. With very few
 * connections a browser that begins its six at once has them all the same.
 */
#define SHAKING_PART  8
#define SHAKING_LEAST 8

/*
 * Before any TLS: whoever waits for that would take an answer in plain words
 * for a broken relay, and is only hung up on.
 */
static void turn_away(struct server *s, int fd, bool tls, enum refusal why)
{
	char answer[128];
	int n = snprintf(answer, sizeof(answer),
			 "HTTP/1.1 503 Service Unavailable\r\n"
			 "Retry-After: %u\r\n"
			 "Connection: close\r\n"
			 "Content-Length: 0\r\n\r\n",
			 AWAY_S + later_s());

	if (why != REFUSED_CONNECTIONS) /* is_full() has counted it */
		s->counters.refused[why]++;
	if (!tls)
		send(fd, answer, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void adopt(struct server *s, int fd, const struct address *from)
{
	struct lws *wsi;

	s->accepted = from;
	wsi = lws_adopt_socket(s->context, fd); /* closes on failure */
	s->accepted = NULL;
	/*
	 * Its own timers are kept in one sorted list, which each new one walks
	 * along: with thousands of connections that say nothing it is what the
	 * relay does most. server_hang_up_late() has them all.
	 */
	if (wsi)
		lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
}

static bool hang_up_oldest_silent(struct server *s, int64_t now_us)
{
	struct lws *silent = guard_late(s->guard, now_us);

	if (!silent)
		return false;
	guard_disconnect(s->guard, silent);
	lws_set_timeout(silent, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	return true;
}

/*
 * With all connections taken, one that has not asked for anything, or not any
 * more, makes room for a new one: neither an attacker who only connects nor
 * many idle browsers keep out who wants to see something.
 */
static bool is_full(struct server *s, int64_t now_us)
{
	if (s->counters.sessions < s->params.max_connections)
		return false;
	s->counters.refused[REFUSED_CONNECTIONS]++;
	if (!hang_up_oldest_silent(s, now_us))
		sessions_make_room(s->sessions, now_us);
	return s->counters.sessions >= s->params.max_connections;
}

/*
 * Nobody is there any more; or we are out of files or memory, and would be
 * called for the same one again and again: then the next tick tries again.
 */
static void pause_accepting(struct ev_loop *loop, struct ev_io *watcher,
			    int err)
{
	if (err == -EAGAIN || err == -EINTR)
		return;
	log_warn("cannot accept: %s", strerror(-err));
	ev_io_stop(loop, watcher);
}

/* Plain HTTP, certificate or not: it is for this machine or a safe network. */
void server_accept_metrics(struct ev_loop *loop, struct ev_io *watcher,
			   int events)
{
	struct server *s = watcher->data;
	struct address from;
	int fd = listener_accept(&s->metrics, &from);

	(void)events;
	if (fd < 0) {
		pause_accepting(loop, watcher, fd);
		return;
	}
	if (is_full(s, clock_monotonic_us())) {
		turn_away(s, fd, false, REFUSED_CONNECTIONS);
		return;
	}
	address_set_inside(&from);
	s->accepted = &from;
	lws_adopt_descriptor_vhost(lws_get_vhost_by_name(s->context, "default"),
				   LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET,
				   (lws_sock_file_fd_type){ .sockfd = fd },
				   NULL, NULL);
	s->accepted = NULL;
}

static bool shake_too_many(const struct server *s)
{
	size_t most = s->params.max_connections / SHAKING_PART;

	return guard_silent(s->guard) >=
	       (most > SHAKING_LEAST ? most : SHAKING_LEAST);
}

/* Before the handshake, which costs us more than who asks for it. */
static bool may_shake(struct server *s, const struct address *from,
		      int64_t now_us)
{
	if (!guard_may_shake(s->guard, from, now_us))
		return false;
	if (shake_too_many(s) && hang_up_oldest_silent(s, now_us))
		s->counters.refused[REFUSED_HEAD]++;
	return true;
}

void server_accept(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct server *s = watcher->data;
	bool tls = s->params.tls_cert_file != NULL;
	int most = tls ? SHAKE_AT_ONCE : ACCEPT_AT_ONCE;

	(void)events;
	for (int i = 0; i < most; i++) {
		int64_t now_us = clock_monotonic_us();
		struct address from;
		int fd = listener_accept(&s->listener, &from);

		if (fd < 0) {
			pause_accepting(loop, watcher, fd);
			return;
		}
		if (!guard_may_connect(s->guard, &from))
			turn_away(s, fd, tls, REFUSED_ADDRESS);
		else if (tls && !may_shake(s, &from, now_us))
			turn_away(s, fd, tls, REFUSED_HANDSHAKES);
		else if (is_full(s, now_us))
			turn_away(s, fd, tls, REFUSED_CONNECTIONS);
		else
			adopt(s, fd, &from);
	}
}

void server_hang_up_late(struct server *s, int64_t now_us)
{
	int64_t before_us = now_us - (int64_t)s->params.head_s * 1000000;
	struct lws *late;

	while ((late = guard_late(s->guard, before_us))) {
		if (guard_disconnect(s->guard, late))
			s->counters.refused[REFUSED_HEAD]++;
		lws_set_timeout(late, PENDING_TIMEOUT_USER_OK,
				LWS_TO_KILL_SYNC);
	}
}

void server_count(struct server *s, struct lws *wsi,
		  enum lws_callback_reasons reason)
{
	if (reason == LWS_CALLBACK_WSI_CREATE) {
		s->counters.sessions++;
		if (s->accepted)
			guard_connect(s->guard, wsi, s->accepted,
				      clock_monotonic_us());
	} else if (reason == LWS_CALLBACK_WSI_DESTROY) {
		if (s->counters.sessions)
			s->counters.sessions--;
		if (guard_disconnect(s->guard, wsi) && !s->draining_us)
			s->counters.refused[REFUSED_HEAD]++;
	}
}
