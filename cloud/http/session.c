/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "session"
#include "cloud/http/session.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cloud/http/answer.h"
#include "cloud/http/answer_device.h"
#include "cloud/http/answer_want.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/transfer.h"
#include "cloud/http/wsi.h"
#include "cloud/limit/guard.h"
#include "cloud/output.h"
#include "cloud/post.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/trace.h"

#define BUCKETS 64 /* of those who wait, by camera */

/*
 *            request              reply is there          all was taken
 *   IDLE --------------> WAITING --------------> SENDING --------------> IDLE
 *     |`-------- reply is there at once ------------^
 *     `--------> RECEIVING -- all of its body ------'
 *
 * An HTTP/2 stream ends with its first reply.
 */
enum state { IDLE, WAITING, RECEIVING, SENDING };

struct session {
	struct lws_dll2 all, waiting;
	struct sessions *owner;
	struct lws *wsi;
	enum state state;
	enum transport transport;
	bool deaf;	/* nothing is read from it */
	bool head_only; /* HEAD */
	bool last;	/* close behind this reply */
	bool reused;	/* the connection has had a reply before */
	struct want want;
	struct reply *refusal; /* RECEIVING: its body is of no use */
	struct transfer transfer;
	struct access access;  /* of the request, where they are logged */
	int64_t asked_us;      /* likewise */
	bool logs;	       /* its line is still to be written */
	struct ev_io writable; /* TRANSPORT_PLAIN: more can be sent */
	int64_t since_us;      /* of the state, or of the last progress */
	int64_t began_us;      /* RECEIVING, SENDING */
};

struct sessions {
	struct sessions_params params;
	struct publishers *publishers;
	struct lws_dll2_owner all;
	struct lws_dll2_owner waiting[BUCKETS];
	unsigned int waiting_away; /* of those: for cameras without a device */
	struct reply *no_memory, *crowded, *leaving, *too_many;
	struct lws *doomed; /* an HTTP/2 connection for the tick to close */
	bool draining, dismissed;
	bool warned; /* of a proxy */
};

int sessions_open(struct sessions **out, const struct sessions_params *params)
{
	struct sessions *ss = calloc(1, sizeof(*ss));

	assert(params->loop && params->source && params->counters &&
	       params->asked);
	*out = NULL;
	if (!ss)
		return -ENOMEM;
	ss->params = *params;
	/* Made now, because there will be no memory when they are needed. */
	ss->no_memory = reply_new_text(503, "Retry-After: 1\r\n",
				       "The relay is out of memory.");
	ss->crowded = reply_new_text(503, "Retry-After: 1\r\n",
				     "Too many requests wait already.");
	ss->leaving = reply_new_text(503, "Retry-After: 1\r\n",
				     "The relay is about to stop.");
	ss->too_many = reply_new_text(429,
				      "Retry-After: 1\r\n"
				      "Connection: close\r\n",
				      "Too many requests of this address are "
				      "under way.");
	if (!ss->no_memory || !ss->crowded || !ss->leaving || !ss->too_many) {
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
	reply_release(&ss->leaving);
	reply_release(&ss->too_many);
	free(ss);
}

static struct lws_dll2_owner *bucket(struct sessions *ss, const char *camera)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *camera; camera++)
		hash = (hash ^ (uint8_t)*camera) * 16777619u;
	return &ss->waiting[hash % BUCKETS];
}

/* --- waiting --- */

/*
 * libwebsockets takes the next request only when this one is done with, but
 * until then would have us woken for it all the time. (Nor does it write to a
 * deaf connection: we do, where that is the plain socket.)
 */
static void set_deaf(struct session *s, bool deaf)
{
	if (s->deaf != deaf && s->transport != TRANSPORT_H2)
		lws_rx_flow_control(s->wsi, !deaf);
	s->deaf = deaf;
}

/*
 * Whether this is still the relay for it. One that is about to stop serves
 * the viewers of a camera until that has gone to another relay: there they
 * find it then.
 */
