/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <linux/videodev2.h>

#include "common/clock.h"
#include "device/check/check.h"
#include "device/encoder/encoder.h"
#include "device/source/source_auto.h"
#include "device/v4l2/capture.h"

#define TRIAL_US  2000000
#define FIRST_US  8000000 /* until the first unit */
#define LATE_US	  500000  /* from the camera to H.264 */
#define GOP	  60
#define MOST_GONE 10 /* per cent of pictures without a unit */

struct trial {
	struct source *source;
	struct encoder *encoder;
	struct source_memory memory;
	int64_t start_us, first_us, end_us;
	int64_t late_us; /* the worst, from a camera's timestamp to the unit */
	bool camera;
	uint64_t pictures, units, bytes;
};

static void take_unit(struct trial *t, const struct access_unit *unit)
{
	int64_t now_us = clock_monotonic_us();
	int64_t late_us = now_us - unit->pts_90k * 100 / 9;

	if (!t->units++)
		t->first_us = now_us;
	else if (t->camera && late_us > t->late_us)
		t->late_us = late_us; /* others have clocks of their own */
	t->bytes += unit->size;
	t->end_us = now_us;
}

static int pull_all(struct trial *t)
{
	struct access_unit unit;
	int err;

	while (!(err = encoder_pull(t->encoder, &unit)))
		take_unit(t, &unit);
	return err == -EAGAIN ? 0 : err;
}

static int step(struct trial *t)
{
	int fd = t->encoder ? encoder_fd(t->encoder) : -1;
	struct source_item item;
	int err = source_next(t->source, &item, fd);

	if (err < 0)
		return err == -EAGAIN && t->encoder ? pull_all(t) : err;
	t->pictures++;
	if (!t->encoder) {
		take_unit(t, &item.unit);
		return 0;
	}
	err = encoder_push(t->encoder, &item.picture);
	return err < 0 && err != -EAGAIN ? err : pull_all(t);
}

static int run_trial(struct trial *t)
{
	int64_t until_us = FIRST_US;
	int err = 0;

	t->start_us = clock_monotonic_us();
	while (!err && clock_monotonic_us() - t->start_us < until_us) {
		err = step(t);
		if (t->units)
			until_us = t->first_us - t->start_us + TRIAL_US;
	}
	return err;
}

/* --- opening ------------------------------------------------------------- */

static int open_trial(struct trial *t, const struct check_params *params,
		      struct findings *f)
{
	struct source_params source = params->source;
	const struct source_info *info;
	int err;

	if (!strcmp(source.name, "auto"))
		source.name = source_auto(&t->memory);
	source.memory = &t->memory;
	source.bitrate = params->bitrate;
	source.gop = GOP;
	source.formats = encoder_formats(params->encoder);
	findings_fact(f, "stream", "source", "%s", source.name);
	err = source_open(&t->source, &source);
	if (err < 0)
		return err;
	t->camera = !strcmp(source_name(t->source), "camera");
	info = source_info(t->source);
	if (info->gives == SOURCE_ACCESS_UNITS)
		return 0;
	return encoder_open(
		&t->encoder,
		&(struct encoder_params){
			.name = params->encoder,
			.format = info->format,
			.width = info->width,
			.height = info->height,
			.fps_num = info->fps_num > 0 ? info->fps_num
						     : params->source.fps,
			.fps_den = info->fps_num > 0 ? info->fps_den : 1,
			.bitrate = params->bitrate,
			.gop = GOP,
			.from = info->capture,
		});
}

/* Where the pictures are when the encoder reads them. */
static const char *way(const struct trial *t)
{
	const struct capture *from = source_info(t->source)->capture;

	if (!t->encoder)
		return "the camera makes the H.264 itself";
	if (strcmp(encoder_name(t->encoder), "v4l2") != 0)
		return "the processor encodes";
	if (!from || !from->queue.count)
		return "each picture is copied";
	return from->queue.memory == V4L2_MEMORY_DMABUF
		       ? "the camera writes into the encoder's memory, "
			 "without a copy"
		       : "the encoder reads the camera's memory, without a "
			 "copy";
}

/* --- findings ------------------------------------------------------------ */

static void say_open(struct findings *f, const struct trial *t)
{
	const struct source_info *info = source_info(t->source);

	if (!strcmp(source_name(t->source), "testcard"))
		findings_add(f, FINDING_WARN, "stream",
			     "plug a camera in, or name one with --source",
			     "it shows the test card, no camera");
	findings_add(f, FINDING_GOOD, "stream", NULL,
		     "%dx%d at %d/%d pictures a second from %s; %s",
		     info->width, info->height, info->fps_num, info->fps_den,
		     source_name(t->source), way(t));
}

static void say_rate(struct findings *f, const struct trial *t)
{
	int64_t us = t->end_us - t->first_us;
	double seconds = us > 0 ? (double)us / 1e6 : 1;

	findings_add(f, FINDING_GOOD, "stream", NULL,
		     "%.1f pictures and %.0f kbit a second; the first after "
		     "%.1f s",
		     (double)(t->units - 1) / seconds,
		     (double)t->bytes * 8 / 1000 / seconds,
		     (double)(t->first_us - t->start_us) / 1e6);
	if (t->camera)
		findings_add(f, FINDING_GOOD, "stream", NULL,
			     "at most %.0f ms from the camera to H.264",
			     (double)t->late_us / 1e3);
	if (t->late_us > LATE_US)
		findings_add(f, FINDING_WARN, "stream",
			     "make the picture smaller, or fewer --fps",
			     "the encoder does not keep up");
	else if ((t->pictures - t->units) * 100 > t->pictures * MOST_GONE &&
		 t->pictures > t->units + 3)
		findings_add(f, FINDING_WARN, "stream",
			     "give more --bitrate, or fewer --fps",
			     "of %" PRIu64 " pictures the encoder skipped "
			     "%" PRIu64,
			     t->pictures, t->pictures - t->units);
}

void check_stream(struct findings *f, const struct check_params *params)
{
	struct trial t = { 0 };
	int err = open_trial(&t, params, f);

	if (err < 0) {
		findings_add(f, FINDING_BAD, "stream",
			     "the lines above say more", "%s: %s",
			     params->source.name, strerror(-err));
		goto out;
	}
	say_open(f, &t);
	err = run_trial(&t);
	if (t.units > 1)
		say_rate(f, &t);
	else
		findings_add(f, FINDING_BAD, "stream",
			     "the lines above say more", "no pictures came: %s",
			     err ? strerror(-err) : "nothing else is known");
out:
	encoder_close(&t.encoder);
	source_close(&t.source);
}
