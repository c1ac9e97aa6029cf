/* SPDX-License-Identifier: MIT */
#include "device/media/media.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "media"
#include "common/log.h"
#include "device/media/media_state.h"
#include "device/stream/cutter.h"

/* --- opening ----------------------------------------------------------------
 */

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
	media_tell_open(m);
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

/* --- the loop ---------------------------------------------------------------
 */

static int run_feed(struct media *m)
{
	struct feed *f = &m->feed;
	struct source_item item;
	int err;

	do {
		media_take_orders(m);
		if (m->orders.work == STEERING_REST && feed_can_close(f))
			return 0;
		err = feed_next(f, &item);
		if (err == -EAGAIN)
			err = f->encoder ? media_drain(m) : 0;
		else if (!err && f->encoder)
			err = media_take_picture(m, &item.picture);
		else if (!err)
			err = media_take_passing(m, &item.unit);
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

	media_skip(m);
	feed_close(&m->feed);
	pulse_enter(m->params.pulse, false);
	log_info("the camera rests until somebody watches");
	while (m->orders.work == STEERING_REST) {
		poll(fds, 2, -1);
		if (fds[0].revents)
			return -ECANCELED;
		media_take_orders(m);
	}
	err = feed_open(&m->feed);
	if (!err)
		media_tell_open(m);
	return err;
}

static bool reopen(struct media *m, int err)
{
	if (!feed_reopen(&m->feed, err))
		return false;
	media_tell_open(m);
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