static bool may_stay(const struct sessions *ss, const struct session *s)
{
	const struct camera *c;

	if (!ss->draining)
		return true;
	c = store_find(ss->params.source->store, s->want.camera);
	return !ss->dismissed && c && camera_connected(c);
}

/* With --open any name may be asked for: those who watch go first. */
static bool may_wait(const struct sessions *ss, const struct session *s)
{
	unsigned int most = ss->params.max_waiting;

	return ss->params.counters->waiting < most &&
	       (!s->want.away || ss->waiting_away < (most + 1) / 2) &&
	       may_stay(ss, s);
}

static void wait(struct sessions *ss, struct session *s)
{
	s->state = WAITING;
	lws_dll2_add_tail(&s->waiting, bucket(ss, s->want.camera));
	ss->params.counters->waiting++;
	ss->waiting_away += s->want.away;
	lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
	set_deaf(s, true);
	if (!s->want.is_object && !s->want.listens)
		ss->params.asked(ss->params.context, s->want.camera);
}

static void stop_waiting(struct sessions *ss, struct session *s)
{
	if (s->state != WAITING)
		return;
	lws_dll2_remove(&s->waiting);
	ss->params.counters->waiting--;
	ss->waiting_away -= s->want.away;
	s->state = IDLE;
}

/* --- sending --- */

/* A playlist that was not asked for by number is of no part. */
static void trace_answer(const struct want *want)
{
	if (want->is_object && want->object.kind == NAME_PART)
		trace_mark("part", want->object.at);
	else if (!want->is_object && want->directives.has_part)
		trace_mark("playlist",
			   (struct wire_position){ want->directives.msn,
						   want->directives.part });
}

static void count_answer(const struct sessions *ss, const struct session *s)
{
	struct camera *c =
		s->want.camera[0]
			? store_find(ss->params.source->store, s->want.camera)
			: NULL;

	if (c)
		camera_count_answer(c, s->transfer.size);
}

/* Takes over the caller's hold on `reply`, NULL being want of memory. */
static void begin_reply(struct sessions *ss, struct session *s,
			struct reply *reply, int64_t now_us)
{
	struct report_counters *counters = ss->params.counters;

	stop_waiting(ss, s);
	if (!reply)
		reply = reply_hold(ss->no_memory);
	counters->replies[reply->status / 100]++;
	/* Who is too fast shall not go on as cheaply. */
	s->last |= reply->status == 429;
	if (reply->status == 200)
		trace_answer(&s->want);
	transfer_begin(&s->transfer, s->transport, reply, s->head_only);
	counters->bytes_out += s->transfer.size;
	count_answer(ss, s);
	s->state = SENDING;
	s->since_us = s->began_us = now_us;
}

static void log_access(const struct sessions *ss, struct session *s)
{
	const struct reply *reply = s->transfer.reply;
	char line[ACCESS_LINE];

	if (!s->logs)
		return;
	s->logs = false;
	output_add(ss->params.access, line,
		   access_print(line, ss->params.access_format, &s->access,
				&(struct access_end){
					.status = reply ? reply->status : 0,
					.bytes = s->transfer.offset,
					.duration_us = clock_monotonic_us() -
						       s->asked_us,
					.wall_us = clock_wall_us() }));
}

/* Both return what a callback of libwebsockets returns: not 0 closes. */
static int finish_reply(struct sessions *ss, struct session *s, int64_t now_us)
{
	log_access(ss, s);
	transfer_end(&s->transfer);
	ev_io_stop(ss->params.loop, &s->writable);
	guard_end(ss->params.source->guard, s);
	s->state = IDLE;
	s->since_us = now_us;
	s->reused = true;
	if (s->last || !may_stay(ss, s) || s->transport == TRANSPORT_H2)
		return -1;
	set_deaf(s, false);
	if (lws_http_transaction_completed(s->wsi))
		return -1;
	/*
	 * Its own timers are kept in one sorted list, which each request
	 * would walk past all idle connections; sessions_tick() reaps them.
	 */
	lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
	return 0;
}

