/* SPDX-License-Identifier: MIT */
#include "device/uplink/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MODULE "uplink"
#include "common/log.h"

static int read_url(struct target *t, const char *url)
{
	const char *why;
	int err = endpoint_parse(&t->endpoint, url, &why);

	if (err < 0) {
		char text[256];

		log_error("--relay %s: %s; write wss://HOST[:PORT][/PATH], "
			  "ws://..., "
			  "https://... or http://...",
			  log_escape(text, sizeof(text), url, strlen(url)),
			  why);
		return err;
	}
	endpoint_authority(&t->endpoint, t->authority);
	if (!t->endpoint.tls && !endpoint_is_loopback(&t->endpoint))
		log_warn("%s:// to %s: key and picture travel in the clear; "
			 "use %s://",
			 t->endpoint.http ? "http" : "ws", t->authority,
			 t->endpoint.http ? "https" : "wss");
	return 0;
}

/* A header value must be one line of visible characters (RFC 9110 5.5). */
static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* asprintf(), but *out is NULL when there is no memory. */
static int join(char **out, const char *a, const char *b, const char *c)
{
	if (asprintf(out, "%s%s%s", a, b, c) >= 0)
		return 0;
	*out = NULL;
	return -ENOMEM;
}

static int read_key(struct target *t, const char *key)
{
	if (!*key || !is_visible(key)) {
		log_error("the key is empty or has characters that no key has");
		return -EINVAL;
	}
	return join(&t->authorization, "Bearer ", key, "");
}

static int make_url(struct target *t)
{
	char origin[ENDPOINT_AUTHORITY_SIZE + 8];

	snprintf(origin, sizeof(origin), "%s://%s",
		 t->endpoint.tls ? "https" : "http", t->authority);
	return join(&t->url, origin, t->path, "");
}

static int find_proxy(struct target *t)
{
	const char *name, *why;
	int err;

	if (t->endpoint.http)
		return 0; /* libcurl reads the same */
	err = proxy_choose(&t->proxy, &t->endpoint, getenv, &name, &why);
	if (err < 0)
		log_error("%s: %s; write http://[USER:PASSWORD@]HOST:PORT, or "
			  "no_proxy=%s",
			  name, why, t->endpoint.host);
	else if (t->proxy.host[0])
		log_info("%s: through the proxy %s:%d, as %s says",
			 t->authority, t->proxy.host, t->proxy.port, name);
	return err;
}

int target_open(struct target *t, const char *relay, const char *camera,
		const char *key)
{
	int err;

	*t = (struct target){ 0 };
	if ((err = read_url(t, relay)) < 0 || (err = read_key(t, key)) < 0 ||
	    (err = join(&t->path, t->endpoint.prefix, "/v1/publish/", camera)) <
		    0 ||
	    (err = make_url(t)) < 0 || (err = find_proxy(t)) < 0)
		goto fail;
	return 0;

fail:
	target_close(t);
	return err;
}

void target_close(struct target *t)
{
	if (t->authorization)
		explicit_bzero(t->authorization, strlen(t->authorization));
	explicit_bzero(&t->proxy, sizeof(t->proxy));
	free(t->authorization);
	free(t->path);
	free(t->url);
	*t = (struct target){ 0 };
}

const char *target_host(const struct target *t)
{
	return t->proxy.host[0] ? t->proxy.host : t->endpoint.host;
}
