/* SPDX-License-Identifier: MIT */
#include "device/uplink/demand.h"

#include <errno.h>
#include <stdlib.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"

struct demand {
	struct demand_params params;
	struct watched watched;
	enum watched_state state; /* as everybody was told */
	struct checkin *checkin;
	uint64_t check_ins;
	int64_t check_in_us; /* asleep: when */
};

int demand_open(struct demand **out, const struct demand_params *params)
{
	struct demand *d = calloc(1, sizeof(*d));
	int err;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	d->params = *params;
	watched_init(&d->watched, &params->watched, params->now_us);
	err = checkin_open(&d->checkin, &params->checkin);
	if (err < 0) {
		demand_close(&d);
		return err;
	}
	*out = d;
	return 0;
}

void demand_close(struct demand **demand)
{
	struct demand *d = *demand;

	*demand = NULL;
	if (!d)
		return;
	checkin_close(&d->checkin);
	free(d);
}

void demand_tell(struct demand *d, uint32_t viewers, int64_t now_us)
{
	log_debug("%u watch", viewers);
	watched_tell(&d->watched, viewers, now_us);
}

uint32_t demand_viewers(const struct demand *d)
{
	return d->watched.viewers;
}

void demand_lose(struct demand *d)
{
	watched_lose(&d->watched);
}

static void set_work(struct demand *d, enum steering_work work)
{
	if (d->params.steering)
		steering_wish(d->params.steering, STEERING_DEMAND,
			      &(struct steering_wish){ .work = work });
}

static void fall_asleep(struct demand *d, int64_t now_us)
{
	d->check_in_us =
		now_us + d->params.checkin.interval_s * INT64_C(1000000);
	set_work(d, d->params.asleep);
}

static void tell_status(const struct demand *d)
{
	static const enum wire_mode modes[] = {
		[WATCHED_LIVE] = WIRE_LIVE,
		[WATCHED_QUIET] = WIRE_QUIET,
		[WATCHED_ASLEEP] = WIRE_ASLEEP,
	};
	bool asleep = d->state == WATCHED_ASLEEP;

	status_mode(d->params.status, modes[d->state],
		    asleep ? (uint16_t)d->params.checkin.interval_s : 0,
		    clock_wall_us());
}

static void check_in(struct demand *d)
{
	int64_t pause_us, viewers = checkin_ask(d->checkin, &pause_us);
	int64_t now_us = clock_monotonic_us();

	d->check_ins++;
	d->check_in_us = now_us + pause_us;
	if (viewers > 0)
		demand_tell(d, (uint32_t)viewers, now_us);
}

int64_t demand_look(struct demand *d, int64_t now_us)
{
	enum watched_state before = d->state;

	if (before == WATCHED_ASLEEP && now_us >= d->check_in_us)
		check_in(d);
	d->state = watched_look(&d->watched, now_us);
	if (d->state != before) {
		tell_status(d);
		if (d->state == WATCHED_ASLEEP)
			fall_asleep(d, now_us);
		else if (before == WATCHED_ASLEEP)
			set_work(d, STEERING_ENCODE);
	}
	return d->state == WATCHED_ASLEEP ? d->check_in_us
					  : watched_due_us(&d->watched);
}

uint64_t demand_check_ins(const struct demand *d)
{
	return d->check_ins;
}

enum watched_state demand_state(const struct demand *d)
{
	return d->state;
}

void demand_abort(struct demand *d)
{
	checkin_abort(d->checkin);
}
