/* SPDX-License-Identifier: MIT */
#include "cloud/http/permit.h"

#include <stdio.h>
#include <string.h>

#include "cloud/http/answer.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/route.h"
#include "cloud/key.h"
#include "cloud/limit/guard.h"
#include "cloud/login.h"

/* --- refusals --- */

static bool refuse(const struct answer_source *source, enum refusal why,
		   struct reply **out, struct reply *reply)
{
	source->counters->refused[why]++;
	*out = reply;
	return false;
}

/* Beyond a limit that time heals; the connection ends behind it. */
static bool refuse_for_now(const struct answer_source *source, enum refusal why,
			   int64_t wait_us, const char *sentence,
			   struct reply **out)
{
	char extra[64];

	snprintf(extra, sizeof(extra),
		 "Retry-After: %d\r\nConnection: close\r\n",
		 1 + (int)(wait_us / 1000000));
	return refuse(source, why, out, reply_new_text(429, extra, sentence));
}

static bool refuse_key(const struct answer_source *source, const char *sentence,
		       struct reply **out)
{
	return refuse(
		source, REFUSED_KEY, out,
		reply_new_text(401, "WWW-Authenticate: Bearer\r\n", sentence));
}

/* --- how often --- */

bool permit_ask(const struct answer_source *source,
		const struct request *request, const struct route *route,
		int64_t now_us, struct reply **out)
{
	int64_t wait_us;

	if (!source->guard)
		return true;
	wait_us = guard_ask(source->guard, &request->from, route->token,
			    route->token_size, now_us);
	return !wait_us ||
	       refuse_for_now(source, REFUSED_RATE, wait_us,
			      "Too many requests; come again more slowly.",
			      out);
}

/* Before a key or token is looked at, or the answer would tell. */
static bool may_try(const struct answer_source *source,
		    const struct request *request, int64_t now_us,
		    struct reply **out)
{
	int64_t wait_us;

	if (!source->guard)
		return true;
	wait_us = guard_locked_us(source->guard, &request->from, now_us);
	return !wait_us ||
	       refuse_for_now(source, REFUSED_GUESSES, wait_us,
			      "Too many wrong keys or links came from this "
			      "address; try again later.",
			      out);
}

static void note_wrong(const struct answer_source *source,
		       const struct request *request, const char *tried,
		       size_t n, int64_t now_us)
{
	if (source->guard && n)
		guard_wrong(source->guard, &request->from, tried, n, now_us);
}

/* --- a user with a password --- */

static bool refuse_login(const struct answer_source *source,
			 const char *sentence, struct reply **out)
{
	return refuse(source, REFUSED_KEY, out,
		      reply_new_text(401,
				     "WWW-Authenticate: Basic "
				     "realm=\"Oriel\", charset=\"UTF-8\"\r\n",
				     sentence));
}

static bool has_login(const struct answer_source *source)
{
	return source->login && source->login->user;
}

static enum permit permit_login(const struct answer_source *source,
				const struct request *request, int64_t now_us,
				struct reply **out)
{
	const char *given = request->authorization;
	uint64_t name = request->login ? request->login
				       : login_name(source->login, given);

	if (!may_try(source, request, now_us, out))
		return PERMIT_NO;
	switch (login_check(source->login, name, given, &request->from,
			    now_us)) {
	case LOGIN_RIGHT:
		return PERMIT_YES;
	case LOGIN_LOOKING:
		return PERMIT_WAIT;
	case LOGIN_NONE:
		return refuse_login(source,
				    "This needs a user name and a password, or "
				    "a viewing link.",
				    out);
	case LOGIN_LATER:
		return refuse_for_now(source, REFUSED_GUESSES, 0,
				      "Too many passwords are being tried; try "
				      "again in a second.",
				      out);
	default:
		note_wrong(source, request, (const char *)&name, sizeof(name),
			   now_us);
		return refuse_login(
			source, "The user name or the password is wrong.", out);
	}
}

enum permit permit_list(const struct answer_source *source,
			const struct request *request, const char *camera,
			int64_t now_us, struct reply **out)
{
	if (source->open || !has_login(source) ||
	    request_bearer(request->authorization))
		return permit_operate(source, request, camera, now_us, out);
	return permit_login(source, request, now_us, out);
}

/* --- viewing --- */

static bool refuse_link(const struct answer_source *source,
			const struct route *route, const char *sentence,
			struct reply **out)
{
	bool page = route->kind == ROUTE_PAGE || route->kind == ROUTE_HOME;

	return refuse(source, REFUSED_LINK, out,
		      page ? report_refused(sentence)
			   : reply_new_text(403, NULL, sentence));
}

static bool check_token(const struct answer_source *source,
			const struct request *request,
			const struct route *route, int64_t now_us,
			int64_t wall_us, struct reply **out)
{
	switch (key_check_token(route->token, route->token_size, source->keys,
				route->camera, wall_us / 1000000)) {
	case KEY_VIEW_GOOD:
		return true;
	case KEY_VIEW_EXPIRED:
		return refuse_link(source, route,
				   "This viewing link has expired.", out);
	default:
		note_wrong(source, request, route->token, route->token_size,
			   now_us);
		return refuse_link(source, route,
				   "This viewing link is not for this camera, "
				   "has been revoked, or was copied wrongly.",
				   out);
	}
}

enum permit permit_view(const struct answer_source *source,
			const struct request *request,
			const struct route *route, int64_t now_us,
			int64_t wall_us, struct reply **out)
{
	if (source->open)
		return PERMIT_YES;
	if (!route->token && has_login(source))
		return permit_login(source, request, now_us, out);
	if (!route->token)
		return refuse_link(source, route,
				   "This camera needs a viewing link: the "
				   "address has /~ and a token behind the "
				   "camera's name.",
				   out);
	return may_try(source, request, now_us, out) &&
	       check_token(source, request, route, now_us, wall_us, out);
}

bool permit_is_personal(const struct answer_source *source,
			const struct route *route)
{
	return !source->open && !route->token;
}

/* --- publishing and operating --- */

bool permit_publish(const struct answer_source *source,
		    const struct request *request, const char *camera,
		    int64_t now_us, struct reply **out)
{
	const char *given = request_bearer(request->authorization);
	size_t n = given ? strlen(given) : 0;

	if (!may_try(source, request, now_us, out))
		return false;
	if (n && key_may_publish(source->keys, given, n, camera))
		return true;
	note_wrong(source, request, given, n, now_us);
	return refuse_key(source,
			  "This is not the camera's publish key; "
			  "`oriel-relay key CAMERA` prints it, with the "
			  "relay's ORIEL_SECRET.",
			  out);
}

bool permit_operate(const struct answer_source *source,
		    const struct request *request, const char *camera,
		    int64_t now_us, struct reply **out)
{
	const char *given = request_bearer(request->authorization);
	size_t n = given ? strlen(given) : 0;

	if (source->open || address_is_inside(&request->from))
		return true;
	if (!may_try(source, request, now_us, out))
		return false;
	if (n &&
	    (key_may_operate(source->keys, given, n) ||
	     (camera[0] && key_may_publish(source->keys, given, n, camera))))
		return true;
	note_wrong(source, request, given, n, now_us);
	return refuse_key(source,
			  "This needs the operator's key, in "
			  "\"Authorization: Bearer KEY\"; `oriel-relay key` "
			  "prints it.",
			  out);
}
