/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "session"
#include "cloud/session.h"

#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cloud/answer.h"
#include "cloud/reply.h"
#include "cloud/report.h"
#include "cloud/wsi.h"
#include "common/clock.h"

#define BUCKETS	   64	 /* of those who wait, by camera */
#define H2_FRAME   16384 /* SETTINGS_MAX_FRAME_SIZE until told otherwise */
#define TLS_RECORD (16u << 10) /* OpenSSL writes no more at once */

/*
 *            request              reply is there          all was taken
 *   IDLE --------------> WAITING --------------> SENDING --------------> IDLE
 *     `--------- reply is there at once ------------^
 *
 * and to DYING from each of them, when its time is up.
 */
enum state {
	IDLE,	 /* between requests */
	WAITING, /* for a camera; want says for what */
	SENDING, /* reply, from offset on */
	DYING,	 /* libwebsockets has been told to close it */
};

struct session {
	struct lws_dll2 all, waiting;
	struct lws *wsi;
	enum state state;
	bool h2;
	bool head_sent; /* h2: the head is a frame of its own */
	bool head_only; /* HEAD */
	bool last;	/* close behind this reply */
	struct reply *reply;
	size_t offset, size; /* of what is sent of the reply */
	int64_t since_us;    /* of the state, or of the last progress */
	struct want want;
};

struct sessions {
	struct sessions_params params;
	struct lws_dll2_owner all;
	struct lws_dll2_owner waiting[BUCKETS];
	struct reply *no_memory, *crowded;
	bool draining;
	/* Where a slice is put together that is not in one run of memory. */
	uint8_t scratch[LWS_PRE + SESSION_SLICE];
};

int sessions_open(struct sessions **out, const struct sessions_params *params)
{
	struct sessions *ss = calloc(1, sizeof(*ss));

	*out = NULL;
	if (!ss)
		return -ENOMEM;
	ss->params = *params;
	/* Made now, because there will be no memory when they are needed. */
	ss->no_memory = reply_new_text(503, "Retry-After: 1\r\n",
				       "The relay is out of memory.");
	ss->crowded = reply_new_text(503, "Retry-After: 1\r\n",
				     "Too many requests wait already.");
	if (!ss->no_memory || !ss->crowded) {
		sessions_close(&ss);
		return -ENOMEM;
	}
	*out = ss;
	return 0;
}

void sessions_close(struct sessions **sessions)
{
	struct sessions *ss = *sessions;

	*sessions = NULL;
	if (!ss)
		return;
	assert(!ss->all.count);
	reply_release(&ss->no_memory);
	reply_release(&ss->crowded);
	free(ss);
}

static struct lws_dll2_owner *bucket(struct sessions *ss, const char *camera)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *camera; camera++)
		hash = (hash ^ (uint8_t)*camera) * 16777619u;
	return &ss->waiting[hash % BUCKETS];
}

/* --- states --- */

static void stop_waiting(struct sessions *ss, struct session *s)
{
	if (s->state != WAITING)
		return;
	lws_dll2_remove(&s->waiting);
	ss->params.counters->waiting--;
	lws_rx_flow_control(s->wsi, 1);
}

/*
 * Nothing is read meanwhile: libwebsockets would neither take the next
 * request nor stop being told of it.
 */
static void wait(struct sessions *ss, struct session *s)
{
	s->state = WAITING;
	lws_dll2_add_tail(&s->waiting, bucket(ss, s->want.camera));
	ss->params.counters->waiting++;
	lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
	lws_rx_flow_control(s->wsi, 0);
}

/* Takes over the caller's hold on `reply`, NULL being want of memory. */
static void begin_sending(struct sessions *ss, struct session *s,
			  struct reply *reply, int64_t now_us)
{
	struct report_counters *counters = ss->params.counters;

	stop_waiting(ss, s);
	s->reply = reply ? reply : reply_hold(ss->no_memory);
	s->state = SENDING;
	s->since_us = now_us;
	s->offset = 0;
	s->size = s->head_only ? s->reply->head_size : reply_size(s->reply);
	s->head_sent = false;
	counters->replies[s->reply->status / 100]++;
	counters->bytes_out += s->size;
}

