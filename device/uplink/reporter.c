/* SPDX-License-Identifier: MIT */
#include "device/uplink/reporter.h"

void reporter_begin(struct reporter *r)
{
	r->report = (struct status_report){ 0 };
}

void reporter_hurry(struct reporter *r)
{
	r->report.told_us = 0;
}

bool reporter_tell_relay(struct reporter *r, struct dialog *dialog,
			 int64_t now_us)
{
	struct status_view view;

	status_read(r->status, &view);
	if (!status_report_due(&r->report, &view, now_us))
		return false;
	dialog_set_status(dialog, &r->report.status, r->report.note);
	return true;
}

bool reporter_offers_poster(struct reporter *r, int64_t now_us)
{
	uint64_t number = poster_number(r->sent->poster);

	if (number == r->sent->poster_offered ||
	    !budget_lets_poster(r->budget, now_us))
		return false;
	r->sent->poster_offered = number;
	return true;
}

static uint64_t payload(const struct uplink_counters *c)
{
	return c->media_bytes + c->playlist_bytes + c->poster_bytes +
	       c->other_bytes;
}

static void tell_status(const struct reporter *r)
{
	const struct uplink_counters *c = &r->sent->counters;

	status_traffic(r->status, &(struct status_traffic){
					  .sent = payload(c),
					  .media = c->media_bytes,
					  .posters = c->poster_bytes,
				  });
}

/* By the relay's clock, see budget.h; 0: it has not told yet. */
static void keep_budget(const struct reporter *r, struct handover *handover,
			uint64_t check_ins, bool media, int64_t now_us)
{
	const struct uplink_counters *c = &r->sent->counters;
	int64_t offset_us;
	bool known = handover_clock(handover, &offset_us);

	budget_look(r->budget,
		    &(struct budget_traffic){
			    .payload = payload(c),
			    .messages = c->messages,
			    .connects = c->connects,
			    .check_ins = check_ins,
		    },
		    media, known ? now_us + offset_us : 0, now_us);
}

void reporter_count(const struct reporter *r, struct handover *handover,
		    uint64_t check_ins, bool media, int64_t now_us)
{
	tell_status(r);
	keep_budget(r, handover, check_ins, media, now_us);
}
