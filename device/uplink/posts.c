/* SPDX-License-Identifier: MIT */
#include "device/uplink/posts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/wire.h"
#include "common/wire_clock.h"
#include "device/uplink/dialog.h"
#include "device/uplink/https.h"

/* A body is not made longer than that by one more message. */
#define BODY_BYTES (256u << 10)

/* The relay answers within 20 s; a proxy may take its time, too. */
#define LISTEN_MS     30000
#define LISTEN_GAP_US 1000000 /* of silence, then listen: parts come sooner */

/* A part on a slow line takes its time, as long as it gets on. */
#define POST_MS	     60000
#define POST_STALL_S 10
#define HELLO_MS     10000

#define STATUS_GONE 410

/* A request, and what of its answer has been heard. */
struct line {
	struct https_call *call;
	bool asked; /* its answer was not heard to its end */
	struct https_answer answer;
	bool answered; /* `answer` is filled in */
	size_t at;     /* in its body: what was not heard yet */
};

struct posts {
	struct posts_params params;
	struct dialog *dialog; /* NULL: no session */
	struct line post, listen;
	char *url; /* of the session */
	uint8_t *body;
	size_t capacity, size;
	bool greeted; /* something was answered */
	int64_t sent_us;
	bool has_clock; /* what the answer to that says of it: */
	int64_t clock_us;
	bool failed;
	enum outcome outcome;
	char why[400];
};

