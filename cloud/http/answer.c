/* SPDX-License-Identifier: MIT */
#include "cloud/http/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cloud/http/assets.h"
#include "cloud/http/metrics.h"
#include "cloud/http/permit.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/route.h"
#include "cloud/login.h"
#include "cloud/post.h"
#include "cloud/store/audience.h"
#include "cloud/store/camera.h"
#include "cloud/store/playlist.h"
#include "cloud/store/poster.h"
#include "cloud/store/store.h"

#define METHODS "GET, HEAD, OPTIONS"

/* A device that has been told of a viewer has to connect, and to send. */
#define WAKE_US 2000000

/* How often a sleeping device asks: what it says within these counts. */
#define CHECK_IN_S     10
#define MIN_CHECK_IN_S 1
#define MAX_CHECK_IN_S 60

static struct reply *hold(struct reply *r)
{
	return r ? reply_hold(r) : NULL;
}

/* --- cameras: what may have to wait --- */

static struct reply *refuse_camera(enum camera_state state)
{
	char extra[64], sentence[96];

	snprintf(extra, sizeof(extra), "Retry-After: 1\r\nOriel-State: %s\r\n",
		 report_state_name(state));
	snprintf(sentence, sizeof(sentence),
		 state == CAMERA_LIVE || state == CAMERA_GONE
			 ? "What was asked for did not come in time."
			 : "The camera is not there: %s.",
		 report_state_name(state));
	return reply_new_text(503, extra, sentence);
}

/* How long a request may wait for this camera. */
static int64_t hold_limit_us(const struct answer_source *source,
			     const struct camera *c, int64_t now_us)
{
	int64_t check_in_us;

	if (!c)
		return source->hold_us;
	if (camera_playable(c, now_us))
		return blocking_limit_us(
			playlist_meta(camera_playlist(c))->target_ms);
	check_in_us = camera_check_in_us(c, now_us);
	return check_in_us ? check_in_us + WAKE_US : source->hold_us;
}

static bool time_is_up(const struct answer_source *source,
		       const struct want *want, const struct camera *c,
		       int64_t now_us)
{
	return now_us - want->since_us >= hold_limit_us(source, c, now_us);
}

/* False when the time is not up. */
static bool give_up(const struct answer_source *source, const struct want *want,
		    const struct camera *c, int64_t now_us, struct reply **out)
{
	if (!time_is_up(source, want, c, now_us))
		return false;
	*out = refuse_camera(c ? camera_state(c, now_us) : CAMERA_WAITING);
	return true;
}

/* For how long its viewer needs no other, as far as the request tells. */
static uint32_t playlist_lasts_ms(const struct playlist *p,
				  const struct want *want)
{
	const struct wire_playlist *meta = playlist_meta(p);

	return want->directives.has_part ? meta->part_target_ms
					 : meta->target_ms;
}

/* False: wait. */
static bool answer_playlist(struct camera *c, const struct want *want,
			    int64_t now_us, struct reply **out)
{
	struct playlist *p = camera_playlist(c);
	struct blocking_state state = playlist_state(p);

	switch (blocking_check(&state, &want->directives)) {
	case BLOCKING_READY:
		*out = hold(playlist_reply(p, &want->directives, want->gzip));
		audience_count(camera_audience(c), playlist_lasts_ms(p, want),
			       now_us);
		return true;
	case BLOCKING_BAD:
		*out = reply_new_text(400, NULL,
				      "_HLS_msn and _HLS_part ask for what is "
				      "too far ahead.");
		return true;
	default:
		return false;
	}
}

/*
 * Whether it could have been asked for because of a hint that was withdrawn.
 * Who did learns it from the playlist and takes the request back, if there is
 * time for that: browsers log a 404 whatever the page makes of it.
 */
static bool was_hinted(const struct want *want, enum camera_object object,
		       int64_t now_us)
{
	return object == CAMERA_WITHDRAWN || want->since_us < now_us;
}

/* Likewise. */
static bool answer_object(const struct answer_source *source, struct camera *c,
			  const struct want *want, int64_t now_us,
			  struct reply **out)
{
	struct reply *found;
	enum camera_object object = camera_find(c, &want->object, &found);

	switch (object) {
	case CAMERA_HELD:
		*out = reply_hold(found);
		return true;
	case CAMERA_WITHDRAWN:
	case CAMERA_UNKNOWN:
		if (!camera_playlist(c))
			return false; /* the device has only just begun */
		if (was_hinted(want, object, now_us) &&
		    !time_is_up(source, want, c, now_us))
			return false;
		*out = reply_new_text(404, NULL,
				      "There is no such part, segment or init "
				      "of this camera, or not any more.");
		return true;
	case CAMERA_NO_MEMORY:
		*out = NULL;
		return true;
	default:
		return false;
	}
}

