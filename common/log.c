/* SPDX-License-Identifier: MIT */
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

/* Below PIPE_BUF, so that lines of two threads or processes never mix. */
#define LINE_SIZE 2048

/* Who reads our lines may be a little late: so long, but only so often. */
#define PATIENCE_MS 20
#define PATIENT_US  1000000

static _Atomic int max_level = LOG_INFO;
static _Atomic int64_t patient_us;    /* when we last were */
static _Atomic unsigned int left_out; /* lines */

void log_set_level(enum log_level level)
{
	atomic_store(&max_level, (int)level);
}

static const char *level_word(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return "error";
	case LOG_WARN:
		return "warning";
	case LOG_INFO:
		return "info";
	default:
		return "debug";
	}
}

/* What stands before the text; returns its length. */
static int write_prefix(char *out, size_t size, enum log_level level,
			const char *module)
{
	int64_t now_us = clock_wall_us();
	time_t seconds = (time_t)(now_us / 1000000);
	struct tm tm;

	if (!isatty(STDERR_FILENO))
		return snprintf(out, size, "<%d>%s: ", (int)level, module);
	localtime_r(&seconds, &tm);
	return snprintf(out, size, "%02d:%02d:%02d.%03d %-7s %s: ", tm.tm_hour,
			tm.tm_min, tm.tm_sec, (int)(now_us / 1000 % 1000),
			level_word(level), module);
}

/*
 * Makes `n` bytes one line, which foreign libraries' texts are not always,
 * and returns its length.
 */
static size_t flatten(char *text, size_t n)
{
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = text[i] == '\t' ? ' ' : '?';
	return n;
}

/*
 * A pipe that nobody reads is full one day, and would stop us (pipe(7)). One
 * that is writable takes PIPE_BUF bytes, though it blocks, and a socket some
 * thousand.
 */
static bool has_room(void)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	int64_t now_us = clock_monotonic_us();

	if (poll(&ready, 1, 0) > 0)
		return true;
	if (now_us - atomic_load(&patient_us) < PATIENT_US)
		return false;
	atomic_store(&patient_us, now_us);
	return poll(&ready, 1, PATIENCE_MS) > 0;
}

static void put(const char *line, size_t n)
{
	if (write(STDERR_FILENO, line, n) < 0) {
		/* Nobody is left to tell. */
	}
}

static void put_left_out(void)
{
	unsigned int lines = atomic_exchange(&left_out, 0);
	char line[160];
	int n;

	if (!lines)
		return;
	n = write_prefix(line, sizeof(line), LOG_WARN, "log");
	n += snprintf(line + n, sizeof(line) - (size_t)n,
		      "%u lines were left out here: nobody read them\n", lines);
	put(line, (size_t)n);
}

/* Nobody waits for whom it is meant for. */
static void put_or_leave_out(const char *line, size_t n)
{
	if (!has_room()) {
		atomic_fetch_add(&left_out, 1);
		return;
	}
	put_left_out();
	put(line, n);
}

void log_write(enum log_level level, const char *module, const char *format,
	       ...)
{
	static const char cut[] = " ...";
	char line[LINE_SIZE];
	int saved_errno = errno; /* callers go on to use it */
	size_t prefix, n;
	va_list args;
	int length;

	if ((int)level > atomic_load(&max_level))
		return;
	length = write_prefix(line, sizeof(line) / 2, level, module);
	prefix = length < 0 ? 0 : (size_t)length;
	if (prefix >= sizeof(line) / 2)
		prefix = sizeof(line) / 2 - 1;

	errno = saved_errno; /* for %m */
	va_start(args, format);
	length = vsnprintf(line + prefix, sizeof(line) - prefix, format, args);
	va_end(args);
	n = length < 0 ? 0 : (size_t)length;
	if (n >= sizeof(line) - prefix) {
		n = sizeof(line) - prefix - 1;
		memcpy(line + prefix + n - strlen(cut), cut, strlen(cut));
	}
	n = prefix + flatten(line + prefix, n);
	line[n++] = '\n';
	put_or_leave_out(line, n);
	errno = saved_errno;
}

const char *log_escape(char *out, size_t size, const char *text, size_t n)
{
	size_t length = 0;

	if (size == 0)
		return out;
	for (; length < n && length < size - 1; length++)
		out[length] = text[length] >= ' ' && text[length] <= '~'
				      ? text[length]
				      : '?';
	out[length] = '\0';
	return out;
}
