/* SPDX-License-Identifier: MIT */
/*
 * posts: how a dialog's messages travel where something on the way breaks
 * WebSockets: what is to be said goes by POST, as many messages in one body as
 * there are; while there is nothing to say, a GET waits for what the relay
 * has to. Both name a session, which the relay knows from its hello on
 * (docs/http.md).
 *
 * Time is an argument. Network thread.
 */
#ifndef DEVICE_UPLINK_POSTS_H
#define DEVICE_UPLINK_POSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/uplink/outcome.h"

struct dialog;
struct https;
struct posts;

struct posts_params {
	struct https *https;	   /* borrowed, as all here */
	const char *url;	   /* https://RELAY/v1/publish/CAMERA */
	const char *authorization; /* value of that header */
};

/* -ENOMEM; then *out is NULL. */
int posts_open(struct posts **out, const struct posts_params *params);

/* Before its https is closed. */
void posts_close(struct posts **p);

/* A new session. Borrows the dialog until posts_end(). */
void posts_begin(struct posts *p, struct dialog *dialog);

/* Drops what is under way. */
void posts_end(struct posts *p);

/*
 * Sends what the dialog has to say, when the answer to what was sent before
 * is there; else listens. Returns when to do that again if nothing happens.
 */
int64_t posts_send(struct posts *p, int64_t now_us);

/* The next message that came, whole; borrowed until posts_send(). */
bool posts_hear(struct posts *p, const uint8_t **bytes, size_t *n);

/*
 * What the relay's clock showed (Unix time), once for each answer that says
 * it: between *asked_us and when that answer was heard.
 */
bool posts_clock(struct posts *p, int64_t *asked_us, int64_t *relay_us);

/* Nothing was sent that waits for its answer. */
bool posts_are_through(const struct posts *p);

/* Of what is sent, to be asked how that goes; -1: none. */
int posts_socket(const struct posts *p);

/* Whether the session is over, and why: as a kind and in words. Borrowed. */
bool posts_failed(const struct posts *p, enum outcome *outcome,
		  const char **why);

#endif
