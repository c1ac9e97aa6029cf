/* SPDX-License-Identifier: MIT */
#include "device/uplink/clock_asking.h"

void clock_asking_begin(struct clock_asking *a, int64_t now_us)
{
	*a = (struct clock_asking){ .asked_us = now_us,
				    .pause_us = CLOCK_ASKING_FIRST_US };
}

bool clock_asking_is_due(const struct clock_asking *a, bool rests,
			 int64_t now_us)
{
	int64_t pause_us = rests ? CLOCK_ASKING_REST_US : a->pause_us;

	return a->pause_us && a->unheard < CLOCK_ASKING_UNHEARD &&
	       now_us - a->asked_us >= pause_us;
}

uint16_t clock_asking_ask(struct clock_asking *a, int64_t now_us)
{
	a->pause_us *= 2;
	if (a->pause_us > CLOCK_ASKING_LATER_US)
		a->pause_us = CLOCK_ASKING_LATER_US;
	a->unheard++;
	a->waiting = true;
	a->asked_us = now_us;
	return ++a->number;
}

bool clock_asking_hears(struct clock_asking *a, uint16_t number,
			int64_t *asked_us)
{
	if (!a->waiting || number != a->number)
		return false;
	a->waiting = false;
	a->unheard = 0;
	*asked_us = a->asked_us;
	return true;
}
