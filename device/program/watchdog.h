/* SPDX-License-Identifier: MIT */
/*
 * watchdog: what to do about a media thread that does not come back from a
 * driver. The thread itself has tried all that can be tried inside (start
 * again, open again, the processor instead of the hardware). What is left is
 * to leave, for the service manager to start the program anew; where the
 * kernel cannot end the thread, so that nobody could, to say so and wait; or,
 * if the owner asked for it, to have the machine boot, but not twice in half
 * an hour, whatever happens.
 *
 * Pure; time is an argument. Main thread.
 */
#ifndef DEVICE_PROGRAM_WATCHDOG_H
#define DEVICE_PROGRAM_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#define WATCHDOG_REBOOT_PAUSE_US 1800000000LL /* since the machine booted */

struct watchdog_params {
	int64_t lost_us;   /* a call into hardware takes no longer */
	int64_t silent_us; /* without a picture: opening again does not help */
	bool may_reboot;
};

struct watchdog {
	struct watchdog_params params;
	unsigned int beats, units;
	int64_t beat_us, unit_us; /* when they changed last */
	int sleeping;		  /* looks in a row that found it unkillable */
	bool stuck;
};

/* What is to be seen of the media thread. */
struct watchdog_sight {
	unsigned int beats, units;
	bool guarded, trouble; /* as in struct pulse */
	bool unkillable;       /* in "uninterruptible sleep" */
	int64_t since_boot_us;
};

enum watchdog_action {
	WATCHDOG_NOTHING,
	WATCHDOG_LEAVE,
	WATCHDOG_STUCK, /* only a reboot helps, and is not ours to do (yet) */
	WATCHDOG_REBOOT,
};

void watchdog_init(struct watchdog *w, const struct watchdog_params *params,
		   int64_t now_us);

/* To be called about twice a second. */
enum watchdog_action watchdog_look(struct watchdog *w,
				   const struct watchdog_sight *sight,
				   int64_t now_us);

#endif
