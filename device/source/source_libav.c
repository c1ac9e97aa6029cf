/* SPDX-License-Identifier: MIT */
/*
 * A file is read again and again, and paced. Its units are read one ahead, so
 * that each one's duration is known when it is given; that of a file's last
 * one is the way to its first again. What is live is given as it comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "source"
#include "common/clock.h"
#include "common/log.h"
#include "device/source/reader.h"
#include "device/source/source_kinds.h"
#include "device/source/timeline.h"
#include "device/source/wait.h"

#define DEFAULT_FRAME_90K 3000

struct state {
	struct source_params params;
	char *name; /* params.name, ours */
	bool live;
	struct wait wait;
	struct reader *reader;
	struct reader *before; /* at its end, but what was read last is there */
	struct timeline timeline;
	struct reader_item first; /* read by open */
	bool has_first;
	struct source_item ahead; /* a file's next unit */
	bool has_ahead;
	struct source_item ready; /* to be given when its time comes */
	bool is_ready;
	bool is_empty; /* nothing came since the file was opened */
	bool told_damage, told_late;
};

static void close_libav(void *self)
{
	struct state *s = self;

	reader_close(&s->reader);
	reader_close(&s->before);
	wait_close(&s->wait);
	free(s->name);
}

/* --- the file, again and again ------------------------------------------- */

static void tell_damage(struct state *s)
{
	const char *damage = reader_damage(s->reader);

	if (damage && !s->told_damage)
		log_warn("%s is damaged: %s; what can be read is played",
			 reader_name(s->reader), damage);
	s->told_damage |= damage != NULL;
}

static bool is_the_same(const struct source_info *a,
			const struct source_info *b)
{
	return a->gives == b->gives && a->width == b->width &&
	       a->height == b->height;
}

/*
 * Opens the file once more, rather than seeking: so it comes out the same
 * each time. What gave nothing is not opened again.
 */
static int start_over(struct state *s)
{
	struct reader *again;
	int err;

	if (s->is_empty) {
		log_error("%s: no picture in it can be read; see what ffprobe "
			  "says of it",
			  reader_name(s->reader));
		return -EINVAL;
	}
	err = reader_open(&again, &s->params);
	if (err < 0)
		return err;
	if (!is_the_same(reader_info(again), reader_info(s->reader))) {
		log_error("%s is another video now; it is opened anew",
			  reader_name(again));
		reader_close(&again);
		return -ESTALE;
	}
	reader_close(&s->before);
	s->before = s->reader;
	s->reader = again;
	s->is_empty = true;
	timeline_restart(&s->timeline);
	return 0;
}

static int read_item(struct state *s, struct reader_item *out)
{
	int err;

	while ((err = reader_next(s->reader, out)) == -ENODATA) {
		tell_damage(s);
		if (!s->params.loop && !s->is_empty)
			return -ENODATA;
		if ((err = start_over(s)) < 0)
			return err;
	}
	s->is_empty = false;
	return err;
}

/* --- onto media time ----------------------------------------------------- */

static void tell_late(struct state *s)
{
	if (!s->told_late)
		log_warn("%s: cannot be read or decoded as fast as it plays; "
			 "some of its time is left out",
			 reader_name(s->reader));
	s->told_late = true;
}

/* The next item, with its time here. */
static int fetch(struct state *s, struct source_item *out)
{
	bool units = reader_info(s->reader)->gives == SOURCE_ACCESS_UNITS;
	struct reader_item item = s->first;
	struct timeline_place place;
	int64_t at, now;
	int err = s->has_first ? 0 : read_item(s, &item);

	if (err < 0)
		return err;
	at = units ? item.unit.dts_90k : item.picture.pts_90k;
	now = clock_monotonic_us() * 9 / 100;
	if (s->has_first && s->live)
		now = reader_arrival_90k(s->reader, at);
	s->has_first = false;
	place = timeline_add(&s->timeline, at, item.duration_90k, now);
	if (place.late)
		tell_late(s);
	*out = (struct source_item){ .picture = item.picture,
				     .unit = item.unit };
	out->picture.pts_90k = place.at;
	out->unit.dts_90k = place.at;
	out->unit.pts_90k += place.shift;
	if (out->unit.pts_90k < place.at)
		out->unit.pts_90k = place.at;
	out->unit.discontinuity = place.discontinuity;
	return 0;
}

