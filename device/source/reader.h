/* SPDX-License-Identifier: MIT */
/*
 * reader: reads what libavformat opens, once, from start to end, in the
 * file's own time and as fast as it comes. H.264 that every player takes is
 * given as it is; everything else is decoded.
 *
 * Media thread only.
 */
#ifndef DEVICE_SOURCE_READER_H
#define DEVICE_SOURCE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "device/source/source.h"
#include "device/stream/frame.h"

struct reader;

/* The times are the file's own, in media ticks. */
struct reader_item {
	struct picture picture;	 /* with SOURCE_PICTURES */
	struct access_unit unit; /* with SOURCE_ACCESS_UNITS */
	int64_t duration_90k;	 /* 0: not known */
};

/* See input_open(). On failure *out is NULL. */
int reader_open(struct reader **out, const struct source_params *params);

const struct source_info *reader_info(const struct reader *r);

/* Comes when it comes: a camera, a pipe. Else a file, which can be paced. */
bool reader_is_live(const struct reader *r);

/*
 * When something live with the time `at_90k` came, in media time; what was
 * read first came while it was opened, which can take a second.
 */
int64_t reader_arrival_90k(const struct reader *r, int64_t at_90k);

/* How to call it in a log line. */
const char *reader_name(const struct reader *r);

/*
 * Gives the next item. A picture is borrowed until the next call, a unit
 * until the call after that; both until reader_close() at the latest. Returns
 * 0; -ENODATA at the end; -ECANCELED on stop; another negative errno, logged,
 * when it broke. A file that is damaged ends there; see reader_damage().
 */
int reader_next(struct reader *r, struct reader_item *out);

/* What was wrong with a file that came to its end; NULL: nothing. */
const char *reader_damage(const struct reader *r);

void reader_close(struct reader **r);

#endif
