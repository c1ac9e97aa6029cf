/* SPDX-License-Identifier: MIT */
/*
 * uplink_state: what uplink.c and uplink_open.c share. Nobody else includes
 * it.
 */
#ifndef DEVICE_UPLINK_UPLINK_STATE_H
#define DEVICE_UPLINK_UPLINK_STATE_H

#include <stdatomic.h>

#include "device/uplink/demand.h"
#include "device/uplink/loop.h"
#include "device/uplink/netwatch.h"
#include "device/uplink/news.h"
#include "device/uplink/pair.h"
#include "device/uplink/regulator.h"
#include "device/uplink/reporter.h"
#include "device/uplink/retry.h"
#include "device/uplink/uplink.h"

struct uplink {
	struct target target;
	uint64_t process;
	struct resolver *resolver;
	struct netwatch netwatch;
	struct loop *loop;
	struct handover *handover;

	atomic_bool stop, more; /* from other threads */
	bool stopping;
	struct pair pair;
	struct retry retry;
	int64_t finish_us; /* of a stream that is over; INT64_MAX: not yet */
	int64_t end_us;	   /* of waiting for the bye; INT64_MAX: not yet */
	struct demand *demand;
	bool woken; /* by a viewer, and not connected since */
	struct news news;
	struct dialog_sent sent;
	struct regulator regulator;
	struct status *status; /* of the whole program; may be NULL */
	struct reporter reporter;
};

/* What happens on one of its connections; `context` is the uplink. */
void uplink_hear(void *context, struct connection *c,
		 enum connection_event event);

#endif
