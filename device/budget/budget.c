/* SPDX-License-Identifier: MIT */
#include "device/budget/budget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "budget"
#include "common/log.h"
#include "device/budget/budget_ledger.h"
#include "device/budget/budget_plan.h"

#define LOOK_US 1000000

/*
 * A card wears out: the count is written down when a thousandth of the budget
 * went since, and not more often than once a minute; else every five minutes.
 * What a power cut loses is within that. First of all soon, so that a program
 * which crashes again and again is counted, too.
 */
#define WRITE_SOON_US  60000000
#define WRITE_US       300000000
#define WRITE_SHARE    1000
#define FIRST_WRITE_US 3000000
#define USUAL_POSTER   16000

/* Small steps of the bitrate are not worth an order to the encoder. */
#define STEP 16

struct budget {
	struct budget_params params;
	struct budget_ledger ledger;
	struct budget_plan plan;
	bool begun;
	uint64_t counted; /* gross, of this process, is in the ledger */
	int64_t looked_us, written_us, poster_us;
	uint64_t written_bytes;
	int64_t ceiling; /* as it was wished; 0: none */
	enum steering_work work;
	bool failed;
};

/* --- what it costs ---------------------------------------------------------
 */

/*
 * Each estimate is what was measured over TLS 1.3 and IPv4, and a bit more:
 * per 1400 bytes sent 52 of IP and TCP and 26 coming back; a message has the
 * heads of WebSocket and TLS, a segment of TCP of its own that is not full,
 * and an acknowledgement of the relay; a connection a handshake with a chain
 * of certificates; a check-in a resumed one and a request.
 */
#define PERMILLE_OF_BYTES 60
#define OF_MESSAGE	  190
#define OF_CONNECT	  7000
#define OF_CHECK_IN	  2600

uint64_t budget_gross(const struct budget_traffic *t)
{
	return t->payload + t->payload * PERMILLE_OF_BYTES / 1000 +
	       t->messages * OF_MESSAGE + t->connects * OF_CONNECT +
	       t->check_ins * OF_CHECK_IN;
}

/* --- the ledger ------------------------------------------------------------
 */

static void write_ledger(struct budget *b, int64_t now_us)
{
	int err = budget_ledger_write(&b->ledger, b->params.path);

	b->written_us = now_us;
	b->written_bytes = b->ledger.used_bytes;
	if (err < 0 && !b->failed)
		log_warn("cannot write %s: %s; the data budget counts from "
			 "zero after a restart. Give a folder with --state",
			 b->params.path, strerror(-err));
	b->failed = err < 0;
}

static void write_if_due(struct budget *b, int64_t now_us)
{
	uint64_t more = b->ledger.used_bytes - b->written_bytes;
	uint64_t much = b->params.allowance.bytes / WRITE_SHARE;
	int64_t since_us = now_us - b->written_us;

	if ((more >= much && since_us >= WRITE_SOON_US) || since_us >= WRITE_US)
		write_ledger(b, now_us);
}

static void begin_period(struct budget *b, const struct budget_period *p)
{
	b->ledger.start_us = p->start_us;
	b->ledger.end_us = p->end_us;
}

/*
 * A later period begins at zero. A clock that goes back was wrong before, and
 * what was sent was sent: it counts in the period that it really is.
 */
static void follow_clock(struct budget *b, int64_t wall_us)
{
	struct budget_period p =
		budget_period_at(&b->params.allowance, wall_us);
	struct budget_ledger *l = &b->ledger;

	if (p.start_us == l->start_us && p.end_us == l->end_us)
		return;
	if (l->end_us && p.start_us >= l->end_us) {
		log_info("a new period of the data budget begins; %" PRIu64
			 " bytes were used of the one before",
			 l->used_bytes);
		l->used_bytes = 0;
		l->live_us = 0;
	}
	begin_period(b, &p);
}

static void read_ledger(struct budget *b)
{
	int err = budget_ledger_read(&b->ledger, b->params.path);

	if (err < 0 && err != -ENOENT)
		log_warn("cannot read %s: %s; the data budget counts from zero",
			 b->params.path, strerror(-err));
	b->written_bytes = b->ledger.used_bytes;
}

int budget_open(struct budget **out, const struct budget_params *params)
{
	struct budget *b = calloc(1, sizeof(*b));

	*out = b;
	if (!b)
		return -ENOMEM;
	b->params = *params;
	read_ledger(b);
	return 0;
}

void budget_close(struct budget **budget)
{
	struct budget *b = *budget;

	*budget = NULL;
	if (!b)
		return;
	if (b->begun)
		write_ledger(b, 0);
	free(b);
}