static int send_reply(struct sessions *ss, struct session *s, int64_t now_us)
{
	bool taken;

	switch (transfer_continue(&s->transfer, s->wsi, &taken)) {
	case TRANSFER_DONE:
		return finish_reply(ss, s, now_us);
	case TRANSFER_FAILED:
		return -1;
	case TRANSFER_MORE:
		lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
		set_deaf(s, s->transport == TRANSPORT_PLAIN);
		if (s->transport == TRANSPORT_PLAIN)
			ev_io_start(ss->params.loop, &s->writable);
		else
			lws_callback_on_writable(s->wsi);
		break;
	case TRANSFER_BLOCKED:
		break;
	}
	if (taken)
		s->since_us = now_us;
	return 0;
}

/* Frees `s`, at once, or with its HTTP/2 connection after the tick. */
static void cut(struct sessions *ss, struct session *s)
{
	if (s->transport == TRANSPORT_H2)
		ss->doomed = lws_get_network_wsi(s->wsi);
	else
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK,
				LWS_TO_KILL_SYNC);
}

/* From outside of the connection's own callbacks. May free `s`. */
static void start_reply(struct sessions *ss, struct session *s,
			struct reply *reply, int64_t now_us)
{
	begin_reply(ss, s, reply, now_us);
	if (s->transport != TRANSPORT_PLAIN) {
		set_deaf(s, false);
		lws_callback_on_writable(s->wsi);
	} else if (send_reply(ss, s, now_us)) {
		cut(ss, s);
	}
}

static void on_writable(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct session *s = watcher->data;

	(void)loop;
	(void)events;
	if (send_reply(s->owner, s, clock_monotonic_us()))
		cut(s->owner, s);
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
	s->owner = ss;
	s->wsi = wsi;
	s->transport = transfer_transport(wsi);
	ev_io_init(&s->writable, on_writable, lws_get_socket_fd(wsi), EV_WRITE);
	s->writable.data = s;
	lws_dll2_add_tail(&s->all, &ss->all);
	lws_set_opaque_user_data(wsi, s);
	return s;
}

/* --- a device publishes by requests (post.h) --- */

static struct post_name post_name(const struct session *s)
{
	return (struct post_name){ s->want.camera, s->want.session };
}

static int answer_now(struct sessions *ss, struct session *s,
		      struct reply *reply, int64_t now_us)
{
	begin_reply(ss, s, reply, now_us);
	return send_reply(ss, s, now_us);
}

/*
 * Its body is read even if it is refused: who is still sending when the
 * connection ends would not hear why.
 */
static int begin_post(struct sessions *ss, struct session *s,
		      struct reply *refusal, int64_t now_us)
{
	struct post_name name = post_name(s);

	s->refusal =
		refusal ? refusal : post_begin(ss->publishers, &name, now_us);
	s->last = false; /* nothing of it is left on the connection */
	s->state = RECEIVING;
	s->began_us = now_us;
	return 0;
}

static int continue_post(struct sessions *ss, struct lws *wsi,
			 const uint8_t *bytes, size_t n)
{
	struct session *s = lws_get_opaque_user_data(wsi);
	struct post_name name;

	if (!s || s->state != RECEIVING)
		return s ? 0 : -1; /* of a request that was refused */
	s->since_us = clock_monotonic_us();
	if (s->refusal)
		return 0;
	name = post_name(s);
	post_receive(ss->publishers, &name, bytes, n, s->since_us,
		     clock_wall_us());
	return 0;
}

static int end_post(struct sessions *ss, struct lws *wsi)
{
	struct session *s = lws_get_opaque_user_data(wsi);
	int64_t now_us = clock_monotonic_us();
	struct post_name name;
	struct reply *reply;

	if (!s || s->state != RECEIVING)
		return s ? 0 : -1;
	s->state = IDLE;
	reply = s->refusal;
	s->refusal = NULL;
	name = post_name(s);
	if (!reply)
		reply = post_answer(ss->publishers, &name, now_us);
	return answer_now(ss, s, reply, now_us);
}

