/* SPDX-License-Identifier: MIT */
/*
 * reporter: says what an uplink does to those who want to know: the program's
 * status and data budget what was sent, and the relay that status, and when
 * there is a new poster.
 *
 * Network thread.
 */
#ifndef DEVICE_UPLINK_REPORTER_H
#define DEVICE_UPLINK_REPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "device/budget/budget.h"
#include "device/status/status.h"
#include "device/status/status_report.h"
#include "device/stream/handover.h"
#include "device/uplink/dialog.h"

struct reporter {
	struct status *status;	     /* borrowed; may be NULL */
	struct budget *budget;	     /* likewise */
	struct dialog_sent *sent;    /* borrowed */
	struct status_report report; /* what the newest connection was told */
};

/* Another connection is the newest: it knows nothing. */
void reporter_begin(struct reporter *r);

/* What is news is told, without waiting for its time. */
void reporter_hurry(struct reporter *r);

/* Whether the dialog of the newest connection has news to say now. */
bool reporter_tell_relay(struct reporter *r, struct dialog *dialog,
			 int64_t now_us);

/* Whether there is a poster that the relay is to be sent now. */
bool reporter_offers_poster(struct reporter *r, int64_t now_us);

/* What was sent until now; `media`: some of it is media, at present. */
void reporter_count(const struct reporter *r, struct handover *handover,
		    uint64_t check_ins, bool media, int64_t now_us);

#endif
