/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "publish"
#include "cloud/publishers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/report.h"
#include "cloud/limit/guard.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"
#include "common/log.h"

/* A device that has nothing to send for so long is asked, and then given up. */
#define QUIET_US 4000000
#define DEAD_US	 10000000
/* What a message may take: a body by HTTP may no longer (--slow-s). */
#define MESSAGE_US 60000000
/* One that says nothing because nobody watches is left alone for longer. */
#define REST_US	       45000000
#define REST_DEAD_US   75000000
#define SMALL_PIECE    64 /* bytes */
#define MAX_OF_PROCESS 2  /* connections: the one before, and its successor */

struct publishers {
	struct publishers_params params;
	TAILQ_HEAD(publisher_list, publisher) all;
	bool draining;
};

int publishers_open(struct publishers **out,
		    const struct publishers_params *params)
{
	struct publishers *ps = calloc(1, sizeof(*ps));

	*out = ps;
	if (!ps)
		return -ENOMEM;
	ps->params = *params;
	TAILQ_INIT(&ps->all);
	return 0;
}

void publishers_close(struct publishers **publishers)
{
	struct publishers *ps = *publishers;
	struct publisher *p;

	*publishers = NULL;
	if (!ps)
		return;
	while ((p = TAILQ_FIRST(&ps->all)))
		p->kind->give_up(p);
	free(ps);
}

const struct publishers_params *publishers_params(const struct publishers *ps)
{
	return &ps->params;
}

struct publisher *publishers_next(const struct publishers *ps,
				  const struct publisher *p)
{
	return p ? TAILQ_NEXT(p, all) : TAILQ_FIRST(&ps->all);
}

/* --- one's life --- */

int publisher_begin(struct publishers *ps, struct publisher *p, int64_t now_us)
{
	int err = ingest_open(&p->ingest, ps->params.store, p->camera,
			      ps->params.max_part);

	if (err < 0)
		return err;
	p->owner = ps;
	p->began_us = p->heard_us = now_us;
	TAILQ_INSERT_TAIL(&ps->all, p, all);
	ps->params.counters->publishers++;
	return 0;
}

void publisher_heard(struct publisher *p, int64_t now_us)
{
	if (ingest_failed(p->ingest))
		return;
	p->heard_us = now_us;
	p->asked = false;
}

/* --- who is the camera --- */

static bool same_camera(const struct publisher *p,
			const struct publisher *newest)
{
	return p->greeted && !ingest_failed(p->ingest) &&
	       strcmp(p->camera, newest->camera) == 0;
}

static bool same_process(const struct publisher *p,
			 const struct publisher *newest)
{
	return ingest_process(p->ingest) == ingest_process(newest->ingest);
}

static int count_same(struct publishers *ps, const struct publisher *newest)
{
	const struct publisher *p;
	int count = 0;

	TAILQ_FOREACH(p, &ps->all, all)
	count += same_camera(p, newest) && same_process(p, newest);
	return count;
}

/* It was the first of two connections, or the second that was not needed. */
static bool goes_on(const struct publisher *p)
{
	const struct publisher *other;

	TAILQ_FOREACH(other, &p->owner->all, all)
	if (other != p && same_camera(other, p) && same_process(other, p))
		return true;
	return false;
}

void publisher_end(struct publisher *p, int64_t now_us)
{
	struct publishers *ps = p->owner;
	const char *how = p->said_bye  ? "said bye"
			  : goes_on(p) ? "goes on over another connection"
				       : "is gone";

	if (p->greeted)
		log_info("%s: the device of process %016" PRIx64 " %s%s%s",
			 p->camera, ingest_process(p->ingest), how,
			 ingest_text(p->ingest)[0] ? ": " : "",
			 ingest_text(p->ingest));
	TAILQ_REMOVE(&ps->all, p, all);
	ps->params.counters->publishers--;
	ingest_close(&p->ingest, now_us);
}

/*
 * Who else publishes this camera has to leave: another process at once, the
 * same one when it has more connections than it takes to change over.
 */
static void make_way(struct publishers *ps, const struct publisher *newest)
{
	int surplus = count_same(ps, newest) - MAX_OF_PROCESS;
	struct publisher *next;

	for (struct publisher *p = TAILQ_FIRST(&ps->all); p; p = next) {
		next = TAILQ_NEXT(p, all);
		if (p != newest && same_camera(p, newest) &&
		    (!same_process(p, newest) || surplus-- > 0)) {
			ingest_fail(p->ingest, WIRE_ERROR_REPLACED,
				    "another connection has taken this camera "
				    "over");
			p->kind->poke(p);
		}
	}
}

/* --- who watches --- */

static bool is_silent(const struct publisher *p, int64_t now_us)
{
	return now_us - p->heard_us >= QUIET_US;
}

static void tell_demand(struct publisher *p, int64_t now_us)
{
	const struct publishers_params *params = &p->owner->params;
	uint32_t viewers;

	if (!p->greeted || ingest_failed(p->ingest))
		return;
	viewers = params->viewers(params->context, p->camera);
	if (!demand_tell(&p->demand, viewers, now_us))
		return;
	if (viewers && is_silent(p, now_us))
		p->heard_us = now_us; /* it was, and from now on must not */
	ingest_demand(p->ingest, viewers);
	p->kind->poke(p);
}

void publishers_asked(struct publishers *ps, const char *camera, int64_t now_us)
{
	struct publisher *p;

	TAILQ_FOREACH(p, &ps->all, all)
	if (!p->demand.viewers && strcmp(p->camera, camera) == 0)
		tell_demand(p, now_us);
}

/* --- what one says --- */

static void greet(struct publisher *p)
{
	p->greeted = true;
	log_info("%s: a device has connected, process %016" PRIx64, p->camera,
		 ingest_process(p->ingest));
	make_way(p->owner, p);
	tell_demand(p, p->heard_us);
}

