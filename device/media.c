/* SPDX-License-Identifier: MIT */
#include "device/media.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "media"
#include "common/clock.h"
#include "common/log.h"
#include "device/source/source_auto.h"
#include "device/stream/cutter.h"
#include "device/stream/packager.h"

#define REOPEN_FIRST_MS 250
#define REOPEN_MOST_MS	8000
#define ABSENT_MOST_MS	1000 /* a camera that may be plugged in any time */

/* Failures of the hardware encoder in a row, until the processor does it. */
#define MOST_ENCODER_FAILURES 2

/* A wall clock that moved by more than this was set, and did not just drift. */
#define CLOCK_STEP_US 500000

/* What was taken longer ago has no time of its own. */
#define MOST_AGE_US 5000000

/* The wall clock in terms of media time, fixed until a discontinuity. */
struct anchor {
	bool set;
	int64_t wall_us, media_90k; /* the same moment */
	int64_t offset_us;	    /* wall minus monotonic at that moment */
};

struct media {
	struct media_params params;
	struct source_memory memory;
	const char *source_name; /* of what is open; never "auto" */
	const char *encoder_name;
	int encoder_failures; /* since it gave a unit last */
	int wait_ms;	      /* before it is opened again; grows */
	struct source *source;
	struct encoder *encoder;
	struct packager *packager;
	struct handover *handover;
	struct h264_parameter_sets sets;
	struct cutter cutter;
	struct anchor anchor;
	struct handover_part part; /* the one that is being made */
	uint32_t init;
	int fps_num, fps_den; /* nominal */
	int part_target_ms;
	bool waiting; /* for a key frame, before anything can be packaged */
	struct steering_orders orders;
	struct steering_facts facts;
	unsigned int pictures; /* counted for the divisor */
	int64_t skipped_at_us; /* when skipping began; see facts.skipping */
	struct media_counters counters;
};

/* --- opening ----------------------------------------------------------------
 */

static void choose_constants(struct media *m)
{
	const struct source_info *info = source_info(m->source);

	m->fps_num = info->fps_num;
	m->fps_den = info->fps_den;
	if (m->fps_num <= 0 || m->fps_den <= 0) {
		m->fps_num = m->params.source.fps;
		m->fps_den = 1;
	}
	m->part_target_ms = cutter_part_target_ms(
		m->params.part_ms, m->fps_num, m->fps_den, m->params.min_fps);
}

/*
 * "auto" that fails again and again goes on with the processor, until the
 * program starts anew: a picture that costs more is better than none.
 */
static int count_failure(struct media *m, int err)
{
	if (err >= 0 || ++m->encoder_failures < MOST_ENCODER_FAILURES ||
	    strcmp(m->encoder_name, "auto"))
		return err;
	log_warn("the hardware encoder failed %d times in a row: the "
		 "processor encodes from here on",
		 m->encoder_failures);
	m->encoder_name = "x264";
	return err;
}

static int open_encoder(struct media *m)
{
	const struct source_info *info = source_info(m->source);
	int err;

	if (info->gives != SOURCE_PICTURES)
		return 0;
	pulse_enter(m->params.pulse, true);
	err = encoder_open(
		&m->encoder,
		&(struct encoder_params){
			.name = m->encoder_name,
			.format = info->format,
			.from = info->capture,
			.width = info->width,
			.height = info->height,
			.fps_num = m->fps_num,
			.fps_den = m->fps_den,
			.bitrate = m->params.bitrate,
			/* keys are asked for; this is only the last resort */
			.gop = 10 * m->fps_num / m->fps_den + 1,
		});
	if (!err) /* opened as ever, so that its parameter sets are the same */
		encoder_set_bitrate(m->encoder, m->facts.bitrate,
				    m->facts.divisor);
	return count_failure(m, err);
}

/* Whether the source is hardware, or a program that runs some. */
static bool is_guarded(const struct media *m)
{
	return !strncmp(m->source_name, "v4l2", 4) ||
	       !strcmp(m->source_name, "rpicam");
}

static void close_source(struct media *m)
{
	pulse_enter(m->params.pulse, true);
	encoder_close(&m->encoder);
	source_close(&m->source);
}