/* --- the plan --------------------------------------------------------------
 */

/* Once a change; that it is used up is said by status_spent(). */
static void say(const struct budget *b, int64_t ceiling,
		enum steering_work work)
{
	if (ceiling && !b->ceiling)
		log_info("the picture gets coarser, so that the data budget "
			 "lasts: %" PRId64 " kbit/s at most, for now",
			 ceiling / 1000);
	else if (!ceiling && b->ceiling && work == STEERING_ENCODE)
		log_info("the data budget allows the whole picture again");
}

/* For posters alone nothing need be encoded. */
static void wish(struct budget *b, int64_t ceiling, enum steering_work work)
{
	int64_t apart = ceiling > b->ceiling ? ceiling - b->ceiling
					     : b->ceiling - ceiling;

	if (work == b->work && !ceiling == !b->ceiling &&
	    apart <= b->ceiling / STEP)
		return;
	say(b, ceiling, work);
	b->ceiling = ceiling;
	b->work = work;
	if (b->params.steering)
		steering_wish(b->params.steering, STEERING_BUDGET,
			      &(struct steering_wish){ .bitrate = ceiling,
						       .work = work });
}

static void tell(struct budget *b)
{
	const struct budget_ledger *l = &b->ledger;
	const char *note = NULL;

	if (b->plan.posters_only)
		note = "The data budget is used up: there are only posters "
		       "until its next period begins.";
	else if (b->ceiling)
		note = "The picture is coarser so that the data budget lasts.";
	status_note(b->params.status, STATUS_BUDGET, note);
	status_budget(b->params.status,
		      &(struct status_budget){
			      .limit_bytes = b->params.allowance.bytes,
			      .used_bytes = l->used_bytes,
			      .ends_us = l->end_us,
			      .ceiling = (uint32_t)b->ceiling,
		      });
}

/* 0: none is needed; and not back and forth, for a little. */
static int64_t ceiling_for(const struct budget *b, int64_t rate)
{
	int64_t most = b->params.bitrate;

	if (rate >= most + (b->ceiling ? most / STEP : 0))
		return 0;
	return rate < most ? rate : most;
}

/* The least is for the encoder's sake; going on with it costs the end. */
static void follow_plan(struct budget *b, int64_t wall_us)
{
	const struct budget_ledger *l = &b->ledger;
	bool before = b->plan.posters_only;
	int64_t rate;

	b->plan = budget_plan_make(&(struct budget_state){
		.limit_bytes = b->params.allowance.bytes,
		.used_bytes = l->used_bytes,
		.start_us = l->start_us,
		.end_us = l->end_us,
		.now_us = wall_us,
		.live_us = l->live_us,
		.poster_bytes = USUAL_POSTER,
	});
	rate = b->plan.bitrate;
	if (rate < b->params.least_bitrate)
		rate = b->params.least_bitrate;
	if (b->plan.posters_only)
		wish(b, 0, STEERING_CAPTURE);
	else
		wish(b, ceiling_for(b, rate), STEERING_ENCODE);
	if (before != b->plan.posters_only)
		status_spent(b->params.status, b->plan.posters_only, wall_us);
	tell(b);
}

static void count(struct budget *b, const struct budget_traffic *traffic,
		  bool live, int64_t now_us)
{
	uint64_t gross = budget_gross(traffic);

	b->ledger.used_bytes += gross - b->counted;
	b->counted = gross;
	if (live && b->begun)
		b->ledger.live_us += now_us - b->looked_us;
	b->looked_us = now_us;
}

void budget_look(struct budget *b, const struct budget_traffic *traffic,
		 bool live, int64_t wall_us, int64_t now_us)
{
	if (!b || (b->begun && now_us - b->looked_us < LOOK_US))
		return;
	count(b, traffic, live, now_us);
	if (!b->begun)
		b->written_us = now_us - WRITE_US + FIRST_WRITE_US;
	b->begun = true;
	if (wall_us > 0)
		follow_clock(b, wall_us);
	if (b->ledger.end_us) /* else there is nothing to plan with */
		follow_plan(b, wall_us > 0 ? wall_us : b->ledger.start_us);
	write_if_due(b, now_us);
}

bool budget_lets_poster(struct budget *b, int64_t now_us)
{
	if (!b || !b->plan.posters_only)
		return true;
	if (b->ledger.used_bytes + USUAL_POSTER > b->params.allowance.bytes)
		return false;
	if (b->poster_us && now_us - b->poster_us < b->plan.poster_us)
		return false;
	b->poster_us = now_us;
	return true;
}
