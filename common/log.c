/* SPDX-License-Identifier: MIT */
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

/* Below PIPE_BUF, so that lines of two threads or processes never mix. */
#define LINE_SIZE 2048

/* Who reads our lines may be a little late: so long, but only so often. */
#define PATIENCE_MS 20
#define PATIENT_US  1000000

/* Who has what is written to stderr. */
enum reader {
	READER_PLATFORM, /* a pipe, mostly; its other end adds the time */
	READER_JOURNAL,	 /* wants "<3>", and has the time */
	READER_FILE,	 /* nobody adds anything */
	READER_PERSON,	 /* at a terminal */
};

static _Atomic int reader = READER_PLATFORM;
static _Atomic int max_level = LOG_INFO;
static _Atomic int64_t patient_us;    /* when we last were */
static _Atomic unsigned int left_out; /* lines */

/*
 * Whether it is the stream that systemd opened (systemd.exec(5)), and not one
 * that it was led to since: the variable is inherited, as by a shell's 2>file.
 */
static bool is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[48];

	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st->st_dev,
		 (uintmax_t)st->st_ino);
	return stream && strcmp(stream, ours) == 0;
}

static enum reader find_reader(void)
{
	struct stat st;

	if (isatty(STDERR_FILENO))
		return READER_PERSON;
	if (fstat(STDERR_FILENO, &st) < 0)
		return READER_PLATFORM;
	if (is_journal(&st))
		return READER_JOURNAL;
	return S_ISREG(st.st_mode) ? READER_FILE : READER_PLATFORM;
}

void log_begin(void)
{
	atomic_store(&reader, (int)find_reader());
}

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

int log_mark(char *out, size_t size, enum log_level level)
{
	int64_t now_us = clock_wall_us();
	time_t seconds = (time_t)(now_us / 1000000);
	char date[24] = "";
	struct tm tm;

	switch (atomic_load(&reader)) {
	case READER_PERSON:
		return snprintf(out, size, "%s", "");
	case READER_JOURNAL:
		return snprintf(out, size, "<%d>", (int)level);
	case READER_FILE:
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S",
			 gmtime_r(&seconds, &tm));
		return snprintf(out, size, "%s.%03dZ %s ", date,
				(int)(now_us / 1000 % 1000), level_word(level));
	default:
		return snprintf(out, size, "%s ", level_word(level));
	}
}

/* What stands before the text at a terminal; returns its length. */
static int write_time(char *out, size_t size, enum log_level level)
{
	int64_t now_us = clock_wall_us();
	time_t seconds = (time_t)(now_us / 1000000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return snprintf(out, size, "%02d:%02d:%02d.%03d %-7s ", tm.tm_hour,
			tm.tm_min, tm.tm_sec, (int)(now_us / 1000 % 1000),
			level_word(level));
}

/* What stands before the text; returns its length. */
static int write_prefix(char *out, size_t size, enum log_level level,
			const char *module)
{
	char mark[LOG_MARK_SIZE];

	if (atomic_load(&reader) == READER_PERSON)
		write_time(mark, sizeof(mark), level);
	else
		log_mark(mark, sizeof(mark), level);
	return snprintf(out, size, "%s%s: ", mark, module);
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
