/* SPDX-License-Identifier: MIT */
/*
 * wiring: what each module is told of the configuration. What is not in the
 * configuration (other modules, mostly) is left zero, for the caller to fill.
 *
 * Pure. What is returned borrows from *config.
 */
#ifndef DEVICE_PROGRAM_WIRING_H
#define DEVICE_PROGRAM_WIRING_H

#include "device/budget/budget.h"
#include "device/check/check.h"
#include "device/config.h"
#include "device/media/media.h"
#include "device/program/watchdog.h"
#include "device/push/origin.h"
#include "device/uplink/uplink.h"

struct source_params wiring_source(const struct config *config);
struct media_params wiring_media(const struct config *config);
struct watchdog_params wiring_watchdog(const struct config *config);
struct budget_params wiring_budget(const struct config *config);
struct uplink_params wiring_uplink(const struct config *config);
struct origin_params wiring_origin(const struct config *config);
struct check_params wiring_check(const struct config *config);

#endif
