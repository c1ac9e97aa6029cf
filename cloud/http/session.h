/* SPDX-License-Identifier: MIT */
/*
 * session: one HTTP connection, or one stream of HTTP/2, from its first
 * request on: takes requests, waits, and answers.
 *
 * Server's thread. Knows libwebsockets and libev.
 */
#ifndef CLOUD_HTTP_SESSION_H
#define CLOUD_HTTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud/http/access.h"

struct answer_source;
struct ev_loop;
struct lws;
struct publishers;
struct output;
struct report_counters;
struct sessions;

struct sessions_params {
	struct ev_loop *loop; /* borrowed, as all here */
	const struct answer_source *source;
	struct report_counters *counters;
	unsigned int max_sessions; /* connections and streams */
	unsigned int max_waiting;  /* half of it for cameras that are away */
	/* A request has begun to wait for the camera's playlist. */
	void (*asked)(void *context, const char *camera);
	void *context;
	struct output *access; /* where a line of each goes; NULL: nowhere */
	enum access_format access_format;
	int64_t idle_us;  /* between two requests on a connection */
	int64_t stuck_us; /* without taking anything of an answer */
	int64_t slow_us;  /* for all of an answer */
};

/* -ENOMEM. On failure *out is NULL. */
int sessions_open(struct sessions **out, const struct sessions_params *params);

/* After the last of them has been destroyed, and before the loop is. */
void sessions_close(struct sessions **sessions);

/* Who takes what devices post; before the first request. Borrowed. */
void sessions_take_posts(struct sessions *ss, struct publishers *publishers);

/* What protocol 0 hears from libwebsockets; `reason` is its enum. */
int session_callback(struct sessions *ss, struct lws *wsi, int reason,
		     const uint8_t *bytes, size_t n);

/* The connection is none of ours any more: it speaks another protocol. */
void session_leave(struct sessions *ss, struct lws *wsi);

/* The camera has changed: answers those who waited for that. */
void sessions_wake(struct sessions *ss, const char *camera);

/* A password was looked at (login.h): answers those who waited for that. */
void sessions_looked(struct sessions *ss, uint64_t login);

/* There is something to say to its device: answers it if it listens. */
void sessions_tell(struct sessions *ss, const char *camera);

/* How many wait for the camera's playlist. */
unsigned int sessions_waiting(struct sessions *ss, const char *camera);

/* Time has passed: gives up on who waited, idled or took nothing too long. */
void sessions_tick(struct sessions *ss, int64_t now_us);

/*
 * All connections are taken: closes the one that has rested longest, for a
 * new one. False: all of them are in use, or were a moment ago.
 */
bool sessions_make_room(struct sessions *ss, int64_t now_us);

/*
 * The relay is about to stop: from now on only those are served whose camera
 * is connected, the others are sent away, and sessions_tick() looks who is.
 */
void sessions_drain(struct sessions *ss);

/* Sends everybody away. */
void sessions_dismiss(struct sessions *ss);

/* Whether there is any. */
bool sessions_busy(const struct sessions *ss);

#endif
