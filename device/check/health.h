/* SPDX-License-Identifier: MIT */
/*
 * health: what the machine around the camera says of itself: power,
 * temperature, clock, memory, Wi-Fi.
 */
#ifndef DEVICE_CHECK_HEALTH_H
#define DEVICE_CHECK_HEALTH_H

#include <stdint.h>

#include "device/check/findings.h"

/* Looks at all of it. */
void health_check(struct findings *f);

/* --- what numbers mean: pure, for health_check() and its test --- */

/* The firmware's get_throttled bits: 0..3 now, 16..19 since the boot. */
void health_add_throttled(struct findings *f, uint32_t bits);

/* Thousandths of a degree Celsius. */
void health_add_temperature(struct findings *f, long milli);

/* From a text like /proc/meminfo: what devices can have in one piece. */
void health_add_memory(struct findings *f, const char *meminfo);

#endif
