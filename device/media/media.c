/* SPDX-License-Identifier: MIT */
#include "device/media/media.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "media"
#include "common/clock.h"
#include "common/log.h"
#include "device/media/feed.h"
#include "device/stream/cutter.h"

struct media {
	struct media_params params;
	struct feed feed;
	struct parts *parts;
	int part_target_ms;
	struct steering_orders orders;
	struct steering_facts facts;
	struct handover *handover;
	unsigned int pictures; /* counted for the divisor */
	int64_t late_us; /* skips for the link's sake since then; 0: does not */
	bool gone;	 /* nobody can use what is in the handover any more */
};

/* --- opening ----------------------------------------------------------------
 */

/* What is known of the feed now is for whoever steers. */
static void tell_open(struct media *m)
{
	const struct feed *feed = &m->feed;
	struct steering_facts *f = &m->facts;

	f->open = true;
	f->encodes = feed->encoder;
	f->frame_us = 1000000LL * feed->fps_den / feed->fps_num;
	f->most_divisor = feed->fps_num / feed->fps_den / m->params.min_fps;
	if (f->most_divisor < 1 || !f->encodes)
		f->most_divisor = 1;
	f->least_bitrate =
		feed->encoder ? encoder_least_bitrate(feed->encoder) : 0;
	steering_tell(m->params.steering, f);
}

