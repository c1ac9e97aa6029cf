/* SPDX-License-Identifier: MIT */
#include "cloud/publish.h"

#include <libwebsockets.h>

#include "cloud/http/answer.h"
#include "cloud/http/answer_device.h"
#include "cloud/http/reply.h"
#include "cloud/http/report.h"
#include "cloud/http/wsi.h"
#include "cloud/publishers.h"
#include "common/clock.h"
#include "common/wire_clock.h"

struct publish {
	struct publisher publisher;
	struct lws *wsi;
	bool ping;  /* one is to be sent */
	bool asked; /* what the clock shows, by: */
	uint16_t question;
};

/* --- what publishers ask for --- */

static struct publish *publish_of(struct publisher *p)
{
	return lws_container_of(p, struct publish, publisher);
}

static void poke(struct publisher *p)
{
	lws_callback_on_writable(publish_of(p)->wsi);
}

static void ask(struct publisher *p)
{
	publish_of(p)->ping = true;
	poke(p);
}

static void give_up(struct publisher *p)
{
	lws_set_timeout(publish_of(p)->wsi, PENDING_TIMEOUT_USER_OK,
			LWS_TO_KILL_SYNC);
}

static const struct publisher_kind kind = { poke, ask, give_up };

/* --- before the upgrade --- */

static bool may_upgrade(const struct publish_door *door, struct lws *wsi,
			char camera[static CAMERA_NAME_MAX + 1],
			struct reply **refusal)
{
	struct wsi_request head;

	*refusal = NULL;
	if (publishers_draining(door->publishers)) {
		*refusal = reply_new_text(503, "Retry-After: 1\r\n",
					  "The relay is about to stop.");
		return false;
	}
	wsi_read_request(wsi, door->source->guard, &head);
	return answer_publish(door->source, &head.request, head.protocols,
			      clock_monotonic_us(), camera, refusal);
}

int publish_confirm(const struct publish_door *door, struct lws *wsi)
{
	char camera[CAMERA_NAME_MAX + 1];
	struct reply *refusal;

	if (may_upgrade(door, wsi, camera, &refusal))
		return 0;
	return wsi_refuse(wsi, &refusal);
}

/*
 * Again, because a WebSocket within HTTP/2 (RFC 8441) gets here without
 * publish_confirm().
 */
static int filter(const struct publish_door *door, struct lws *wsi,
		  struct publish *p)
{
	struct reply *refusal;
	bool fine = may_upgrade(door, wsi, p->publisher.camera, &refusal);

	reply_release(&refusal);
	return fine ? 0 : -1;
}

/* --- a connection's life --- */

static int begin(const struct publish_door *door, struct lws *wsi,
		 struct publish *p)
{
	p->wsi = wsi;
	p->publisher.kind = &kind;
	return publisher_begin(door->publishers, &p->publisher,
			       clock_monotonic_us()) < 0
		       ? -1
		       : 0;
}

static int receive(struct publish *p, const uint8_t *bytes, size_t n)
{
	bool first = lws_is_first_fragment(p->wsi);
	bool final = lws_is_final_fragment(p->wsi);

	if (first && !lws_frame_is_binary(p->wsi))
		publisher_fail(&p->publisher, WIRE_ERROR_PROTOCOL,
			       "messages of " WIRE_PROTOCOL " are binary");
	return publisher_feed(&p->publisher, bytes, n, first, final,
			      clock_monotonic_us(),
			      clock_wall_us()) == INGEST_BYE
		       ? -1
		       : 0;
}

/*
 * With a byte in it: libwebsockets 4.1.6 does not tell of a pong without one,
 * and whoever has nothing to send would be taken for dead.
 */
static int send_ping(struct publish *p)
{
	uint8_t ping[LWS_PRE + 1] = { 0 };

	p->ping = false;
	lws_callback_on_writable(p->wsi);
	return lws_write(p->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) < 0 ? -1
									: 0;
}

/* Of several questions the newest: who asks on and on gets no more than that.
 */
static void hear_pong(struct publish *p, const uint8_t *bytes, size_t n)
{
	publisher_heard(&p->publisher, clock_monotonic_us());
	if (!wire_clock_asks(bytes, n, &p->question))
		return;
	p->asked = true;
	lws_callback_on_writable(p->wsi);
}

static int tell_clock(struct publish *p)
{
	uint8_t pong[LWS_PRE + WIRE_CLOCK_ANSWER];

	p->asked = false;
	lws_callback_on_writable(p->wsi);
	wire_clock_answer(pong + LWS_PRE, p->question, clock_wall_us());
	return lws_write(p->wsi, pong + LWS_PRE, WIRE_CLOCK_ANSWER,
			 LWS_WRITE_PONG) < 0
		       ? -1
		       : 0;
}

static int write_one(struct publish *p)
{
	struct ingest *ingest = p->publisher.ingest;
	uint8_t buffer[LWS_PRE + INGEST_MAX_OUT];
	size_t n;

	if (p->ping)
		return send_ping(p);
	if (p->asked)
		return tell_clock(p);
	n = ingest_take(ingest, buffer + LWS_PRE);
	if (n &&
	    lws_write(p->wsi, buffer + LWS_PRE, n, LWS_WRITE_BINARY) != (int)n)
		return -1;
	if (ingest_has_output(ingest)) {
		lws_callback_on_writable(p->wsi);
		return 0;
	}
	if (!ingest_failed(ingest))
		return 0;
	/* The error has been said. */
	lws_close_reason(p->wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, NULL, 0);
	return -1;
}

/* Only between begin() and its end: lws may be a little late. */
static int converse(struct publish *p, int reason, const uint8_t *bytes,
		    size_t n)
{
	if (!p->publisher.ingest)
		return -1;
	switch (reason) {
	case LWS_CALLBACK_RECEIVE:
		return receive(p, bytes, n);
	case LWS_CALLBACK_RECEIVE_PONG:
		hear_pong(p, bytes, n);
		return 0;
	default:
		return write_one(p);
	}
}

int publish_callback(const struct publish_door *door, struct lws *wsi,
		     int reason, const uint8_t *bytes, size_t n)
{
	struct publish *p = lws_wsi_user(wsi);

	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return filter(door, wsi, p);
	case LWS_CALLBACK_ESTABLISHED:
		return begin(door, wsi, p);
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_RECEIVE_PONG:
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return converse(p, reason, bytes, n);
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
		if (p && p->publisher.ingest)
			publisher_end(&p->publisher, clock_monotonic_us());
		return 0;
	default:
		return 0;
	}
}

size_t publish_session_size(void)
{
	return sizeof(struct publish);
}
