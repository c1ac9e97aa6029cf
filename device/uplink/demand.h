/* SPDX-License-Identifier: MIT */
/*
 * demand: what follows from whether anybody watches. It decides by watched.h,
 * says it to the status, spares the camera work while the device is asleep, and
 * asks the relay then.
 *
 * Network thread, but for demand_abort().
 */
#ifndef DEVICE_UPLINK_DEMAND_H
#define DEVICE_UPLINK_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "device/status/status.h"
#include "device/stream/steering.h"
#include "device/uplink/checkin.h"
#include "device/uplink/watched.h"

struct demand;

struct demand_params {
	struct watched_params watched;
	struct checkin_params checkin;
	enum steering_work asleep; /* what media does then */
	struct steering *steering; /* borrowed; may be NULL */
	struct status *status;	   /* borrowed; may be NULL */
	int64_t now_us;
};

/* -ENOMEM; then *out is NULL. */
int demand_open(struct demand **out, const struct demand_params *params);
void demand_close(struct demand **d);

/* The relay says how many watch; or there is none any more that could. */
void demand_tell(struct demand *d, uint32_t viewers, int64_t now_us);
void demand_lose(struct demand *d);

/* As it was told last. */
uint32_t demand_viewers(const struct demand *d);

/*
 * Does what is due. Asleep, that can be to wait for the relay's answer, for
 * seconds. Returns when to look again; INT64_MAX: not for its sake.
 */
int64_t demand_look(struct demand *d, int64_t now_us);

/* How often the relay was asked while asleep. */
uint64_t demand_check_ins(const struct demand *d);

/* As of the last demand_look(). */
enum watched_state demand_state(const struct demand *d);

/* Ends a demand_look() that waits, and all later ones. Any thread. */
void demand_abort(struct demand *d);

#endif
