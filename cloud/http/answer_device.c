/* SPDX-License-Identifier: MIT */
#include "cloud/http/answer_device.h"

#include <errno.h>
#include <string.h>

#include "cloud/http/answer.h"
#include "cloud/http/permit.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/route.h"
#include "cloud/post.h"
#include "cloud/store/camera.h"
#include "cloud/store/store.h"

/* How often a sleeping device asks: what it says within these counts. */
#define CHECK_IN_S     10
#define MIN_CHECK_IN_S 1
#define MAX_CHECK_IN_S 60

/* --- publishing, but not through the listener that is for metrics --- */

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
	if (route.kind != ROUTE_PUBLISH || address_is_inside(&request->from)) {
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
	if (route.kind != ROUTE_POST || address_is_inside(&request->from) ||
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
struct reply *answer_demand(const struct answer_source *source,
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
	if (err == -ENOMEM)
		return NULL;
	if (err < 0) {
		source->counters->refused[REFUSED_DEVICE]++;
		return reply_new_text(
			503, "Retry-After: 10\r\n",
			"The relay has as many cameras as it may.");
	}
	camera_check_in(c, interval_s, now_us);
	return report_demand(count_viewers(source, c, now_us), interval_s,
			     wall_us);
}
