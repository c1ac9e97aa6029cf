/* SPDX-License-Identifier: MIT */
#define LOG_MODULE "publish"
#include "cloud/publish.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/http/answer.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/wsi.h"
#include "cloud/store/camera.h"
#include "cloud/store/demand.h"
#include "cloud/store/ingest.h"
#include "cloud/store/store.h"
#include "common/clock.h"
#include "common/log.h"

/* A device that has nothing to send for so long is asked, and then given up. */
#define QUIET_US 4000000
#define DEAD_US	 10000000
/* One that says nothing because nobody watches is left alone for longer. */
#define REST_US	       45000000
#define REST_DEAD_US   75000000
#define MAX_OF_PROCESS 2 /* connections: the one before, and its successor */

struct publish {
	struct lws_dll2 all; /* oldest first */
	struct lws *wsi;
	struct ingest *ingest;
	char camera[CAMERA_NAME_MAX + 1];
	bool greeted; /* has said hello */
	bool said_bye;
	bool ping;  /* one is to be sent */
	bool asked; /* one was sent, or is to be */
	int64_t heard_us;
	struct demand demand;
};

struct publishers {
	struct publishers_params params;
	struct lws_dll2_owner all;
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
	return 0;
}

void publishers_close(struct publishers **publishers)
{
	struct publishers *ps = *publishers;

	*publishers = NULL;
	if (!ps)
		return;
	assert(!ps->all.count);
	free(ps);
}

/* --- before the upgrade --- */

static bool may_upgrade(struct publishers *ps, struct lws *wsi,
			char camera[static CAMERA_NAME_MAX + 1],
			struct reply **refusal)
{
	struct wsi_request head;

	*refusal = NULL;
	if (ps->draining) {
		*refusal = reply_new_text(503, "Retry-After: 1\r\n",
					  "The relay is about to stop.");
		return false;
	}
	wsi_read_request(wsi, &head);
	return answer_publish(ps->params.source, &head.request, head.protocols,
			      camera, refusal);
}

int publish_confirm(struct publishers *ps, struct lws *wsi)
{
	char camera[CAMERA_NAME_MAX + 1];
	struct reply *refusal;

	if (may_upgrade(ps, wsi, camera, &refusal))
		return 0;
	ps->params.counters->refused++;
	return wsi_refuse(wsi, &refusal);
}

/*
 * Again, because a WebSocket within HTTP/2 (RFC 8441) gets here without
 * publish_confirm().
 */
static int filter(struct publishers *ps, struct lws *wsi, struct publish *p)
{
	struct reply *refusal;
	bool fine = may_upgrade(ps, wsi, p->camera, &refusal);

	reply_release(&refusal);
	return fine ? 0 : -1;
}

/* --- a connection's life --- */

static int begin(struct publishers *ps, struct lws *wsi, struct publish *p)
{
	if (ingest_open(&p->ingest, ps->params.store, p->camera,
			ps->params.max_part) < 0)
		return -1;
	p->wsi = wsi;
	p->heard_us = clock_monotonic_us();
	lws_dll2_add_tail(&p->all, &ps->all);
	ps->params.counters->publishers++;
	return 0;
}

static void end(struct publishers *ps, struct publish *p)
{
	if (p->greeted)
		log_info("%s: the device of process %016" PRIx64 " %s%s%s",
			 p->camera, ingest_process(p->ingest),
			 p->said_bye ? "said bye" : "is gone",
			 ingest_text(p->ingest)[0] ? ": " : "",
			 ingest_text(p->ingest));
	lws_dll2_remove(&p->all);
	ps->params.counters->publishers--;
	ingest_close(&p->ingest, clock_monotonic_us());
}

static bool same_camera(const struct publish *p, const struct publish *newest)
{
	return p->greeted && !ingest_failed(p->ingest) &&
	       strcmp(p->camera, newest->camera) == 0;
}

static bool same_process(const struct publish *p, const struct publish *newest)
{
	return ingest_process(p->ingest) == ingest_process(newest->ingest);
}

