/* SPDX-License-Identifier: MIT */
/*
 * trace: when each part of the stream passed each stage of its way, for
 * finding where the milliseconds are (tests/bench/, docs/performance.md).
 * Off until trace_open(); then each mark appends a line to a file:
 *
 *   MICROSECONDS STAGE MSN.PART
 *
 * Time is CLOCK_MONOTONIC: traces of programs on one machine fit together.
 *
 * trace_open() before other threads start; trace_mark() in any thread.
 */
#ifndef COMMON_TRACE_H
#define COMMON_TRACE_H

#include <stdint.h>

#include "common/wire.h"

/* Appends to `path`, which is made when it is not there. A negative errno. */
int trace_open(const char *path);
void trace_close(void);

/* The part at this place passes the stage now, or passed it at `us`. */
void trace_mark(const char *stage, struct wire_position at);
void trace_mark_at(const char *stage, struct wire_position at, int64_t us);

#endif
