/* SPDX-License-Identifier: MIT */
/* Any two lines: a proxy for the relay, and hosts to reach without. */
#include "device/uplink/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static char *proxy, *except;

static char *get(const char *name)
{
	if (strcmp(name, "https_proxy") == 0)
		return proxy;
	return strcmp(name, "no_proxy") == 0 ? except : NULL;
}

static void check(const struct proxy *p)
{
	if (p->host[0] && (p->port < 1 || p->port > 65535))
		abort();
	/* It goes into a header. */
	for (const char *c = p->auth; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct endpoint relay = { .tls = true,
					       .host = "relay.example.org",
					       .port = 443 };
	const char *name = NULL, *why = NULL;
	struct proxy p;
	int err;

	proxy = malloc(size + 1);
	if (!proxy)
		abort();
	memcpy(proxy, bytes, size);
	proxy[size] = '\0';
	except = strchr(proxy, '\n');
	if (except)
		*except++ = '\0';
	err = proxy_choose(&p, &relay, get, &name, &why);
	if (err < 0 && (!name || !why || p.host[0]))
		abort();
	check(&p);
	free(proxy);
	return 0;
}
