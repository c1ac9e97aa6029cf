/* SPDX-License-Identifier: MIT */
#include "device/uplink/dialog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "uplink"
#include "common/log.h"
#include "device/uplink/sendplan.h"

/* The longest message from a relay: an error. */
#define MAX_IN (WIRE_MAX_FIXED + WIRE_MAX_TEXT)

enum state {
	GREETING, /* hello is to be said */
	WAITING,  /* for welcome */
	READY,	  /* for its turn to send */
	LIVE,	  /* the plan says what is sent */
	PAUSED,	  /* as live, but nothing is begun */
	LEAVING,  /* bye is to be said */
	LEFT,	  /* it was */
	BROKEN,	  /* nothing more is said or heard */
};

struct dialog {
	struct dialog_params params;
	enum state state;
	struct outbox *outbox;
	struct sendplan plan;
	uint32_t skipped; /* of the plan's, those that were counted */
	struct wire_message welcome;
	bool has_known; /* when hello was said, some relay had acknowledged */
	struct wire_position known;
	bool has_sent, idle;		  /* idle: the plan had nothing */
	struct wire_position sent, acked; /* newest parts, here */
	int64_t opened_us, heard_us;
	int64_t rested_us; /* when it was last seen to send no media */
	uint8_t in[MAX_IN];
	size_t in_size;
	uint32_t viewers;
	struct wire_status status;
	char status_text[WIRE_MAX_TEXT + 1];
	bool say_status;
	bool hurry;		/* once it may send */
	uint64_t poster_number; /* of the one that this relay has */
	uint16_t error;
	char why[WIRE_MAX_TEXT + 1];
};

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

/* --- hearing -------------------------------------------------------------- */

static enum dialog_event broken(struct dialog *d, const char *why)
{
	snprintf(d->why, sizeof(d->why), "it sends %s", why);
	d->state = BROKEN;
	return DIALOG_BROKEN;
}

/* It looked at its clock after we could send, and before it was heard. */
static void hear_clock(struct dialog *d, int64_t relay_us)
{
	const struct dialog_params *p = &d->params;
	struct relay_clock *clock = &p->sent->clock;

	relay_clock_sample(clock, d->opened_us, d->heard_us, relay_us);
	handover_set_clock(p->handover,
			   relay_clock_offset(clock, p->wall_us - p->now_us));
}

static enum dialog_event hear_welcome(struct dialog *d,
				      const struct wire_message *m)
{
	const struct wire_welcome *w = &m->welcome;

	if (d->state != WAITING)
		return d->state == LEAVING || d->state == LEFT
			       ? DIALOG_NOTHING
			       : broken(d, "a welcome out of turn");
	/* who still has the stream has the poster, too */
	if (m->flags & WIRE_HOLDS)
		d->poster_number = d->params.sent->poster_number;
	if (m->flags & WIRE_HOLDS)
		log_debug("the relay holds %u.%u to %u.%u", w->first_msn, 0u,
			  w->last.msn, w->last.part);
	hear_clock(d, w->clock_us);
	d->welcome = *m;
	d->welcome.body = NULL;
	d->state = READY;
	if (!d->params.hold)
		dialog_begin(d, NULL);
	return DIALOG_WELCOMED;
}

static void hear_ack(struct dialog *d, struct wire_position at)
{
	struct dialog_sent *sent = d->params.sent;

	log_debug("the relay has %u.%u", at.msn, at.part);
	if (wire_compare(at, d->acked) > 0)
		d->acked = at;
	if (!sent->has_acked || wire_compare(at, sent->acked) > 0)
		sent->acked = at;
	sent->has_acked = true;
	if (sent->flows == d)
		flow_acked(&sent->flow, at, d->heard_us);
}

static enum dialog_event hear_error(struct dialog *d,
				    const struct wire_message *m)
{
	log_escape(d->why, sizeof(d->why), (const char *)m->body, m->body_size);
	d->error = m->error.code;
	d->state = BROKEN;
	return DIALOG_ERROR;
}

static enum dialog_event hear(struct dialog *d)
{
	struct wire_message m;
	int err = wire_decode(&m, d->in, d->in_size);

	if (err < 0)
		return broken(d, err == -ENOTSUP ? "an unknown message"
						 : "a malformed message");
	switch (m.type) {
	case WIRE_WELCOME:
		return hear_welcome(d, &m);
	case WIRE_ACK:
		hear_ack(d, m.ack.last);
		return DIALOG_NOTHING;
	case WIRE_ERROR:
		return hear_error(d, &m);
	case WIRE_DRAIN:
		return DIALOG_DRAIN;
	case WIRE_DEMAND:
		d->viewers = m.demand.viewers;
		return DIALOG_DEMAND;
	case WIRE_KEY_FRAME:
		return DIALOG_NOTHING; /* they come often enough */
	default:
		return broken(d, "what only a device may send");
	}
}

enum dialog_event dialog_receive(struct dialog *d, const uint8_t *bytes,
				 size_t n, bool first, bool final,
				 int64_t now_us)
{
	if (d->state == BROKEN)
		return DIALOG_BROKEN;
	d->heard_us = now_us;
	if (first)
		d->in_size = 0;
	if (n > sizeof(d->in) - d->in_size)
		return broken(d, "a message that is too long");
	if (n)
		memcpy(d->in + d->in_size, bytes, n);
	d->in_size += n;
	return final ? hear(d) : DIALOG_NOTHING;
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

/* --- speaking ------------------------------------------------------------- */

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

/* Returns how many segments were left out since this was asked last. */
static uint32_t count_skipped(struct dialog *d)
{
	uint32_t more = d->plan.skipped - d->skipped;

	d->skipped = d->plan.skipped;
	d->params.sent->counters.skipped += more;
	return more;
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
	skipped = count_skipped(d);
	if (d->params.sent->whole_from < d->plan.first_msn)
		d->params.sent->whole_from = d->plan.first_msn;
	if (skipped)
		log_warn("the relay is not sent %u segments: the connection is "
			 "too slow for the bitrate, or was away for too long",
			 skipped);
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

static bool sends_media(const struct dialog *d)
{
	return d->status.mode == WIRE_LIVE;
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
	if (d->state == LIVE && sends_media(d))
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
	bool sent_media = sends_media(d);

	if (same_status(status, &d->status) && !strcmp(text, d->status_text))
		return;
	d->status = *status;
	snprintf(d->status_text, sizeof(d->status_text), "%s", text);
	d->say_status = true;
	if (!sent_media && sends_media(d))
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

/* --- taking over ---------------------------------------------------------- */

bool dialog_is_ready(const struct dialog *d)
{
	return d->state == READY;
}

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
		count_skipped(d);
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
	return d->state == LIVE && (d->idle || !sends_media(d)) &&
	       dialog_is_settled(d);
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
	return d->state == LIVE && sends_media(d);
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
	if (!sends_media(d))
		d->rested_us = now_us;
	silent_us = now_us - (sends_media(d) && d->rested_us > d->heard_us
				      ? d->rested_us
				      : d->heard_us);
	if (d->state <= WAITING)
		return now_us - d->opened_us < DIALOG_WELCOME_US ? DIALOG_FINE
								 : DIALOG_DEAD;
	if (silent_us >=
	    (sends_media(d) ? DIALOG_DEAD_US : DIALOG_REST_DEAD_US))
		return DIALOG_DEAD;
	return silent_us >= (sends_media(d) ? DIALOG_PING_US
					    : DIALOG_REST_PING_US)
		       ? DIALOG_SILENT
		       : DIALOG_FINE;
}
