/* SPDX-License-Identifier: MIT */
#include "device/uplink/uplink.h"

#include <sys/random.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"
#include "device/uplink/uplink_state.h"

#define STOP_US 300000 /* for the bye; uplink.h promises 500 ms */
#define NEVER	INT64_MAX

#define FINISH_US 5000000 /* for the end of a stream, on a slow line */

/* Changes of addresses and routes come in bursts. */
#define NETWORK_PAUSE_US 200000

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Without it there is no jitter, and no harm. */
static uint32_t get_random(void)
{
	uint32_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		return UINT32_MAX / 2;
	return random;
}

/* --- trying ----------------------------------------------------------------
 */

/* It wants no connection, and nobody minds when one ends. */
static bool is_away(const struct uplink *u)
{
	return u->stopping || demand_state(u->demand) == WATCHED_ASLEEP;
}

/* Makes a connection when there shall be one. Returns when to look again. */
static int64_t connect_if_due(struct uplink *u, int64_t now_us)
{
	struct connection *c = pair_spare(&u->pair);
	int64_t when_us = retry_when(&u->retry, u->pair.live);

	if (is_away(u) || !c)
		return NEVER;
	if (now_us < when_us)
		return when_us;
	connection_start(c, u->handover, u->pair.live);
	return NEVER;
}

/* Returns when to look again. */
static int64_t take_over(struct uplink *u, int64_t now_us)
{
	int64_t next_us;

	if (u->stopping)
		return NEVER;
	if (pair_take_over(&u->pair, now_us, &next_us))
		retry_worked(&u->retry, connection_live_us(u->pair.live),
			     get_random());
	return next_us;
}

/* --- what happens on a connection ------------------------------------------
 */

static void tell_end(struct uplink *u, const struct connection *c)
{
	enum outcome outcome = connection_outcome(c);
	bool is_news = news_of_end(&u->news, u->target.authority,
				   connection_why(c), outcome, u->pair.live);

	status_note(u->status, STATUS_CONNECTION, u->news.line);
	if (is_news)
		log_write(outcome >= OUTCOME_UNTRUSTED ? LOG_ERROR : LOG_WARN,
			  LOG_MODULE, "%s", u->news.line);
}

/* Without another connection it is tried again. */
static void has_ended(struct uplink *u, struct connection *c)
{
	bool refused = connection_outcome(c) >= OUTCOME_REFUSED;
	bool was_live = u->pair.live == c;

	pair_forget(&u->pair, c);
	if (was_live && !u->pair.next) {
		demand_lose(u->demand);
		status_connected(u->status, false, clock_wall_us());
	}
	if (connection_is_dropped(c) || is_away(u) || u->pair.next)
		return;
	if (u->pair.live) { /* which had made way, perhaps */
		reporter_begin(&u->reporter);
		dialog_resume(connection_dialog(u->pair.live));
		connection_wake(u->pair.live);
	}
	if (refused && !u->pair.live && pair_has_other(&u->pair, c))
		return; /* which has replaced it, or will */
	if (connection_outcome(c) == OUTCOME_UNREACHED &&
	    resolver_reject(u->resolver))
		return; /* at once, at the next address */
	tell_end(u, c);
	retry_failed(&u->retry, connection_outcome(c), u->pair.live,
		     clock_monotonic_us(), get_random());
}

/* To a new connection before any media: it may be that none is to be sent. */
static void tell_status(struct uplink *u, int64_t now_us)
{
	struct connection *c = pair_newest(&u->pair);

	if (c && !u->stopping &&
	    reporter_tell_relay(&u->reporter, connection_dialog(c), now_us))
		connection_wake(c);
}

static void is_welcome(struct uplink *u, struct connection *c)
{
	u->sent.counters.connects++;
	status_connected(u->status, true, clock_wall_us());
	status_note(u->status, STATUS_CONNECTION, NULL);
	if (news_of_connection(&u->news))
		log_info("connected to %s", u->target.authority);
	pair_welcome(&u->pair, c, clock_monotonic_us());
	demand_lose(u->demand); /* until this one says */
	if (u->woken)
		dialog_hurry(connection_dialog(c));
	u->woken = false;
	reporter_begin(&u->reporter);
	tell_status(u, clock_monotonic_us());
}

/* The newest connection knows best. */
static void hear_demand(struct uplink *u, const struct connection *c)
{
	uint32_t viewers = dialog_viewers(connection_dialog(c));
	int64_t now_us = clock_monotonic_us();

	if (c != pair_newest(&u->pair))
		return;
	if (!viewers != !demand_viewers(u->demand))
		retry_watched(&u->retry, viewers > 0, now_us);
	demand_tell(u->demand, viewers, now_us);
}

static void drains(struct uplink *u, struct connection *c)
{
	if (c != u->pair.live)
		return;
	if (!u->retry.drained)
		log_info("%s is about to stop: connecting anew",
			 u->target.authority);
	retry_drained(&u->retry, connection_live_us(c), clock_monotonic_us(),
		      get_random());
}

void uplink_hear(void *context, struct connection *c,
		 enum connection_event event)
{
	switch (event) {
	case CONNECTION_WELCOMED:
		is_welcome(context, c);
		break;
	case CONNECTION_DRAIN:
		drains(context, c);
		break;
	case CONNECTION_DEMAND:
		hear_demand(context, c);
		break;
	case CONNECTION_ENDED:
		has_ended(context, c);
		break;
	}
}

/* --- the loop ---------------------------------------------------------------
 */

