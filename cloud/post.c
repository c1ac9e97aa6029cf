/* SPDX-License-Identifier: MIT */
#include "cloud/post.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/reply.h"
#include "cloud/publishers.h"
#include "cloud/store/messages.h"
#include "common/wire_clock.h"

#define MAX_OF_CAMERA 4 /* sessions: one, its successor, and some forgotten */
#define MAX_SAID      8 /* messages in one answer: more kinds than there are */

struct post {
	struct publisher publisher;
	uint64_t session;
	struct messages messages;
	bool receiving;	 /* a body is under way */
	int64_t wall_us; /* when the newest of it came */
};

/* --- what publishers ask for --- */

static struct post *post_of(struct publisher *p)
{
	return (struct post *)((char *)p - offsetof(struct post, publisher));
}

static void end(struct post *p, int64_t now_us)
{
	publisher_end(&p->publisher, now_us);
	free(p);
}

/* Whoever is asked has no other way of hearing than the next answer. */
static void poke(struct publisher *p)
{
	const struct publishers_params *params = publishers_params(p->owner);

	params->told(params->context, p->camera);
}

/* It asks by itself, again and again. */
static void ask(struct publisher *p)
{
	(void)p;
}

static void give_up(struct publisher *p)
{
	end(post_of(p), p->heard_us);
}

static const struct publisher_kind kind = { poke, ask, give_up };

/* --- sessions --- */

static struct post *find(struct publishers *ps, const struct post_name *name)
{
	struct publisher *p = NULL;

	while ((p = publishers_next(ps, p)))
		if (p->kind == &kind && !p->over &&
		    post_of(p)->session == name->session &&
		    strcmp(p->camera, name->camera) == 0)
			return post_of(p);
	return NULL;
}

/* A device that begins sessions and forgets them must not fill our memory. */
static void make_room(struct publishers *ps, const char *camera, int64_t now_us)
{
	struct post *oldest = NULL;
	struct publisher *p = NULL;
	int count = 0;

	while ((p = publishers_next(ps, p))) {
		if (p->kind != &kind || strcmp(p->camera, camera) != 0)
			continue;
		if (!oldest)
			oldest = post_of(p);
		count++;
	}
	if (count >= MAX_OF_CAMERA)
		end(oldest, now_us);
}

static struct post *make(struct publishers *ps, const struct post_name *name,
			 int64_t now_us)
{
	struct post *p;

	make_room(ps, name->camera, now_us);
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->session = name->session;
	p->publisher.kind = &kind;
	memcpy(p->publisher.camera, name->camera, strlen(name->camera) + 1);
	if (publisher_begin(ps, &p->publisher, now_us) < 0) {
		free(p);
		return NULL;
	}
	return p;
}

static struct reply *refuse_unknown(void)
{
	return reply_new_text(410, NULL,
			      "This relay does not know the session: it was "
			      "started anew, or the device was away for too "
			      "long. A session begins with a hello.");
}

/* --- answers --- */

/* What the clock showed after the device had asked: for a POST alone, since
 * whoever listens may have asked long ago.
 */
static const char *tell_clock(struct post *p, char *line, size_t size)
{
	if (!p->wall_us)
		return NULL;
	snprintf(line, size, WIRE_CLOCK_HEADER ": %" PRId64 "\r\n", p->wall_us);
	p->wall_us = 0;
	return line;
}

/* All that there is to say now. NULL without memory. */
static struct reply *say(struct post *p)
{
	struct ingest *ingest = p->publisher.ingest;
	uint8_t text[MAX_SAID * INGEST_MAX_OUT] = { 0 };
	char clock[64];
	size_t n = 0;

	for (int i = 0; i < MAX_SAID && ingest_has_output(ingest); i++)
		n += ingest_take(ingest, text + n);
	return reply_new_body(
		&(struct reply_params){
			.status = 200,
			.type = "application/octet-stream",
			.cache = "no-store",
			.extra = tell_clock(p, clock, sizeof(clock)) },
		text, n);
}

/* Says it; who has nothing to hear any more after that is over. */
static struct reply *say_last(struct post *p)
{
	if (!p->publisher.greeted && !ingest_has_output(p->publisher.ingest)) {
		p->publisher.over = true;
		return refuse_unknown();
	}
	p->publisher.over =
		p->publisher.said_bye || ingest_failed(p->publisher.ingest);
	return say(p);
}

/* --- requests --- */

struct reply *post_begin(struct publishers *ps, const struct post_name *name,
			 int64_t now_us)
{
	struct post *p = find(ps, name);

	if (!p && publishers_draining(ps))
		return reply_new_text(503, "Retry-After: 1\r\n",
				      "The relay is about to stop.");
	if (!p)
		p = make(ps, name, now_us);
	if (!p)
		return reply_new_text(503, "Retry-After: 1\r\n",
				      "The relay is out of memory.");
	if (p->receiving)
		return reply_new_text(409, NULL,
				      "One request at a time: another one of "
				      "this session is under way.");
	p->receiving = true;
	p->messages = (struct messages){ 0 };
	return NULL;
}

/* A session that nobody has heard of does not begin with something else. */
static bool is_stranger(const struct post *p, const uint8_t *bytes)
{
	return !p->publisher.greeted && !messages_open(&p->messages) &&
	       bytes[0] != WIRE_HELLO;
}

void post_receive(struct publishers *ps, const struct post_name *name,
		  const uint8_t *bytes, size_t n, int64_t now_us,
		  int64_t wall_us)
{
	struct post *p = find(ps, name);

	if (p)
		p->wall_us = wall_us;
	while (p && n > 0 && !p->publisher.said_bye) {
		bool first, final;
		size_t size;

		if (is_stranger(p, bytes)) {
			end(p, now_us);
			return;
		}
		size = messages_next(&p->messages, bytes, n, &first, &final);
		publisher_feed(&p->publisher, bytes, size, first, final, now_us,
			       wall_us);
		p = find(ps, name); /* who listens may have heard its end */
		bytes += size;
		n -= size;
	}
}

struct reply *post_answer(struct publishers *ps, const struct post_name *name,
			  int64_t now_us)
{
	struct post *p = find(ps, name);
	struct reply *reply;

	if (!p)
		return refuse_unknown();
	p->receiving = false;
	publisher_heard(&p->publisher, now_us);
	if (messages_open(&p->messages))
		publisher_fail(&p->publisher, WIRE_ERROR_PROTOCOL,
			       "a request ends within a message");
	reply = say_last(p);
	if (p->publisher.over)
		end(p, now_us);
	return reply;
}

void post_break(struct publishers *ps, const struct post_name *name)
{
	struct post *p = find(ps, name);

	if (!p)
		return;
	p->receiving = false;
	publisher_break(&p->publisher);
}

bool post_listen(struct publishers *ps, const struct post_name *name,
		 int64_t since_us, int64_t now_us, struct reply **out)
{
	struct post *p = find(ps, name);

	*out = NULL;
	if (!p) {
		*out = refuse_unknown();
		return true;
	}
	publisher_heard(&p->publisher, now_us);
	if (!ingest_has_output(p->publisher.ingest) &&
	    now_us - since_us < POST_LISTEN_US)
		return false;
	*out = say_last(p); /* somebody may be poking it: the tick ends it */
	return true;
}
