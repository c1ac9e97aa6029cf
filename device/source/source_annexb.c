/* SPDX-License-Identifier: MIT */
/*
 * H.264 on standard input (or another pipe, for source_rpicam.c), as
 * `rpicam-vid --inline -o -` writes it. It tells no time, so the time of a
 * picture is when its first byte came. What the SPS or --fps say about the rate
 * is told on, but never used to make time: a camera that does not keep to it
 * would drift away from the clock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MODULE "stdin"
#include "common/clock.h"
#include "common/log.h"
#include "common/wire.h"
#include "device/source/source_kinds.h"
#include "device/source/splitter.h"
#include "device/source/wait.h"
#include "device/stream/h264.h"

#define HINT_UNITS 300 /* without a key frame, until we say so */

struct state {
	struct wait wait;
	int fd; /* borrowed */
	struct splitter *splitter;
	struct h264_parameter_sets sets;
	struct h264_sps sps;
	bool synced;		  /* a key frame and its sets have come */
	bool discontinuity;	  /* something was lost before the next unit */
	bool ended;		  /* the pipe is closed, its last unit given */
	int skipped;		  /* units before the first key frame */
	int64_t next_90k;	  /* the time of the next unit, at least */
	int64_t interval_90k;	  /* between the two units before */
	struct access_unit first; /* found by open; bytes NULL: none */
};

static void close_annexb(void *self)
{
	struct state *s = self;

	splitter_close(&s->splitter);
	wait_close(&s->wait);
}

/* --- one access unit ----------------------------------------------------- */

/* The first slice of a unit; its type is 0 when there is none. */
static struct h264_nal first_slice(const struct splitter_unit *unit)
{
	struct h264_nal nal;
	size_t at = 0;

	while (h264_next_nal(&nal, unit->bytes, unit->size, &at)) {
		if (nal.type == H264_SLICE || nal.type == H264_IDR)
			return nal;
	}
	return (struct h264_nal){ 0 };
}

static int take_sets(struct state *s, const struct splitter_unit *unit)
{
	int changed = h264_collect(&s->sets, unit->bytes, unit->size);

	if (changed == 1 && s->sets.sps_size)
		changed =
			h264_parse_sps(&s->sps, s->sets.sps, s->sets.sps_size);
	if (changed < 0)
		log_error("cannot read the SPS or PPS of this stream; is it "
			  "H.264, as of rpicam-vid --codec h264 --inline?");
	return changed < 0 ? -EINVAL : 0;
}

static int refuse_b_frames(void)
{
	log_error("the stream has B-frames, whose order cannot be told without "
		  "timestamps; run rpicam-vid with --low-latency");
	return -EINVAL;
}

static void skip(struct state *s)
{
	if (++s->skipped == HINT_UNITS)
		log_warn("no key frame with SPS and PPS among %d pictures; run "
			 "rpicam-vid with --inline",
			 HINT_UNITS);
}

static int64_t to_90k(int64_t us)
{
	return us * 9 / 100;
}

/*
 * Lays down the time of a unit. Two that came at once are one tick apart; the
 * one behind will be given exactly dts + duration.
 */
static void set_time(struct state *s, const struct splitter_unit *unit,
		     struct access_unit *out)
{
	int64_t at = to_90k(unit->arrived_us);
	int64_t end = to_90k(unit->next_us);

	if (at < s->next_90k)
		at = s->next_90k;
	if (!unit->next_us)
		end = at + s->interval_90k; /* the last one */
	if (end <= at)
		end = at + 1;
	out->dts_90k = out->pts_90k = at;
	out->duration_90k = s->interval_90k = end - at;
	s->next_90k = end;
}

/* Returns 1 when *out was filled, 0 when the unit cannot be used. */
static int accept_unit(struct state *s, const struct splitter_unit *unit,
		       struct access_unit *out)
{
	struct h264_nal slice = first_slice(unit);
	bool key = slice.type == H264_IDR;
	int err;

