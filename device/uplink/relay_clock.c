/* SPDX-License-Identifier: MIT */
#include "device/uplink/relay_clock.h"

static void widen(struct relay_clock *c, int64_t now_us)
{
	int64_t drift_us =
		(now_us - c->at_us) * RELAY_CLOCK_DRIFT_PPM / 1000000;

	if (drift_us > 0) {
		c->low_us -= drift_us;
		c->high_us += drift_us;
	}
	c->at_us = now_us;
}

void relay_clock_sample(struct relay_clock *c, int64_t sent_us,
			int64_t received_us, int64_t relay_us)
{
	int64_t low_us, high_us;

	if (received_us < sent_us || relay_us < 0 ||
	    relay_us > RELAY_CLOCK_MAX_US)
		return;
	low_us = relay_us - received_us;
	high_us = relay_us - sent_us;
	if (c->known)
		widen(c, received_us);
	if (!c->known || low_us > c->high_us || high_us < c->low_us) {
		*c = (struct relay_clock){ .known = true,
					   .low_us = low_us,
					   .high_us = high_us,
					   .at_us = received_us };
		return;
	}
	if (low_us > c->low_us)
		c->low_us = low_us;
	if (high_us < c->high_us)
		c->high_us = high_us;
}

int64_t relay_clock_offset(const struct relay_clock *c, int64_t own_us)
{
	if (own_us >= c->low_us && own_us <= c->high_us)
		return own_us;
	return c->low_us + (c->high_us - c->low_us) / 2;
}
