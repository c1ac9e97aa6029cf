/* SPDX-License-Identifier: MIT */
#include "device/uplink/dialog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/uplink/dialog_state.h"

int dialog_open(struct dialog **out, const struct dialog_params *params)
{
	struct dialog *d = calloc(1, sizeof(*d));
	int err;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	d->params = *params;
	d->opened_us = d->heard_us = params->now_us;
	d->status.mode = WIRE_LIVE;
	err = outbox_open(&d->outbox);
	if (err < 0) {
		dialog_close(&d);
		return err;
	}
	*out = d;
	return 0;
}

void dialog_close(struct dialog **dialog)
{
	struct dialog *d = *dialog;

	*dialog = NULL;
	if (!d)
		return;
	outbox_close(&d->outbox);
	free(d);
}

/* --- what it was told ---------------------------------------------------- */

bool dialog_is_to_send(const struct dialog *d)
{
	return d->status.mode == WIRE_LIVE;
}

static bool same_status(const struct wire_status *a,
			const struct wire_status *b)
{
	return a->mode == b->mode && a->checkin_s == b->checkin_s &&
	       a->behind_ms == b->behind_ms && a->bitrate == b->bitrate &&
	       a->skipped_ms == b->skipped_ms;
}

void dialog_set_status(struct dialog *d, const struct wire_status *status,
		       const char *text)
{
	bool sent_media = dialog_is_to_send(d);

	if (same_status(status, &d->status) && !strcmp(text, d->status_text))
		return;
	d->status = *status;
	snprintf(d->status_text, sizeof(d->status_text), "%s", text);
	d->say_status = true;
	if (!sent_media && dialog_is_to_send(d))
		dialog_hurry(d);
}

void dialog_hurry(struct dialog *d)
{
	if (d->state == LIVE || d->state == PAUSED)
		sendplan_resume(&d->plan);
	else
		d->hurry = true;
}

uint32_t dialog_viewers(const struct dialog *d)
{
	return d->viewers;
}

uint16_t dialog_error(const struct dialog *d)
{
	return d->error;
}

const char *dialog_why(const struct dialog *d)
{
	return d->why;
}

void dialog_heard(struct dialog *d, int64_t now_us)
{
	d->heard_us = now_us;
}

uint32_t dialog_count_skipped(struct dialog *d)
{
	uint32_t more = d->plan.skipped - d->skipped;

	d->skipped = d->plan.skipped;
	d->params.sent->counters.skipped += more;
	return more;
}

/* --- taking over ---------------------------------------------------------- */

bool dialog_knows_us(const struct dialog *d)
{
	return d->state >= READY && d->has_known &&
	       (d->welcome.flags & WIRE_HOLDS) &&
	       wire_compare(d->welcome.welcome.last, d->known) >= 0;
}

void dialog_begin(struct dialog *d, const struct dialog *before)
{
	if (d->state != READY)
		return;
	d->state = LIVE;
	d->params.sent->flows = d;
	flow_begin(&d->params.sent->flow, d->heard_us);
	if (!before || !before->plan.placed) {
		sendplan_begin(&d->plan, d->params.handover, &d->welcome);
		sendplan_list_from(&d->plan, d->params.sent->whole_from);
		dialog_count_skipped(d);
	} else {
		/* The welcome may be older than what was acknowledged since. */
		d->plan = before->plan;
		d->skipped = d->plan.skipped;
		d->plan.relay = d->welcome.welcome;
	}
	if (d->hurry)
		dialog_hurry(d);
	d->hurry = false;
}

void dialog_pause(struct dialog *d)
{
	if (d->state == LIVE)
		d->state = PAUSED;
}

void dialog_resume(struct dialog *d)
{
	if (d->state == PAUSED)
		d->state = LIVE;
}

bool dialog_is_settled(const struct dialog *d)
{
	return !outbox_size(d->outbox) &&
	       (!d->has_sent || wire_compare(d->acked, d->sent) >= 0);
}

bool dialog_is_caught_up(const struct dialog *d)
{
	return d->state == LIVE && (d->idle || !dialog_is_to_send(d)) &&
	       dialog_is_settled(d);
}

bool dialog_is_finished(const struct dialog *d)
{
	return d->plan.finished && dialog_is_settled(d);
}

/* --- keeping up ----------------------------------------------------------- */

struct window_amount dialog_behind(const struct dialog *d)
{
	struct wire_position at = d->plan.from;

	if (!d->plan.placed)
		return (struct window_amount){ 0 };
	if (wire_compare(d->acked, at) > 0)
		at = d->acked;
	return handover_behind(d->params.handover, at);
}

bool dialog_sends_media(const struct dialog *d)
{
	return d->state == LIVE && dialog_is_to_send(d);
}

void dialog_spare(struct dialog *d, bool spare)
{
	sendplan_spare(&d->plan, spare);
}

void dialog_leave_old(struct dialog *d, uint64_t bytes)
{
	sendplan_leave_old(&d->plan, bytes);
}

/* --- leaving -------------------------------------------------------------- */

void dialog_leave(struct dialog *d)
{
	if (d->state >= READY && d->state <= PAUSED)
		d->state = LEAVING;
	else if (d->state != LEAVING && d->state != LEFT)
		d->state = BROKEN; /* who has not been let in says no bye */
}

bool dialog_has_left(const struct dialog *d)
{
	return d->state == BROKEN ||
	       (d->state == LEFT && !outbox_size(d->outbox));
}

bool dialog_is_live(const struct dialog *d)
{
	return d->state == LIVE || d->state == PAUSED;
}

enum dialog_health dialog_check(struct dialog *d, int64_t now_us)
{
	int64_t silent_us;

	/* who rests is answered seldom: its silence begins when it sends */
	if (!dialog_is_to_send(d))
		d->rested_us = now_us;
	silent_us = now_us - (dialog_is_to_send(d) && d->rested_us > d->heard_us
				      ? d->rested_us
				      : d->heard_us);
	if (d->state <= WAITING)
		return now_us - d->opened_us < DIALOG_WELCOME_US ? DIALOG_FINE
								 : DIALOG_DEAD;
	if (silent_us >=
	    (dialog_is_to_send(d) ? DIALOG_DEAD_US : DIALOG_REST_DEAD_US))
		return DIALOG_DEAD;
	return silent_us >= (dialog_is_to_send(d) ? DIALOG_PING_US
						  : DIALOG_REST_PING_US)
		       ? DIALOG_SILENT
		       : DIALOG_FINE;
}