	if ((err = take_sets(s, unit)) < 0)
		return err;
	if (s->sps.reorders && h264_slice_type(slice.bytes, slice.size) == 1)
		return refuse_b_frames();
	if (!s->synced && !(key && s->sets.sps_size && s->sets.pps_size)) {
		skip(s);
		return 0;
	}
	s->synced = true;
	*out = (struct access_unit){ .bytes = unit->bytes,
				     .size = unit->size,
				     .key = key,
				     .discontinuity = s->discontinuity };
	s->discontinuity = false;
	set_time(s, unit, out);
	return 1;
}

/* --- the pipe ------------------------------------------------------------ */

/* Reads what there is. Returns 0, also at the end, or an error. */
static int fill(struct state *s, int also_fd)
{
	size_t room;
	uint8_t *bytes = splitter_room(s->splitter, &room);
	int err = wait_readable(&s->wait, s->fd, also_fd);
	ssize_t n;

	if (err < 0)
		return err;
	n = read(s->fd, bytes, room);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0) {
		err = -errno;
		log_error("cannot read: %s", strerror(-err));
		return err;
	}
	s->ended = n == 0;
	splitter_filled(s->splitter, (size_t)n, clock_monotonic_us());
	return 0;
}

/* Waits for whole units until one can be used. */
static int next(struct state *s, struct access_unit *out, int also_fd)
{
	struct splitter_unit unit;
	int err;

	for (;;) {
		err = splitter_next(s->splitter, &unit);
		if (!err && s->ended)
			err = splitter_end(s->splitter, &unit);
		if (!err && s->ended)
			return -ENODATA;
		if (err == -EMSGSIZE) {
			log_error("a picture of more than %u bytes was left "
				  "out; lower the camera's bitrate",
				  WIRE_MAX_PART);
			s->synced = false; /* others may refer to it */
			s->discontinuity = true;
			continue;
		}
		err = err ? accept_unit(s, &unit, out) : fill(s, also_fd);
		if (err)
			return err < 0 ? err : 0;
	}
}

/* --- the source ---------------------------------------------------------- */

static int check_stdin(void)
{
	struct stat st;

	if (isatty(STDIN_FILENO)) {
		log_error("standard input is a terminal; pipe a camera into "
			  "it: rpicam-vid --inline -t 0 -o - | oriel-cam ...");
		return -EINVAL;
	}
	if (!fstat(STDIN_FILENO, &st) && S_ISREG(st.st_mode))
		log_warn("standard input is a file, all of whose pictures come "
			 "at once; name the file as the source to play it");
	return 0;
}

static void fill_info(const struct state *s, const struct source_params *params,
		      struct source_info *info)
{
	*info = (struct source_info){ .gives = SOURCE_ACCESS_UNITS,
				      .width = s->sps.width,
				      .height = s->sps.height,
				      .fps_num = s->sps.fps_num,
				      .fps_den = s->sps.fps_den };
	if (!info->fps_num && params->fps > 0) {
		info->fps_num = params->fps;
		info->fps_den = 1;
	}
}

static int open_annexb(void *self, const struct source_params *params,
		       struct source_info *info)
{
	struct state *s = self;
	int err;

	s->wait.timer_fd = -1;
	s->fd = params->fd;
	if (s->fd == STDIN_FILENO && (err = check_stdin()) < 0)
		return err;
	if ((err = wait_open(&s->wait, params->stop_fd)) < 0 ||
	    (err = splitter_open(&s->splitter, WIRE_MAX_PART)) < 0) {
		log_error("cannot prepare to read: %s", strerror(-err));
		return err;
	}
	err = next(s, &s->first, -1);
	if (err == -ENODATA) {
		log_error("the stream ended before a key frame with SPS and "
			  "PPS came; is it H.264, as of rpicam-vid --codec "
			  "h264 --inline?");
		return -EINVAL;
	}
	if (err < 0)
		return err;
	fill_info(s, params, info);
	return 0;
}

static int next_unit(void *self, struct source_item *out, int also_fd)
{
	struct state *s = self;

	if (!s->first.bytes)
		return next(s, &out->unit, also_fd);
	out->unit = s->first;
	s->first.bytes = NULL;
	return 0;
}

const struct source_kind source_annexb = {
	.name = "stdin",
	.size = sizeof(struct state),
	.open = open_annexb,
	.next = next_unit,
	.close = close_annexb,
};
