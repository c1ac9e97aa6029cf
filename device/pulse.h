/* SPDX-License-Identifier: MIT */
/*
 * pulse: the one thing that the media thread shows of itself while it may be
 * lost in a call into a driver. The media thread writes, any thread reads.
 */
#ifndef DEVICE_PULSE_H
#define DEVICE_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>

struct pulse {
	atomic_uint beats; /* goes on with every call that came back */
	atomic_uint units; /* access units that came */
	/*
	 * It is in a call that comes back within seconds unless hardware
	 * hangs. (A pipe may have nothing to read for hours.)
	 */
	atomic_bool guarded;
	atomic_bool trouble; /* it tries to open what was lost, and cannot */
	atomic_int thread;   /* gettid(); 0: not started */
};

static inline void pulse_enter(struct pulse *p, bool guarded)
{
	atomic_store_explicit(&p->guarded, guarded, memory_order_relaxed);
	atomic_fetch_add_explicit(&p->beats, 1, memory_order_relaxed);
}

#endif
