/* SPDX-License-Identifier: MIT */
/*
 * status_words: a status in words that its owner likes to read. Pure, but for
 * the time zone.
 */
#ifndef DEVICE_STATUS_STATUS_WORDS_H
#define DEVICE_STATUS_STATUS_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "device/status/status.h"

/* Several lines, each "what: how". `wall_us`: now, Unix time. */
void status_words_print(FILE *out, const struct status_view *v,
			int64_t wall_us);

#define STATUS_LINE_SIZE 256

/*
 * The most important of it in one line, without what changes all the time;
 * cut where it is too long.
 */
void status_words_line(char *out, size_t size, const struct status_view *v);

#endif