/* What is known of it now is for whoever steers. */
static void tell_open(struct media *m)
{
	struct steering_facts *f = &m->facts;

	f->open = true;
	f->encodes = m->encoder;
	f->frame_us = 1000000LL * m->fps_den / m->fps_num;
	f->most_divisor = m->fps_num / m->fps_den / m->params.min_fps;
	if (f->most_divisor < 1 || !f->encodes)
		f->most_divisor = 1;
	f->least_bitrate = m->encoder ? encoder_least_bitrate(m->encoder) : 0;
	steering_tell(m->params.steering, f);
}

/* A URL can have a password in it: its user information is left out. */
static void tell_source(const struct media *m)
{
	const struct source_info *info = source_info(m->source);
	const char *name = m->source_name, *scheme = strstr(name, "://");
	const char *at = scheme ? strchr(scheme, '@') : NULL;
	char text[STATUS_NAME_SIZE];

	if (at)
		snprintf(text, sizeof(text), "%.*s%s", (int)(scheme - name) + 3,
			 name, at + 1);
	else
		snprintf(text, sizeof(text), "%s", name);
	status_source(m->params.status, text,
		      m->encoder ? encoder_name(m->encoder) : NULL, info->width,
		      info->height);
	status_note(m->params.status, STATUS_SOURCE, NULL);
}

static int open_source(struct media *m)
{
	struct source_params params = m->params.source;
	int err;

	pulse_enter(m->params.pulse, true);
	m->source_name = strcmp(params.name, "auto") ? params.name
						     : source_auto(&m->memory);
	params.name = m->source_name;
	params.memory = &m->memory;
	params.bitrate = m->facts.bitrate;
	params.gop = params.fps * m->params.segment_ms / 1000;
	params.formats = encoder_formats(m->encoder_name);
	pulse_enter(m->params.pulse, is_guarded(m));
	err = source_open(&m->source, &params);
	if (err < 0)
		return err;
	if (!m->part_target_ms)
		choose_constants(m);
	err = open_encoder(m);
	if (err < 0)
		close_source(m);
	if (!err) {
		tell_open(m);
		tell_source(m);
	}
	return err;
}

/* Returns whether the program is to stop. */
static bool pause_ms(const struct media *m, int ms)
{
	struct pollfd stop = { .fd = m->params.source.stop_fd,
			       .events = POLLIN };

	return poll(&stop, 1, ms) > 0;
}

/* No camera is no trouble: it can be plugged in at any time. */
static bool is_absent(int err)
{
	return err == -ENODEV || err == -ENOENT || err == -ENXIO;
}

static void tell_trouble(const struct media *m, int err)
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
	status_note(m->params.status, STATUS_SOURCE, text);
}

/* A camera that is not there yet is waited for, and nothing else. */
static int open_first(struct media *m)
{
	int err = open_source(m);

	while (is_absent(err) && !strncmp(m->source_name, "v4l2", 4)) {
		tell_trouble(m, err);
		pulse_enter(m->params.pulse, false);
		if (pause_ms(m, ABSENT_MOST_MS))
			return -ECANCELED;
		err = open_source(m);
	}
	return err;
}

int media_open(struct media **out, const struct media_params *params)
{
	struct media *m = calloc(1, sizeof(*m));
	int err;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	m->params = *params;
	m->encoder_name = params->encoder;
	m->facts = (struct steering_facts){ .bitrate = params->bitrate,
					    .divisor = 1 };
	m->orders = (struct steering_orders){ .divisor = 1 };
	err = open_first(m);
	if (err < 0) {
		media_close(&m);
		return err;
	}
	*out = m;
	return 0;
}

void media_close(struct media **media)
{
	struct media *m = *media;

	*media = NULL;
	if (!m)
		return;
	packager_close(&m->packager);
	close_source(m);
	free(m);
}

struct window_params media_window(const struct media *m)
{
	/* room for a key frame that comes late, and whole seconds (4.4.3.1) */
	int target_ms = (m->params.segment_ms + 999) / 1000 * 1000 + 1000;

	return (struct window_params){
		.segments = m->params.window,
		.target_ms = target_ms,
		.part_target_ms = m->part_target_ms,
	};
}

const struct media_counters *media_counters(const struct media *m)
{
	return &m->counters;
}

/* --- parts ------------------------------------------------------------------
 */

/*
 * The wall clock minus the monotonic one: the relay's as soon as that is
 * known, because ours may have started in 1970.
 */
