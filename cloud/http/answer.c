/* SPDX-License-Identifier: MIT */
#include "cloud/http/answer.h"

#include <stdio.h>
#include <string.h>

#include "cloud/http/answer_device.h"
#include "cloud/http/answer_want.h"
#include "cloud/http/assets.h"
#include "cloud/http/metrics.h"
#include "cloud/http/permit.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/route.h"
#include "cloud/login.h"
#include "cloud/store/camera.h"
#include "cloud/store/poster.h"
#include "cloud/store/store.h"

#define METHODS "GET, HEAD, OPTIONS"

static struct reply *answer_methods(void)
{
	return reply_new(
		&(struct reply_params){
			.status = 204,
			.extra = "Allow: " METHODS "\r\n"
				 "Access-Control-Allow-Methods: " METHODS "\r\n"
				 "Access-Control-Allow-Headers: Authorization, "
				 "Range\r\n"
				 "Access-Control-Max-Age: 86400\r\n",
		},
		0);
}

/* Relative, so that it is right below any prefix of a proxy. */
static struct reply *answer_redirect(const struct route *route)
{
	char extra[ROUTE_MAX_TOKEN + 32];

	snprintf(extra, sizeof(extra), "Location: %.*s/\r\n",
		 (int)route->last_size, route->last);
	return reply_new(&(struct reply_params){ .status = 308,
						 .cache = "no-store",
						 .extra = extra },
			 0);
}

static struct reply *answer_asset(const struct answer_source *source,
				  const struct request *request,
				  const char *name, size_t n)
{
	struct reply *r = assets_find(source->assets, name, n, request->gzip,
				      request->if_none_match);

	return r ? reply_hold(r)
		 : reply_new_text(404, NULL, "There is no such file.");
}

static struct reply *answer_poster(const struct answer_source *source,
				   const struct request *request,
				   const struct route *route)
{
	const struct camera *c = store_find(source->store, route->camera);
	const struct poster *p = c ? camera_poster(c) : NULL;
	struct reply *r;

	if (!p)
		return reply_new_text(404, NULL,
				      "No poster of this camera has come yet.");
	r = poster_reply(p, request->if_none_match);
	return permit_is_personal(source, route) ? reply_new_private(r)
						 : reply_hold(r);
}

static struct reply *answer_view(const struct answer_source *source,
				 const struct request *request,
				 const struct route *route, int64_t now_us,
				 int64_t wall_us)
{
	static const char page[] = "index.html";

	if (route->kind == ROUTE_REDIRECT)
		return answer_redirect(route);
	if (route->kind == ROUTE_POSTER)
		return answer_poster(source, request, route);
	if (route->kind == ROUTE_PAGE)
		return answer_asset(source, request, page, sizeof(page) - 1);
	return report_state(route->camera,
			    store_find(source->store, route->camera), now_us,
			    wall_us);
}

static bool has_login(const struct answer_source *source)
{
	return source->login && source->login->user;
}

/* Who has a password sees the cameras, as does who has a link to all. */
static struct reply *answer_home(const struct answer_source *source,
				 const struct route *route, int64_t now_us)
{
	struct report_link link = { route->token, route->token_size };
	bool list = source->open || route->token || has_login(source);

	return report_home(source->store, list, &link, now_us);
}

static struct reply *answer_operator(const struct answer_source *source,
				     const struct route *route, int64_t now_us,
				     int64_t wall_us)
{
	if (route->kind == ROUTE_METRICS)
		return metrics_report(source->counters, source->store, now_us);
	if (route->kind == ROUTE_CAMERAS)
		return report_states(source->store, now_us, wall_us);
	return report_state(route->camera,
			    store_find(source->store, route->camera), now_us,
			    wall_us);
}

/* Metrics may have a listener of their own, which has nothing else. */
static bool is_elsewhere(const struct answer_source *source,
			 const struct request *request,
			 const struct route *route)
{
	if (address_is_inside(&request->from))
		return route->kind != ROUTE_METRICS &&
		       route->kind != ROUTE_HEALTH &&
		       route->kind != ROUTE_READY;
	return route->kind == ROUTE_METRICS && source->metrics_inside;
}

