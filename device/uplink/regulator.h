/* SPDX-License-Identifier: MIT */
/*
 * regulator: looks a few times a second how the line keeps up, and has the
 * media thread do what pressure.h makes of that.
 *
 * Time is an argument (monotonic). Network thread.
 */
#ifndef DEVICE_UPLINK_REGULATOR_H
#define DEVICE_UPLINK_REGULATOR_H

#include <stdint.h>

#include "device/status/status.h"
#include "device/stream/steering.h"
#include "device/stream/window.h"
#include "device/uplink/flow.h"
#include "device/uplink/pressure.h"

struct regulator {
	struct pressure pressure;
	struct steering *steering; /* NULL: nothing can be steered */
	struct status *status;	   /* may be NULL */
	int64_t next_us;	   /* when to look again */
	/*
	 * What is not behind by so much is let be, until it was once. Where the
	 * relay is on this machine, it is late when the processor is, and
	 * there is no line that would carry less for less.
	 */
	int64_t patience_us;
	bool roused;
	bool skipping; /* that it does was logged last */
	bool spare;    /* playlists are a burden on the line */
};

/* `steering` and `status` are borrowed, and may be NULL. */
void regulator_init(struct regulator *r, const struct pressure_params *params,
		    struct steering *steering, struct status *status,
		    int64_t now_us);

/* For a relay on this machine. */
#define REGULATOR_PATIENCE_US 4000000

/* No media is sent: everything stays as it is. */
void regulator_pause(struct regulator *r, int64_t now_us);

/* Whether it is time for regulator_look(): it was due at next_us. */
bool regulator_is_due(const struct regulator *r, int64_t now_us);

/*
 * `behind` is what waits for an acknowledgement. Returns 0, or how many bytes
 * of what waits are worth sending: the rest would be too old.
 */
uint64_t regulator_look(struct regulator *r, const struct flow *flow,
			const struct window_amount *behind, int64_t now_us);

#endif
