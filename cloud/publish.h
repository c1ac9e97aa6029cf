/* SPDX-License-Identifier: MIT */
/*
 * publish: one device's WebSocket (subprotocol oriel.1), and who of several
 * devices is a camera: a connection with the same process id stands beside
 * the one before, another id replaces it.
 *
 * Server's thread. Knows libwebsockets.
 */
#ifndef CLOUD_PUBLISH_H
#define CLOUD_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer_source;
struct lws;
struct publishers;
struct report_counters;
struct store;

struct publishers_params {
	const struct answer_source *source; /* borrowed, as all here */
	struct report_counters *counters;
	struct store *store;
	uint32_t max_part;
	/* How many watch, or wait to. */
	unsigned int (*viewers)(void *context, const char *camera);
	/* Something of the camera's has come. */
	void (*stored)(void *context, const char *camera);
	void *context;
};

/* -ENOMEM. On failure *out is NULL. */
int publishers_open(struct publishers **out,
		    const struct publishers_params *params);

/* After the last of them has been destroyed. */
void publishers_close(struct publishers **publishers);

/*
 * Decides about an upgrade that `wsi` asks for: 0, or what the callback
 * returns to refuse it, after the refusal was sent.
 */
int publish_confirm(struct publishers *ps, struct lws *wsi);

/* per_session_data_size of the protocol. */
size_t publish_session_size(void);

/* What the protocol hears from libwebsockets; `reason` is its enum. */
int publish_callback(struct publishers *ps, struct lws *wsi, int reason,
		     const uint8_t *bytes, size_t n);

/* Somebody asked for the camera: its device may have to know. */
void publishers_asked(struct publishers *ps, const char *camera);

/*
 * Time has passed: asks silent devices whether they live, and tells them how
 * many watch.
 */
void publishers_tick(struct publishers *ps, int64_t now_us);

/* Asks every device to connect anew, elsewhere, and refuses new ones. */
void publishers_drain(struct publishers *ps);

bool publishers_busy(const struct publishers *ps);

#endif
