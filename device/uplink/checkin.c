/* SPDX-License-Identifier: MIT */
#include "device/uplink/checkin.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LOG_MODULE "uplink"
#include "common/log.h"
#include "device/uplink/backoff.h"
#include "device/uplink/https.h"

#define MAX_ANSWER  512	 /* bytes; ours has about sixty */
#define MAX_PAUSE_S 60	 /* while the relay does not answer */
#define MAX_RETRY_S 3600 /* that a relay may ask for */
#define SECOND	    INT64_C(1000000)

struct checkin {
	struct checkin_params params;
	struct https *https;
	char *url;
	unsigned int failures; /* in a row */
	char told[512];	       /* why it failed, as logged last */
};

static int make_url(struct checkin *c)
{
	const struct endpoint *e = c->params.endpoint;
	char authority[ENDPOINT_AUTHORITY_SIZE];

	endpoint_authority(e, authority);
	if (asprintf(&c->url, "%s://%s%s/v1/publish/%s/demand?every=%d",
		     e->tls ? "https" : "http", authority, e->prefix,
		     c->params.camera, c->params.interval_s) >= 0)
		return 0;
	c->url = NULL;
	return -ENOMEM;
}

int checkin_open(struct checkin **out, const struct checkin_params *params)
{
	struct checkin *c = calloc(1, sizeof(*c));
	int err;

	*out = NULL;
	if (!c)
		return -ENOMEM;
	c->params = *params;
	if ((err = make_url(c)) < 0 ||
	    (err = https_open(&c->https, params->ca_file)) < 0) {
		checkin_close(&c);
		return err;
	}
	*out = c;
	return 0;
}

void checkin_close(struct checkin **checkin)
{
	struct checkin *c = *checkin;

	*checkin = NULL;
	if (!c)
		return;
	https_close(&c->https);
	free(c->url);
	free(c);
}

/* The number behind "NAME": in an object of numbers. */
static bool read_number(const char *text, const char *name, uint32_t *out)
{
	const char *at = strstr(text, name);
	uint64_t value = 0;
	int digits = 0;

	if (!at)
		return false;
	for (at += strlen(name); *at >= '0' && *at <= '9' && digits < 10;
	     at++, digits++)
		value = value * 10 + (uint64_t)(*at - '0');
	*out = (uint32_t)value;
	return digits > 0 && value <= UINT32_MAX;
}

int checkin_read(const uint8_t *bytes, size_t n, uint32_t *viewers,
		 uint32_t *retry_s)
{
	char text[MAX_ANSWER + 1];

	if (n > MAX_ANSWER)
		return -EPROTO;
	memcpy(text, bytes, n);
	text[n] = '\0';
	return read_number(text, "\"viewers\":", viewers) &&
			       read_number(text, "\"retry_s\":", retry_s)
		       ? 0
		       : -EPROTO;
}

/* Once, and not again before something else is the matter. */
static void tell_failure(struct checkin *c, const char *why)
{
	if (strcmp(why, c->told) == 0)
		return;
	snprintf(c->told, sizeof(c->told), "%s", why);
	log_warn("cannot ask whether anybody watches: %s", why);
}

static int64_t failed(struct checkin *c, int err, const char *why,
		      int64_t *pause_us)
{
	int64_t interval_us = c->params.interval_s * SECOND;
	struct backoff_params longer = { .base_us = interval_us,
					 .cap_us = MAX_PAUSE_S * SECOND };
	uint32_t random = 0;

	/* Without it there is no jitter, and no harm. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = UINT32_MAX / 2;
	if (longer.cap_us < interval_us)
		longer.cap_us = interval_us;
	*pause_us = backoff_us(&longer, c->failures, random);
	if (*pause_us < interval_us)
		*pause_us = interval_us;
	c->failures++;
	if (err != -ECANCELED)
		tell_failure(c, why);
	return err;
}

static int ask(struct checkin *c, struct https_answer *answer)
{
	const struct https_request request = {
		.method = "GET",
		.url = c->url,
		.authorization = c->params.authorization,
		.close = true,
	};

	return https_request(c->https, &request, answer);
}

int64_t checkin_ask(struct checkin *c, int64_t *pause_us)
{
	struct https_answer answer;
	uint32_t viewers, retry_s;
	int err = ask(c, &answer);

	if (err < 0)
		return failed(c, err, https_why(c->https), pause_us);
	if (answer.status != 200)
		return failed(c, -EAGAIN, https_why(c->https), pause_us);
	err = checkin_read(answer.body, answer.body_size, &viewers, &retry_s);
	if (err < 0)
		return failed(c, err,
			      "what answers is no oriel-relay of this version",
			      pause_us);
	if (c->told[0])
		log_info("the relay answers again");
	c->told[0] = '\0';
	c->failures = 0;
	if (retry_s > MAX_RETRY_S)
		retry_s = MAX_RETRY_S;
	if (retry_s < (uint32_t)c->params.interval_s)
		retry_s = (uint32_t)c->params.interval_s;
	*pause_us = retry_s * SECOND;
	return viewers;
}

void checkin_abort(struct checkin *c)
{
	https_abort(c->https);
}
