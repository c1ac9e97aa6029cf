/* SPDX-License-Identifier: MIT */
#include "device/media/media_state.h"

#include <errno.h>
#include <stdatomic.h>

#include "common/clock.h"

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

int media_drain(struct media *m)
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

int media_take_picture(struct media *m, const struct picture *picture)
{
	struct encoder *encoder = m->feed.encoder;
	int err;

	show_picture(m, picture);
	if (!media_is_wanted(m)) {
		media_skip(m);
		show_life(m);
		return media_drain(m); /* nobody waits for what is in it */
	}
	media_resume(m);
	if (m->pictures++ % (unsigned int)m->facts.divisor)
		return media_drain(m);
	if (parts_want_key(m->parts, picture->pts_90k))
		encoder_request_key(encoder);
	err = encoder_push(encoder, picture);
	if (err == -EAGAIN)
		err = 0; /* the encoder is behind: this picture is skipped */
	return err < 0 ? feed_count_failure(&m->feed, err) : media_drain(m);
}

int media_take_passing(struct media *m, const struct access_unit *unit)
{
	show_key(m, unit);
	if (!media_is_wanted(m)) {
		media_skip(m);
		show_life(m);
		return 0;
	}
	if (m->facts.skipping && !unit->key)
		return 0;
	media_resume(m);
	return take_unit(m, unit);
}