static int count_same(struct publishers *ps, const struct publish *newest)
{
	int count = 0;

	lws_start_foreach_dll(struct lws_dll2 *, d, lws_dll2_get_head(&ps->all))
	{
		const struct publish *p =
			lws_container_of(d, struct publish, all);

		if (same_camera(p, newest) && same_process(p, newest))
			count++;
	}
	lws_end_foreach_dll(d);
	return count;
}

/*
 * Who else publishes this camera has to leave: another process at once, the
 * same one when it has more connections than it takes to change over.
 */
static void make_way(struct publishers *ps, const struct publish *newest)
{
	int surplus = count_same(ps, newest) - MAX_OF_PROCESS;

	lws_start_foreach_dll(struct lws_dll2 *, d, lws_dll2_get_head(&ps->all))
	{
		struct publish *p = lws_container_of(d, struct publish, all);

		if (p != newest && same_camera(p, newest) &&
		    (!same_process(p, newest) || surplus-- > 0)) {
			ingest_fail(p->ingest, WIRE_ERROR_REPLACED,
				    "another connection has taken this camera "
				    "over");
			lws_callback_on_writable(p->wsi);
		}
	}
	lws_end_foreach_dll(d);
}

static bool is_silent(const struct publish *p, int64_t now_us)
{
	return now_us - p->heard_us >= QUIET_US;
}

static void tell_demand(struct publishers *ps, struct publish *p,
			int64_t now_us)
{
	uint32_t viewers;

	if (!p->greeted || ingest_failed(p->ingest))
		return;
	viewers = ps->params.viewers(ps->params.context, p->camera);
	if (!demand_tell(&p->demand, viewers, now_us))
		return;
	if (viewers && is_silent(p, now_us))
		p->heard_us = now_us; /* it was, and from now on must not */
	ingest_demand(p->ingest, viewers);
	lws_callback_on_writable(p->wsi);
}

void publishers_asked(struct publishers *ps, const char *camera)
{
	int64_t now_us = clock_monotonic_us();

	lws_start_foreach_dll(struct lws_dll2 *, d, lws_dll2_get_head(&ps->all))
	{
		struct publish *p = lws_container_of(d, struct publish, all);

		if (!p->demand.viewers && strcmp(p->camera, camera) == 0)
			tell_demand(ps, p, now_us);
	}
	lws_end_foreach_dll(d);
}

static void greet(struct publishers *ps, struct publish *p)
{
	p->greeted = true;
	log_info("%s: a device has connected, process %016" PRIx64, p->camera,
		 ingest_process(p->ingest));
	make_way(ps, p);
	tell_demand(ps, p, p->heard_us);
}

static int receive(struct publishers *ps, struct publish *p,
		   const uint8_t *bytes, size_t n)
{
	bool first = lws_is_first_fragment(p->wsi);
	bool final = lws_is_final_fragment(p->wsi);

	p->heard_us = clock_monotonic_us();
	p->asked = false;
	ps->params.counters->bytes_in += n;
	if (ingest_failed(p->ingest))
		return 0;
	if (first && !lws_frame_is_binary(p->wsi))
		ingest_fail(p->ingest, WIRE_ERROR_PROTOCOL,
			    "messages of " WIRE_PROTOCOL " are binary");
	switch (ingest_feed(p->ingest, bytes, n, first, final, p->heard_us,
			    clock_wall_us())) {
	case INGEST_HELLO:
		greet(ps, p);
		break;
	case INGEST_STORED:
		ps->params.stored(ps->params.context, p->camera);
		break;
	case INGEST_BYE:
		p->said_bye = true;
		return -1;
	case INGEST_FAILED:
		log_warn("%s: %s", p->camera, ingest_text(p->ingest));
		break;
	case INGEST_NOTHING:
		break;
	}
	if (ingest_has_output(p->ingest))
		lws_callback_on_writable(p->wsi);
	return 0;
}

