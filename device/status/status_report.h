/* SPDX-License-Identifier: MIT */
/*
 * status_report: when one connection tells the relay the status again, and
 * what. Changes that people wait for go at once, figures seldom, and none
 * while nobody watches. Pure: time (monotonic) is an argument.
 */
#ifndef DEVICE_STATUS_STATUS_REPORT_H
#define DEVICE_STATUS_STATUS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "device/status/status.h"

#define STATUS_REPORT_CHANGE_US 1000000 /* between two changes of words */
#define STATUS_REPORT_FIGURE_US 5000000 /* between two figures */
#define STATUS_REPORT_BEHIND_MS 500	/* less is no news */

/* Zero for a new connection: it is told at once. */
struct status_report {
	bool told;
	int64_t told_us;
	struct wire_status status;
	char note[WIRE_MAX_TEXT + 1];
};

/*
 * Whether the relay is to be told `v` now. If so, r->status and r->note are
 * what to send, and count as sent.
 */
bool status_report_due(struct status_report *r, const struct status_view *v,
		       int64_t now_us);

#endif
