/* SPDX-License-Identifier: MIT */
#include "device/uplink/uplink.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define LOG_MODULE "uplink"
#include "common/clock.h"
#include "common/log.h"
#include "device/status/status_report.h"
#include "device/uplink/connection.h"
#include "device/uplink/demand.h"
#include "device/uplink/dialog.h"
#include "device/uplink/endpoint.h"
#include "device/uplink/loop.h"
#include "device/uplink/netwatch.h"
#include "device/uplink/outcome.h"
#include "device/uplink/regulator.h"
#include "device/uplink/retry.h"

#define STOP_US 300000 /* for the bye; uplink.h promises 500 ms */
#define NEVER	INT64_MAX

/* What a connection may still have on its way when another takes over. */
#define SETTLE_US 3000000

/* A new relay may need that long until it has all that viewers need. */
#define CATCH_UP_US 10000000

/* Changes of addresses and routes come in bursts. */
#define NETWORK_PAUSE_US 200000

struct uplink {
	struct target target;
	uint64_t process;
	struct proxy proxy; /* with a password, perhaps */
	struct resolver *resolver;
	struct netwatch netwatch;
	struct loop *loop;
	struct handover *handover;

	atomic_bool stop, news; /* from other threads */
	bool stopping;
	struct connection *connection[2]; /* two while one takes over */
	struct connection *live;	  /* of these: the one that counts */
	struct connection *next;	  /* welcomed, to take over from it */
	struct retry retry;
	int64_t end_us;	      /* of waiting for the bye; NEVER: not yet */
	int64_t take_over_us; /* when `next` does at the latest; or NEVER */
	struct demand *demand;
	bool woken;	/* by a viewer, and not connected since */
	bool told_live; /* that there is a connection was logged last */
	char told[600]; /* why there was none, as logged last */
	struct dialog_sent sent;
	struct regulator regulator;
	struct status *status;	     /* of the whole program; may be NULL */
	struct budget *budget;	     /* NULL: there is none */
	struct status_report report; /* what the newest connection was told */
};

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

/* --- which connections there are -------------------------------------------
 */

static struct connection *unused(const struct uplink *u)
{
	for (int i = 0; i < 2; i++)
		if (!connection_is_used(u->connection[i]))
			return u->connection[i];
	return NULL;
}

static bool counts(const struct connection *c)
{
	return connection_is_used(c) && !connection_is_dropped(c);
}

/* Whether a connection is being made, or about to take over. */
static bool is_trying(const struct uplink *u)
{
	for (int i = 0; i < 2; i++)
		if (u->connection[i] != u->live && counts(u->connection[i]))
			return true;
	return false;
}

/* Whether there is another connection, live or on its way. */
static bool has_other(const struct uplink *u, const struct connection *c)
{
	return counts(u->connection[c == u->connection[0]]);
}

/* It wants no connection, and nobody minds when one ends. */
static bool is_away(const struct uplink *u)
{
	return u->stopping || demand_state(u->demand) == WATCHED_ASLEEP;
}

/* --- trying ----------------------------------------------------------------
 */

/* Makes a connection when there shall be one. Returns when to look again. */
static int64_t connect_if_due(struct uplink *u, int64_t now_us)
{
	struct connection *c = unused(u);
	int64_t when_us = retry_when(&u->retry, u->live);

	if (is_away(u) || !c || is_trying(u))
		return NEVER;
	if (now_us < when_us)
		return when_us;
	connection_start(c, u->handover, u->live);
	return NEVER;
}

/* --- taking over -----------------------------------------------------------
 */

static void promote(struct uplink *u, struct connection *c)
{
	u->live = c;
	u->next = NULL;
	u->take_over_us = NEVER;
	retry_worked(&u->retry, connection_live_us(c), get_random());
}

/* Each byte goes one way only: what is on its way there arrives first. */
static bool take_over_within_relay(struct uplink *u, bool late)
{
	const struct dialog *before = connection_dialog(u->live);

	dialog_pause(connection_dialog(u->live));
	if (!late && !dialog_is_settled(before))
		return false;
	dialog_begin(connection_dialog(u->next),
		     dialog_is_settled(before) ? before : NULL);
	return true;
}

/* The old one serves its viewers until the new one has what these need. */
static bool take_over_to_other_relay(struct uplink *u, bool late)
{
	dialog_begin(connection_dialog(u->next), NULL);
	connection_wake(u->next);
	return late || dialog_is_caught_up(connection_dialog(u->next));
}