static int write_one(struct publish *p)
{
	uint8_t buffer[LWS_PRE + INGEST_MAX_OUT];
	size_t n;

	if (p->ping) {
		p->ping = false;
		lws_callback_on_writable(p->wsi);
		return lws_write(p->wsi, buffer + LWS_PRE, 0, LWS_WRITE_PING) <
				       0
			       ? -1
			       : 0;
	}
	n = ingest_take(p->ingest, buffer + LWS_PRE);
	if (n &&
	    lws_write(p->wsi, buffer + LWS_PRE, n, LWS_WRITE_BINARY) != (int)n)
		return -1;
	if (ingest_has_output(p->ingest)) {
		lws_callback_on_writable(p->wsi);
		return 0;
	}
	if (!ingest_failed(p->ingest))
		return 0;
	/* The error has been said. */
	lws_close_reason(p->wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, NULL, 0);
	return -1;
}

/* Only between begin() and end(): lws may be a little late. */
static int converse(struct publishers *ps, struct publish *p, int reason,
		    const uint8_t *bytes, size_t n)
{
	if (!p->ingest)
		return -1;
	switch (reason) {
	case LWS_CALLBACK_RECEIVE:
		return receive(ps, p, bytes, n);
	case LWS_CALLBACK_RECEIVE_PONG:
		p->heard_us = clock_monotonic_us();
		p->asked = false;
		return 0;
	default:
		return write_one(p);
	}
}

int publish_callback(struct publishers *ps, struct lws *wsi, int reason,
		     const uint8_t *bytes, size_t n)
{
	struct publish *p = lws_wsi_user(wsi);

	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return filter(ps, wsi, p);
	case LWS_CALLBACK_ESTABLISHED:
		return begin(ps, wsi, p);
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_RECEIVE_PONG:
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return converse(ps, p, reason, bytes, n);
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
		if (p && p->ingest)
			end(ps, p);
		return 0;
	default:
		return 0;
	}
}

size_t publish_session_size(void)
{
	return sizeof(struct publish);
}

/* --- time --- */

static bool is_resting(const struct publishers *ps, const struct publish *p)
{
	const struct camera *c = store_find(ps->params.store, p->camera);

	return p->greeted && c && camera_status(c)->mode == WIRE_QUIET &&
	       !p->demand.viewers;
}

static void tick(struct publishers *ps, struct publish *p, int64_t now_us)
{
	int64_t silent_us = now_us - p->heard_us;
	bool rests = is_resting(ps, p);

	tell_demand(ps, p, now_us);
	if (silent_us >= (rests ? REST_DEAD_US : DEAD_US)) {
		log_warn("%s: nothing from the device for %d s", p->camera,
			 (int)(silent_us / 1000000));
		p->heard_us = now_us; /* said once, should it not close */
		lws_set_timeout(p->wsi, PENDING_TIMEOUT_USER_OK,
				LWS_TO_KILL_SYNC);
	} else if (silent_us >= (rests ? REST_US : QUIET_US) && !p->asked) {
		p->asked = p->ping = true;
		lws_callback_on_writable(p->wsi);
	}
}

void publishers_tick(struct publishers *ps, int64_t now_us)
{
	lws_start_foreach_dll_safe(struct lws_dll2 *, d, next,
				   lws_dll2_get_head(&ps->all))
	{
		tick(ps, lws_container_of(d, struct publish, all), now_us);
	}
	lws_end_foreach_dll_safe(d, next);
}

void publishers_drain(struct publishers *ps)
{
	ps->draining = true;
	lws_start_foreach_dll_safe(struct lws_dll2 *, d, next,
				   lws_dll2_get_head(&ps->all))
	{
		struct publish *p = lws_container_of(d, struct publish, all);

		ingest_drain(p->ingest);
		lws_callback_on_writable(p->wsi);
	}
	lws_end_foreach_dll_safe(d, next);
}

bool publishers_busy(const struct publishers *ps)
{
	return ps->all.count > 0;
}