static void break_post(struct sessions *ss, struct session *s)
{
	struct post_name name = post_name(s);

	if (s->state != RECEIVING)
		return;
	if (!s->refusal)
		post_break(ss->publishers, &name);
	reply_release(&s->refusal);
	s->state = IDLE;
}

/* False: it still waits. */
static bool find_answer(struct sessions *ss, struct session *s, int64_t now_us,
			struct reply **out)
{
	struct post_name name = post_name(s);

	if (s->want.listens)
		return post_listen(ss->publishers, &name, s->want.since_us,
				   now_us, out);
	return answer_want(ss->params.source, &s->want, now_us, out);
}

/* Asks the two that know, the one for devices first. False: it waits. */
static bool find_first_answer(struct sessions *ss, struct session *s,
			      const struct request *request,
			      enum answer_post post, int64_t now_us,
			      struct reply **out)
{
	if (post == ANSWER_REFUSE)
		return true; /* it is in *out */
	if (post != ANSWER_LISTEN)
		return answer_request(ss->params.source, request, now_us,
				      clock_wall_us(), out, &s->want);
	s->want.listens = true;
	s->want.since_us = now_us;
	return find_answer(ss, s, now_us, out);
}

/* --- requests --- */

static void warn_of_proxy(struct sessions *ss, const struct wsi_request *head)
{
	if (ss->warned ||
	    !guard_misses_proxy(ss->params.source->guard, &head->request.from,
				head->forwarded))
		return;
	ss->warned = true;
	log_warn("a request came through a proxy (X-Forwarded-For): with "
		 "--proxy-hops 1 its viewers are told apart; as it is they "
		 "share the limits of one address");
}

static int take_request(struct sessions *ss, struct lws *wsi)
{
	struct session *s = get_session(ss, wsi);
	int64_t now_us = clock_monotonic_us();
	uint64_t *refused = ss->params.counters->refused;
	struct wsi_request head;
	struct reply *reply;
	enum answer_post post;

	if (!s || s->state != IDLE)
		return -1;
	ss->params.counters->requests++;
	wsi_read_request(wsi, ss->params.source->guard, &head);
	warn_of_proxy(ss, &head);
	if (ss->params.access) {
		access_take(&s->access, &head.request);
		s->asked_us = now_us;
		s->logs = true;
	}
	s->want = (struct want){ 0 };
	s->head_only = head.request.method == METHOD_HEAD;
	/*
	 * What follows on a connection whose body was not read is unknown; and
	 * libwebsockets takes a POST without a length for a very long one.
	 */
	s->last = head.request.body || head.request.method >= METHOD_POST;
	s->since_us = now_us;
	if (!guard_begin(ss->params.source->guard, s, &head.request.from)) {
		refused[REFUSED_ADDRESS]++;
		return answer_now(ss, s, reply_hold(ss->too_many), now_us);
	}
	post = answer_post(ss->params.source, &head.request, now_us,
			   s->want.camera, &s->want.session, &reply);
	if (post == ANSWER_TAKE ||
	    (post == ANSWER_REFUSE && reply && answer_may_take(&head.request)))
		return begin_post(ss, s, reply, now_us);
	if (!find_first_answer(ss, s, &head.request, post, now_us, &reply)) {
		if (may_wait(ss, s)) {
			wait(ss, s);
			return 0;
		}
		refused[REFUSED_WAITING]++;
		reply = reply_hold(may_stay(ss, s) ? ss->crowded : ss->leaving);
	}
	return answer_now(ss, s, reply, now_us);
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
	lws_set_opaque_user_data(wsi, NULL);
	stop_waiting(ss, s);
	break_post(ss, s);
	ev_io_stop(ss->params.loop, &s->writable);
	guard_end(ss->params.source->guard, s);
	log_access(ss, s);
	transfer_end(&s->transfer);
	lws_dll2_remove(&s->all);
	free(s);
}

void sessions_take_posts(struct sessions *ss, struct publishers *publishers)
{
	ss->publishers = publishers;
}

int session_callback(struct sessions *ss, struct lws *wsi, int reason,
		     const uint8_t *bytes, size_t n)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return take_request(ss, wsi);
	case LWS_CALLBACK_HTTP_BODY:
		return continue_post(ss, wsi, bytes, n);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return end_post(ss, wsi);
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

