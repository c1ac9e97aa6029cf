/* SPDX-License-Identifier: MIT */
#include "device/uplink/proxy.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

/* "name=value" up to a NULL, as environ(7). */
static const char *const *environment;

static char *copy(char *to, const char *from)
{
	memcpy(to, from, strlen(from) + 1);
	return to;
}

/* Both that are in use at a time. */
static char *get(const char *name)
{
	static char values[8][256];
	static unsigned int used;
	size_t n = strlen(name);

	for (const char *const *e = environment; *e; e++)
		if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
			return copy(values[used++ % 8], *e + n + 1);
	return NULL;
}

static const char *name, *why;

static int choose_in(struct proxy *p, const char *url, const char *const *env)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(&e, url, &why), 0);
	environment = env;
	return proxy_choose(p, &e, get, &name, &why);
}

#define WSS "wss://relay.example.org/"
#define WS  "ws://relay.example.org/"

static const struct {
	const char *url;
	const char *env[4];
	const char *host; /* "": none */
	int port;
	const char *auth;
} good[] = {
	{ WSS, { NULL }, "", 0, "" },
	{ WSS, { "https_proxy=http://p:3128" }, "p", 3128, "" },
	{ WSS, { "https_proxy=http://p:3128/" }, "p", 3128, "" },
	{ WSS, { "HTTPS_PROXY=p:3128" }, "p", 3128, "" },
	{ WSS, { "https_proxy=p" }, "p", 1080, "" },
	{ WSS, { "https_proxy=HTTP://[::1]" }, "::1", 1080, "" },
	{ WSS, { "https_proxy=http://[fe80::1]:8080" }, "fe80::1", 8080, "" },
	{ WSS, { "all_proxy=a:1", "https_proxy=b:2" }, "b", 2, "" },
	{ WSS, { "all_proxy=a:1", "https_proxy=" }, "a", 1, "" },
	{ WSS, { "http_proxy=a:1" }, "", 0, "" },
	{ WS, { "http_proxy=a:1" }, "a", 1, "" },
	{ WS, { "HTTP_PROXY=a:1" }, "", 0, "" }, /* CGI */
	{ WS, { "https_proxy=a:1" }, "", 0, "" },
	{ WS, { "ALL_PROXY=a:1" }, "a", 1, "" },
	{ WSS, { "https_proxy=http://u:p@h:1" }, "h", 1, "u:p" },
	{ WSS, { "https_proxy=http://u%40x:p%3A%2F@h:1" }, "h", 1, "u@x:p:/" },
	{ WSS, { "https_proxy=http://u:p@q@h:1" }, "h", 1, "u:p@q" },
	{ WSS, { "https_proxy=u:100%@h:1" }, "h", 1, "u:100%" },
	{ WSS, { "https_proxy=u:%4@h:1" }, "h", 1, "u:%4" },
	{ "wss://127.0.0.1/", { "https_proxy=a:1" }, "", 0, "" },
	{ "wss://localhost/", { "https_proxy=a:1" }, "", 0, "" },
	{ WSS, { "https_proxy=a:1", "no_proxy=*" }, "", 0, "" },
	{ WSS, { "https_proxy=a:1", "no_proxy=example.org" }, "", 0, "" },
	{ WSS, { "https_proxy=a:1", "NO_PROXY=x, .EXAMPLE.org" }, "", 0, "" },
	{ WSS, { "https_proxy=a:1", "no_proxy=example.org:443" }, "", 0, "" },
	{ WSS, { "https_proxy=a:1", "no_proxy=relay.example.org" }, "", 0, "" },
	{ WSS, { "https_proxy=a:1", "no_proxy=ample.org" }, "a", 1, "" },
	{ WSS,
	  { "https_proxy=a:1", "no_proxy=w.relay.example.org" },
	  "a",
	  1,
	  "" },
	{ WSS, { "https_proxy=a:1", "no_proxy=" }, "a", 1, "" },
	{ WSS, { "https_proxy=a:1", "no_proxy=., ,:" }, "a", 1, "" },
	{ "https://[fd00::1]/",
	  { "https_proxy=a:1", "no_proxy=fd00::1" },
	  "",
	  0,
	  "" },
	{ "https://[fd00::1]/",
	  { "https_proxy=a:1", "no_proxy=[fd00::1]:9" },
	  "",
	  0,
	  "" },
	{ "wss://10.1.2.3/",
	  { "https_proxy=a:1", "no_proxy=10.1.2.3" },
	  "",
	  0,
	  "" },
};

START_TEST(the_proxy_is_the_one_that_the_environment_names)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct proxy p;

		ck_assert_int_eq(choose_in(&p, good[i].url, good[i].env), 0);
		ck_assert_msg(strcmp(p.host, good[i].host) == 0, "%zu: %s", i,
			      p.host);
		ck_assert_msg(p.port == good[i].port, "%zu: %d", i, p.port);
		ck_assert_msg(strcmp(p.auth, good[i].auth) == 0, "%zu: %s", i,
			      p.auth);
	}
}
END_TEST

static const char *const bad[] = {
	"https_proxy=socks5://p:1", "https_proxy=https://p:1",
	"https_proxy=http://",	    "https_proxy=http://:3128",
	"https_proxy=p:0",	    "https_proxy=p:65536",
	"https_proxy=p:1/path",	    "https_proxy=u:a%0d%0ab@p:1",
	"https_proxy=p p:1",	    "https_proxy=u@",
};

START_TEST(what_is_no_proxy_is_refused_with_the_variable_and_the_reason)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *const env[] = { bad[i], NULL };
		struct proxy p;

		ck_assert_msg(choose_in(&p, WSS, env) == -EINVAL, "%s", bad[i]);
		ck_assert_str_eq(name, "https_proxy");
		ck_assert_ptr_nonnull(why);
		ck_assert_str_eq(p.host, "");
		ck_assert_str_eq(p.auth, "");
	}
}
END_TEST

START_TEST(user_and_password_have_93_characters_at_most)
{
	char value[256] = "https_proxy=u:";
	const char *const env[] = { value, NULL };
	size_t n = strlen(value);
	struct proxy p;

	memset(value + n, 'x', 91);
	memcpy(value + n + 91, "@p:1", 5);
	ck_assert_int_eq(choose_in(&p, WSS, env), 0);
	ck_assert_uint_eq(strlen(p.auth), 93);
	memcpy(value + n + 91, "x@p:1", 6);
	ck_assert_int_eq(choose_in(&p, WSS, env), -EINVAL);
}
END_TEST

CHECK_MAIN(proxy, NULL, NULL, the_proxy_is_the_one_that_the_environment_names,
	   what_is_no_proxy_is_refused_with_the_variable_and_the_reason,
	   user_and_password_have_93_characters_at_most)
