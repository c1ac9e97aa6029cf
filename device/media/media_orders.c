/* SPDX-License-Identifier: MIT */
#include "device/media/media_state.h"

#include "common/clock.h"

void media_tell_open(struct media *m)
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

void media_skip(struct media *m)
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

void media_resume(struct media *m)
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

void media_take_orders(struct media *m)
{
	steering_take(m->params.steering, &m->orders);
	change_rate(m);
}

bool media_is_wanted(const struct media *m)
{
	enum steering_work least =
		m->feed.encoder ? STEERING_ENCODE : STEERING_CAPTURE;

	return !m->orders.skip && m->orders.work <= least;
}