/*
 * Makes the unit that was read ahead ready, and reads another. Where that
 * does not go on from it, or there is none, its duration is what is expected.
 */
static int prepare_unit(struct state *s)
{
	int64_t duration;
	int err = s->has_ahead ? 0 : fetch(s, &s->ahead);

	if (err < 0)
		return err;
	s->ready = s->ahead;
	duration = s->timeline.duration;
	err = fetch(s, &s->ahead);
	s->has_ahead = !err;
	if (err < 0 && err != -ENODATA)
		return err;
	if (!err && !s->ahead.unit.discontinuity)
		duration = s->ahead.unit.dts_90k - s->ready.unit.dts_90k;
	s->ready.unit.duration_90k = duration;
	return 0;
}

static int prepare(struct state *s, int also_fd)
{
	int err;

	reader_close(&s->before); /* what was in it was given */
	if (s->live) {
		/* what comes in the meantime is seen behind the next item */
		err = wait_look(&s->wait, also_fd);
		return err < 0 ? err : fetch(s, &s->ready);
	}
	if (reader_info(s->reader)->gives == SOURCE_ACCESS_UNITS)
		return prepare_unit(s);
	return fetch(s, &s->ready);
}

static int next_item(void *self, struct source_item *out, int also_fd)
{
	struct state *s = self;
	const struct source_item *ready = &s->ready;
	bool units = reader_info(s->reader)->gives == SOURCE_ACCESS_UNITS;
	int64_t at;
	int err;

	if (!s->is_ready && (err = prepare(s, also_fd)) < 0)
		return err;
	s->is_ready = true;
	at = units ? ready->unit.dts_90k : ready->picture.pts_90k;
	if (!s->live && (err = wait_until(&s->wait, at * 100 / 9, also_fd)) < 0)
		return err;
	s->is_ready = false;
	*out = *ready;
	return 0;
}

/* --- opening ------------------------------------------------------------- */

static void tell_info(const struct state *s)
{
	const struct source_info *info = reader_info(s->reader);

	log_info("%s: %dx%d, %d/%d frames a second, %s%s",
		 reader_name(s->reader), info->width, info->height,
		 info->fps_num, info->fps_den,
		 info->gives == SOURCE_PICTURES ? "decoded" : "passed through",
		 s->live ? ", live" : "");
}

static int open_libav(void *self, const struct source_params *params,
		      struct source_info *info)
{
	struct state *s = self;
	int64_t frame_90k = DEFAULT_FRAME_90K;
	int err;

	s->wait.timer_fd = -1;
	s->params = *params;
	s->params.name = s->name = strdup(params->name);
	s->is_empty = true;
	if (!s->name)
		return -ENOMEM;
	if ((err = wait_open(&s->wait, params->stop_fd)) < 0 ||
	    (err = reader_open(&s->reader, &s->params)) < 0)
		return err;
	s->live = reader_is_live(s->reader);
	*info = *reader_info(s->reader);
	if (info->fps_num)
		frame_90k = INT64_C(90000) * info->fps_den / info->fps_num;
	timeline_init(&s->timeline, s->live, frame_90k > 0 ? frame_90k : 1);
	err = read_item(s, &s->first);
	if (err < 0)
		return err;
	s->has_first = true;
	tell_info(s);
	return 0;
}

const struct source_kind source_libav = {
	.name = "libav",
	.size = sizeof(struct state),
	.open = open_libav,
	.next = next_item,
	.close = close_libav,
};
