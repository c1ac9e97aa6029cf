/* SPDX-License-Identifier: MIT */
#include "tests/unit/simulated_line.h"

#include <assert.h>

#define PLAYLIST_BYTES 500

static struct line_message *at(struct line *l, int i)
{
	return &l->queue[(l->first + i) % LINE_MOST];
}

void line_init(struct line *l, const struct pressure_params *params)
{
	*l = (struct line){
		.rate = 10000000,
		.trip_us = 40000,
		.busy_picture = 100,
		.key_share = 3,
		.lag_us = 500000,
		.now_us = 1000000000,
		.next = { 1, 0 },
		.media = { .open = true,
			   .encodes = true,
			   .frame_us = 33333,
			   .most_divisor = 3,
			   .divisor = 1 },
	};
	l->next_part_us = l->newest_us = l->now_us;
	l->encoded = params->bitrate;
	pressure_init(&l->pressure, params, l->now_us);
	flow_begin(&l->flow, l->now_us);
}

static void put(struct line *l, bool media, uint32_t bytes)
{
	assert(l->count < LINE_MOST);
	*at(l, l->count++) = (struct line_message){
		.at = l->next,
		.bytes = bytes,
		.media = media,
		.made_us = l->now_us,
		.left = bytes * 8LL,
	};
	if (l->count > l->most_waiting)
		l->most_waiting = l->count;
}

/* An encoder's rate control follows what it is told, but not at once. */
static int64_t encoded_bitrate(struct line *l)
{
	int64_t wish = l->pressure.wish.bitrate;

	if (l->passthrough)
		return l->source_bitrate;
	if (l->lag_us <= LINE_PART_US)
		return wish;
	l->encoded += (wish - l->encoded) * LINE_PART_US / l->lag_us;
	return l->encoded;
}

static uint32_t part_bytes(struct line *l)
{
	int64_t gop = encoded_bitrate(l) * l->busy_picture / 100 / 8 *
		      LINE_PART_US * LINE_GOP / 1000000;
	int64_t share = l->next.part ? 1 : l->key_share;

	return (uint32_t)(gop * share / (LINE_GOP - 1 + l->key_share) + 200);
}

static void make(struct line *l)
{
	bool skip = l->pressure.wish.skip;

	l->next_part_us += LINE_PART_US;
	if (skip && (!l->passthrough || l->next.part == 0)) {
		l->skipped++;
		l->was_skipping = true;
		return;
	}
	if (l->was_skipping) {
		l->was_skipping = false;
		l->next = (struct wire_position){ l->next.msn + 1, 0 };
	}
	put(l, true, part_bytes(l));
	l->parts++;
	put(l, false, PLAYLIST_BYTES);
	if (++l->next.part == LINE_GOP)
		l->next = (struct wire_position){ l->next.msn + 1, 0 };
}

static int64_t in_line(struct line *l)
{
	int64_t bytes = 0;

	for (int i = 0; i < l->count; i++)
		bytes += at(l, i)->sent && at(l, i)->left ? at(l, i)->bytes : 0;
	return bytes;
}

/* As the uplink does: what is too old is left out, up to the newest key. */
static void jump(struct line *l, int i, struct pressure_sight *sight)
{
	int j = l->count - 1, kept = i;

	if (pressure_wait_us(sight) <= PRESSURE_JUMP_US)
		return;
	while (j > i && (!at(l, j)->media || at(l, j)->at.part))
		j--;
	if (j <= i)
		return;
	for (; j < l->count; j++)
		*at(l, kept++) = *at(l, j);
	l->jumped += (uint64_t)(l->count - kept);
	l->count = kept;
}

static struct pressure_sight sight(struct line *l)
{
	struct pressure_sight s = { .flow = flow_look(&l->flow, l->now_us),
				    .media = l->media };

	for (int i = 0; i < l->count; i++) {
		s.behind_bytes += at(l, i)->bytes;
		s.behind_us += at(l, i)->media ? LINE_PART_US : 0;
	}
	return s;
}

static void send_some(struct line *l)
{
	int64_t room = LINE_IN_KERNEL - in_line(l);

	for (int i = 0; i < l->count && room > 0; i++) {
		struct line_message *m = at(l, i);
		struct pressure_sight s;

		if (m->sent)
			continue;
		s = sight(l);
		jump(l, i, &s);
		m = at(l, i);
		if (!m->media && i + 1 < l->count)
			continue; /* the playlist behind it tells it all */
		flow_sent(&l->flow, m->at, m->media, m->bytes, l->now_us);
		m->sent = true;
		m->sent_us = l->now_us;
		room -= m->bytes;
	}
}

/* A playlist that was not worth sending goes with the part before it. */
static void carry(struct line *l)
{
	int64_t bits = l->tokens + l->rate * LINE_TICK_US / 1000000;

	for (int i = 0; i < l->count; i++) {
		struct line_message *m = at(l, i);

		if (!m->sent && !m->media)
			continue;
		if (!m->sent || m->sent_us + l->trip_us / 2 > l->now_us)
			break;
		if (m->left <= bits) {
			bits -= m->left;
			l->carried += m->left;
			if (m->left)
				flow_moved(&l->flow, l->now_us);
			m->left = 0;
			if (!m->acked_us)
				m->acked_us = l->now_us + l->trip_us / 2;
		} else {
			m->left -= bits;
			l->carried += bits;
			bits = 0;
			flow_moved(&l->flow, l->now_us);
			break;
		}
	}
	l->tokens = bits < l->saved ? bits : l->saved;
}

static void acknowledge(struct line *l)
{
	while (l->count) {
		struct line_message *m = at(l, 0);

		if (m->sent && (!m->acked_us || m->acked_us > l->now_us))
			break;
		if (!m->sent && (m->media || l->count == 1))
			break;
		if (m->sent)
			flow_acked(&l->flow, m->at, l->now_us);
		if (m->media) {
			l->delay_us = l->now_us - m->made_us;
			l->newest_us = m->made_us;
		}
		l->first = (l->first + 1) % LINE_MOST;
		l->count--;
	}
}

void line_reconnect(struct line *l)
{
	for (int i = 0; i < l->count; i++) {
		at(l, i)->sent = false;
		at(l, i)->acked_us = 0;
		at(l, i)->left = at(l, i)->bytes * 8LL;
	}
	flow_begin(&l->flow, l->now_us);
}

void line_run(struct line *l, int64_t us)
{
	int64_t end_us = l->now_us + us;

	while (l->now_us < end_us) {
		struct pressure_sight s;

		l->now_us += LINE_TICK_US;
		if (l->now_us >= l->next_part_us)
			make(l);
		flow_set_trip(&l->flow, l->trip_us);
		send_some(l);
		if (l->rate)
			carry(l);
		acknowledge(l);
		if (l->now_us - l->newest_us > l->worst_us)
			l->worst_us = l->now_us - l->newest_us;
		if (l->now_us % 100000 == 0) {
			s = sight(l);
			l->waiting_us = s.behind_us;
			pressure_look(&l->pressure, &s, l->now_us);
		}
	}
}
