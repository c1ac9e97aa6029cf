/* SPDX-License-Identifier: MIT */
/*
 * The wall clock, which a Pi without a battery sets minutes after it has
 * booted. CLOCK_MONOTONIC is never touched.
 */
#include "tests/fake/faults.h"
#include "tests/fake/real.h"

#define MILLION 1000000

EXPORT int clock_gettime(clockid_t clock, struct timespec *out)
{
	int err = real()->clock_gettime(clock, out);

	if (err == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += (time_t)(faults_clock_us() / MILLION);
	return err;
}

EXPORT int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	int err = real()->gettimeofday(out, zone);

	if (err == 0)
		out->tv_sec += (time_t)(faults_clock_us() / MILLION);
	return err;
}

EXPORT time_t time(time_t *out)
{
	time_t now = real()->time(NULL) + (time_t)(faults_clock_us() / MILLION);

	if (out)
		*out = now;
	return now;
}
