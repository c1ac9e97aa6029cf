/* SPDX-License-Identifier: MIT */
/*
 * media: the media thread's work: what the feed gives becomes parts, posters,
 * or nothing, as it is ordered. It never waits for the network. A source or an
 * encoder that breaks is opened again, after a pause, for as long as it takes;
 * viewers see a discontinuity, then the picture.
 *
 * Media thread, but for media_window() before media_run().
 */
#ifndef DEVICE_MEDIA_MEDIA_H
#define DEVICE_MEDIA_MEDIA_H

#include <stdint.h>

#include "device/media/parts.h"
#include "device/poster/poster_maker.h"
#include "device/pulse.h"
#include "device/source/source.h"
#include "device/status/status.h"
#include "device/stream/handover.h"
#include "device/stream/steering.h"

struct media;

struct media_params {
	struct source_params source;
	const char *encoder;
	struct pulse *pulse; /* outlasts all; never NULL */
	struct poster_maker posters;
	struct status *status;	   /* likewise; NULL: nobody asks */
	struct steering *steering; /* likewise */
	int64_t bitrate;	   /* bits per second, where nobody steers */
	int part_ms;		   /* wanted length of a part */
	int segment_ms;		   /* wanted length of a segment */
	int min_fps;		   /* a slower camera makes discontinuities */
	int window;		   /* segments a viewer can go back */
};

/*
 * Opens the source, so that what is wrong with it is said at once; a camera
 * that is not plugged in is waited for. On failure *out is NULL and a line was
 * logged; -ECANCELED: stopped before.
 */
int media_open(struct media **out, const struct media_params *params);

/* The constants of the stream, from the configuration and the source. */
struct window_params media_window(const struct media *m);

/*
 * Runs until stop_fd is readable (0) or the source has ended for good
 * (-ENODATA).
 */
int media_run(struct media *m, struct handover *handover);

/* After media_run() has returned, until media_close(). */
const struct parts_counters *media_counters(const struct media *m);

void media_close(struct media **m);

#endif
