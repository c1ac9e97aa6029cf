/* SPDX-License-Identifier: MIT */
#include "cloud/http/answer_want.h"

#include <stdio.h>
#include <string.h>

#include "cloud/http/answer.h"
#include "cloud/http/later.h"
#include "cloud/http/permit.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/route.h"
#include "cloud/store/audience.h"
#include "cloud/store/camera.h"
#include "cloud/store/playlist.h"
#include "cloud/store/store.h"

/* A device that has been told of a viewer has to connect, and to send. */
#define WAKE_US 2000000

/* What is held of the camera, for who has asked. */
static struct reply *give(const struct want *want, struct reply *r)
{
	if (!r)
		return NULL;
	return want->personal ? reply_new_private(r) : reply_hold(r);
}

static struct reply *refuse_camera(enum camera_state state)
{
	char extra[64], sentence[96];

	snprintf(extra, sizeof(extra), "Oriel-State: %s\r\n",
		 report_state_name(state));
	snprintf(sentence, sizeof(sentence),
		 state == CAMERA_LIVE || state == CAMERA_GONE
			 ? "What was asked for did not come in time."
			 : "The camera is not there: %s.",
		 report_state_name(state));
	return later_new(extra, sentence);
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
	source->counters->refused[REFUSED_HELD]++;
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
		*out = give(want,
			    playlist_reply(p, &want->directives, want->gzip));
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
		*out = give(want, found);
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

bool answer_want_begin(const struct answer_source *source,
		       const struct request *request, const struct route *route,
		       int64_t now_us, struct reply **out, struct want *want)
{
	*want = (struct want){
		.is_object = route->kind == ROUTE_OBJECT,
		.object = route->object,
		.directives = request->directives,
		.gzip = request->gzip,
		.personal = permit_is_personal(source, route),
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
