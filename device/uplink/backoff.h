/* SPDX-License-Identifier: MIT */
/*
 * backoff: how long to wait before the next try to connect: exponential with
 * full jitter and a cap, so that a thousand cameras do not come back in the
 * same second. Pure: randomness is an argument.
 */
#ifndef DEVICE_UPLINK_BACKOFF_H
#define DEVICE_UPLINK_BACKOFF_H

#include <stdint.h>

struct backoff_params {
	int64_t base_us, cap_us;
};

/*
 * The pause before try number `attempt` (0: the first after a working
 * connection was lost). Between base/2 and min(cap, base * 2^attempt), chosen
 * by `random`, any 32 random bits.
 */
int64_t backoff_us(const struct backoff_params *params, unsigned int attempt,
		   uint32_t random);

#endif
