/* SPDX-License-Identifier: MIT */
/*
 * report: what was done with the devices, as JSON; README.md has its fields.
 * Under world_lock.
 */
#ifndef TESTS_FAKE_REPORT_H
#define TESTS_FAKE_REPORT_H

#include <stdint.h>

/* Replaces the file as a whole; says nothing when it cannot. */
void report_write(const char *path);
/* One of its counters; UINT64_MAX: no such. */
uint64_t report_count(const char *node, const char *counter);

#endif
