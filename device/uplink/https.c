/* SPDX-License-Identifier: MIT */
#include "device/uplink/https.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "device/uplink/https_call.h"

#define TURN_MS 1000

struct https {
	CURLM *multi;
	char *ca_file;
	struct https_sockets sockets;
	struct https_call *call; /* of https_request() */
	atomic_bool aborted;
};

int https_open(struct https **out, const char *ca_file)
{
	struct https *h;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	h = calloc(1, sizeof(*h));
	if (!h) {
		curl_global_cleanup();
		return -ENOMEM;
	}
	h->multi = curl_multi_init();
	h->ca_file = ca_file ? strdup(ca_file) : NULL;
	if (!h->multi || (ca_file && !h->ca_file) ||
	    https_call_open(&h->call, h) < 0)
		goto fail;
	*out = h;
	return 0;

fail:
	https_close(&h);
	return -ENOMEM;
}

void https_close(struct https **https)
{
	struct https *h = *https;

	*https = NULL;
	if (!h)
		return;
	https_call_close(&h->call);
	if (h->multi)
		curl_multi_cleanup(h->multi);
	free(h->ca_file);
	free(h);
	curl_global_cleanup();
}

int https_call_open(struct https_call **out, struct https *h)
{
	return https_call_make(out, h->multi, &h->sockets, h->ca_file);
}

/* --- calls that go on ------------------------------------------------------
 */

/* Returns whether a call has ended. */
static bool advance(struct https *h)
{
	bool any = false;
	int running, left;
	CURLMsg *message;

	curl_multi_perform(h->multi, &running);
	while ((message = curl_multi_info_read(h->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		https_call_ended(message->easy_handle, message->data.result);
		any = true;
	}
	return any;
}

void https_turn(struct https *h, int timeout_ms)
{
	if (advance(h))
		return;
	curl_multi_poll(h->multi, NULL, 0, timeout_ms, NULL);
	advance(h);
}

/* --- one that is waited for ------------------------------------------------
 */

int https_request(struct https *h, const struct https_request *request,
		  struct https_answer *out)
{
	https_call_start(h->call, request);
	while (https_call_is_busy(h->call) && !atomic_load(&h->aborted))
		https_turn(h, TURN_MS);
	https_call_cancel(h->call);
	return https_call_result(h->call, out);
}

const char *https_why(const struct https *h)
{
	return https_call_why(h->call);
}

/* --- waiting ---------------------------------------------------------------
 */

void https_wait(struct https *h, int timeout_ms)
{
	if (!atomic_load(&h->aborted))
		curl_multi_poll(h->multi, NULL, 0, timeout_ms, NULL);
}

void https_wake(struct https *h)
{
	curl_multi_wakeup(h->multi);
}

void https_abort(struct https *h)
{
	atomic_store(&h->aborted, true);
	curl_multi_wakeup(h->multi);
}
