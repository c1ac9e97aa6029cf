/* SPDX-License-Identifier: MIT */
#include "device/encoder/stamp.h"

/* A driver may stamp the end of a frame that is still coming. */
#define FUTURE_US 500000

/* Longer ago than any exposure and any queue. */
#define PAST_US 2000000

/* A tick of 90 kHz is 11.1: no two pictures have the same one. */
#define STEP_US 12

int64_t stamp_us(struct stamp *s, int64_t said_us, bool monotonic,
		 int64_t now_us)
{
	bool can_be =
		monotonic && said_us > 0 && said_us <= now_us + FUTURE_US &&
		said_us >= now_us - PAST_US && said_us >= s->last_us + STEP_US;
	int64_t at_us = can_be ? said_us : now_us;

	if (at_us < s->last_us + STEP_US)
		at_us = s->last_us + STEP_US;
	s->last_us = at_us;
	return at_us;
}
