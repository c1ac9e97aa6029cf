/* SPDX-License-Identifier: MIT */
#include "device/uplink/target.h"

#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "tests/unit/check_main.h"

static struct target target;

static void setup(void)
{
	log_set_level((enum log_level)0); /* refusals are wanted here */
	unsetenv("https_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
}

static void teardown(void)
{
	target_close(&target);
}

static int open_at(const char *relay)
{
	return target_open(&target, relay, "porch", "k-1");
}

START_TEST(what_is_asked_for_is_the_camera_with_its_key)
{
	ck_assert_int_eq(open_at("wss://relay.example:8443/cams/"), 0);
	ck_assert_str_eq(target.authority, "relay.example:8443");
	ck_assert_str_eq(target.path, "/cams/v1/publish/porch");
	ck_assert_str_eq(target.url,
			 "https://relay.example:8443/cams/v1/publish/porch");
	ck_assert_str_eq(target.authorization, "Bearer k-1");
	ck_assert_str_eq(target_host(&target), "relay.example");
}
END_TEST

START_TEST(a_proxy_is_what_is_connected_to)
{
	setenv("https_proxy", "http://u:p@gate:3128", 1);
	ck_assert_int_eq(open_at("wss://relay.example/"), 0);
	ck_assert_str_eq(target_host(&target), "gate");
	ck_assert_str_eq(target.authority, "relay.example");
}
END_TEST

START_TEST(requests_by_libcurl_find_their_own_proxy)
{
	setenv("https_proxy", "socks5://gate:1080", 1);
	ck_assert_int_eq(open_at("https://relay.example/"), 0);
	ck_assert_str_eq(target_host(&target), "relay.example");
	target_close(&target);
	ck_assert_int_eq(open_at("wss://relay.example/"), -EINVAL);
}
END_TEST

START_TEST(what_makes_no_sense_leaves_nothing_behind)
{
	ck_assert_int_eq(open_at("ftp://relay.example/"), -EINVAL);
	ck_assert_int_eq(
		target_open(&target, "wss://relay.example/", "porch", ""),
		-EINVAL);
	ck_assert_int_eq(target_open(&target, "wss://relay.example/", "porch",
				     "k\r\nX: 1"),
			 -EINVAL);
	ck_assert_ptr_null(target.path);
	ck_assert_ptr_null(target.authorization);
	ck_assert_str_eq(target.endpoint.host, "");
	target_close(&target);
}
END_TEST

CHECK_MAIN(target, setup, teardown,
	   what_is_asked_for_is_the_camera_with_its_key,
	   a_proxy_is_what_is_connected_to,
	   requests_by_libcurl_find_their_own_proxy,
	   what_makes_no_sense_leaves_nothing_behind)
