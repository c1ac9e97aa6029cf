/* SPDX-License-Identifier: MIT */
#include "device/uplink/endpoint.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char host_characters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
/* RFC 3986 3.3, without the escapes and without "//". */
static const char path_characters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~/";

static bool take_prefix(const char **at, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncasecmp(*at, prefix, n) != 0)
		return false;
	*at += n;
	return true;
}

static bool take_scheme(struct endpoint *e, const char **at)
{
	e->http = !strncasecmp(*at, "http", 4);
	e->tls = take_prefix(at, e->http ? "https://" : "wss://");
	e->port = e->tls ? 443 : 80;
	return e->tls || take_prefix(at, e->http ? "http://" : "ws://");
}

static bool copy(char *out, size_t size, const char *from, size_t n)
{
	if (n >= size)
		return false;
	memcpy(out, from, n);
	out[n] = '\0';
	return true;
}

static bool take_host(struct endpoint *e, const char **at)
{
	bool brackets = **at == '[';
	const char *from = *at + brackets;
	size_t n = strspn(from, brackets ? "0123456789abcdefABCDEF:."
					 : host_characters);

	if (n == 0 || !copy(e->host, sizeof(e->host), from, n))
		return false;
	*at = from + n;
	return !brackets || take_prefix(at, "]");
}

static bool take_port(struct endpoint *e, const char **at)
{
	int port = 0;

	if (**at != ':')
		return true;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++) {
		port = port * 10 + (**at - '0');
		if (port > 65535)
			return false;
	}
	e->port = port;
	return port > 0;
}

static bool take_path(struct endpoint *e, const char **at)
{
	size_t n = strspn(*at, path_characters);
	const char *from = *at;

	if (*from && *from != '/')
		return false;
	*at += n;
	while (n > 0 && from[n - 1] == '/')
		n--;
	return copy(e->prefix, sizeof(e->prefix), from, n) &&
	       !strstr(e->prefix, "//") && !strstr(e->prefix, "/.");
}

/*
 * libwebsockets (4.1 and 4.3) takes what is in front of the first colon for the
 * name that a certificate has to be for: of "[::1]:8443" that is "[".
 */
int endpoint_parse(struct endpoint *out, const char *url, const char **why)
{
	struct endpoint e = { 0 };

	*why = NULL;
	if (!take_scheme(&e, &url))
		*why = "it does not begin with wss://, ws://, https:// or "
		       "http://";
	else if (!take_host(&e, &url))
		*why = "the host is missing or no host name or address";
	else if (!take_port(&e, &url))
		*why = "the port is not in 1..65535";
	else if (!take_path(&e, &url))
		*why = "the path is none that a relay can be at";
	else if (*url)
		*why = "something is left behind host, port and path";
	else if (e.tls && !e.http && strchr(e.host, ':'))
		*why = "wss:// cannot check the certificate of an IPv6 "
		       "address: give the relay's name, or write https:// "
		       "instead";
	if (*why)
		return -EINVAL;
	*out = e;
	return 0;
}

bool endpoint_is_loopback(const struct endpoint *e)
{
	return !strcasecmp(e->host, "localhost") || !strcmp(e->host, "::1") ||
	       (!strncmp(e->host, "127.", 4) &&
		strspn(e->host, "0123456789.") == strlen(e->host));
}

int endpoint_authority(const struct endpoint *e,
		       char out[static ENDPOINT_AUTHORITY_SIZE])
{
	bool brackets = strchr(e->host, ':');
	bool usual = e->port == (e->tls ? 443 : 80);
	int n = snprintf(out, ENDPOINT_AUTHORITY_SIZE, "%s%s%s",
			 brackets ? "[" : "", e->host, brackets ? "]" : "");

	if (usual)
		return n;
	return n + snprintf(out + n, ENDPOINT_AUTHORITY_SIZE - (size_t)n, ":%d",
			    e->port);
}
