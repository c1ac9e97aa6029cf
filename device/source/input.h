/* SPDX-License-Identifier: MIT */
/*
 * input: opens what libavformat opens, chooses its video, and reads packets
 * of that. The only file that knows libavformat's demuxers; only reader.c
 * uses it, and shares its types.
 *
 * Media thread only.
 */
#ifndef DEVICE_SOURCE_INPUT_H
#define DEVICE_SOURCE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <libavformat/avformat.h>

#include "device/source/source.h"

#define INPUT_NAME_SIZE	 128
#define INPUT_TIMEOUT_US 15000000 /* without a byte from the network */

struct input {
	char name[INPUT_NAME_SIZE]; /* for log lines; see input_open() */
	bool is_url;
	bool live;   /* comes when it comes; else a file, which can be paced */
	bool passes; /* H.264 that every player takes as it is */
	struct source_info info;
	AVFormatContext *format;
	AVStream *stream;
	int64_t opened_us; /* when its first packet came, or just before */
	int64_t end;	   /* of what was read, in ticks of the stream */
	bool cut_off;
	const char *damage; /* what was wrong with a file; NULL: nothing */
	int stop_fd;
	int64_t deadline_us;
};

/*
 * Opens params->name into zeroed memory. Its name for log lines is without
 * user, password and query. On failure a line was logged that names it, the
 * reason and the next step. -ECANCELED: stop.
 */
int input_open(struct input *in, const struct source_params *params);

/* Also what is half open, or closed. */
void input_close(struct input *in);

/*
 * Reads the next whole packet of the video. Returns 0; -ENODATA at the end
 * of a file, or where it cannot be read on (then `damage` says why);
 * -ECANCELED on stop; another negative errno, logged, when it broke.
 */
int input_read(struct input *in, AVPacket *packet);

/* Whether parameter sets lie in an avcC, and pictures have lengths. */
bool input_is_avcc(const struct input *in);

/* Logs what went wrong with an AVERROR, and gives an errno for it. */
int input_fail(const struct input *in, const char *what, int averr);

#endif
