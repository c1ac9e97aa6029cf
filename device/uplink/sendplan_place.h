/* SPDX-License-Identifier: MIT */
/*
 * sendplan_place: from where on a plan sends: at its beginning, by what the
 * relay holds, and later, when what waits is too old or too much. Of sendplan,
 * and with sendplan_resume(), which it has too, only for it.
 */
#ifndef DEVICE_UPLINK_SENDPLAN_PLACE_H
#define DEVICE_UPLINK_SENDPLAN_PLACE_H

#include "device/uplink/sendplan.h"

/* There is something listed, and nothing is settled yet. */
void sendplan_place(struct sendplan *p, uint32_t first_msn,
		    struct wire_position newest);

/* Goes on behind `next_msn` where that is better; false: it stays the next. */
bool sendplan_skip(struct sendplan *p, uint32_t next_msn, uint32_t first_msn,
		   struct wire_position newest);

#endif
