/* SPDX-License-Identifier: MIT */
/*
 * senders: the threads that send what was made: one to a relay, one to an
 * origin (--push); either, both or none.
 *
 * Main thread, but for senders_wake().
 */
#ifndef DEVICE_PROGRAM_SENDERS_H
#define DEVICE_PROGRAM_SENDERS_H

#include "device/push/push.h"
#include "device/stream/handover.h"
#include "device/uplink/uplink.h"

struct senders;

struct senders_params {
	const struct uplink_params *uplink; /* NULL: to no relay */
	const struct origin_params *origin; /* NULL: to no origin */
	/* In its thread: the uplink has given up for good. */
	void (*ended)(void *context);
	void *context;
};

/* On failure *out is NULL, and a line was logged. */
int senders_open(struct senders **out, const struct senders_params *params);

/* Starts the threads. Borrows the handover until senders_stop(). */
void senders_start(struct senders *s, struct handover *handover);

/* There is something new in the handover. Any thread. */
void senders_wake(struct senders *s);

/* Says bye, and waits for the threads. NULL, or stopped already, is fine. */
void senders_stop(struct senders *s);

/* After that: logs what was sent. */
void senders_report(const struct senders *s);

/* NULL is fine. */
void senders_close(struct senders **s);

#endif
