/* SPDX-License-Identifier: MIT */
#include "common/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"

#define MAX_LINE 96

static int trace_fd = -1;

int trace_open(const char *path)
{
	trace_close();
	trace_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return trace_fd < 0 ? -errno : 0;
}

void trace_close(void)
{
	if (trace_fd >= 0)
		close(trace_fd);
	trace_fd = -1;
}

void trace_mark(const char *stage, struct wire_position at)
{
	if (trace_fd >= 0)
		trace_mark_at(stage, at, clock_monotonic_us());
}

/* One write() with O_APPEND: lines of different threads do not mix. */
void trace_mark_at(const char *stage, struct wire_position at, int64_t us)
{
	char line[MAX_LINE];
	int n;

	if (trace_fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%" PRId64 " %s %u.%u\n", us, stage,
		     at.msn, at.part);
	if (n < MAX_LINE && write(trace_fd, line, (size_t)n) != n)
		return; /* a full disk is no reason to stop */
}
