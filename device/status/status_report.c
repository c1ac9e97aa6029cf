/* SPDX-License-Identifier: MIT */
#include "device/status/status_report.h"

#include <string.h>

static uint32_t apart(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* What a person would act upon; a change of mode, others wait for. */
static bool has_changed(const struct status_report *r,
			const struct status_view *v)
{
	return r->status.checkin_s != v->checkin_s || strcmp(r->note, v->note);
}

static bool has_moved(const struct status_report *r,
		      const struct status_view *v)
{
	return apart(r->status.behind_ms, v->behind_ms) >=
		       STATUS_REPORT_BEHIND_MS ||
	       apart(r->status.bitrate, v->bitrate) > r->status.bitrate / 16 ||
	       r->status.skipped_ms != v->skipped_ms;
}

static bool is_due(const struct status_report *r, const struct status_view *v,
		   int64_t now_us)
{
	int64_t since_us = now_us - r->told_us;

	if (!r->told || r->status.mode != v->mode)
		return true;
	if (since_us >= STATUS_REPORT_CHANGE_US && has_changed(r, v))
		return true;
	return since_us >= STATUS_REPORT_FIGURE_US && v->mode == WIRE_LIVE &&
	       has_moved(r, v);
}

bool status_report_due(struct status_report *r, const struct status_view *v,
		       int64_t now_us)
{
	if (!is_due(r, v, now_us))
		return false;
	*r = (struct status_report){
		.told = true,
		.told_us = now_us,
		.status = { .mode = (uint16_t)v->mode,
			    .checkin_s = v->checkin_s,
			    .behind_ms = v->behind_ms,
			    .bitrate = v->bitrate,
			    .skipped_ms = v->skipped_ms },
	};
	memcpy(r->note, v->note, sizeof(r->note));
	return true;
}
