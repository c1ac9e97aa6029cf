/* SPDX-License-Identifier: MIT */
/*
 * retry: when a connection is tried: because there is none, because the relay
 * asks for another one, or because the one there is gets old. Pure: time and
 * randomness are arguments.
 */
#ifndef DEVICE_UPLINK_RETRY_H
#define DEVICE_UPLINK_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "device/uplink/outcome.h"

/* A connection that worked for that long is a new story. */
#define RETRY_STABLE_US 10000000

/* Whoever loads a page anew is gone for a moment only. */
#define RETRY_ELSEWHERE_US 2000000

struct retry {
	int64_t after_us;      /* age at which one is replaced; 0: never */
	int64_t not_before_us; /* no try until then */
	int64_t rotate_us;     /* when the live one is due; INT64_MAX: never */
	int64_t elsewhere_us;  /* when to look there; INT64_MAX: no need */
	unsigned int attempt;  /* tries since one worked for a while */
	bool drained;	       /* the relay asks for another connection */
	bool stable;	       /* the live one has worked for a while */
};

void retry_init(struct retry *r, int64_t after_us);

/* When the next try is due; INT64_MAX: not with this one, for now. */
int64_t retry_when(const struct retry *r, bool live);

/* A try has failed, or the connection ended; `live`: another one works. */
void retry_failed(struct retry *r, enum outcome outcome, bool live,
		  int64_t now_us, uint32_t random);

/* A connection is the live one now, and was welcomed at `live_us`. */
void retry_worked(struct retry *r, int64_t live_us, uint32_t random);

/*
 * The relay asks for another one than that which was welcomed at `live_us`.
 * One that asks on and on is not followed without a pause.
 */
void retry_drained(struct retry *r, int64_t live_us, int64_t now_us,
		   uint32_t random);

/*
 * Nobody watches the live one any more, or somebody does. Those who left may
 * be at another relay behind the same address: a platform leads what is new to
 * a new one, and leaves connections where they are. A new connection tells.
 */
void retry_watched(struct retry *r, bool watched, int64_t now_us);

/* Returns true once, when the live one has worked for a while. */
bool retry_settle(struct retry *r, int64_t live_us, int64_t now_us);

/* What failed before may work at `at_us`. */
void retry_hurry(struct retry *r, int64_t at_us);

/* Nothing that was before matters: at once. */
void retry_forget(struct retry *r);

#endif
