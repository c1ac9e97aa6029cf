/* SPDX-License-Identifier: MIT */
/*
 * stamp: when a camera's picture was taken, on CLOCK_MONOTONIC: what the
 * driver says where that can be true, else when it came. Drivers have been
 * seen to give no time, another clock's, and times that go back.
 *
 * Pure; time is an argument. Media thread.
 */
#ifndef DEVICE_ENCODER_STAMP_H
#define DEVICE_ENCODER_STAMP_H

#include <stdbool.h>
#include <stdint.h>

struct stamp {
	int64_t last_us;
};

/*
 * The time of a picture that came at `now_us`, above that of the one before by
 * more than a tick of 90 kHz. `monotonic`: the driver says that its clock is
 * CLOCK_MONOTONIC.
 */
int64_t stamp_us(struct stamp *s, int64_t said_us, bool monotonic,
		 int64_t now_us);

#endif
