/* SPDX-License-Identifier: MIT */
/*
 * budget_period: "5G/month": how many bytes, and in which time. Days begin at
 * midnight UTC, weeks on Monday, months on the first. Pure.
 */
#ifndef DEVICE_BUDGET_BUDGET_PERIOD_H
#define DEVICE_BUDGET_BUDGET_PERIOD_H

#include <stdint.h>

enum budget_unit { BUDGET_SECONDS, BUDGET_DAY, BUDGET_WEEK, BUDGET_MONTH };

struct budget_allowance {
	uint64_t bytes; /* 0: none was given */
	enum budget_unit unit;
	int64_t seconds; /* BUDGET_SECONDS: how many, counted from 1970 */
};

/*
 * Reads BYTES[k|M|G]/day, /week or /month; for tests also /30s. Returns 0 or
 * -EINVAL.
 */
int budget_allowance_parse(struct budget_allowance *out, const char *text);

struct budget_period {
	int64_t start_us, end_us; /* Unix time */
};

/* The one that holds this moment (Unix time, >= 0). */
struct budget_period budget_period_at(const struct budget_allowance *a,
				      int64_t wall_us);

#endif