/* 404 is only for what is known not to be: who never came may bring it. */
bool answer_want(const struct answer_source *source, const struct want *want,
		 int64_t now_us, struct reply **out)
{
	struct camera *c = store_find(source->store, want->camera);

	*out = NULL;
	if (c && !want->is_object)
		audience_ask(camera_audience(c), now_us);
	if (c && want->is_object && answer_object(source, c, want, now_us, out))
		return true;
	if (c && !want->is_object && camera_playable(c, now_us) &&
	    answer_playlist(c, want, now_us, out))
		return true;
	return give_up(source, want, c, now_us, out);
}

static bool begin_want(const struct answer_source *source,
		       const struct request *request, const struct route *route,
		       int64_t now_us, struct reply **out, struct want *want)
{
	*want = (struct want){
		.is_object = route->kind == ROUTE_OBJECT,
		.object = route->object,
		.directives = request->directives,
		.gzip = request->gzip,
		.since_us = now_us,
	};
	const struct camera *c = store_find(source->store, route->camera);

	want->away = !c || !camera_connected(c);
	memcpy(want->camera, route->camera, sizeof(want->camera));
	if (route->kind == ROUTE_PLAYLIST && request->directives.has_part &&
	    !request->directives.has_msn) {
		*out = reply_new_text(400, NULL, "_HLS_part needs _HLS_msn.");
		return true;
	}
	return answer_want(source, want, now_us, out);
}

/* --- publishing --- */

bool answer_publish(const struct answer_source *source,
		    const struct request *request, const char *protocols,
		    int64_t now_us, char camera[static CAMERA_NAME_MAX + 1],
		    struct reply **out)
{
	struct route route;

	*out = NULL;
	route_parse(&route, request->path, request->path_size);
	if (!permit_ask(source, request, &route, now_us, out))
		return false;
	if (route.kind != ROUTE_PUBLISH) {
		*out = reply_new_text(404, NULL,
				      "A camera publishes at "
				      "/v1/publish/CAMERA; its name is 1 to 32 "
				      "of a-z, 0-9 and '-', and no word that "
				      "the relay uses itself.");
		return false;
	}
	if (!permit_publish(source, request, route.camera, now_us, out))
		return false;
	if (!request_lists(protocols, WIRE_PROTOCOL)) {
		*out = reply_new_text(400, NULL,
				      "This relay speaks the WebSocket "
				      "subprotocol " WIRE_PROTOCOL " only.");
		return false;
	}
	memcpy(camera, route.camera, sizeof(route.camera));
	return true;
}

/* --- a device publishes by requests --- */

bool answer_may_take(const struct request *request)
{
	return request->method == METHOD_POST && request->length > 0 &&
	       request->length <= POST_MAX_BODY;
}

/* Why the body of a POST cannot be taken; NULL without memory, too. */
static bool refuse_body(const struct request *request, struct reply **out)
{
	if (request->length < 0)
		*out = reply_new_text(411, "Connection: close\r\n",
				      "A POST needs a Content-Length.");
	else if (request->length > POST_MAX_BODY)
		*out = reply_new_text(413, "Connection: close\r\n",
				      "That is more than one part and what "
				      "belongs to it.");
	else if (request->length == 0)
		*out = reply_new_text(400, NULL,
				      "There are no messages in this POST.");
	else
		return false;
	return true;
}

enum answer_post answer_post(const struct answer_source *source,
			     const struct request *request, int64_t now_us,
			     char camera[static CAMERA_NAME_MAX + 1],
			     uint64_t *session, struct reply **out)
{
	bool post = request->method == METHOD_POST;
	struct route route;

	*out = NULL;
	route_parse(&route, request->path, request->path_size);
	if (route.kind != ROUTE_POST ||
	    (!post && (request->method != METHOD_GET || request->body)))
		return ANSWER_ELSE;
	if (!permit_ask(source, request, &route, now_us, out) ||
	    !permit_publish(source, request, route.camera, now_us, out))
		return ANSWER_REFUSE;
	if (post && refuse_body(request, out))
		return ANSWER_REFUSE;
	memcpy(camera, route.camera, sizeof(route.camera));
	*session = route.session;
	return post ? ANSWER_TAKE : ANSWER_LISTEN;
}

/* --- a sleeping device asks --- */

static unsigned int count_viewers(const struct answer_source *source,
				  const struct camera *c, int64_t now_us)
{
	unsigned int viewers = camera_viewers(c, now_us);

	/* Those who came before the camera was known here. */
	if (!viewers && source->count_waiting)
		viewers =
			source->count_waiting(source->context, camera_name(c));
	return viewers;
}

