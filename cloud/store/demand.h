/* SPDX-License-Identifier: MIT */
/*
 * demand: when a device is told how many watch its camera. That somebody does,
 * or nobody does any more, it hears at once, because that is what it sends or
 * keeps quiet for; how many, now and then. Pure; time is an argument.
 */
#ifndef CLOUD_STORE_DEMAND_H
#define CLOUD_STORE_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#define DEMAND_PAUSE_US 5000000 /* between two numbers above 0 */

/* Of one connection. Starts zeroed. */
struct demand {
	bool told;
	uint32_t viewers; /* that it was told of last */
	int64_t told_us;
};

/* Whether to tell the device now that there are `viewers`; then it counts as
 * told. */
bool demand_tell(struct demand *d, uint32_t viewers, int64_t now_us);

#endif