static int open_feed(struct media *m)
{
	struct feed *f = &m->feed;
	int err;

	feed_init(f, &(struct feed_params){
			     .source = m->params.source,
			     .encoder = m->params.encoder,
			     .pulse = m->params.pulse,
			     .status = m->params.status,
			     .bitrate = m->params.bitrate,
			     .segment_ms = m->params.segment_ms,
		     });
	err = feed_open_first(f);
	if (err < 0)
		return err;
	m->part_target_ms = cutter_part_target_ms(
		m->params.part_ms, f->fps_num, f->fps_den, m->params.min_fps);
	tell_open(m);
	return 0;
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

static int open_parts(struct media *m)
{
	const struct feed *f = &m->feed;
	struct window_params w = media_window(m);

	return parts_open(
		&m->parts,
		&(struct cutter_params){
			.part_target_90k = w.part_target_ms * 90,
			.segment_90k = m->params.segment_ms * 90,
			.target_90k = w.target_ms * 90,
			.frame_90k = 90000LL * f->fps_den / f->fps_num,
			.keys_at_once =
				f->encoder && encoder_keys_at_once(f->encoder),
			.keys_asked = f->encoder != NULL,
		});
}

int media_open(struct media **out, const struct media_params *params)
{
	struct media *m = calloc(1, sizeof(*m));
	int err;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	m->params = *params;
	m->facts = (struct steering_facts){ .bitrate = params->bitrate,
					    .divisor = 1 };
	m->orders = (struct steering_orders){ .divisor = 1 };
	err = open_feed(m);
	if (!err)
		err = open_parts(m);
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
	parts_close(&m->parts);
	feed_close(&m->feed);
	free(m);
}

const struct parts_counters *media_counters(const struct media *m)
{
	return parts_counters(m->parts);
}

/* --- what is ordered --------------------------------------------------------
 */

/* What is left out because nobody wants it is not skipped. */
static void count_late(struct media *m, bool late)
{
	int64_t now_us = clock_monotonic_us();

	if (late && !m->late_us) {
		m->late_us = now_us;
	} else if (!late && m->late_us) {
		m->facts.skipped_us += now_us - m->late_us;
		m->late_us = 0;
	}
}

/*
 * From here on frames are left out, until resume(). Where that is for long,
 * who comes then must not begin with what was before.
 */
static void skip(struct media *m)
{
	struct steering_facts *f = &m->facts;

	count_late(m, m->orders.skip);
	if (!f->skipping) {
		parts_pause(m->parts);
		f->skipping = true;
		f->skips++;
		steering_tell(m->params.steering, f);
	}
	if (m->orders.work != STEERING_ENCODE && !m->gone) {
		handover_renew(m->handover);
		m->gone = true;
	}
}

static void resume(struct media *m)
{
	struct steering_facts *f = &m->facts;

	if (!f->skipping)
		return;
	count_late(m, false);
	m->gone = false;
	f->skipping = false;
	steering_tell(m->params.steering, f);
}

/* Bitrate and divisor; never below what the encoder can do safely. */
static void change_rate(struct media *m)
{
	struct steering_facts *f = &m->facts;
	struct encoder *encoder = m->feed.encoder;
	int64_t bitrate =
		m->orders.bitrate ? m->orders.bitrate : m->params.bitrate;
	int divisor = m->orders.divisor;

	if (divisor > f->most_divisor)
		divisor = f->most_divisor;
	if (!encoder || (bitrate == f->bitrate && divisor == f->divisor))
		return;
	m->feed.bitrate = f->bitrate = bitrate;
	m->feed.divisor = f->divisor = divisor;
	f->least_bitrate = encoder_least_bitrate(encoder);
	encoder_set_bitrate(encoder, bitrate, divisor);
	steering_tell(m->params.steering, f);
}

static void take_orders(struct media *m)
{
	steering_take(m->params.steering, &m->orders);
	change_rate(m);
}

/* Whether frames go into the stream now. What passes through costs nothing. */
static bool is_wanted(const struct media *m)
{
	enum steering_work least =
		m->feed.encoder ? STEERING_ENCODE : STEERING_CAPTURE;

	return !m->orders.skip && m->orders.work <= least;
}

/* --- pictures and access units ----------------------------------------------
 */

/* It works: there is a unit, or a picture that nobody wants as one. */
static void show_life(struct media *m)
{
	atomic_fetch_add(&m->params.pulse->units, 1);
	atomic_store(&m->params.pulse->trouble, false);
}

static int take_unit(struct media *m, const struct access_unit *unit)
{
	int taken = parts_add(m->parts, unit);

	if (taken <= 0)
		return taken;
	status_frame(m->params.status);
	show_life(m);
	return 0;
}

static int drain_encoder(struct media *m)
{
	struct access_unit unit;
	int err;

	while (!(err = encoder_pull(m->feed.encoder, &unit))) {
		feed_works(&m->feed);
		err = m->facts.skipping ? 0 : take_unit(m, &unit);
		if (err < 0)
			return err;
	}
	return err == -EAGAIN ? 0 : feed_count_failure(&m->feed, err);
}

/* A poster now and then, whether anybody watches or not. */
static void show_picture(struct media *m, const struct picture *picture)
{
	int64_t now_us = clock_monotonic_us();

	if (poster_maker_is_due(&m->params.posters, now_us))
		poster_maker_show(&m->params.posters, picture, now_us,
				  now_us + parts_clock_offset_us(m->parts));
}

/* Likewise of H.264 that passes through; newer sets can be in the unit. */
static void show_key(struct media *m, const struct access_unit *unit)
{
	int64_t now_us = clock_monotonic_us();

	if (unit->key && poster_maker_is_due(&m->params.posters, now_us))
		poster_maker_show_key(&m->params.posters, parts_sets(m->parts),
				      unit, now_us,
				      now_us + parts_clock_offset_us(m->parts));
}

static int take_picture(struct media *m, const struct picture *picture)
{
	struct encoder *encoder = m->feed.encoder;
	int err;

	show_picture(m, picture);
	if (!is_wanted(m)) {
		skip(m);
		show_life(m);
		return drain_encoder(m); /* nobody waits for what is in it */
	}
	resume(m);
	if (m->pictures++ % (unsigned int)m->facts.divisor)
		return drain_encoder(m);
	if (parts_want_key(m->parts, picture->pts_90k))
		encoder_request_key(encoder);
	err = encoder_push(encoder, picture);
	if (err == -EAGAIN)
		err = 0; /* the encoder is behind: this picture is skipped */
	return err < 0 ? feed_count_failure(&m->feed, err) : drain_encoder(m);
}

/* H.264 that comes as it is: all that can be done is to leave GOPs out. */
static int take_passing(struct media *m, const struct access_unit *unit)
{
	show_key(m, unit);
	if (!is_wanted(m)) {
		skip(m);
		show_life(m);
		return 0;
	}
	if (m->facts.skipping && !unit->key)
		return 0;
	resume(m);
	return take_unit(m, unit);
}

/* --- the loop ---------------------------------------------------------------
 */

static int run_feed(struct media *m)
{
	struct feed *f = &m->feed;
	struct source_item item;
	int err;

	do {
		take_orders(m);
		if (m->orders.work == STEERING_REST && feed_can_close(f))
			return 0;
		err = feed_next(f, &item);
		if (err == -EAGAIN)
			err = f->encoder ? drain_encoder(m) : 0;
		else if (!err && f->encoder)
			err = take_picture(m, &item.picture);
		else if (!err)
			err = take_passing(m, &item.unit);
	} while (!err);
	return err;
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
	int err;

	skip(m);
	feed_close(&m->feed);
	pulse_enter(m->params.pulse, false);
	log_info("the camera rests until somebody watches");
	while (m->orders.work == STEERING_REST) {
		poll(fds, 2, -1);
		if (fds[0].revents)
			return -ECANCELED;
		take_orders(m);
	}
	err = feed_open(&m->feed);
	if (!err)
		tell_open(m);
	return err;
}

static bool reopen(struct media *m, int err)
{
	if (!feed_reopen(&m->feed, err))
		return false;
	tell_open(m);
	return true;
}

int media_run(struct media *m, struct handover *handover)
{
	int err, said = 0;

	m->handover = handover;
	parts_begin(m->parts, handover);
	do {
		unsigned int units = atomic_load(&m->params.pulse->units);

		err = run_feed(m);
		if (atomic_load(&m->params.pulse->units) != units)
			m->feed.wait_ms = said = 0;
		parts_pause(m->parts);
		if (!err)
			err = rest(m);
		if (err == -ECANCELED || err == -ENODATA)
			break;
		if (err && err != said) /* once, while it does not work */
			log_warn("%s stopped: %s; opening it again",
				 m->feed.source_name, strerror(-err));
		said = err;
		if (err)
			feed_tell_trouble(&m->feed, err);
	} while (!err || reopen(m, err));
	pulse_enter(m->params.pulse, false);
	if (err == -ENODATA && !m->params.source.loop)
		handover_finish(handover);
	return err == -ENODATA ? err : 0;
}