int posts_open(struct posts **out, const struct posts_params *params)
{
	struct posts *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (!p)
		return -ENOMEM;
	p->params = *params;
	if (https_call_open(&p->post.call, params->https) < 0 ||
	    https_call_open(&p->listen.call, params->https) < 0) {
		posts_close(&p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

void posts_close(struct posts **posts)
{
	struct posts *p = *posts;

	*posts = NULL;
	if (!p)
		return;
	https_call_close(&p->post.call);
	https_call_close(&p->listen.call);
	free(p->url);
	free(p->body);
	free(p);
}

/* --- its end ---------------------------------------------------------------
 */

static void fail(struct posts *p, enum outcome outcome, const char *why)
{
	if (p->failed)
		return;
	p->failed = true;
	p->outcome = outcome;
	snprintf(p->why, sizeof(p->why), "%s", why);
}

/* The sentence without its first word, the host: who logs it names that. */
static const char *why_of(const struct line *l)
{
	const char *why = https_call_why(l->call);
	const char *reason = strstr(why, ": ");

	return reason ? reason + 2 : why;
}

static enum outcome outcome_of_error(const struct posts *p, int err)
{
	if (err == -EKEYREJECTED)
		return OUTCOME_UNTRUSTED;
	if (err == -EACCES || err == -EINVAL || err == -EMSGSIZE)
		return OUTCOME_REFUSED;
	return p->greeted ? OUTCOME_LOST : OUTCOME_UNREACHED;
}

bool posts_failed(const struct posts *p, enum outcome *outcome,
		  const char **why)
{
	*outcome = p->outcome;
	*why = p->why;
	return p->failed;
}

/* --- hearing ---------------------------------------------------------------
 */

/* Digits, or it says nothing. */
static void read_clock(struct posts *p)
{
	const char *text = https_call_header(p->post.call, WIRE_CLOCK_HEADER);
	char *end;
	long long us;

	if (!text || *text < '0' || *text > '9')
		return;
	errno = 0;
	us = strtoll(text, &end, 10);
	if (errno || *end)
		return;
	p->has_clock = true;
	p->clock_us = us;
}

bool posts_clock(struct posts *p, int64_t *asked_us, int64_t *relay_us)
{
	bool has = p->has_clock;

	p->has_clock = false;
	*asked_us = p->sent_us;
	*relay_us = p->clock_us;
	return has;
}

/* Takes the answer that has come. False: there is none, or none of use. */
static bool take_answer(struct posts *p, struct line *l)
{
	int err;

	if (!l->asked || https_call_is_busy(l->call))
		return false;
	if (l->answered)
		return true;
	err = https_call_result(l->call, &l->answer);
	l->at = 0;
	l->answered = true;
	if (err < 0)
		fail(p, outcome_of_error(p, err), why_of(l));
	else if (l->answer.status == STATUS_GONE)
		fail(p, OUTCOME_LOST, "it was started anew");
	else if (l->answer.status != 200)
		fail(p, outcome_of_status((unsigned int)l->answer.status),
		     why_of(l));
	else
		p->greeted = true;
	if (!p->failed && l == &p->post)
		read_clock(p);
	return !p->failed;
}

static bool hear_line(struct posts *p, struct line *l, const uint8_t **bytes,
		      size_t *n)
{
	size_t left, size;

	if (!take_answer(p, l))
		return false;
	*bytes = l->answer.body + l->at;
	left = l->answer.body_size - l->at;
	if (!left) {
		l->asked = false;
		return false;
	}
	size = wire_size(*bytes, left);
	if (!size) {
		fail(p, OUTCOME_REFUSED, "what it answers is no message");
		return false;
	}
	*n = size;
	l->at += size;
	return true;
}

bool posts_hear(struct posts *p, const uint8_t **bytes, size_t *n)
{
	return p->dialog && !p->failed &&
	       (hear_line(p, &p->post, bytes, n) ||
		hear_line(p, &p->listen, bytes, n));
}

/* --- speaking --------------------------------------------------------------
 */

static bool grow(struct posts *p, size_t size)
{
	size_t capacity = p->capacity ? p->capacity : BODY_BYTES;
	uint8_t *body;

	while (capacity < size)
		capacity *= 2;
	if (capacity == p->capacity)
		return true;
	body = realloc(p->body, capacity);
	if (!body)
		return false;
	p->body = body;
	p->capacity = capacity;
	return true;
}

/* Moves one message into the body. */
static bool add_message(struct posts *p, struct outbox *outbox)
{
	size_t size = outbox_size(outbox);
	uint8_t *bytes;
	bool first, last;

	if (!grow(p, p->size + size))
		return false;
	bytes = outbox_take(outbox, size, &size, &first, &last);
	memcpy(p->body + p->size, bytes, size);
	p->size += size;
	return true;
}

/* All that is to be said now, or as much as one body may have. */
static void fill_body(struct posts *p, int64_t now_us)
{
	struct outbox *outbox;

	p->size = 0;
	while ((outbox = dialog_speak(p->dialog, now_us)) &&
	       (!p->size || p->size + outbox_size(outbox) <= BODY_BYTES))
		if (!add_message(p, outbox)) {
			fail(p, OUTCOME_LOST, "there is no memory for a part");
			return;
		}
}

static void ask(struct posts *p, struct line *l, const char *method,
		int deadline_ms, int stall_s)
{
	static const char *const headers[] = {
		"Content-Type: application/octet-stream", NULL
	};
	bool post = l == &p->post;

	https_call_start(l->call,
			 &(struct https_request){
				 .method = method,
				 .url = p->url,
				 .headers = post ? headers : NULL,
				 .authorization = p->params.authorization,
				 .body = post ? p->body : NULL,
				 .body_size = post ? p->size : 0,
				 .deadline_ms = deadline_ms,
				 .stall_s = stall_s,
			 });
	l->asked = true;
	l->answered = false;
}

/* Nothing to say: what the relay has to say is waited for. */
static int64_t listen_later(struct posts *p, int64_t now_us)
{
	int64_t due_us = p->sent_us + LISTEN_GAP_US;

	if (p->listen.asked || !dialog_is_live(p->dialog))
		return INT64_MAX;
	if (now_us < due_us)
		return due_us;
	ask(p, &p->listen, "GET", LISTEN_MS, 0);
	return INT64_MAX;
}

int64_t posts_send(struct posts *p, int64_t now_us)
{
	if (!p->dialog || p->failed || p->post.asked)
		return INT64_MAX;
	fill_body(p, now_us);
	if (p->failed)
		return now_us;
	if (!p->size)
		return listen_later(p, now_us);
	p->sent_us = now_us;
	ask(p, &p->post, "POST", p->greeted ? POST_MS : HELLO_MS, POST_STALL_S);
	return INT64_MAX;
}

int posts_socket(const struct posts *p)
{
	return https_call_socket(p->post.call);
}

bool posts_are_through(const struct posts *p)
{
	return !p->post.asked;
}

/* --- sessions --------------------------------------------------------------
 */

void posts_begin(struct posts *p, struct dialog *dialog)
{
	uint64_t session = 0;

	posts_end(p);
	if (getrandom(&session, sizeof(session), 0) < 0 ||
	    asprintf(&p->url, "%s/%016" PRIx64, p->params.url, session) < 0) {
		p->url = NULL;
		fail(p, OUTCOME_UNREACHED, strerror(ENOMEM));
		return;
	}
	p->dialog = dialog;
}

void posts_end(struct posts *p)
{
	https_call_cancel(p->post.call);
	https_call_cancel(p->listen.call);
	p->post.asked = p->listen.asked = false;
	free(p->url);
	p->url = NULL;
	p->dialog = NULL;
	p->greeted = p->failed = p->has_clock = false;
	p->sent_us = 0;
}
