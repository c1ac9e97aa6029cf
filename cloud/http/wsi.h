/* SPDX-License-Identifier: MIT */
/*
 * wsi: what requests and publishing both need of a libwebsockets connection:
 * reading the head of a request, and the date. Server's thread.
 */
#ifndef CLOUD_HTTP_WSI_H
#define CLOUD_HTTP_WSI_H

#include "cloud/http/reply.h"
#include "cloud/http/request.h"

struct guard;
struct lws;

/* A request's head. What is longer than its room here counts as not sent. */
struct wsi_request {
	struct request request;
	char authorization[256];
	char if_none_match[128];
	char protocols[128]; /* Sec-WebSocket-Protocol */
	char forwarded[512]; /* X-Forwarded-For */
};

/*
 * Borrows the path from `wsi` until its callback returns. `guard` knows where
 * the connection is from.
 */
void wsi_read_request(struct lws *wsi, struct guard *guard,
		      struct wsi_request *out);

/*
 * Sends a small reply whole, from within a callback of `wsi`, and lets go of
 * it. The connection is to be closed behind it: returns -1.
 */
int wsi_refuse(struct lws *wsi, struct reply **reply);

/* The Date of a reply that is sent now, reckoned once a second. */
const char *wsi_date(void);

#endif
