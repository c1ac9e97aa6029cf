/* SPDX-License-Identifier: MIT */
#include "device/uplink/proxy.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* As curl has it, whatever the proxy's own is. */
#define DEFAULT_PORT 1080

/* --- which variable --------------------------------------------------------
 */

/* Not HTTP_PROXY: in CGI that is a header of the request. */
static const char *const for_tls[] = { "https_proxy", "HTTPS_PROXY",
				       "all_proxy", "ALL_PROXY", NULL };
static const char *const for_plain[] = { "http_proxy", "all_proxy", "ALL_PROXY",
					 NULL };

static const char *first_set(const char *const *names,
			     char *(*get)(const char *), const char **name)
{
	for (; *names; names++) {
		const char *value = get(*names);

		*name = *names;
		if (value && *value)
			return value;
	}
	return NULL;
}

/* --- hosts that are reached without ----------------------------------------
 */

/* "example.org" and ".example.org" are also for what lies below them. */
static bool fits(const char *rule, size_t n, const char *host)
{
	size_t length = strlen(host);

	if (n == 1 && *rule == '*')
		return true;
	if (n && *rule == '.') {
		rule++;
		n--;
	}
	if (!n || length < n || strncasecmp(host + length - n, rule, n) != 0)
		return false;
	return length == n || host[length - n - 1] == '.';
}

/* Without brackets and port, as the host is. */
static bool fits_entry(const char *rule, size_t n, const char *host)
{
	const char *colon = memchr(rule, ':', n);

	if (n > 2 && *rule == '[' && memchr(rule, ']', n))
		return fits(
			rule + 1,
			(size_t)((const char *)memchr(rule, ']', n) - rule - 1),
			host);
	if (colon && !memchr(colon + 1, ':', n - (size_t)(colon + 1 - rule)))
		n = (size_t)(colon - rule);
	return fits(rule, n, host);
}

static bool is_excepted(const char *list, const char *host)
{
	static const char between[] = ", \t";

	while (list && *(list += strspn(list, between))) {
		size_t n = strcspn(list, between);

		if (fits_entry(list, n, host))
			return true;
		list += n;
	}
	return false;
}

/* --- what the variable says ------------------------------------------------
 */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2.1; nothing that would end a line of a header. */
static const char *decode_auth(struct proxy *p, const char *from, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)from[i];

		if (c == '%' && i + 2 < n && hex(from[i + 1]) >= 0 &&
		    hex(from[i + 2]) >= 0) {
			c = hex(from[i + 1]) * 16 + hex(from[i + 2]);
			i += 2;
		}
		if (c < ' ' || c == 0x7f)
			return "user and password have control characters";
		if (used + 1 >= sizeof(p->auth))
			return "user and password are longer than 93 "
			       "characters";
		p->auth[used++] = (char)c;
	}
	p->auth[used] = '\0';
	return NULL;
}

/* "HOST[:PORT][/]", as far as endpoint_parse() reads it. */
static const char *take_place(struct proxy *p, const char *from)
{
	char url[ENDPOINT_HOST_SIZE + 32] = "ws://";
	struct endpoint e;
	const char *why;
	size_t used = strlen(url), n = strcspn(from, "/");
	bool port;

	if (n >= sizeof(url) - used || (from[n] && from[n + 1]))
		return "it is no http://[USER:PASSWORD@]HOST:PORT";
	memcpy(url + used, from, n);
	if (endpoint_parse(&e, url, &why) < 0)
		return why;
	port = from[n - 1] != ']' && memchr(from, ':', n);
	memcpy(p->host, e.host, sizeof(p->host));
	p->port = port ? e.port : DEFAULT_PORT;
	return NULL;
}

static const char *parse(struct proxy *p, const char *text)
{
	static const char scheme[] = "http://";
	const char *at, *why;

	if (strncasecmp(text, scheme, sizeof(scheme) - 1) == 0)
		text += sizeof(scheme) - 1;
	else if (strstr(text, "://"))
		return "only http:// proxies are spoken to";
	at = strrchr(text, '@');
	if (at) {
		why = decode_auth(p, text, (size_t)(at - text));
		if (why)
			return why;
		text = at + 1;
	}
	return take_place(p, text);
}

int proxy_choose(struct proxy *out, const struct endpoint *relay,
		 char *(*get)(const char *), const char **name,
		 const char **why)
{
	const char *value =
		first_set(relay->tls ? for_tls : for_plain, get, name);
	const char *except = get("no_proxy");
	struct proxy p = { 0 };

	*out = p;
	*why = NULL;
	if (!except)
		except = get("NO_PROXY");
	if (!value || endpoint_is_loopback(relay) ||
	    is_excepted(except, relay->host))
		return 0;
	*why = parse(&p, value);
	if (*why)
		return -EINVAL;
	*out = p;
	return 0;
}