/* Returns when to look again. */
static int64_t take_over(struct uplink *u, int64_t now_us)
{
	struct connection *before = u->live;
	bool late, done;

	if (!u->next || u->stopping)
		return NEVER;
	late = now_us >= u->take_over_us;
	if (!before)
		dialog_begin(connection_dialog(u->next), NULL);
	done = !before || (dialog_knows_us(connection_dialog(u->next))
				   ? take_over_within_relay(u, late)
				   : take_over_to_other_relay(u, late));
	if (!done)
		return u->take_over_us;
	promote(u, u->next);
	connection_wake(u->live);
	if (before)
		connection_retire(before);
	return NEVER;
}

/* --- what happens on a connection ------------------------------------------
 */

/* Once, and not again before something else is the matter. */
static void tell_end(struct uplink *u, const struct connection *c)
{
	enum outcome outcome = connection_outcome(c);
	char line[sizeof(u->told)];

	snprintf(line, sizeof(line), "%s: %s; %s", u->target.authority,
		 connection_why(c),
		 u->live ? "staying on the connection that there is"
			 : outcome_next_step(outcome));
	if (!strcmp(line, u->told))
		return;
	memcpy(u->told, line, sizeof(line));
	status_note(u->status, STATUS_CONNECTION, line);
	if (!u->live)
		u->told_live = false;
	log_write(outcome >= OUTCOME_UNTRUSTED ? LOG_ERROR : LOG_WARN,
		  LOG_MODULE, "%s", line);
}

/* Without another connection it is tried again. */
static void has_ended(struct uplink *u, struct connection *c)
{
	bool refused = connection_outcome(c) >= OUTCOME_REFUSED;

	if (u->next == c)
		u->next = NULL;
	if (u->live == c) {
		u->live = NULL;
		if (!u->next) {
			demand_lose(u->demand);
			status_connected(u->status, false, clock_wall_us());
		}
	}
	if (connection_is_dropped(c) || is_away(u) || u->next)
		return;
	if (u->live) { /* which had made way, perhaps */
		u->report = (struct status_report){ 0 };
		dialog_resume(connection_dialog(u->live));
		connection_wake(u->live);
	}
	if (refused && !u->live && has_other(u, c))
		return; /* which has replaced it, or will */
	if (connection_outcome(c) == OUTCOME_UNREACHED &&
	    resolver_reject(u->resolver))
		return; /* at once, at the next address */
	tell_end(u, c);
	retry_failed(&u->retry, connection_outcome(c), u->live,
		     clock_monotonic_us(), get_random());
}

/* To a new connection before any media: it may be that none is to be sent. */
static void tell_status(struct uplink *u, int64_t now_us)
{
	struct connection *c = u->next ? u->next : u->live;
	struct status_view view;

	if (!c || u->stopping)
		return;
	status_read(u->status, &view);
	if (!status_report_due(&u->report, &view, now_us))
		return;
	dialog_set_status(connection_dialog(c), &u->report.status,
			  u->report.note);
	connection_wake(c);
}

static void is_welcome(struct uplink *u, struct connection *c)
{
	bool same;

	u->sent.counters.connects++;
	status_connected(u->status, true, clock_wall_us());
	status_note(u->status, STATUS_CONNECTION, NULL);
	if (!u->told_live)
		log_info("connected to %s", u->target.authority);
	u->told_live = true;
	u->next = c;
	demand_lose(u->demand); /* until this one says */
	if (u->woken)
		dialog_hurry(connection_dialog(c));
	u->woken = false;
	u->report = (struct status_report){ 0 };
	tell_status(u, clock_monotonic_us());
	same = dialog_knows_us(connection_dialog(c));
	u->take_over_us =
		clock_monotonic_us() + (same ? SETTLE_US : CATCH_UP_US);
}

/* The newest connection knows best. */
static void hear_demand(struct uplink *u, const struct connection *c)
{
	if (c == (u->next ? u->next : u->live))
		demand_tell(u->demand, dialog_viewers(connection_dialog(c)),
			    clock_monotonic_us());
}

static void drains(struct uplink *u, struct connection *c)
{
	if (c != u->live)
		return;
	if (!u->retry.drained)
		log_info("%s asks to connect anew", u->target.authority);
	retry_drained(&u->retry, connection_live_us(c), clock_monotonic_us(),
		      get_random());
}

