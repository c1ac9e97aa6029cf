/* SPDX-License-Identifier: MIT */
/*
 * checkin: how a sleeping device asks the relay whether anybody watches: one
 * short request (docs/http.md, "demand") now and then, over a connection that
 * is not kept, so that a relay which nobody uses can be stopped.
 *
 * Network thread, but for checkin_abort().
 */
#ifndef DEVICE_UPLINK_CHECKIN_H
#define DEVICE_UPLINK_CHECKIN_H

#include <stddef.h>
#include <stdint.h>

#include "device/uplink/endpoint.h"

struct checkin;

struct checkin_params {
	const struct endpoint *endpoint; /* all of it is borrowed */
	const char *camera;
	const char *authorization; /* value of that header; never logged */
	const char *ca_file;	   /* or NULL */
	int interval_s;		   /* between two questions */
};

/* -ENOMEM; then *out is NULL. */
int checkin_open(struct checkin **out, const struct checkin_params *params);
void checkin_close(struct checkin **c);

/*
 * Asks, and waits for the answer, ten seconds at most. Returns how many
 * watch, or a negative errno when that is not known, logged when it is news.
 * *pause_us is when to ask again: the interval, or longer when the relay
 * wants that, or does not answer.
 */
int64_t checkin_ask(struct checkin *c, int64_t *pause_us);

/* A checkin_ask() that waits ends at once, as all later ones. Any thread. */
void checkin_abort(struct checkin *c);

/*
 * Reads an answer: the numbers of "viewers" and "retry_s". -EPROTO: it is
 * none of an oriel-relay. Pure.
 */
int checkin_read(const uint8_t *bytes, size_t n, uint32_t *viewers,
		 uint32_t *retry_s);

#endif
