/* SPDX-License-Identifier: MIT */
/*
 * session_state: what the files of session share, and nobody else needs:
 *
 *   session.c         what libwebsockets tells: requests
 *   session_post.c    those of a device that publishes by HTTP (post.h)
 *   session_login.c   those that wait for a look at their password
 *   session_reply.c   a reply on its way, and what is done behind it
 *   sessions.c        all of them: who waits, wakes, idles, or has to leave
 *
 * Knows libwebsockets and libev.
 */
#ifndef CLOUD_HTTP_SESSION_STATE_H
#define CLOUD_HTTP_SESSION_STATE_H

#include <ev.h>
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>

#include "cloud/http/access.h"
#include "cloud/http/answer_want.h"
#include "cloud/http/later.h"
#include "cloud/http/session.h"
#include "cloud/http/transfer.h"

#define SESSIONS_BUCKETS 64 /* of those who wait, by camera */

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
	struct request *asks;  /* WAITING for a look at its password */
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
	struct lws_dll2_owner all; /* who asked last is the last */
	struct lws_dll2_owner waiting[SESSIONS_BUCKETS];
	struct lws_dll2_owner looking; /* who waits for a password */
	unsigned int waiting_away; /* of those: for cameras without a device */
	struct later no_memory, crowded, leaving, unseen;
	struct reply *too_many;
	struct lws *doomed; /* an HTTP/2 connection for the tick to close */
	bool draining, dismissed;
	bool warned; /* of a proxy */
};

/* --- session_reply.c --- */

/*
 * libwebsockets takes the next request only when this one is done with, but
 * until then would have us woken for it all the time. (Nor does it write to a
 * deaf connection: we do, where that is the plain socket.)
 */
void session_set_deaf(struct session *s, bool deaf);

/*
 * Both take over the caller's hold on `reply`, NULL being want of memory. The
 * first is for a callback of the connection itself and returns what that has
 * to return; the second for anywhere else, and may free `s`.
 */
int session_answer(struct sessions *ss, struct session *s, struct reply *reply,
		   int64_t now_us);
void session_start_reply(struct sessions *ss, struct session *s,
			 struct reply *reply, int64_t now_us);

/* Sends what can be sent. Returns what a callback does: not 0 closes. */
int session_send(struct sessions *ss, struct session *s, int64_t now_us);

/* The plain socket takes more: a callback of libev. */
void session_on_writable(struct ev_loop *loop, struct ev_io *watcher,
			 int events);

/* Writes its line of the access log, if there is one to write. */
void session_log(const struct sessions *ss, struct session *s);

/* Frees `s`, at once, or with its HTTP/2 connection after the tick. */
void session_cut(struct sessions *ss, struct session *s);

/* --- session_post.c --- */

/*
 * Its body is read even if it is refused: who is still sending when the
 * connection ends would not hear why. `refusal` NULL: it is not.
 */
int session_begin_post(struct sessions *ss, struct session *s,
		       struct reply *refusal, int64_t now_us);
int session_continue_post(struct sessions *ss, struct lws *wsi,
			  const uint8_t *bytes, size_t n);
int session_end_post(struct sessions *ss, struct lws *wsi);
void session_break_post(struct sessions *ss, struct session *s);

/* An answer to who waits, be it a viewer or a device. False: not yet. */
bool session_find_answer(struct sessions *ss, struct session *s, int64_t now_us,
			 struct reply **out);

/* --- session_login.c --- */

/* Keeps what it asks. False: no memory. */
bool session_keep_request(struct session *s, const struct request *request);
void session_drop_request(struct session *s);

/* Too long for anybody, the machine being that busy. May free it. */
void session_give_up_look(struct sessions *ss, struct session *s,
			  int64_t now_us);

/* --- sessions.c --- */

/* Whether this is still the relay for it. */
bool session_may_stay(const struct sessions *ss, const struct session *s);

/* Whether there is room for one more who waits. May free another one. */
bool session_may_wait(struct sessions *ss, const struct session *s,
		      int64_t now_us);
void session_wait(struct sessions *ss, struct session *s);
/* The first two in one: false with a refusal in *out. */
bool session_wait_or_refuse(struct sessions *ss, struct session *s,
			    int64_t now_us, struct reply **out);
void session_stop_waiting(struct sessions *ss, struct session *s);

#endif