/* Whether media flows: who is stopping counts what is on its way. */
static bool sends_media(const struct uplink *u)
{
	return u->pair.live &&
	       dialog_sends_media(connection_dialog(u->pair.live));
}

static void begin_stop(struct uplink *u, int64_t now_us)
{
	/* why it leaves may be in there, and there is no later; how good the
	 * picture was is of no interest any more */
	status_note(u->status, STATUS_QUALITY, NULL);
	status_note(u->status, STATUS_BUDGET, NULL);
	reporter_hurry(&u->reporter);
	tell_status(u, now_us);
	u->stopping = true;
	u->end_us = now_us + STOP_US;
	pair_leave(&u->pair);
}

/*
 * Whether it stays until the end of the stream is told: what is not there then
 * is not missed by a viewer who can wait for the next part, but for ever.
 */
static bool is_finishing(struct uplink *u, int64_t now_us)
{
	if (!sends_media(u) || !handover_is_finished(u->handover) ||
	    dialog_is_finished(connection_dialog(u->pair.live)))
		return false;
	if (u->finish_us == NEVER) {
		u->finish_us = now_us + FINISH_US;
		pair_wake(&u->pair);
	}
	return now_us < u->finish_us;
}

static void wake_up(struct uplink *u)
{
	u->woken = true;
	retry_forget(&u->retry);
}

/* Returns when to look again. */
static int64_t follow_demand(struct uplink *u, int64_t now_us)
{
	enum watched_state before = demand_state(u->demand), state;
	int64_t next_us;

	if (u->stopping)
		return NEVER;
	next_us = demand_look(u->demand, now_us);
	state = demand_state(u->demand);
	if (state != before && state == WATCHED_ASLEEP)
		pair_leave(&u->pair);
	else if (state != before && before == WATCHED_ASLEEP)
		wake_up(u);
	return next_us;
}

static void settle(struct uplink *u, int64_t now_us)
{
	struct connection *live = u->pair.live;

	if (live && retry_settle(&u->retry, connection_live_us(live), now_us))
		news_settle(&u->news);
}

/* Another address or another route: what failed before may work now. */
static void follow_network(struct uplink *u)
{
	if (!netwatch_changed(&u->netwatch) || u->stopping)
		return;
	log_debug("addresses or routes have changed");
	pair_doubt(&u->pair);
	if (!u->pair.live)
		retry_hurry(&u->retry, clock_monotonic_us() + NETWORK_PAUSE_US);
}

static void pass_on_more(struct uplink *u)
{
	if (atomic_exchange(&u->more, false) && !u->stopping)
		pair_wake(&u->pair);
}

/* Nobody wakes us for it: it can wait until we look. */
static void offer_poster(struct uplink *u, int64_t now_us)
{
	if (u->pair.live && !u->stopping &&
	    reporter_offers_poster(&u->reporter, now_us))
		connection_wake(u->pair.live);
}

/* Returns when to look again. */
static int64_t regulate(struct uplink *u, int64_t now_us)
{
	struct regulator *r = &u->regulator;
	struct window_amount behind;
	struct dialog *dialog;
	uint64_t worth;

	if (u->stopping || !sends_media(u)) {
		regulator_pause(r, now_us);
		return NEVER;
	}
	if (!regulator_is_due(r, now_us))
		return r->next_us;
	dialog = connection_dialog(u->pair.live);
	connection_measure(u->pair.live, now_us);
	behind = dialog_behind(dialog);
	status_behind(u->status, (uint32_t)(behind.duration_90k / 90));
	worth = regulator_look(r, &u->sent.flow, &behind, now_us);
	dialog_spare(dialog, u->regulator.spare);
	if (worth)
		dialog_leave_old(dialog, worth);
	return r->next_us;
}

/* Does what is due. Returns when to look again if nothing happens. */
static int64_t look(struct uplink *u, int64_t now_us)
{
	int64_t next_us;

	follow_network(u);
	pass_on_more(u);
	settle(u, now_us);
	next_us = take_over(u, now_us);
	if (atomic_load(&u->stop) && !u->stopping && !is_finishing(u, now_us))
		begin_stop(u, now_us);
	if (!u->stopping)
		next_us = earlier(next_us, u->finish_us);
	next_us = earlier(next_us, follow_demand(u, now_us));
	reporter_count(&u->reporter, u->handover, demand_check_ins(u->demand),
		       sends_media(u), now_us);
	tell_status(u, now_us);
	offer_poster(u, now_us);
	next_us = earlier(next_us, u->end_us);
	next_us = earlier(next_us, connect_if_due(u, now_us));
	next_us = earlier(next_us, regulate(u, now_us));
	return earlier(next_us, pair_look(&u->pair, now_us));
}

/* Everything is said, or it is too late for that. */
static bool is_over(const struct uplink *u, int64_t now_us)
{
	return u->stopping && (now_us >= u->end_us || !pair_is_used(&u->pair));
}

int uplink_run(struct uplink *u, struct handover *handover)
{
	int err = 0;

	u->handover = handover;
	while (!err) {
		int64_t now_us = clock_monotonic_us();
		int64_t next_us = look(u, now_us);

		if (is_over(u, now_us))
			break;
		err = loop_turn(u->loop, next_us);
	}
	return err;
}

void uplink_wake(struct uplink *u)
{
	atomic_store(&u->more, true);
	loop_wake(u->loop);
}

void uplink_stop(struct uplink *u)
{
	atomic_store(&u->stop, true);
	demand_abort(u->demand);
	loop_wake(u->loop);
}

const struct uplink_counters *uplink_counters(const struct uplink *u)
{
	return &u->sent.counters;
}