/* Answers a waiting session if there is an answer now. May free it. */
static void look_again(struct sessions *ss, struct session *s, int64_t now_us)
{
	struct reply *reply;

	if (find_answer(ss, s, now_us, &reply))
		start_reply(ss, s, reply, now_us);
}

static void wake(struct sessions *ss, const char *camera, bool listens)
{
	int64_t now_us = clock_monotonic_us();
	struct lws_dll2_owner *owner = bucket(ss, camera);

	lws_start_foreach_dll_safe(struct lws_dll2 *, d, next,
				   lws_dll2_get_head(owner))
	{
		struct session *s =
			lws_container_of(d, struct session, waiting);

		if (s->want.listens == listens &&
		    strcmp(s->want.camera, camera) == 0)
			look_again(ss, s, now_us);
	}
	lws_end_foreach_dll_safe(d, next);
}

void sessions_wake(struct sessions *ss, const char *camera)
{
	wake(ss, camera, false);
}

void sessions_tell(struct sessions *ss, const char *camera)
{
	wake(ss, camera, true);
}

unsigned int sessions_waiting(struct sessions *ss, const char *camera)
{
	unsigned int count = 0;

	lws_start_foreach_dll(struct lws_dll2 *, d,
			      lws_dll2_get_head(bucket(ss, camera)))
	{
		const struct session *s =
			lws_container_of(d, struct session, waiting);

		count += !s->want.is_object && !s->want.listens &&
			 strcmp(s->want.camera, camera) == 0;
	}
	lws_end_foreach_dll(d);
	return count;
}

/*
 * Whether something has come from who should be listening: the end, or in TLS
 * anything, which would keep waking us until the answer is sent.
 */
static bool has_left(const struct session *s)
{
	char byte;
	ssize_t n;

	if (s->transport == TRANSPORT_H2)
		return false;
	n = recv(lws_get_socket_fd(s->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n > 0 && !s->deaf);
}

/*
 * To another relay, which is behind the same address. A request on a
 * connection that has had replies is sent again by the client, on a new one
 * (RFC 9112 9.3.1): that is sooner than any answer. May free `s`.
 */
static void send_away(struct sessions *ss, struct session *s, int64_t now_us)
{
	if (s->reused && s->transport != TRANSPORT_H2)
		cut(ss, s);
	else
		start_reply(ss, s, reply_hold(ss->leaving), now_us);
}

/* May free `s`. */
static void tick(struct sessions *ss, struct session *s, int64_t now_us)
{
	const struct sessions_params *params = &ss->params;
	int64_t age_us = now_us - s->since_us;

	switch (s->state) {
	case WAITING:
		if (has_left(s))
			cut(ss, s);
		else if (!may_stay(ss, s))
			send_away(ss, s, now_us);
		else
			look_again(ss, s, now_us);
		return;
	case IDLE:
		if (age_us >= params->idle_us || !may_stay(ss, s))
			cut(ss, s);
		return;
	case RECEIVING:
	case SENDING:
		if (age_us >= params->stuck_us ||
		    now_us - s->began_us >= params->slow_us) {
			params->counters->refused[REFUSED_SLOW]++;
			cut(ss, s);
		} else if (s->state == SENDING &&
			   s->transport == TRANSPORT_TLS && has_left(s)) {
			cut(ss, s);
		}
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

	/* This frees all its sessions, so not while we walk along them. */
	if (ss->doomed)
		lws_set_timeout(ss->doomed, PENDING_TIMEOUT_USER_OK,
				LWS_TO_KILL_SYNC);
	ss->doomed = NULL;
}

void sessions_drain(struct sessions *ss)
{
	ss->draining = true;
}

void sessions_dismiss(struct sessions *ss)
{
	ss->draining = ss->dismissed = true;
	sessions_tick(ss, clock_monotonic_us());
}

bool sessions_busy(const struct sessions *ss)
{
	return ss->all.count > 0;
}
