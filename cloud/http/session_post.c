/* SPDX-License-Identifier: MIT */
#include "cloud/http/answer.h"
#include "cloud/http/reply.h"
#include "cloud/http/session_state.h"
#include "cloud/post.h"
#include "common/clock.h"

static struct post_name post_name(const struct session *s)
{
	return (struct post_name){ s->want.camera, s->want.session };
}

int session_begin_post(struct sessions *ss, struct session *s,
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

int session_continue_post(struct sessions *ss, struct lws *wsi,
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

int session_end_post(struct sessions *ss, struct lws *wsi)
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
	return session_answer(ss, s, reply, now_us);
}

void session_break_post(struct sessions *ss, struct session *s)
{
	struct post_name name = post_name(s);

	if (s->state != RECEIVING)
		return;
	if (!s->refusal)
		post_break(ss->publishers, &name);
	reply_release(&s->refusal);
	s->state = IDLE;
}

bool session_find_answer(struct sessions *ss, struct session *s, int64_t now_us,
			 struct reply **out)
{
	struct post_name name = post_name(s);

	if (s->want.listens)
		return post_listen(ss->publishers, &name, s->want.since_us,
				   now_us, out);
	return answer_want(ss->params.source, &s->want, now_us, out);
}
