/* SPDX-License-Identifier: MIT */
#include "device/program/ask_relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device/uplink/endpoint.h"
#include "device/uplink/https.h"

#define MAX_URL (ENDPOINT_AUTHORITY_SIZE + ENDPOINT_PATH_SIZE + 64)
#define MAX_KEY 256

static int make_url(char url[static MAX_URL],
		    const struct ask_relay_params *params, char *why,
		    size_t size)
{
	char authority[ENDPOINT_AUTHORITY_SIZE];
	struct endpoint e;
	const char *wrong;
	int n;

	if (endpoint_parse(&e, params->relay, &wrong) < 0) {
		snprintf(why, size, "--relay cannot be read: %s", wrong);
		return -EINVAL;
	}
	endpoint_authority(&e, authority);
	n = snprintf(url, MAX_URL, "%s://%s%s/v1/cameras/%s",
		     e.tls ? "https" : "http", authority, e.prefix,
		     params->camera);
	return n < MAX_URL ? 0 : -EINVAL;
}

/* What is wrong with an answer that came; 0: nothing. */
static int judge(const struct https_answer *answer, const char *said,
		 size_t room, char *why, size_t size)
{
	if (answer->status == 401 || answer->status == 403)
		snprintf(why, size,
			 "it does not take this camera's key; `oriel-relay key "
			 "NAME`, where the relay is, prints the right one");
	else if (answer->status == 404)
		snprintf(why, size,
			 "it has no such page; is --relay right, and the "
			 "relay as new as this program?");
	else if (answer->status != 200)
		snprintf(why, size, "%s", said);
	else if (answer->body_size >= room)
		snprintf(why, size, "its answer is too long");
	else
		return 0;
	return -EPROTO;
}

static int ask(struct https *h, const char *url, const char *key, char *out,
	       size_t room, char *why, size_t size)
{
	char authorization[MAX_KEY + 8];
	struct https_answer answer;
	int err;

	snprintf(authorization, sizeof(authorization), "Bearer %s", key);
	err = https_request(h,
			    &(struct https_request){
				    .method = "GET",
				    .url = url,
				    .authorization = authorization,
				    .close = true,
			    },
			    &answer);
	explicit_bzero(authorization, sizeof(authorization));
	if (err < 0)
		snprintf(why, size, "%s", https_why(h));
	else
		err = judge(&answer, https_why(h), room, why, size);
	if (!err)
		memcpy(out, answer.body, answer.body_size + 1);
	return err;
}

int ask_relay(const struct ask_relay_params *params, char *out, size_t size,
	      char *why, size_t why_size)
{
	char url[MAX_URL];
	struct https *h = NULL;
	int err = make_url(url, params, why, why_size);

	if (err < 0)
		return err;
	err = https_open(&h, params->ca_file);
	if (err < 0) {
		snprintf(why, why_size, "%s", strerror(-err));
		return err;
	}
	err = ask(h, url, params->key, out, size, why, why_size);
	https_close(&h);
	return err;
}
