/* SPDX-License-Identifier: MIT */
/*
 * push: puts the stream onto any HTTP server that takes PUT and DELETE, as
 * plain HLS: segments, init and then the playlist that names them, and deletes
 * what players do not need any more. With a relay beside it, or without one.
 *
 * Each segment goes once, whole. When the server is away or slow, what waits
 * is in the spool, and beyond that it is skipped; the media sequence goes on,
 * also after a restart of the program.
 *
 * A thread of its own, because a slow origin must not hold up the relay; but
 * for push_wake(), push_finish() and push_stop(), which any may call.
 */
#ifndef DEVICE_PUSH_PUSH_H
#define DEVICE_PUSH_PUSH_H

#include <stdint.h>

#include "device/push/origin.h"
#include "device/stream/handover.h"

struct push;

/* As origin_open(). */
int push_open(struct push **out, const struct origin_params *params);
void push_close(struct push **p);

/* Runs until push_stop() or push_finish(). Borrows the handover. */
void push_run(struct push *p, struct handover *handover);

/* The handover is finished: ends push_run() when all of it lies there. */
void push_finish(struct push *p);

/* There is something new in the handover. */
void push_wake(struct push *p);

/* Ends push_run() soon, in the middle of a request too. */
void push_stop(struct push *p);

struct push_counters {
	uint64_t segments, bytes; /* put, and the bytes of these */
	uint64_t skipped;	  /* segments that were not */
	uint64_t deleted;	  /* files */
};

/* After push_run() has returned. */
const struct push_counters *push_counters(const struct push *p);

#endif
