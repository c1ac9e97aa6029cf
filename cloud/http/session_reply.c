/* SPDX-License-Identifier: MIT */
#include "cloud/http/answer.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/session_state.h"
#include "cloud/limit/guard.h"
#include "cloud/output.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"
#include "common/clock.h"
#include "common/trace.h"

void session_set_deaf(struct session *s, bool deaf)
{
	if (s->deaf != deaf && s->transport != TRANSPORT_H2)
		lws_rx_flow_control(s->wsi, !deaf);
	s->deaf = deaf;
}

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

	session_stop_waiting(ss, s);
	if (!reply)
		reply = later_hold(&ss->no_memory);
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

void session_log(const struct sessions *ss, struct session *s)
{
	const struct reply *reply = s->transfer.reply;
	char line[ACCESS_LINE];
	size_t size;

	if (!s->logs)
		return;
	s->logs = false;
	size = access_print(
		line, ss->params.access_format, &s->access,
		&(struct access_end){ .status = reply ? reply->status : 0,
				      .bytes = s->transfer.offset,
				      .duration_us = clock_monotonic_us() -
						     s->asked_us,
				      .wall_us = clock_wall_us() });
	output_add(ss->params.access, line, size);
}

/* Returns what a callback of libwebsockets returns: not 0 closes. */
static int finish_reply(struct sessions *ss, struct session *s, int64_t now_us)
{
	session_log(ss, s);
	transfer_end(&s->transfer);
	ev_io_stop(ss->params.loop, &s->writable);
	guard_end(ss->params.source->guard, s);
	s->state = IDLE;
	s->since_us = now_us;
	s->reused = true;
	if (s->last || !session_may_stay(ss, s) || s->transport == TRANSPORT_H2)
		return -1;
	session_set_deaf(s, false);
	if (lws_http_transaction_completed(s->wsi))
		return -1;
	/*
	 * Its own timers are kept in one sorted list, which each request
	 * would walk past all idle connections; sessions_tick() reaps them.
	 */
	lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
	return 0;
}

int session_send(struct sessions *ss, struct session *s, int64_t now_us)
{
	bool taken;

	switch (transfer_continue(&s->transfer, s->wsi, &taken)) {
	case TRANSFER_DONE:
		return finish_reply(ss, s, now_us);
	case TRANSFER_FAILED:
		return -1;
	case TRANSFER_MORE:
		lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
		session_set_deaf(s, s->transport == TRANSPORT_PLAIN);
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

void session_cut(struct sessions *ss, struct session *s)
{
	if (s->transport == TRANSPORT_H2)
		ss->doomed = lws_get_network_wsi(s->wsi);
	else
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK,
				LWS_TO_KILL_SYNC);
}

void session_start_reply(struct sessions *ss, struct session *s,
			 struct reply *reply, int64_t now_us)
{
	begin_reply(ss, s, reply, now_us);
	if (s->transport != TRANSPORT_PLAIN) {
		session_set_deaf(s, false);
		lws_callback_on_writable(s->wsi);
	} else if (session_send(ss, s, now_us)) {
		session_cut(ss, s);
	}
}

int session_answer(struct sessions *ss, struct session *s, struct reply *reply,
		   int64_t now_us)
{
	begin_reply(ss, s, reply, now_us);
	return session_send(ss, s, now_us);
}

void session_on_writable(struct ev_loop *loop, struct ev_io *watcher,
			 int events)
{
	struct session *s = watcher->data;

	(void)loop;
	(void)events;
	if (session_send(s->owner, s, clock_monotonic_us()))
		session_cut(s->owner, s);
}
