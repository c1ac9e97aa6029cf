/* SPDX-License-Identifier: MIT */
/*
 * session: one HTTP connection, or one stream of HTTP/2, from its first
 * request on: reads requests, waits, and sends replies.
 *
 * HTTP/1.1 is sent as it was rendered, head and body in one write, where the
 * kernel takes that much; nothing is copied, and of what the kernel does not
 * take at once libwebsockets keeps at most a slice. HTTP/2 gets the body in
 * frames copied through one buffer.
 *
 * Server's thread. Knows libwebsockets.
 */
#ifndef CLOUD_SESSION_H
#define CLOUD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

struct answer_source;
struct lws;
struct report_counters;
struct sessions;

/* Bytes of one lws_write(): tx_packet_size of the protocol must be as much. */
#define SESSION_SLICE (256u << 10)

struct sessions_params {
	const struct answer_source *source; /* borrowed */
	struct report_counters *counters;   /* likewise */
	unsigned int max_waiting;
	int64_t idle_us;  /* between two requests on a connection */
	int64_t stuck_us; /* without taking a slice */
};

/* -ENOMEM. On failure *out is NULL. */
int sessions_open(struct sessions **out, const struct sessions_params *params);

/* After the last of them has been destroyed. */
void sessions_close(struct sessions **sessions);

/* What protocol 0 hears from libwebsockets; `reason` is its enum. */
int session_callback(struct sessions *ss, struct lws *wsi, int reason);

/* The connection is none of ours any more: it speaks another protocol. */
void session_leave(struct sessions *ss, struct lws *wsi);

/* The camera has changed: answers those who waited for that. */
void sessions_wake(struct sessions *ss, const char *camera);

/* Time has passed: gives up on who waited, idled or took nothing too long. */
void sessions_tick(struct sessions *ss, int64_t now_us);

/* From now on each answer is the last one of its connection. */
void sessions_drain(struct sessions *ss);

/* Whether somebody still waits for an answer or receives one. */
bool sessions_busy(const struct sessions *ss);

#endif