static void kill(struct session *s)
{
	struct lws *wsi = s->h2 ? lws_get_network_wsi(s->wsi) : s->wsi;

	s->state = DYING;
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* What a callback of libwebsockets returns: not 0 closes. */
static int finish_reply(struct sessions *ss, struct session *s, int64_t now_us)
{
	reply_release(&s->reply);
	s->state = IDLE;
	s->since_us = now_us;
	if (s->last || ss->draining)
		return -1;
	if (lws_http_transaction_completed(s->wsi))
		return -1;
	/*
	 * Its own timers are kept in one sorted list, which each request
	 * would walk past all idle connections; sessions_tick() reaps them.
	 */
	lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
	return 0;
}

/* --- HTTP/1.1 --- */

/* The next bytes, in place where they are in one run of memory. */
static uint8_t *next_slice(struct sessions *ss, struct session *s, size_t max,
			   size_t *n)
{
	size_t left = s->size - s->offset, run;
	uint8_t *at = reply_run(s->reply, s->offset, &run);

	*n = left < max ? left : max;
	if (run >= *n)
		return at;
	*n = reply_copy(s->reply, s->offset, ss->scratch + LWS_PRE, *n);
	return ss->scratch + LWS_PRE;
}

static int send_h1(struct sessions *ss, struct session *s, int64_t now_us)
{
	size_t max = lws_is_ssl(s->wsi) ? TLS_RECORD : SESSION_SLICE;

	if (s->offset < s->size) {
		uint8_t *at;
		size_t n;

		if (s->offset == 0)
			reply_set_date(s->reply, wsi_date());
		at = next_slice(ss, s, max, &n);
		if (lws_write(s->wsi, at, n, LWS_WRITE_HTTP) != (int)n)
			return -1;
		s->offset += n;
	}
	s->since_us = now_us;
	if (s->offset == s->size && !lws_partial_buffered(s->wsi))
		return finish_reply(ss, s, now_us);
	lws_callback_on_writable(s->wsi);
	return 0;
}

/* --- HTTP/2 --- */

/* One line of the rendered head, without its CRLF, as a header field. */
static int add_field(struct session *s, const char *line, size_t size,
		     uint8_t **at, uint8_t *end)
{
	const char *colon = memchr(line, ':', size);
	size_t n = colon ? (size_t)(colon + 1 - line) : 0;
	char name[64];

	assert(n && n < sizeof(name) && n + 1 <= size);
	memcpy(name, line, n);
	name[n] = '\0';
	return lws_add_http_header_by_name(s->wsi, (const uint8_t *)name,
					   (const uint8_t *)colon + 2,
					   (int)(size - n - 1), at, end);
}

static int add_fields(struct session *s, uint8_t **at, uint8_t *end)
{
	const char *head = (const char *)s->reply->head;
	const char *last = head + s->reply->head_size - 2; /* the empty line */
	const char *next;

	if (lws_add_http_header_status(s->wsi, s->reply->status, at, end))
		return -1;
	head = (const char *)memchr(head, '\n', (size_t)(last - head)) + 1;
	for (; head < last; head = next) {
		next = (const char *)memchr(head, '\n', (size_t)(last - head)) +
		       1;
		if (add_field(s, head, (size_t)(next - head) - 2, at, end))
			return -1;
	}
	return lws_finalize_http_header(s->wsi, at, end);
}

static int send_h2_head(struct sessions *ss, struct session *s)
{
	uint8_t *start = ss->scratch + LWS_PRE, *at = start;
	int how = LWS_WRITE_HTTP_HEADERS;

	reply_set_date(s->reply, wsi_date());
	if (add_fields(s, &at, ss->scratch + sizeof(ss->scratch)))
		return -1;
	s->offset = s->reply->head_size;
	s->head_sent = true;
	if (s->offset >= s->size)
		how |= LWS_WRITE_H2_STREAM_END;
	return lws_write(s->wsi, start, (size_t)(at - start),
			 (enum lws_write_protocol)how);
}

/* One frame; 0 when the peer has to open its window first. */
static int send_h2_frame(struct sessions *ss, struct session *s)
{
	int64_t allowed = (int64_t)lws_get_peer_write_allowance(s->wsi);
	size_t n = s->size - s->offset;
	enum lws_write_protocol how = LWS_WRITE_HTTP;

	if (allowed <= 0)
		return 0;
	if (n > (size_t)allowed)
		n = (size_t)allowed;
	if (n > H2_FRAME)
		n = H2_FRAME;
	reply_copy(s->reply, s->offset, ss->scratch + LWS_PRE, n);
	s->offset += n;
	if (s->offset == s->size)
		how = LWS_WRITE_HTTP_FINAL;
	return lws_write(s->wsi, ss->scratch + LWS_PRE, n, how);
}

static int send_h2(struct sessions *ss, struct session *s, int64_t now_us)
{
	int n = s->head_sent ? send_h2_frame(ss, s) : send_h2_head(ss, s);

	if (n < 0 || s->offset >= s->size) {
		reply_release(&s->reply);
		s->state = DYING;
		return -1; /* a stream ends with its reply */
	}
	/* WINDOW_UPDATE makes every stream of a connection writable. */
	if (n == 0)
		return 0;
	s->since_us = now_us;
	lws_callback_on_writable(s->wsi);
	return 0;
}

static int send_reply(struct sessions *ss, struct session *s, int64_t now_us)
{
	return s->h2 ? send_h2(ss, s, now_us) : send_h1(ss, s, now_us);
}

/* --- what libwebsockets tells --- */

static struct session *get_session(struct sessions *ss, struct lws *wsi)
{
	struct session *s = lws_get_opaque_user_data(wsi);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->wsi = wsi;
	s->h2 = lws_get_network_wsi(wsi) != wsi;
	lws_dll2_add_tail(&s->all, &ss->all);
	lws_set_opaque_user_data(wsi, s);
	return s;
}

static int take_request(struct sessions *ss, struct lws *wsi)
{
	struct session *s = get_session(ss, wsi);
	int64_t now_us = clock_monotonic_us();
	struct wsi_request head;
	struct reply *reply;

	if (!s || s->state != IDLE)
		return -1;
	ss->params.counters->requests++;
	wsi_read_request(wsi, &head);
	s->head_only = head.request.method == METHOD_HEAD;
	/* What follows on a connection whose body was not read is unknown. */
	s->last = head.request.bad || head.request.method == METHOD_OTHER;
	s->since_us = now_us;
	if (!answer_request(ss->params.source, &head.request, now_us,
			    clock_wall_us(), &reply, &s->want)) {
		if (ss->params.counters->waiting < ss->params.max_waiting &&
		    !ss->draining) {
			wait(ss, s);
			return 0;
		}
		ss->params.counters->refused++;
		reply = reply_hold(ss->crowded);
	}
	begin_sending(ss, s, reply, now_us);
	return send_reply(ss, s, now_us);
}

static int continue_reply(struct sessions *ss, struct lws *wsi)
{
	struct session *s = lws_get_opaque_user_data(wsi);

	/* It may come although nobody asked for it. */
	if (!s || s->state != SENDING)
		return 0;
	return send_reply(ss, s, clock_monotonic_us());
}

void session_leave(struct sessions *ss, struct lws *wsi)
{
	struct session *s = lws_get_opaque_user_data(wsi);

	if (!s)
		return;
	if (s->state == WAITING) {
		lws_dll2_remove(&s->waiting);
		ss->params.counters->waiting--;
	}
	lws_set_opaque_user_data(wsi, NULL);
	lws_dll2_remove(&s->all);
	reply_release(&s->reply);
	free(s);
}

int session_callback(struct sessions *ss, struct lws *wsi, int reason)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return take_request(ss, wsi);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return continue_reply(ss, wsi);
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_WSI_DESTROY:
		session_leave(ss, wsi);
		return 0;
	default:
		return 0;
	}
}