static void on_event(void *context, struct connection *c,
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

static void leave(struct uplink *u)
{
	for (int i = 0; i < 2; i++) {
		struct connection *c = u->connection[i];

		if (c == u->live)
			connection_leave(c);
		else if (connection_is_used(c))
			connection_drop(c);
	}
}

static void begin_stop(struct uplink *u, int64_t now_us)
{
	/* why it leaves may be in there, and there is no later; how good the
	 * picture was is of no interest any more */
	status_note(u->status, STATUS_QUALITY, NULL);
	status_note(u->status, STATUS_BUDGET, NULL);
	u->report.told_us = 0;
	tell_status(u, now_us);
	u->stopping = true;
	u->end_us = now_us + STOP_US;
	leave(u);
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
	next_us = demand_look(u->demand, u->handover, now_us);
	state = demand_state(u->demand);
	if (state != before && state == WATCHED_ASLEEP)
		leave(u);
	else if (state != before && before == WATCHED_ASLEEP)
		wake_up(u);
	return next_us;
}

/* It has worked for a while: what comes next is a new story. */
static void settle(struct uplink *u, int64_t now_us)
{
	if (u->live &&
	    retry_settle(&u->retry, connection_live_us(u->live), now_us))
		u->told[0] = '\0';
}

/* Another address or another route: what failed before may work now. */
static void follow_network(struct uplink *u)
{
	if (!netwatch_changed(&u->netwatch) || u->stopping)
		return;
	log_debug("addresses or routes have changed");
	for (int i = 0; i < 2; i++)
		connection_doubt(u->connection[i]);
	if (!u->live)
		retry_hurry(&u->retry, clock_monotonic_us() + NETWORK_PAUSE_US);
}

static void pass_on_news(struct uplink *u)
{
	if (!atomic_exchange(&u->news, false) || u->stopping)
		return;
	if (u->live)
		connection_wake(u->live);
	if (u->next)
		connection_wake(u->next);
}

/* Nobody wakes us for it: it can wait until we look. */
static void offer_poster(struct uplink *u, int64_t now_us)
{
	uint64_t number = poster_number(u->sent.poster);

	if (number == u->sent.poster_offered || !u->live || u->stopping ||
	    !budget_lets_poster(u->budget, now_us))
		return;
	u->sent.poster_offered = number;
	connection_wake(u->live);
}

static uint64_t payload(const struct uplink_counters *c)
{
	return c->media_bytes + c->playlist_bytes + c->poster_bytes +
	       c->other_bytes;
}

static void tell_traffic(const struct uplink *u)
{
	const struct uplink_counters *c = &u->sent.counters;

	status_traffic(u->status, &(struct status_traffic){
					  .sent = payload(c),
					  .media = c->media_bytes,
					  .posters = c->poster_bytes,
				  });
}

/* By the relay's clock, see budget.h; 0: it has not told yet. */
static void keep_budget(const struct uplink *u, int64_t now_us)
{
	const struct uplink_counters *c = &u->sent.counters;
	int64_t offset_us;
	bool known = handover_clock(u->handover, &offset_us);

	budget_look(u->budget,
		    &(struct budget_traffic){
			    .payload = payload(c),
			    .messages = c->messages,
			    .connects = c->connects,
			    .check_ins = demand_check_ins(u->demand),
		    },
		    u->live && dialog_sends_media(connection_dialog(u->live)),
		    known ? now_us + offset_us : 0, now_us);
}

/* Returns when to look again. */
static int64_t regulate(struct uplink *u, int64_t now_us)
{
	struct regulator *r = &u->regulator;
	struct window_amount behind;
	struct dialog *dialog;
	uint64_t worth;

	if (!u->live || u->stopping ||
	    !dialog_sends_media(connection_dialog(u->live))) {
		regulator_pause(r, now_us);
		return NEVER;
	}
	if (!regulator_is_due(r, now_us))
		return r->next_us;
	dialog = connection_dialog(u->live);
	connection_measure(u->live, now_us);
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
	pass_on_news(u);
	settle(u, now_us);
	next_us = take_over(u, now_us);
	if (atomic_load(&u->stop) && !u->stopping)
		begin_stop(u, now_us);
	next_us = earlier(next_us, follow_demand(u, now_us));
	tell_traffic(u);
	keep_budget(u, now_us);
	tell_status(u, now_us);
	offer_poster(u, now_us);
	next_us = earlier(next_us, u->end_us);
	next_us = earlier(next_us, connect_if_due(u, now_us));
	next_us = earlier(next_us, regulate(u, now_us));
	for (int i = 0; i < 2; i++)
		next_us = earlier(next_us,
				  connection_look(u->connection[i], now_us));
	return next_us;
}

/* Everything is said, or it is too late for that. */
static bool is_over(const struct uplink *u, int64_t now_us)
{
	return u->stopping &&
	       (now_us >= u->end_us || (!connection_is_used(u->connection[0]) &&
					!connection_is_used(u->connection[1])));
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
	atomic_store(&u->news, true);
	loop_wake(u->loop);
}

void uplink_stop(struct uplink *u)
{
	atomic_store(&u->stop, true);
	demand_abort(u->demand);
	loop_wake(u->loop);
}

/* --- opening ----------------------------------------------------------------
 */

static int check_ca_file(const char *path)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	log_error("cannot read --ca-file %s: %s", path, strerror(errno));
	return -EINVAL;
}