/* Smaller pieces than any network makes are as good as messages. */
static bool is_message(size_t n, bool first)
{
	return first || n < SMALL_PIECE;
}

static bool says_too_much(struct publisher *p, size_t n, bool first,
			  int64_t now_us)
{
	struct guard *guard = p->owner->params.guard;

	return guard && is_message(n, first) &&
	       !guard_hear(guard, p->camera, now_us);
}

/* The first reason counts; what comes behind it is not looked at. */
static enum ingest_event refuse(struct publisher *p, enum refusal why)
{
	p->owner->params.counters->refused[why]++;
	log_warn("%s: %s", p->camera, ingest_text(p->ingest));
	return INGEST_FAILED;
}

enum ingest_event publisher_fail(struct publisher *p, enum wire_error_code code,
				 const char *text)
{
	if (ingest_failed(p->ingest))
		return INGEST_FAILED;
	ingest_fail(p->ingest, code, text);
	return refuse(p, REFUSED_DEVICE);
}

static enum ingest_event hear(struct publisher *p, const uint8_t *bytes,
			      size_t n, bool first, bool final, int64_t now_us,
			      int64_t wall_us)
{
	enum ingest_event event;

	if (ingest_failed(p->ingest))
		return INGEST_FAILED;
	if (first)
		p->message_us = now_us;
	p->within = !final;
	if (says_too_much(p, n, first, now_us)) {
		ingest_fail(p->ingest, WIRE_ERROR_TOO_LARGE,
			    "more messages a second than the relay takes of "
			    "one camera: make the parts longer or raise "
			    "--max-messages");
		return refuse(p, REFUSED_MESSAGES);
	}
	event = ingest_feed(p->ingest, bytes, n, first, final, now_us, wall_us);
	if (final && p->owner->params.guard)
		guard_unpacked(p->owner->params.guard, p->camera,
			       ingest_unpacked(p->ingest), now_us);
	return event == INGEST_FAILED ? refuse(p, REFUSED_DEVICE) : event;
}

/* What its process has forgotten of sessions is not waited for. */
static void leave(const struct publisher *p)
{
	struct publisher *other;

	TAILQ_FOREACH(other, &p->owner->all, all)
	if (same_camera(other, p) && same_process(other, p))
		other->left = true;
}

enum ingest_event publisher_feed(struct publisher *p, const uint8_t *bytes,
				 size_t n, bool first, bool final,
				 int64_t now_us, int64_t wall_us)
{
	const struct publishers_params *params = &p->owner->params;
	enum ingest_event event;

	publisher_heard(p, now_us);
	params->counters->bytes_in += n;
	event = hear(p, bytes, n, first, final, now_us, wall_us);
	switch (event) {
	case INGEST_HELLO:
		greet(p);
		break;
	case INGEST_STORED:
		params->stored(params->context, p->camera);
		break;
	case INGEST_BYE:
		p->said_bye = true;
		leave(p);
		break;
	case INGEST_FAILED:
	case INGEST_NOTHING:
		break;
	}
	if (ingest_has_output(p->ingest))
		p->kind->poke(p);
	return event;
}

void publisher_break(struct publisher *p)
{
	p->within = false;
	ingest_break(p->ingest);
}

/* --- time --- */

static bool is_resting(const struct publisher *p)
{
	const struct camera *c = store_find(p->owner->params.store, p->camera);

	return p->greeted && c && camera_status(c)->mode == WIRE_QUIET &&
	       !p->demand.viewers;
}

/* Each byte is a sign of life, and room for all of the message is kept. */
static bool drips(const struct publisher *p, int64_t now_us)
{
	if (!p->within || now_us - p->message_us < MESSAGE_US)
		return false;
	log_warn("%s: a message was not complete after %d s", p->camera,
		 MESSAGE_US / 1000000);
	p->owner->params.counters->refused[REFUSED_SLOW]++;
	return true;
}

/* May free `p`. */
static void tick(struct publisher *p, int64_t now_us)
{
	int64_t silent_us = now_us - p->heard_us;
	bool rests = is_resting(p);

	/* Answering pings is no sign of a device. */
	if (p->over || (!p->greeted && now_us - p->began_us >= DEAD_US) ||
	    drips(p, now_us)) {
		p->kind->give_up(p);
		return;
	}
	tell_demand(p, now_us);
	if (silent_us >= (rests ? REST_DEAD_US : DEAD_US)) {
		/* A session that another one took over from is just left. */
		if (!goes_on(p) && !p->left && !ingest_failed(p->ingest))
			log_warn("%s: nothing from the device for %d s",
				 p->camera, (int)(silent_us / 1000000));
		p->heard_us = now_us; /* said once, should it not close */
		p->kind->give_up(p);
	} else if (silent_us >= (rests ? REST_US : QUIET_US) && !p->asked) {
		p->asked = true;
		p->kind->ask(p);
	}
}

void publishers_tick(struct publishers *ps, int64_t now_us)
{
	struct publisher *next;

	for (struct publisher *p = TAILQ_FIRST(&ps->all); p; p = next) {
		next = TAILQ_NEXT(p, all);
		tick(p, now_us);
	}
}

void publishers_drain(struct publishers *ps)
{
	struct publisher *next;

	ps->draining = true;
	for (struct publisher *p = TAILQ_FIRST(&ps->all); p; p = next) {
		next = TAILQ_NEXT(p, all);
		ingest_drain(p->ingest);
		p->kind->poke(p);
	}
}

bool publishers_draining(const struct publishers *ps)
{
	return ps->draining;
}

bool publishers_busy(const struct publishers *ps)
{
	return !TAILQ_EMPTY(&ps->all);
}