static int64_t clock_offset_us(const struct media *m)
{
	int64_t offset_us;

	if (handover_clock(m->handover, &offset_us))
		return offset_us;
	return clock_wall_us() - clock_monotonic_us();
}

/*
 * When the picture was taken: media time is the monotonic clock's (frame.h),
 * but for what cannot be, as when a recording is played.
 */
static int64_t captured_us(const struct access_unit *unit, int64_t now_us)
{
	int64_t at_us = unit->pts_90k * 100 / 9;

	return at_us > now_us || at_us < now_us - MOST_AGE_US ? now_us : at_us;
}

static void set_anchor(struct media *m, int64_t dts_90k, int64_t taken_us)
{
	int64_t offset_us = clock_offset_us(m);

	m->anchor = (struct anchor){
		.set = true,
		.wall_us = taken_us + offset_us,
		.media_90k = dts_90k,
		.offset_us = offset_us,
	};
}

static bool clock_was_set(const struct media *m)
{
	int64_t moved = clock_offset_us(m) - m->anchor.offset_us;

	return moved > CLOCK_STEP_US || moved < -CLOCK_STEP_US;
}

static int64_t wall_us(const struct anchor *a, int64_t dts_90k)
{
	return a->wall_us + (dts_90k - a->media_90k) * 100 / 9;
}

/*
 * Ends what the cutter says is to end. A part that could not be stored was
 * logged by the handover, which also marks the gap: the camera goes on.
 */
static void cut(struct media *m, const struct cutter_cut *cut)
{
	const uint8_t *bytes;
	size_t size;

	if (cut->part) {
		m->part.duration_90k = (uint32_t)cut->duration_90k;
		m->part.last = cut->segment;
		if (packager_cut(m->packager, cut->end_90k, &bytes, &size) < 0)
			return;
		handover_put_part(m->handover, &m->part, bytes, size);
		m->counters.parts++;
	} else if (cut->segment) {
		handover_end_segment(m->handover);
	}
}

static void begin_part(struct media *m, const struct cutter_step *step,
		       int64_t taken_us)
{
	bool jump = step->discontinuity;

	if (!m->anchor.set || jump) {
		set_anchor(m, step->dts_90k, taken_us);
	} else if (step->segment && clock_was_set(m)) {
		log_info("the clock was set: the stream's dates follow it "
			 "after a discontinuity");
		set_anchor(m, step->dts_90k, taken_us);
		jump = true;
	}
	m->part = (struct handover_part){
		.init = m->init,
		.start_us = wall_us(&m->anchor, step->dts_90k),
		.segment = step->segment,
		.discontinuity = jump,
		.independent = step->independent,
		.trace = { .captured_us = taken_us,
			   .encoded_us = clock_monotonic_us() },
	};
}

/* New parameter sets: a new init segment, and a muxer that made it. */
static int change_packager(struct media *m)
{
	const uint8_t *init;
	size_t size;
	int err;

	packager_close(&m->packager);
	err = packager_open(&m->packager, &m->sets);
	if (err < 0)
		return err;
	init = packager_init(m->packager, &size);
	err = handover_put_init(m->handover, init, size, &m->init);
	if (err < 0)
		packager_close(&m->packager); /* so that it is tried again */
	return err;
}

static int take_unit(struct media *m, const struct access_unit *unit)
{
	int changed = h264_collect(&m->sets, unit->bytes, unit->size);
	int64_t taken_us = captured_us(unit, clock_monotonic_us());
	struct cutter_step step;
	int err = 0;

	if (changed < 0) {
		log_error("a parameter set is larger than %d bytes",
			  H264_MAX_PARAMETER_SET);
		return changed;
	}
	if (m->waiting && !(unit->key && m->sets.sps_size && m->sets.pps_size))
		return 0;
	step = cutter_add(&m->cutter,
			  &(struct cutter_frame){
				  .dts_90k = unit->dts_90k,
				  .duration_90k = unit->duration_90k,
				  .key = unit->key,
				  .discontinuity = unit->discontinuity ||
						   m->waiting || changed,
			  });
	m->waiting = false;
	cut(m, &step.before);
	if (changed || !m->packager)
		err = change_packager(m);
	if (err < 0)
		return err;
	if (step.part)
		begin_part(m, &step, taken_us);
	m->part.trace.full_us = taken_us;
	err = packager_add(m->packager, unit, step.dts_90k);
	if (err < 0)
		return err;
	m->counters.frames++;
	status_frame(m->params.status);
	atomic_fetch_add(&m->params.pulse->units, 1);
	atomic_store(&m->params.pulse->trouble, false);
	m->counters.h264_bytes += unit->size;
	cut(m, &step.after);
	return 0;
}

