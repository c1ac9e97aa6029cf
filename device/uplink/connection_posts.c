/* SPDX-License-Identifier: MIT */
/* A connection whose messages travel by HTTP requests: see posts.h. */
#include "device/uplink/connection_state.h"

#include "common/clock.h"

/* Behind the messages: the first of them may be the welcome. */
static void hear_clock(struct connection *c, int64_t now_us)
{
	struct dialog_clock clock = { .heard_us = now_us,
				      .own_us = clock_wall_us() -
						clock_monotonic_us() };

	if (posts_clock(c->posts, &clock.asked_us, &clock.relay_us))
		dialog_hear_clock(c->dialog, &clock);
}

/* Whether nothing more is to come by posts; then c->outcome tells why. */
static bool posts_are_over(struct connection *c, int64_t now_us)
{
	enum outcome outcome;
	const char *why;
	const uint8_t *bytes;
	size_t n;

	while (posts_hear(c->posts, &bytes, &n))
		if (connection_received(c, bytes, n, true, true) < 0)
			return true;
	hear_clock(c, now_us);
	if (posts_failed(c->posts, &outcome, &why)) {
		connection_set_outcome(c, outcome, why);
		return true;
	}
	if (c->retired)
		return now_us >= c->end_us || dialog_is_settled(c->dialog);
	return c->dropped ||
	       (dialog_has_left(c->dialog) && posts_are_through(c->posts));
}

int64_t connection_look_at_posts(struct connection *c, int64_t now_us)
{
	int64_t next_us;

	if (!c->used)
		return INT64_MAX;
	if (posts_are_over(c, now_us)) {
		connection_end(c);
		return INT64_MAX;
	}
	next_us = posts_send(c->posts, now_us);
	return c->retired && c->end_us < next_us ? c->end_us : next_us;
}

/* There is nothing to wait for: the first request carries the hello. */
void connection_start_posts(struct connection *c)
{
	if (connection_open_dialog(c) < 0) {
		connection_end(c);
		return;
	}
	posts_begin(c->posts, c->dialog);
	loop_wake(c->params.loop);
}
