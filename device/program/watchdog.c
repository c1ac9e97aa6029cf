/* SPDX-License-Identifier: MIT */
#include "device/program/watchdog.h"

/* A thread is in that sleep for moments all the time. */
#define ENOUGH_LOOKS 4

void watchdog_init(struct watchdog *w, const struct watchdog_params *params,
		   int64_t now_us)
{
	*w = (struct watchdog){ .params = *params,
				.beat_us = now_us,
				.unit_us = now_us };
}

static void follow(struct watchdog *w, const struct watchdog_sight *sight,
		   int64_t now_us)
{
	if (sight->beats != w->beats) {
		w->beats = sight->beats;
		w->beat_us = now_us;
		w->sleeping = 0;
	}
	/* what is no trouble (a camera that is not there) may take for ever */
	if (sight->units != w->units || !sight->trouble) {
		w->units = sight->units;
		w->unit_us = now_us;
	}
}

/* The thread is lost. Can it at least be ended? */
static enum watchdog_action lost(struct watchdog *w,
				 const struct watchdog_sight *sight)
{
	if (!sight->unkillable && !w->stuck)
		return WATCHDOG_LEAVE;
	if (!w->stuck && ++w->sleeping < ENOUGH_LOOKS)
		return WATCHDOG_NOTHING;
	w->stuck = true;
	if (w->params.may_reboot &&
	    sight->since_boot_us >= WATCHDOG_REBOOT_PAUSE_US)
		return WATCHDOG_REBOOT;
	return WATCHDOG_STUCK;
}

enum watchdog_action watchdog_look(struct watchdog *w,
				   const struct watchdog_sight *sight,
				   int64_t now_us)
{
	follow(w, sight, now_us);
	if (sight->guarded && now_us - w->beat_us >= w->params.lost_us)
		return lost(w, sight);
	if (w->stuck) /* it came back after all: begin anew */
		return WATCHDOG_LEAVE;
	if (sight->trouble && now_us - w->unit_us >= w->params.silent_us)
		return WATCHDOG_LEAVE;
	return WATCHDOG_NOTHING;
}