/* --- what happens elsewhere --- */

/* Answers a waiting session if there is an answer now. */
static void look_again(struct sessions *ss, struct session *s, int64_t now_us)
{
	struct reply *reply;

	if (!answer_want(ss->params.source, &s->want, now_us, &reply))
		return;
	begin_sending(ss, s, reply, now_us);
	lws_callback_on_writable(s->wsi);
}

void sessions_wake(struct sessions *ss, const char *camera)
{
	int64_t now_us = clock_monotonic_us();
	struct lws_dll2_owner *owner = bucket(ss, camera);

	lws_start_foreach_dll_safe(struct lws_dll2 *, d, next,
				   lws_dll2_get_head(owner))
	{
		struct session *s =
			lws_container_of(d, struct session, waiting);

		if (strcmp(s->want.camera, camera) == 0)
			look_again(ss, s, now_us);
	}
	lws_end_foreach_dll_safe(d, next);
}

/* Reading is off while one waits, so that nobody else notices. */
static bool has_left(const struct session *s)
{
	char byte;

	return !s->h2 && recv(lws_get_socket_fd(s->wsi), &byte, 1,
			      MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void tick(struct sessions *ss, struct session *s, int64_t now_us)
{
	const struct sessions_params *params = &ss->params;

	switch (s->state) {
	case WAITING:
		if (has_left(s)) {
			stop_waiting(ss, s);
			kill(s);
		} else {
			look_again(ss, s, now_us);
		}
		return;
	case IDLE:
		if (now_us - s->since_us >= params->idle_us || ss->draining)
			kill(s);
		return;
	case SENDING:
		if (now_us - s->since_us >= params->stuck_us) {
			params->counters->dropped++;
			kill(s);
		}
		return;
	case DYING:
		return;
	}
}

void sessions_tick(struct sessions *ss, int64_t now_us)
{
	lws_start_foreach_dll_safe(struct lws_dll2 *, d, next,
				   lws_dll2_get_head(&ss->all))
	{
		tick(ss, lws_container_of(d, struct session, all), now_us);
	}
	lws_end_foreach_dll_safe(d, next);
}

void sessions_drain(struct sessions *ss)
{
	int64_t now_us = clock_monotonic_us();

	ss->draining = true;
	for (int i = 0; i < BUCKETS; i++) {
		while (ss->waiting[i].count) {
			struct session *s = lws_container_of(
				lws_dll2_get_head(&ss->waiting[i]),
				struct session, waiting);

			begin_sending(ss, s, reply_hold(ss->crowded), now_us);
			lws_callback_on_writable(s->wsi);
		}
	}
	sessions_tick(ss, now_us);
}

bool sessions_busy(const struct sessions *ss)
{
	return ss->all.count > 0;
}
