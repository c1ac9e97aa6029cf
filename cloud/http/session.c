/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "session"
#include "cloud/http/session.h"

#include <stdlib.h>

#include "cloud/http/answer.h"
#include "cloud/http/answer_device.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/session_state.h"
#include "cloud/http/wsi.h"
#include "cloud/limit/guard.h"
#include "common/clock.h"
#include "common/log.h"

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
	ev_io_init(&s->writable, session_on_writable, lws_get_socket_fd(wsi),
		   EV_WRITE);
	s->writable.data = s;
	lws_dll2_add_tail(&s->all, &ss->all);
	lws_set_opaque_user_data(wsi, s);
	return s;
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
	return session_find_answer(ss, s, now_us, out);
}

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

/* What is known of it before anything is decided. */
static void begin_request(struct sessions *ss, struct session *s,
			  const struct wsi_request *head, int64_t now_us)
{
	lws_dll2_remove(&s->all);
	lws_dll2_add_tail(&s->all, &ss->all);
	ss->params.counters->requests++;
	warn_of_proxy(ss, head);
	if (ss->params.access) {
		access_take(&s->access, &head->request);
		s->asked_us = now_us;
		s->logs = true;
	}
	s->want = (struct want){ 0 };
	s->head_only = head->request.method == METHOD_HEAD;
	/*
	 * What follows on a connection whose body was not read is unknown; and
	 * libwebsockets takes a POST without a length for a very long one.
	 */
	s->last = head->request.body || head->request.method >= METHOD_POST;
	s->since_us = now_us;
}

/* Before it is looked at; NULL: there is room for it. */
static struct reply *refuse_for_room(struct sessions *ss, struct session *s,
				     const struct request *request)
{
	const struct sessions_params *params = &ss->params;
	bool stream = s->transport == TRANSPORT_H2;

	if (!guard_begin(params->source->guard, s, stream, &request->from)) {
		params->counters->refused[REFUSED_ADDRESS]++;
		return reply_hold(ss->too_many);
	}
	/* Nobody has accepted a stream, and looked whether it has room. */
	if (stream && params->counters->sessions > params->max_sessions) {
		params->counters->refused[REFUSED_CONNECTIONS]++;
		return later_hold(&ss->crowded);
	}
	return NULL;
}

static int take_request(struct sessions *ss, struct lws *wsi)
{
	struct session *s = get_session(ss, wsi);
	int64_t now_us = clock_monotonic_us();
	struct wsi_request head;
	struct reply *reply;
	enum answer_post post;

	if (!s || s->state != IDLE)
		return -1;
	wsi_read_request(wsi, ss->params.source->guard, &head);
	begin_request(ss, s, &head, now_us);
	reply = refuse_for_room(ss, s, &head.request);
	if (reply)
		return session_answer(ss, s, reply, now_us);
	post = answer_post(ss->params.source, &head.request, now_us,
			   s->want.camera, &s->want.session, &reply);
	if (post == ANSWER_TAKE ||
	    (post == ANSWER_REFUSE && reply && answer_may_take(&head.request)))
		return session_begin_post(ss, s, reply, now_us);
	if (!find_first_answer(ss, s, &head.request, post, now_us, &reply)) {
		if (s->want.login && !session_keep_request(s, &head.request))
			reply = NULL;
		else if (session_wait_or_refuse(ss, s, now_us, &reply))
			return 0;
		session_drop_request(s);
	}
	return session_answer(ss, s, reply, now_us);
}

static int continue_reply(struct sessions *ss, struct lws *wsi)
{
	struct session *s = lws_get_opaque_user_data(wsi);

	/* It may come although nobody asked for it. */
	if (!s || s->state != SENDING)
		return 0;
	return session_send(ss, s, clock_monotonic_us());
}

void session_leave(struct sessions *ss, struct lws *wsi)
{
	struct session *s = lws_get_opaque_user_data(wsi);

	if (!s)
		return;
	lws_set_opaque_user_data(wsi, NULL);
	session_stop_waiting(ss, s);
	session_break_post(ss, s);
	ev_io_stop(ss->params.loop, &s->writable);
	guard_end(ss->params.source->guard, s);
	session_log(ss, s);
	transfer_end(&s->transfer);
	lws_dll2_remove(&s->all);
	free(s);
}

int session_callback(struct sessions *ss, struct lws *wsi, int reason,
		     const uint8_t *bytes, size_t n)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return take_request(ss, wsi);
	case LWS_CALLBACK_HTTP_BODY:
		return session_continue_post(ss, wsi, bytes, n);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return session_end_post(ss, wsi);
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
