/* SPDX-License-Identifier: MIT */
/*
 * publish: one device's WebSocket (subprotocol oriel.1), one of the
 * publishers.
 *
 * Server's thread. Knows libwebsockets.
 */
#ifndef CLOUD_PUBLISH_H
#define CLOUD_PUBLISH_H

#include <stddef.h>
#include <stdint.h>

struct answer_source;
struct lws;
struct publishers;

/* What a device needs that wants to be one; borrowed. */
struct publish_door {
	const struct answer_source *source;
	struct publishers *publishers;
};

/*
 * Decides about an upgrade that `wsi` asks for: 0, or what the callback
 * returns to refuse it, after the refusal was sent.
 */
int publish_confirm(const struct publish_door *door, struct lws *wsi);

/* per_session_data_size of the protocol. */
size_t publish_session_size(void);

/* What the protocol hears from libwebsockets; `reason` is its enum. */
int publish_callback(const struct publish_door *door, struct lws *wsi,
		     int reason, const uint8_t *bytes, size_t n);

#endif