/* What every request has to pass; false with the refusal in *out. */
static bool is_proper(const struct request *request, const struct route *route,
		      struct reply **out)
{
	if (request->method == METHOD_OPTIONS)
		*out = answer_methods();
	else if (request->body)
		*out = reply_new_text(400, "Connection: close\r\n",
				      "A request with a body is none of ours.");
	else if (route->kind == ROUTE_NONE)
		*out = reply_new_text(404, NULL, "There is nothing here.");
	else if (request->method >= METHOD_POST)
		*out = reply_new_text(405,
				      "Allow: " METHODS "\r\n"
				      "Connection: close\r\n",
				      "Only " METHODS " are answered here.");
	else if (request->bad)
		*out = reply_new_text(400, NULL,
				      "_HLS_msn or _HLS_part is no number.");
	else
		return true;
	return false;
}

static uint64_t name_login(const struct answer_source *source,
			   const struct request *request)
{
	return request->login
		       ? request->login
		       : login_name(source->login, request->authorization);
}

/* Nobody has to be anybody for the start page, but who is sees more. */
static enum permit permit_route(const struct answer_source *source,
				const struct request *request,
				const struct route *route, int64_t now_us,
				int64_t wall_us, struct reply **out)
{
	switch (route->kind) {
	case ROUTE_REDIRECT:
	case ROUTE_PAGE:
	case ROUTE_STATE:
	case ROUTE_POSTER:
	case ROUTE_PLAYLIST:
	case ROUTE_OBJECT:
		return permit_view(source, request, route, now_us, wall_us,
				   out);
	case ROUTE_HOME:
	case ROUTE_CAMERAS:
	case ROUTE_CAMERA:
		if (route->token)
			return permit_view(source, request, route, now_us,
					   wall_us, out);
		if (route->kind == ROUTE_HOME && !has_login(source))
			return PERMIT_YES;
		return permit_list(source, request, route->camera, now_us, out);
	case ROUTE_METRICS:
		return permit_operate(source, request, route->camera, now_us,
				      out);
	default: /* nothing, or they look for themselves */
		return PERMIT_YES;
	}
}

static struct reply *answer_ready(const struct answer_source *source)
{
	return source->counters->leaving
		       ? reply_new_text(503, "Retry-After: 1\r\n",
					"The relay is about to stop.")
		       : reply_new_text(200, NULL, "ready");
}

/* What never waits, to who may have it. */
static struct reply *answer_route(const struct answer_source *source,
				  const struct request *request,
				  const struct route *route, int64_t now_us,
				  int64_t wall_us)
{
	switch (route->kind) {
	case ROUTE_REDIRECT:
	case ROUTE_PAGE:
	case ROUTE_STATE:
	case ROUTE_POSTER:
		return answer_view(source, request, route, now_us, wall_us);
	case ROUTE_CAMERAS:
	case ROUTE_CAMERA:
	case ROUTE_METRICS:
		return answer_operator(source, route, now_us, wall_us);
	case ROUTE_ASSET:
		return answer_asset(source, request, route->last,
				    route->last_size);
	case ROUTE_PUBLISH:
		return reply_new_text(426, "Upgrade: websocket\r\n",
				      "A device publishes here, over a "
				      "WebSocket.");
	case ROUTE_POST: /* answer_post() has taken what is fine */
		return reply_new_text(405,
				      "Allow: GET, POST\r\n"
				      "Connection: close\r\n",
				      "A device asks by GET or POST here.");
	case ROUTE_DEMAND:
		return answer_demand(source, request, route, now_us, wall_us);
	case ROUTE_HEALTH:
		return reply_new_text(200, NULL, "ok");
	case ROUTE_READY:
		return answer_ready(source);
	default:
		return answer_home(source, route, now_us);
	}
}

bool answer_request(const struct answer_source *source,
		    const struct request *request, int64_t now_us,
		    int64_t wall_us, struct reply **out, struct want *want)
{
	struct route route;

	*out = NULL;
	route_parse(&route, request->path, request->path_size);
	if (is_elsewhere(source, request, &route))
		route.kind = ROUTE_NONE;
	/* Who comes from a look at his password has been here. */
	if (!request->login &&
	    (!permit_ask(source, request, &route, now_us, out) ||
	     !is_proper(request, &route, out)))
		return true;
	switch (permit_route(source, request, &route, now_us, wall_us, out)) {
	case PERMIT_NO:
		return true;
	case PERMIT_WAIT:
		*want = (struct want){ .login = name_login(source, request),
				       .away = true };
		memcpy(want->camera, route.camera, sizeof(want->camera));
		return false;
	default:
		break;
	}
	if (route.kind == ROUTE_PLAYLIST || route.kind == ROUTE_OBJECT)
		return answer_want_begin(source, request, &route, now_us, out,
					 want);
	*out = answer_route(source, request, &route, now_us, wall_us);
	return true;
}
