/* SPDX-License-Identifier: MIT */
/* What a dialog makes of what the relay says. */
#include "device/uplink/dialog_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOG_MODULE "uplink"
#include "common/log.h"

static enum dialog_event broken(struct dialog *d, const char *why)
{
	snprintf(d->why, sizeof(d->why), "it sends %s", why);
	d->state = BROKEN;
	return DIALOG_BROKEN;
}

/* It looked at its clock after we could send, and before it was heard. */
void dialog_hear_clock(struct dialog *d, const struct dialog_clock *c)
{
	struct relay_clock *clock = &d->params.sent->clock;

	relay_clock_sample(clock, c->asked_us, c->heard_us, c->relay_us);
	if (clock->known)
		handover_set_clock(d->params.handover,
				   relay_clock_offset(clock, c->own_us));
}

/* The window stays as it is, for others; sendplan lists less of it. */
static void hear_window(const struct dialog *d, uint32_t most)
{
	int window = handover_window(d->params.handover)->segments;

	if (most && most < (uint32_t)window)
		log_info("the relay has room for %u of the %d segments of "
			 "--window: viewers can go back less far",
			 most, window);
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
	hear_window(d, w->max_segments);
	dialog_hear_clock(d,
			  &(struct dialog_clock){ .asked_us = d->opened_us,
						  .heard_us = d->heard_us,
						  .relay_us = w->clock_us,
						  .own_us = d->params.wall_us -
							    d->params.now_us });
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
