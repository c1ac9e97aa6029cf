/* SPDX-License-Identifier: MIT */
/*
 * log: one event, one line on stderr: what failed, on which object, why.
 *
 * Define LOG_MODULE before the include; it stands in front of the text. Before
 * that comes what who reads stderr needs: for systemd's journal a priority
 * ("<3>"), for others a word ("error "). The time stands there at a terminal
 * and in a file, as everybody else adds it. Text that came from a peer is
 * passed through log_escape(). Keys and tokens are never logged. Nobody waits
 * for a reader who does not read: lines are left out then, and counted.
 *
 * Any thread, but log_begin().
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_INFO = 6, LOG_DEBUG = 7 };

/*
 * Looks who reads stderr, once, before there are other threads. Until this is
 * called it is somebody who wants words and has the time.
 */
void log_begin(void);

/* Lines above `level` are not written. LOG_INFO until this is called. */
void log_set_level(enum log_level level);

void log_write(enum log_level level, const char *module, const char *format,
	       ...) __attribute__((format(printf, 3, 4), cold));

#define LOG_MARK_SIZE 48

/*
 * What stands before a line of `level`, for who writes one himself, and returns
 * its length: at a terminal nothing.
 */
int log_mark(char *out, size_t size, enum log_level level);

#define log_error(...) log_write(LOG_ERROR, LOG_MODULE, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, LOG_MODULE, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, LOG_MODULE, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, LOG_MODULE, __VA_ARGS__)

/*
 * Copies at most size - 1 characters of `text`, each control or non-ASCII
 * byte as '?', and returns `out`, for use as an argument of log_*().
 */
const char *log_escape(char *out, size_t size, const char *text, size_t n);

#endif