static uint32_t check_in_s(const struct directives *d)
{
	if (!d->has_every)
		return CHECK_IN_S;
	if (d->every_s < MIN_CHECK_IN_S)
		return MIN_CHECK_IN_S;
	return d->every_s < MAX_CHECK_IN_S ? d->every_s : MAX_CHECK_IN_S;
}

/* From memory: it is asked all day long, and by every camera. */
static struct reply *answer_demand(const struct answer_source *source,
				   const struct request *request,
				   const struct route *route, int64_t now_us,
				   int64_t wall_us)
{
	uint32_t interval_s = check_in_s(&request->directives);
	struct reply *refusal;
	struct camera *c;
	int err;

	if (!permit_publish(source, request, route->camera, now_us, &refusal))
		return refusal;
	err = store_get(source->store, route->camera, &c);
	if (err < 0)
		return err == -ENOMEM
			       ? NULL
			       : reply_new_text(503, "Retry-After: 10\r\n",
						"The relay has as many "
						"cameras as it may.");
	camera_check_in(c, interval_s, now_us);
	return report_demand(count_viewers(source, c, now_us), interval_s,
			     wall_us);
}

/* --- everything else --- */

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

	return p ? reply_hold(poster_reply(p, request->if_none_match))
		 : reply_new_text(404, NULL,
				  "No poster of this camera has come yet.");
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

/* Who has a password sees the cameras, and is asked for it. */
static struct reply *answer_home(const struct answer_source *source,
				 const struct request *request,
				 const struct route *route, int64_t now_us,
				 int64_t wall_us)
{
	struct report_link link = { route->token, route->token_size };
	bool list = source->open;
	struct reply *refusal;

	if (route->token) {
		if (!permit_view(source, request, route, now_us, wall_us,
				 &refusal))
			return refusal;
		list = true;
	} else if (!list && source->login && source->login->user) {
		if (!permit_list(source, request, "", now_us, &refusal))
			return refusal;
		list = true;
	}
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

bool answer_request(const struct answer_source *source,
		    const struct request *request, int64_t now_us,
		    int64_t wall_us, struct reply **out, struct want *want)
{
	struct route route;

	*out = NULL;
	route_parse(&route, request->path, request->path_size);
	if (is_elsewhere(source, request, &route))
		route.kind = ROUTE_NONE;
	if (!permit_ask(source, request, &route, now_us, out) ||
	    !is_proper(request, &route, out))
		return true;
	switch (route.kind) {
	case ROUTE_REDIRECT:
	case ROUTE_PAGE:
	case ROUTE_STATE:
	case ROUTE_POSTER:
		if (permit_view(source, request, &route, now_us, wall_us, out))
			*out = answer_view(source, request, &route, now_us,
					   wall_us);
		return true;
	case ROUTE_PLAYLIST:
	case ROUTE_OBJECT:
		if (!permit_view(source, request, &route, now_us, wall_us, out))
			return true;
		return begin_want(source, request, &route, now_us, out, want);
	case ROUTE_CAMERAS:
	case ROUTE_CAMERA:
		if (route.token ? permit_view(source, request, &route, now_us,
					      wall_us, out)
				: permit_list(source, request, route.camera,
					      now_us, out))
			*out = answer_operator(source, &route, now_us, wall_us);
		return true;
	case ROUTE_METRICS:
		if (permit_operate(source, request, route.camera, now_us, out))
			*out = answer_operator(source, &route, now_us, wall_us);
		return true;
	case ROUTE_ASSET:
		*out = answer_asset(source, request, route.last,
				    route.last_size);
		return true;
	case ROUTE_PUBLISH:
		*out = reply_new_text(426, "Upgrade: websocket\r\n",
				      "A device publishes here, over a "
				      "WebSocket.");
		return true;
	case ROUTE_POST: /* answer_post() has taken what is fine */
		*out = reply_new_text(405,
				      "Allow: GET, POST\r\n"
				      "Connection: close\r\n",
				      "A device asks by GET or POST here.");
		return true;
	case ROUTE_DEMAND:
		*out = answer_demand(source, request, &route, now_us, wall_us);
		return true;
	case ROUTE_HEALTH:
		*out = reply_new_text(200, NULL, "ok");
		return true;
	case ROUTE_READY:
		*out = source->counters->leaving
			       ? reply_new_text(503, "Retry-After: 1\r\n",
						"The relay is about to stop.")
			       : reply_new_text(200, NULL, "ready");
		return true;
	default:
		*out = answer_home(source, request, &route, now_us, wall_us);
		return true;
	}
}
