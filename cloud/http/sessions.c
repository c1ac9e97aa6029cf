/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/answer.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/session_state.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"
#include "common/clock.h"

#define RESTS_US 1000000 /* without a request: nothing is lost without it */
#define LOOK_US	 1000000 /* who waits for a part has it sooner, or has left */

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
	ss->too_many = reply_new_text(429,
				      "Retry-After: 1\r\n"
				      "Connection: close\r\n",
				      "Too many requests of this address are "
				      "under way.");
	if (!ss->too_many ||
	    later_make(&ss->no_memory, "The relay is out of memory.") < 0 ||
	    later_make(&ss->crowded, "Too many requests wait already.") < 0 ||
	    later_make(&ss->leaving, "The relay is about to stop.") < 0 ||
	    later_make(&ss->unseen, "The password was not looked at in time; "
				    "the relay is busy.") < 0) {
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
	later_release(&ss->no_memory);
	later_release(&ss->crowded);
	later_release(&ss->leaving);
	later_release(&ss->unseen);
	reply_release(&ss->too_many);
	free(ss);
}

static struct lws_dll2_owner *bucket(struct sessions *ss, const char *camera)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *camera; camera++)
		hash = (hash ^ (uint8_t)*camera) * 16777619u;
	return &ss->waiting[hash % SESSIONS_BUCKETS];
}

/*
 * Whether this is still the relay for it. One that is about to stop serves
 * the viewers of a camera until that has gone to another relay: there they
 * find it then.
 */
bool session_may_stay(const struct sessions *ss, const struct session *s)
{
	const struct camera *c;

	if (!ss->draining)
		return true;
	c = store_find(ss->params.source->store, s->want.camera);
	return !ss->dismissed && c && camera_connected(c);
}

/*
 * All places are taken: who waits for what most others wait for gives up the
 * youngest of them for one of few. So the viewers of one camera, or who
 * pretends to be so many, take the places of no others.
 */
static bool crowd_out(struct sessions *ss, const struct session *s,
		      int64_t now_us)
{
	const struct lws_dll2_owner *own = bucket(ss, s->want.camera);
	struct lws_dll2_owner *most = &ss->waiting[0];
	struct lws_dll2 *youngest;

	for (int i = 1; i < SESSIONS_BUCKETS; i++)
		if (ss->waiting[i].count > most->count)
			most = &ss->waiting[i];
	if (most->count <= own->count + 1)
		return false;
	youngest = lws_dll2_get_tail(most);
	ss->params.counters->refused[REFUSED_WAITING]++;
	session_start_reply(ss,
			    lws_container_of(youngest, struct session, waiting),
			    later_hold(&ss->crowded), now_us);
	return true;
}

/* With --open any name may be asked for: those who watch go first. */
bool session_may_wait(struct sessions *ss, const struct session *s,
		      int64_t now_us)
{
	unsigned int most = ss->params.max_waiting;

	return session_may_stay(ss, s) &&
	       (!s->want.away || ss->waiting_away < (most + 1) / 2) &&
	       (ss->params.counters->waiting < most ||
		crowd_out(ss, s, now_us));
}

void session_wait(struct sessions *ss, struct session *s)
{
	s->state = WAITING;
	lws_dll2_add_tail(&s->waiting, s->want.login
					       ? &ss->looking
					       : bucket(ss, s->want.camera));
	ss->params.counters->waiting++;
	ss->waiting_away += s->want.away;
	lws_set_timeout(s->wsi, NO_PENDING_TIMEOUT, 0);
	session_set_deaf(s, true);
	if (!s->want.is_object && !s->want.listens && !s->want.login)
		ss->params.asked(ss->params.context, s->want.camera);
}

void session_stop_waiting(struct sessions *ss, struct session *s)
{
	if (s->state != WAITING)
		return;
	lws_dll2_remove(&s->waiting);
	ss->params.counters->waiting--;
	ss->waiting_away -= s->want.away;
	session_drop_request(s);
	s->state = IDLE;
}

bool session_wait_or_refuse(struct sessions *ss, struct session *s,
			    int64_t now_us, struct reply **out)
{
	if (session_may_wait(ss, s, now_us)) {
		session_wait(ss, s);
		return true;
	}
	ss->params.counters->refused[REFUSED_WAITING]++;
	*out = later_hold(session_may_stay(ss, s) ? &ss->crowded
						  : &ss->leaving);
	return false;
}

void sessions_take_posts(struct sessions *ss, struct publishers *publishers)
{
	ss->publishers = publishers;
}

/* --- what happens elsewhere --- */

/* Answers a waiting session if there is an answer now. May free it. */
static void look_again(struct sessions *ss, struct session *s, int64_t now_us)
{
	struct reply *reply;

	if (session_find_answer(ss, s, now_us, &reply))
		session_start_reply(ss, s, reply, now_us);
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
 * Whether something has come from who should be listening: the end, be it
 * behind bytes that nobody has read, as TLS says goodbye first; or, while an
 * answer is sent in TLS, anything, which would keep waking us until then.
 */
static bool has_left(const struct session *s)
{
	struct pollfd peer = { .fd = lws_get_socket_fd(s->wsi),
			       .events = POLLIN | POLLRDHUP };

	if (s->transport == TRANSPORT_H2 || poll(&peer, 1, 0) <= 0)
		return false;
	return (peer.revents & ~POLLIN) || !s->deaf;
}

/*
 * To another relay, which is behind the same address. A request on a
 * connection that has had replies is sent again by the client, on a new one
 * (RFC 9112 9.3.1): that is sooner than any answer. May free `s`.
 */
static void send_away(struct sessions *ss, struct session *s, int64_t now_us)
{
	if (s->reused && s->transport != TRANSPORT_H2)
		session_cut(ss, s);
	else
		session_start_reply(ss, s, later_hold(&ss->leaving), now_us);
}

/* May free `s`. */
static void tick(struct sessions *ss, struct session *s, int64_t now_us)
{
	const struct sessions_params *params = &ss->params;
	int64_t age_us = now_us - s->since_us;

	switch (s->state) {
	case WAITING:
		if (age_us >= LOOK_US && has_left(s))
			session_cut(ss, s);
		else if (!session_may_stay(ss, s))
			send_away(ss, s, now_us);
		else if (s->want.login)
			session_give_up_look(ss, s, now_us);
		else
			look_again(ss, s, now_us);
		return;
	case IDLE:
		if (age_us >= params->idle_us)
			params->counters->refused[REFUSED_IDLE]++;
		if (age_us >= params->idle_us || !session_may_stay(ss, s))
			session_cut(ss, s);
		return;
	case RECEIVING:
	case SENDING:
		if (age_us >= params->stuck_us ||
		    now_us - s->began_us >= params->slow_us) {
			params->counters->refused[REFUSED_SLOW]++;
			session_cut(ss, s);
		} else if (s->state == SENDING &&
			   s->transport == TRANSPORT_TLS && has_left(s)) {
			session_cut(ss, s);
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

/* The list is in the order of their last requests. */
bool sessions_make_room(struct sessions *ss, int64_t now_us)
{
	lws_start_foreach_dll(struct lws_dll2 *, d, lws_dll2_get_head(&ss->all))
	{
		struct session *s = lws_container_of(d, struct session, all);

		if (s->state == IDLE && s->transport != TRANSPORT_H2) {
			if (now_us - s->since_us < RESTS_US)
				return false;
			session_cut(ss, s);
			return true;
		}
	}
	lws_end_foreach_dll(d);
	return false;
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