/* --- what is ordered --------------------------------------------------------
 */

/* A pipe cannot be opened again: it is read, and what comes is left out. */
static bool can_rest(const struct media *m)
{
	return strcmp(m->source_name, "-") != 0;
}

/* Ends what is open: what comes next follows a discontinuity, and is a key. */
static void pause_stream(struct media *m)
{
	struct cutter_cut last = cutter_flush(&m->cutter);

	cut(m, &last);
	m->waiting = true;
}

/* From here on frames are left out, until resume(). */
static void skip(struct media *m)
{
	struct steering_facts *f = &m->facts;

	if (f->skipping)
		return;
	pause_stream(m);
	f->skipping = true;
	f->skips++;
	m->skipped_at_us = clock_monotonic_us();
	steering_tell(m->params.steering, f);
}

static void resume(struct media *m)
{
	struct steering_facts *f = &m->facts;

	if (!f->skipping)
		return;
	f->skipping = false;
	f->skipped_us += clock_monotonic_us() - m->skipped_at_us;
	steering_tell(m->params.steering, f);
}

/* Bitrate and divisor; never below what the encoder can do safely. */
static void change_rate(struct media *m)
{
	struct steering_facts *f = &m->facts;
	int64_t bitrate =
		m->orders.bitrate ? m->orders.bitrate : m->params.bitrate;
	int divisor = m->orders.divisor;

	if (divisor > f->most_divisor)
		divisor = f->most_divisor;
	if (!m->encoder || (bitrate == f->bitrate && divisor == f->divisor))
		return;
	f->bitrate = bitrate;
	f->divisor = divisor;
	f->least_bitrate = encoder_least_bitrate(m->encoder);
	encoder_set_bitrate(m->encoder, bitrate, divisor);
	steering_tell(m->params.steering, f);
}

static void take_orders(struct media *m)
{
	bool key = m->orders.key;

	steering_take(m->params.steering, &m->orders);
	m->orders.key = m->orders.key || key;
	change_rate(m);
}

/* Whether frames go into the stream now. */
static bool is_wanted(const struct media *m)
{
	return !m->orders.skip && m->orders.work == STEERING_ENCODE;
}

/* --- the loop ---------------------------------------------------------------
 */

static int drain_encoder(struct media *m)
{
	struct access_unit unit;
	int err;

	while (!(err = encoder_pull(m->encoder, &unit))) {
		m->encoder_failures = 0;
		err = m->facts.skipping ? 0 : take_unit(m, &unit);
		if (err < 0)
			return err;
	}
	return err == -EAGAIN ? 0 : count_failure(m, err);
}

/* A poster now and then, whether anybody watches or not. */
static void show_picture(struct media *m, const struct picture *picture)
{
	int64_t now_us = clock_monotonic_us();

	if (poster_maker_is_due(&m->params.posters, now_us))
		poster_maker_show(&m->params.posters, picture, now_us,
				  now_us + clock_offset_us(m));
}

/* Likewise of H.264 that passes through; newer sets can be in the unit. */
static void show_key(struct media *m, const struct access_unit *unit)
{
	int64_t now_us = clock_monotonic_us();

	if (unit->key && poster_maker_is_due(&m->params.posters, now_us))
		poster_maker_show_key(&m->params.posters, &m->sets, unit,
				      now_us, now_us + clock_offset_us(m));
}

static int take_picture(struct media *m, const struct picture *picture)
{
	int err;

	show_picture(m, picture);
	if (!is_wanted(m)) {
		skip(m);
		return drain_encoder(m); /* nobody waits for what is in it */
	}
	resume(m);
	if (m->pictures++ % (unsigned int)m->facts.divisor)
		return drain_encoder(m);
	/* what follows a discontinuity should begin with a key frame */
	if (m->waiting || m->orders.key || cutter_wants_key(&m->cutter) ||
	    cutter_jumps(&m->cutter, picture->pts_90k))
		encoder_request_key(m->encoder);
	m->orders.key = false;
	err = encoder_push(m->encoder, picture);
	if (err == -EAGAIN)
		err = 0; /* the encoder is behind: this picture is skipped */
	return err < 0 ? count_failure(m, err) : drain_encoder(m);
}

