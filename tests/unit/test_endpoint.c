/* SPDX-License-Identifier: MIT */
#include "device/uplink/endpoint.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

static const struct {
	const char *url;
	bool tls, http;
	const char *host;
	int port;
	const char *prefix;
	const char *authority;
} good[] = {
	{ "ws://relay", false, false, "relay", 80, "", "relay" },
	{ "wss://relay", true, false, "relay", 443, "", "relay" },
	{ "WSS://Relay.Example.org/", true, false, "Relay.Example.org", 443, "",
	  "Relay.Example.org" },
	{ "ws://127.0.0.1:8080", false, false, "127.0.0.1", 8080, "",
	  "127.0.0.1:8080" },
	{ "ws://h:1/", false, false, "h", 1, "", "h:1" },
	{ "ws://h:65535///", false, false, "h", 65535, "", "h:65535" },
	{ "ws://h:80", false, false, "h", 80, "", "h" },
	{ "wss://h:80", true, false, "h", 80, "", "h:80" },
	{ "ws://h:443", false, false, "h", 443, "", "h:443" },
	{ "wss://h/a/b", true, false, "h", 443, "/a/b", "h" },
	{ "wss://h/a/b/", true, false, "h", 443, "/a/b", "h" },
	{ "wss://h:0443/~x_y-z.w", true, false, "h", 443, "/~x_y-z.w", "h" },
	{ "http://relay", false, true, "relay", 80, "", "relay" },
	{ "https://relay", true, true, "relay", 443, "", "relay" },
	{ "HTTPS://h:80/a/", true, true, "h", 80, "/a", "h:80" },
	{ "ws://[::1]:99/p", false, false, "::1", 99, "/p", "[::1]:99" },
	{ "https://[fe80::1]", true, true, "fe80::1", 443, "", "[fe80::1]" },
};

START_TEST(a_url_is_taken_apart)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char authority[ENDPOINT_AUTHORITY_SIZE];
		struct endpoint e;
		const char *why;

		ck_assert_msg(endpoint_parse(&e, good[i].url, &why) == 0,
			      "%s: %s", good[i].url, why);
		ck_assert_int_eq(e.tls, good[i].tls);
		ck_assert_int_eq(e.http, good[i].http);
		ck_assert_str_eq(e.host, good[i].host);
		ck_assert_int_eq(e.port, good[i].port);
		ck_assert_str_eq(e.prefix, good[i].prefix);
		ck_assert_int_eq(endpoint_authority(&e, authority),
				 (int)strlen(good[i].authority));
		ck_assert_str_eq(authority, good[i].authority);
	}
}
END_TEST

static const struct {
	const char *url, *why; /* a word of it */
} bad[] = {
	{ "", "ws://" },
	{ "relay.example.org", "ws://" },
	{ "httpx://relay", "ws://" },
	{ "https:/relay", "ws://" },
	{ "ws:/relay", "ws://" },
	{ "ws://", "host" },
	{ "ws:///path", "host" },
	{ "ws://:80", "host" },
	{ "ws://[::1", "host" },
	{ "wss://[fe80::1]", "IPv6" },
	{ "wss://[::1]:8443/a", "https://" },
	{ "ws://[]", "host" },
	{ "ws://[host]", "host" },
	{ "ws://h:", "port" },
	{ "ws://h:0", "port" },
	{ "ws://h:65536", "port" },
	{ "ws://h:99999999999999999999", "port" },
	{ "ws://h:80x", "path" },
	{ "ws://user:secret@h", "port" },
	{ "ws://user@h", "path" },
	{ "ws://h?x", "path" },
	{ "ws://h/a//b", "path" },
	{ "ws://h/../v1", "path" },
	{ "ws://h/./v1", "path" },
	{ "ws://h/a?x=1", "left" },
	{ "ws://h/a#b", "left" },
	{ "ws://h/a b", "left" },
	{ "ws://h/a\r\nX: y", "left" },
};

START_TEST(a_url_that_is_none_of_ours_is_refused_with_a_reason)
{
	struct endpoint e, untouched;
	const char *why;

	memset(&e, 0x5a, sizeof(e));
	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(endpoint_parse(&e, bad[i].url, &why) == -EINVAL,
			      "took %s", bad[i].url);
		ck_assert_msg(strstr(why, bad[i].why), "%s: %s", bad[i].url,
			      why);
		ck_assert_mem_eq(&e, &untouched, sizeof(e));
	}
}
END_TEST

/* "ws://", then `host` times 'h', then `path` characters, slash included. */
static int parse_long(struct endpoint *e, size_t host, size_t path)
{
	char url[1024] = "ws://";
	const char *why;

	memset(url + 5, 'h', host);
	memset(url + 5 + host, 'p', path);
	if (path)
		url[5 + host] = '/';
	url[5 + host + path] = '\0';
	return endpoint_parse(e, url, &why);
}

START_TEST(the_longest_host_and_path_fit_and_none_longer)
{
	char authority[ENDPOINT_AUTHORITY_SIZE];
	struct endpoint e;

	ck_assert_int_eq(parse_long(&e, 253, 255), 0);
	ck_assert_uint_eq(strlen(e.host), 253);
	ck_assert_uint_eq(strlen(e.prefix), 255);
	ck_assert_int_eq(parse_long(&e, 254, 0), -EINVAL);
	ck_assert_int_eq(parse_long(&e, 1, 256), -EINVAL);
	memset(e.host, ':', 253);
	e.port = 65535;
	ck_assert_int_eq(endpoint_authority(&e, authority), 253 + 8);
}
END_TEST

static const struct {
	const char *host;
	bool loopback;
} hosts[] = {
	{ "localhost", true },
	{ "LocalHost", true },
	{ "127.0.0.1", true },
	{ "127.9.9.9", true },
	{ "::1", true },
	{ "127.evil.example", false },
	{ "localhost.evil", false },
	{ "relay", false },
	{ "192.168.1.1", false },
	{ "::2", false },
};

START_TEST(loopback_is_told_from_the_rest_of_the_world)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct endpoint e = { 0 };

		memcpy(e.host, hosts[i].host, strlen(hosts[i].host));
		ck_assert_msg(endpoint_is_loopback(&e) == hosts[i].loopback,
			      "%s", hosts[i].host);
	}
}
END_TEST

CHECK_MAIN(endpoint, NULL, NULL, a_url_is_taken_apart,
	   a_url_that_is_none_of_ours_is_refused_with_a_reason,
	   the_longest_host_and_path_fit_and_none_longer,
	   loopback_is_told_from_the_rest_of_the_world)
