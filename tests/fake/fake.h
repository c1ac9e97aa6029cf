/* SPDX-License-Identifier: MIT */
/*
 * fake: for tests that are linked with the fake instead of having it loaded
 * in front of them. Any thread.
 */
#ifndef TESTS_FAKE_FAKE_H
#define TESTS_FAKE_FAKE_H

#include <stdint.h>

/*
 * Begins anew with the devices and faults of a script (README.md). No device
 * may be open, no buffer mapped. 0, or -EINVAL: it has a mistake.
 */
int fake_reset(const char *script);
/* Adds lines. */
int fake_script(const char *lines);

/* A counter of a node, as the report names it; UINT64_MAX: no such. */
uint64_t fake_count(const char *node, const char *counter);
/* Open files, exported buffers, mappings and memories that there are. */
int fake_count_held(void);

#endif