/* H.264 that comes as it is: all that can be done is to leave GOPs out. */
static int take_passing(struct media *m, const struct access_unit *unit)
{
	show_key(m, unit);
	if (!is_wanted(m)) {
		skip(m);
		return 0;
	}
	if (m->facts.skipping && !unit->key)
		return 0;
	resume(m);
	return take_unit(m, unit);
}

static int run_source(struct media *m)
{
	bool guarded = is_guarded(m);
	struct source_item item;
	int err;

	do {
		int fd = m->encoder ? encoder_fd(m->encoder) : -1;

		take_orders(m);
		if (m->orders.work == STEERING_REST && can_rest(m))
			return 0;
		pulse_enter(m->params.pulse, guarded);
		err = source_next(m->source, &item, fd);
		pulse_enter(m->params.pulse, true);
		if (err == -EAGAIN)
			err = m->encoder ? drain_encoder(m) : 0;
		else if (!err && m->encoder)
			err = take_picture(m, &item.picture);
		else if (!err)
			err = take_passing(m, &item.unit);
	} while (!err);
	return err;
}

static void init_cutter(struct media *m)
{
	struct window_params w = media_window(m);

	cutter_init(&m->cutter,
		    &(struct cutter_params){
			    .part_target_90k = w.part_target_ms * 90,
			    .segment_90k = m->params.segment_ms * 90,
			    .target_90k = w.target_ms * 90,
			    .frame_90k = 90000LL * m->fps_den / m->fps_num,
			    .keys_at_once = m->encoder &&
					    encoder_keys_at_once(m->encoder),
			    .keys_asked = m->encoder != NULL,
		    });
}

/* Opens the source again until it works. False: stop. */
static bool reopen(struct media *m, int err)
{
	for (;;) {
		int most_ms = is_absent(err) ? ABSENT_MOST_MS : REOPEN_MOST_MS;

		m->wait_ms *= 2;
		if (m->wait_ms < REOPEN_FIRST_MS)
			m->wait_ms = REOPEN_FIRST_MS;
		if (m->wait_ms > most_ms)
			m->wait_ms = most_ms;

		close_source(m);
		atomic_store(&m->params.pulse->trouble, !is_absent(err));
		pulse_enter(m->params.pulse, false);
		if (pause_ms(m, m->wait_ms))
			return false;
		err = open_source(m);
		if (!err)
			return true;
		if (err == -ECANCELED)
			return false;
	}
}

/*
 * Camera and encoder are closed until they are wanted again. Returns what
 * opening them gave, or -ECANCELED: stop.
 */
static int rest(struct media *m)
{
	struct pollfd fds[] = {
		{ .fd = m->params.source.stop_fd, .events = POLLIN },
		{ .fd = steering_fd(m->params.steering), .events = POLLIN },
	};

	skip(m);
	close_source(m);
	pulse_enter(m->params.pulse, false);
	log_info("the camera rests until somebody watches");
	while (m->orders.work == STEERING_REST) {
		poll(fds, 2, -1);
		if (fds[0].revents)
			return -ECANCELED;
		take_orders(m);
	}
	return open_source(m);
}

int media_run(struct media *m, struct handover *handover)
{
	int err = 0, said = 0;

	m->handover = handover;
	init_cutter(m);
	m->waiting = true;
	do {
		uint64_t frames = m->counters.frames;

		err = run_source(m);
		if (m->counters.frames > frames)
			m->wait_ms = said = 0;
		pause_stream(m);
		if (!err)
			err = rest(m);
		if (err == -ECANCELED || err == -ENODATA)
			break;
		if (err && err != said) /* once, while it does not work */
			log_warn("%s stopped: %s; opening it again",
				 m->source_name, strerror(-err));
		said = err;
		tell_trouble(m, err);
	} while (!err || reopen(m, err));
	pulse_enter(m->params.pulse, false);
	return err == -ENODATA ? err : 0;
}
