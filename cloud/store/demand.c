/* SPDX-License-Identifier: MIT */
#include "cloud/store/demand.h"

bool demand_tell(struct demand *d, uint32_t viewers, int64_t now_us)
{
	bool turned = !d->viewers != !viewers;

	if (d->told && (viewers == d->viewers ||
			(!turned && now_us - d->told_us < DEMAND_PAUSE_US)))
		return false;
	*d = (struct demand){ true, viewers, now_us };
	return true;
}
