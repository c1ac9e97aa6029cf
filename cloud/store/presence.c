/* SPDX-License-Identifier: MIT */
#include "cloud/store/presence.h"

#include <assert.h>

/* A sleeping device that has missed as many questions is not there. */
#define MISSED_CHECK_INS 3
#define LATE_CHECK_IN_US 5000000

/* One that was woken may have to start its camera first. */
#define WAKING_US 10000000

void presence_connect(struct presence *p)
{
	p->connections++;
}

void presence_disconnect(struct presence *p, int64_t now_us)
{
	assert(p->connections);
	p->connections--;
	p->gone_us = now_us;
}

static bool is_resting(const struct wire_status *status)
{
	return status->mode == WIRE_QUIET || status->mode == WIRE_ASLEEP;
}

void presence_put_status(struct presence *p, const struct wire_status *status,
			 int64_t now_us)
{
	if (is_resting(&p->status) && !is_resting(status))
		p->waking_until_us = now_us + WAKING_US;
	p->status = *status;
}

void presence_put_note(struct presence *p, const char *note, size_t n,
		       int64_t now_us)
{
	note_copy(p->note, note, n);
	p->note_us = now_us;
}

void presence_check_in(struct presence *p, unsigned int interval_s,
		       int64_t now_us)
{
	if (p->connections)
		return; /* it is about to leave, or has just come */
	p->status.mode = WIRE_ASLEEP;
	p->status.checkin_s = (uint16_t)interval_s;
	p->gone_us = now_us;
}

int64_t presence_check_in_us(const struct presence *p, int64_t now_us)
{
	int64_t interval_us = p->status.checkin_s * INT64_C(1000000);

	if (p->connections || p->status.mode != WIRE_ASLEEP ||
	    now_us - p->gone_us >=
		    MISSED_CHECK_INS * interval_us + LATE_CHECK_IN_US)
		return 0;
	return interval_us;
}

bool presence_is_asleep(const struct presence *p, int64_t now_us)
{
	if (!p->connections)
		return presence_check_in_us(p, now_us) > 0;
	return is_resting(&p->status) || now_us < p->waking_until_us;
}

void presence_media(struct presence *p)
{
	if (is_resting(&p->status))
		p->status.mode = WIRE_LIVE;
}