static void address_found(void *context)
{
	struct uplink *u = context;

	loop_wake(u->loop);
}

static int open_loop(struct uplink *u, const char *ca_file)
{
	int err = loop_open(&u->loop, &(struct loop_params){
					      .http = u->target.endpoint.http,
					      .tls = u->target.endpoint.tls,
					      .ca_file = ca_file });

	return err < 0 ? err
		       : resolver_open(&u->resolver, target_host(&u->target),
				       address_found, u);
}

static int open_connections(struct uplink *u)
{
	const struct connection_params params = {
		.loop = u->loop,
		.target = &u->target,
		.resolver = u->resolver,
		.process = u->process,
		.sent = &u->sent,
		.event = on_event,
		.context = u,
	};
	int err = connection_open(&u->connection[0], &params);

	return err < 0 ? err : connection_open(&u->connection[1], &params);
}

static int open_demand(struct uplink *u, const struct uplink_params *params)
{
	return demand_open(
		&u->demand,
		&(struct demand_params){
			.watched = params->watched,
			.checkin = { .endpoint = &u->target.endpoint,
				     .camera = params->camera,
				     .authorization = u->target.authorization,
				     .ca_file = params->ca_file,
				     .interval_s = params->check_in_s },
			.rest = params->rest && params->steering,
			.steering = params->steering,
			.status = params->status,
			.now_us = clock_monotonic_us(),
		});
}

int uplink_open(struct uplink **out, const struct uplink_params *params)
{
	struct uplink *u = calloc(1, sizeof(*u));
	int err;

	*out = NULL;
	if (!u)
		return -ENOMEM;
	regulator_init(&u->regulator, &params->bitrate, params->steering,
		       params->status, clock_monotonic_us());
	u->process = params->process;
	u->status = params->status;
	u->sent.poster = params->poster;
	u->budget = params->budget;
	retry_init(&u->retry, params->reconnect_after_us);
	netwatch_open(&u->netwatch);
	u->take_over_us = u->end_us = NEVER;
	if ((err = target_open(&u->target, params->relay, params->camera,
			       params->key)) < 0 ||
	    (err = check_ca_file(params->ca_file)) < 0 ||
	    (err = open_loop(u, params->ca_file)) < 0 ||
	    (err = open_connections(u)) < 0 ||
	    (err = open_demand(u, params)) < 0)
		goto fail;
	if (endpoint_is_loopback(&u->target.endpoint))
		u->regulator.patience_us = REGULATOR_PATIENCE_US;
	*out = u;
	return 0;

fail:
	uplink_close(&u);
	return err;
}

const struct uplink_counters *uplink_counters(const struct uplink *u)
{
	return &u->sent.counters;
}

void uplink_close(struct uplink **uplink)
{
	struct uplink *u = *uplink;

	*uplink = NULL;
	if (!u)
		return;
	u->stopping = true; /* what ends from here on is not tried again */
	for (int i = 0; i < 2; i++)
		connection_abandon(u->connection[i]);
	resolver_close(&u->resolver);
	netwatch_close(&u->netwatch);
	loop_close(&u->loop);
	for (int i = 0; i < 2; i++)
		connection_close(&u->connection[i]);
	demand_close(&u->demand);
	target_close(&u->target);
	free(u);
}
