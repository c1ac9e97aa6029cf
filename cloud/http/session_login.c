/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cloud/http/answer.h"
#include "cloud/http/report.h"
#include "cloud/http/session_state.h"
#include "common/clock.h"

#define GIVE_UP_US INT64_C(10000000) /* a browser is still there then */

bool session_keep_request(struct session *s, const struct request *request)
{
	s->asks = request_copy(request);
	if (s->asks)
		s->asks->login = s->want.login;
	return s->asks != NULL;
}

void session_drop_request(struct session *s)
{
	free(s->asks);
	s->asks = NULL;
}

void session_give_up_look(struct sessions *ss, struct session *s,
			  int64_t now_us)
{
	if (now_us - s->since_us < GIVE_UP_US)
		return;
	ss->params.counters->refused[REFUSED_HELD]++;
	session_start_reply(ss, s, later_hold(&ss->unseen), now_us);
}

/*
 * What it may see it may have to wait for. It gives up one place for that, so
 * there is one, but in a relay that is about to stop. May free it.
 */
static void ask_again(struct sessions *ss, struct session *s, int64_t now_us)
{
	struct want want = { 0 };
	struct reply *reply;
	bool answered = answer_request(ss->params.source, s->asks, now_us,
				       clock_wall_us(), &reply, &want);

	if (!answered && want.login)
		return;
	session_stop_waiting(ss, s);
	s->want = want;
	if (answered || !session_wait_or_refuse(ss, s, now_us, &reply))
		session_start_reply(ss, s, reply, now_us);
}

void sessions_looked(struct sessions *ss, uint64_t login)
{
	int64_t now_us = clock_monotonic_us();

	lws_start_foreach_dll_safe(struct lws_dll2 *, d, next,
				   lws_dll2_get_head(&ss->looking))
	{
		struct session *s =
			lws_container_of(d, struct session, waiting);

		if (s->want.login == login)
			ask_again(ss, s, now_us);
	}
	lws_end_foreach_dll_safe(d, next);
}
