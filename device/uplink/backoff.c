/* SPDX-License-Identifier: MIT */
#include "device/uplink/backoff.h"

#include <assert.h>

int64_t backoff_us(const struct backoff_params *params, unsigned int attempt,
		   uint32_t random)
{
	uint64_t low = (uint64_t)params->base_us / 2;
	uint64_t high = (uint64_t)params->base_us;

	/* A spread below 2^32 us, an hour and more, keeps the product in 64
	 * bits. */
	assert(params->base_us > 0 && params->cap_us >= params->base_us);
	assert(params->cap_us <= UINT32_MAX);
	while (attempt-- > 0 && high < (uint64_t)params->cap_us)
		high *= 2;
	if (high > (uint64_t)params->cap_us)
		high = (uint64_t)params->cap_us;
	return (int64_t)(low + (high - low) * random / UINT32_MAX);
}
