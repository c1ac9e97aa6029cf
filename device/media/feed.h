/* SPDX-License-Identifier: MIT */
/*
 * feed: what feeds the stream, a source and, where it gives pictures, an
 * encoder. They are opened and closed together, again and again: a camera may
 * be unplugged, and hardware may fail. The constants of the stream stay those
 * of the first time.
 *
 * Media thread only. What it does is shown to the pulse and to the status.
 */
#ifndef DEVICE_MEDIA_FEED_H
#define DEVICE_MEDIA_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "device/encoder/encoder.h"
#include "device/pulse.h"
#include "device/source/source.h"
#include "device/status/status.h"

struct feed_params {
	struct source_params source; /* its name may be "auto" */
	const char *encoder;
	struct pulse *pulse;   /* outlasts it; never NULL */
	struct status *status; /* likewise; NULL: nobody asks */
	int64_t bitrate;       /* of the encoder's parameter sets */
	int segment_ms;
};

struct feed {
	struct feed_params params;
	struct source_memory memory;
	struct source *source;	 /* NULL: closed */
	struct encoder *encoder; /* NULL: closed, or H.264 passes through */
	const char *source_name; /* of what is open; never "auto" */
	const char *encoder_name;
	int64_t bitrate;      /* for when it is opened */
	int divisor;	      /* likewise */
	int encoder_failures; /* since it gave a unit last */
	int wait_ms;	      /* before it is opened again; grows */
	int fps_num, fps_den; /* nominal; 0: never opened yet */
};

void feed_init(struct feed *f, const struct feed_params *params);

/*
 * Opens it for the first time; a camera that is not plugged in is waited for.
 * On failure it is closed and a line was logged; -ECANCELED: stopped before.
 */
int feed_open_first(struct feed *f);

/* Closes and opens it again until it works. False: stop. */
bool feed_reopen(struct feed *f, int err);

/* Opens it once, after feed_close(). */
int feed_open(struct feed *f);

void feed_close(struct feed *f);

/* Waits for the next picture or access unit, as source_next() does. */
int feed_next(struct feed *f, struct source_item *item);

/*
 * Counts what the encoder's call gave, and returns it. After some failures in
 * a row "auto" is opened as the processor's.
 */
int feed_count_failure(struct feed *f, int err);

/* A unit came: what failed before is forgotten. */
void feed_works(struct feed *f);

/* What is wrong with it now is for whoever asks for the status. */
void feed_tell_trouble(const struct feed *f, int err);

/* A pipe cannot be opened again. */
bool feed_can_close(const struct feed *f);

#endif
