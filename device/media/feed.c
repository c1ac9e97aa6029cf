/* SPDX-License-Identifier: MIT */
#include "device/media/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define LOG_MODULE "media"
#include "common/log.h"
#include "common/wire.h"
#include "device/source/source_auto.h"

#define REOPEN_FIRST_MS 250
#define REOPEN_MOST_MS	8000
#define ABSENT_MOST_MS	1000 /* a camera that may be plugged in any time */

/* Failures of the hardware encoder in a row, until the processor does it. */
#define MOST_ENCODER_FAILURES 2

void feed_init(struct feed *f, const struct feed_params *params)
{
	*f = (struct feed){
		.params = *params,
		.encoder_name = params->encoder,
		.bitrate = params->bitrate,
		.divisor = 1,
	};
}

/* Whether the source is hardware, or a program that runs some. */
static bool is_guarded(const struct feed *f)
{
	return !strncmp(f->source_name, "v4l2", 4) ||
	       !strcmp(f->source_name, "rpicam");
}

bool feed_can_close(const struct feed *f)
{
	return strcmp(f->source_name, "-") != 0;
}

/* --- the encoder ------------------------------------------------------------
 */

/*
 * "auto" that fails again and again goes on with the processor, until the
 * program starts anew: a picture that costs more is better than none.
 */
int feed_count_failure(struct feed *f, int err)
{
	if (err >= 0 || ++f->encoder_failures < MOST_ENCODER_FAILURES ||
	    strcmp(f->encoder_name, "auto"))
		return err;
	log_warn("the hardware encoder failed %d times in a row: the "
		 "processor encodes from here on",
		 f->encoder_failures);
	f->encoder_name = "x264";
	return err;
}

void feed_works(struct feed *f)
{
	f->encoder_failures = 0;
}

static int open_encoder(struct feed *f)
{
	const struct source_info *info = source_info(f->source);
	int err;

	if (info->gives != SOURCE_PICTURES)
		return 0;
	pulse_enter(f->params.pulse, true);
	err = encoder_open(
		&f->encoder,
		&(struct encoder_params){
			.name = f->encoder_name,
			.format = info->format,
			.from = info->capture,
			.width = info->width,
			.height = info->height,
			.fps_num = f->fps_num,
			.fps_den = f->fps_den,
			.bitrate = f->params.bitrate,
			/* keys are asked for; this is only the last resort */
			.gop = 10 * f->fps_num / f->fps_den + 1,
		});
	if (!err) /* opened as ever, so that its parameter sets are the same */
		encoder_set_bitrate(f->encoder, f->bitrate, f->divisor);
	return feed_count_failure(f, err);
}

/* --- opening ----------------------------------------------------------------
 */

static void choose_constants(struct feed *f)
{
	const struct source_info *info = source_info(f->source);

	f->fps_num = info->fps_num;
	f->fps_den = info->fps_den;
	if (f->fps_num <= 0 || f->fps_den <= 0) {
		f->fps_num = f->params.source.fps;
		f->fps_den = 1;
	}
}

/* A URL can have a password in it: its user information is left out. */
static void tell_open(const struct feed *f)
{
	const struct source_info *info = source_info(f->source);
	const char *name = f->source_name, *scheme = strstr(name, "://");
	const char *at = scheme ? strchr(scheme, '@') : NULL;
	char text[STATUS_NAME_SIZE];

	if (at)
		snprintf(text, sizeof(text), "%.*s%s", (int)(scheme - name) + 3,
			 name, at + 1);
	else
		snprintf(text, sizeof(text), "%s", name);
	status_source(f->params.status, text,
		      f->encoder ? encoder_name(f->encoder) : NULL, info->width,
		      info->height);
	status_note(f->params.status, STATUS_SOURCE, NULL);
}

int feed_open(struct feed *f)
{
	struct source_params params = f->params.source;
	int err;

	pulse_enter(f->params.pulse, true);
	f->source_name = strcmp(params.name, "auto") ? params.name
						     : source_auto(&f->memory);
	params.name = f->source_name;
	params.memory = &f->memory;
	params.bitrate = f->bitrate;
	params.gop = params.fps * f->params.segment_ms / 1000;
	params.formats = encoder_formats(f->encoder_name);
	pulse_enter(f->params.pulse, is_guarded(f));
	err = source_open(&f->source, &params);
	if (err < 0)
		return err;
	if (!f->fps_num)
		choose_constants(f);
	err = open_encoder(f);
	if (err < 0)
		feed_close(f);
	else
		tell_open(f);
	return err;
}

void feed_close(struct feed *f)
{
	pulse_enter(f->params.pulse, true);
	encoder_close(&f->encoder);
	source_close(&f->source);
}

/* --- what is not there ------------------------------------------------------
 */

/* Returns whether the program is to stop. */
static bool pause_ms(const struct feed *f, int ms)
{
	struct pollfd stop = { .fd = f->params.source.stop_fd,
			       .events = POLLIN };

	return poll(&stop, 1, ms) > 0;
}

/* No camera is no trouble: it can be plugged in at any time. */
static bool is_absent(int err)
{
	return err == -ENODEV || err == -ENOENT || err == -ENXIO;
}

void feed_tell_trouble(const struct feed *f, int err)
{
	char text[WIRE_MAX_TEXT + 1];

	if (is_absent(err))
		snprintf(text, sizeof(text),
			 "The camera is not there. Is it plugged in? It is "
			 "waited for.");
	else
		snprintf(text, sizeof(text),
			 "The source stopped: %s. It is being opened again.",
			 strerror(-err));
	status_note(f->params.status, STATUS_SOURCE, text);
}

/* A camera that is not there yet is waited for, and nothing else. */
int feed_open_first(struct feed *f)
{
	int err = feed_open(f);

	while (is_absent(err) && !strncmp(f->source_name, "v4l2", 4)) {
		feed_tell_trouble(f, err);
		pulse_enter(f->params.pulse, false);
		if (pause_ms(f, ABSENT_MOST_MS))
			return -ECANCELED;
		err = feed_open(f);
	}
	return err;
}

bool feed_reopen(struct feed *f, int err)
{
	for (;;) {
		int most_ms = is_absent(err) ? ABSENT_MOST_MS : REOPEN_MOST_MS;

		f->wait_ms *= 2;
		if (f->wait_ms < REOPEN_FIRST_MS)
			f->wait_ms = REOPEN_FIRST_MS;
		if (f->wait_ms > most_ms)
			f->wait_ms = most_ms;

		feed_close(f);
		atomic_store(&f->params.pulse->trouble, !is_absent(err));
		pulse_enter(f->params.pulse, false);
		if (pause_ms(f, f->wait_ms))
			return false;
		err = feed_open(f);
		if (!err)
			return true;
		if (err == -ECANCELED)
			return false;
	}
}

/* --- running ----------------------------------------------------------------
 */

int feed_next(struct feed *f, struct source_item *item)
{
	int fd = f->encoder ? encoder_fd(f->encoder) : -1;
	int err;

	pulse_enter(f->params.pulse, is_guarded(f));
	err = source_next(f->source, item, fd);
	pulse_enter(f->params.pulse, true);
	return err;
}
