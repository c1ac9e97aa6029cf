/* SPDX-License-Identifier: MIT */
/* What a dialog says next. */
#include "device/uplink/dialog_state.h"

#include <errno.h>
#include <string.h>

#define LOG_MODULE "uplink"
#include "common/log.h"

/* Makes the message that the plan wants; see outbox_put_*(). */
static int put(struct dialog *d, const struct sendplan_action *action)
{
	struct handover *handover = d->params.handover;

	switch (action->kind) {
	case SENDPLAN_INIT:
		return outbox_put_init(d->outbox, handover, action->part.init);
	case SENDPLAN_PART:
		return outbox_put_part(d->outbox, handover, &action->part,
				       action->flags, action->size);
	case SENDPLAN_PLAYLIST:
		return outbox_put_playlist(d->outbox, handover,
					   &action->playlist);
	default:
		return -ENODATA;
	}
}

static void count_part(struct dialog_sent *sent, struct wire_position at)
{
	if (sent->counters.parts && wire_compare(at, sent->newest) <= 0)
		sent->counters.resent++;
	else
		sent->newest = at;
	sent->counters.parts++;
}

/* An init has no acknowledgement of its own: it goes with its part. */
static void note_flow(struct dialog *d, const struct sendplan_action *action,
		      int64_t now_us)
{
	struct dialog_sent *sent = d->params.sent;
	bool media = action->kind == SENDPLAN_PART;
	struct wire_position at =
		media ? action->part.at : action->playlist.last;

	if (sent->flows == d && action->kind != SENDPLAN_INIT)
		flow_sent(&sent->flow, at, media,
			  (uint32_t)outbox_size(d->outbox), now_us);
}

static void count(struct dialog *d, const struct sendplan_action *action)
{
	struct uplink_counters *c = &d->params.sent->counters;
	size_t size = outbox_size(d->outbox);

	if (action->kind == SENDPLAN_PART) {
		count_part(d->params.sent, action->part.at);
		d->has_sent = true;
		d->sent = action->part.at;
	}
	if (action->kind == SENDPLAN_PLAYLIST)
		c->playlist_bytes += size;
	else
		c->media_bytes += size;
}

/* A part that was evicted a moment ago, or a playlist of nothing, is no harm:
 * the plan knows what comes instead. */
static void put_next(struct dialog *d, int64_t now_us)
{
	struct sendplan_action action;
	uint32_t skipped;
	int err;

	do {
		action = sendplan_next(&d->plan);
		d->idle = action.kind == SENDPLAN_WAIT;
		if (d->idle)
			break;
		err = put(d, &action);
		if (!err) {
			count(d, &action);
			note_flow(d, &action, now_us);
		} else if (action.kind != SENDPLAN_PLAYLIST)
			sendplan_lost(&d->plan, &action);
		else if (err != -ENODATA)
			log_error("cannot make a playlist: %s", strerror(-err));
	} while (err < 0);
	skipped = dialog_count_skipped(d);
	if (d->params.sent->whole_from < d->plan.first_msn)
		d->params.sent->whole_from = d->plan.first_msn;
	if (skipped)
		log_warn("%u segment%s not sent whole: the connection is too "
			 "slow for the bitrate, or was away for too long",
			 skipped, skipped == 1 ? " is" : "s are");
}

static void put_hello(struct dialog *d)
{
	struct wire_hello hello = { .process = d->params.process,
				    .clock_us = d->params.wall_us };

	if (outbox_put_hello(d->outbox, &hello) < 0)
		return;
	d->params.sent->counters.other_bytes += outbox_size(d->outbox);
	d->has_known = d->params.sent->has_acked;
	d->known = d->params.sent->acked;
	d->state = WAITING;
}

static void put_status(struct dialog *d)
{
	if (outbox_put_status(d->outbox, &d->status, d->status_text) < 0)
		return; /* without memory, it is not said */
	d->params.sent->counters.other_bytes += outbox_size(d->outbox);
}

/* Only when there is nothing else: a picture that moves is worth more. */
static void put_poster(struct dialog *d)
{
	struct dialog_sent *sent = d->params.sent;
	uint64_t number = sent->poster_offered;

	if (number == d->poster_number)
		return;
	d->poster_number = number;
	if (outbox_put_poster(d->outbox, sent->poster) < 0)
		return; /* there will be another */
	sent->poster_number = number;
	sent->counters.poster_bytes += outbox_size(d->outbox);
}

static void put_bye(struct dialog *d)
{
	const char *why = d->status.mode == WIRE_ASLEEP
				  ? "nobody watches"
				  : "the camera was stopped";

	if (outbox_put_bye(d->outbox, why) == 0)
		d->params.sent->counters.other_bytes += outbox_size(d->outbox);
	d->state = LEFT;
}

/* What is to be said next, after the greeting. */
static void put_any(struct dialog *d, int64_t now_us)
{
	if (d->say_status && d->state >= READY && d->state <= LEAVING) {
		d->say_status = false;
		put_status(d);
	}
	if (outbox_size(d->outbox))
		return;
	if (d->state == LIVE && dialog_is_to_send(d))
		put_next(d, now_us);
	else if (d->state == LEAVING)
		put_bye(d);
	if (d->state == LIVE && !outbox_size(d->outbox))
		put_poster(d);
}

struct outbox *dialog_speak(struct dialog *d, int64_t now_us)
{
	if (d->state == BROKEN)
		return NULL;
	if (!outbox_size(d->outbox)) {
		if (d->state == GREETING)
			put_hello(d);
		else
			put_any(d, now_us);
		if (outbox_size(d->outbox))
			d->params.sent->counters.messages++;
	}
	return outbox_size(d->outbox) ? d->outbox : NULL;
}
