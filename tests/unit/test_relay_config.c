/* SPDX-License-Identifier: MIT */
#include "cloud/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/password.h"
#include "common/log.h"
#include "tests/unit/check_main.h"

#define SECRET "0123456789abcdef"

static struct config config;

static void setup(void)
{
	unsetenv("PORT");
	setenv("ORIEL_SECRET", SECRET, 1);
	memset(&config, 0, sizeof(config));
}

static void teardown(void)
{
	config_finish(&config);
}

/* Up to three arguments; NULL: no more. */
static int read_args(const char *a, const char *b, const char *c)
{
	const char *const argv[] = { a, b, c, NULL };

	config_finish(&config);
	return config_read(&config, argv);
}

static int listen_on(const char *text)
{
	return read_args("--listen", text, NULL);
}

START_TEST(without_arguments_it_serves_on_all_addresses_and_8080)
{
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_int_eq(config.command, CONFIG_SERVE);
	ck_assert_str_eq(config.address, "0.0.0.0");
	ck_assert_int_eq(config.port, 8080);
	ck_assert(!config.open);
	ck_assert_int_eq(config_log_level(&config), LOG_INFO);
}
END_TEST

START_TEST(the_defaults_fit_each_other)
{
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_int_le(config.max_camera_bytes, config.max_bytes);
	ck_assert_int_lt(config.max_bytes, 256 << 20);
	ck_assert_int_le(config.max_waiting, config.max_connections);
}
END_TEST

START_TEST(an_address_may_have_a_port)
{
	static const struct {
		const char *text, *address;
		int port;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1", 8080 },
		{ "127.0.0.1:0", "127.0.0.1", 0 },
		{ "127.0.0.1:65535", "127.0.0.1", 65535 },
		{ "::1", "::1", 8080 },
		{ "[::1]", "::1", 8080 },
		{ "[::1]:9000", "::1", 9000 },
		{ "[::]:80", "::", 80 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_msg(listen_on(rows[i].text) == 0, "%s", rows[i].text);
		ck_assert_str_eq(config.address, rows[i].address);
		ck_assert_int_eq(config.port, rows[i].port);
	}
}
END_TEST

START_TEST(addresses_and_ports_that_are_none_are_refused)
{
	static const char *const bad[] = {
		"",
		":80",
		"127.0.0.1:",
		"127.0.0.1:x",
		"127.0.0.1:65536",
		"127.0.0.1:-1",
		"[::1",
		"[::1]80",
		"[]:80",
		("0123456789012345678901234567890123456789"
		 "0123456789012345678901234567890123456789"),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(listen_on(bad[i]) == -EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(the_port_is_of_listen_else_the_option_else_the_platform)
{
	setenv("PORT", "1234", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_int_eq(config.port, 1234);
	ck_assert_int_eq(read_args("--port", "77", NULL), 0);
	ck_assert_int_eq(config.port, 77);
	ck_assert_int_eq(read_args("--port=77", "--listen=127.0.0.1:88", NULL),
			 0);
	ck_assert_int_eq(config.port, 88);
	ck_assert_int_eq(read_args("--port", "65536", NULL), -EINVAL);
	setenv("PORT", "x", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), -EINVAL);
	setenv("PORT", "", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_int_eq(config.port, 8080);
}
END_TEST

START_TEST(without_a_secret_nothing_is_done)
{
	unsetenv("ORIEL_SECRET");
	ck_assert_int_eq(read_args(NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(read_args("key", "porch", NULL), -EINVAL);
	setenv("ORIEL_SECRET", "", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), -EINVAL);
	setenv("ORIEL_SECRET", "0123456789abcde", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), -EINVAL);
	setenv("ORIEL_SECRET", "0123456789abcdef", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
}
END_TEST

START_TEST(keys_are_of_a_camera_or_of_the_operator)
{
	ck_assert_int_eq(read_args("key", "porch", NULL), 0);
	ck_assert_int_eq(config.command, CONFIG_KEY);
	ck_assert_str_eq(config.camera, "porch");
	ck_assert_int_eq(read_args("key", NULL, NULL), 0);
	ck_assert_ptr_null(config.camera);
	ck_assert_int_eq(read_args("key", "Porch", NULL), -EINVAL);
	ck_assert_int_eq(read_args("key", "v1", NULL), -EINVAL);
	ck_assert_int_eq(read_args("key", "porch", "shed"), -EINVAL);
}
END_TEST

START_TEST(a_link_is_of_a_camera)
{
	ck_assert_int_eq(read_args("link", "porch", NULL), 0);
	ck_assert_int_eq(config.command, CONFIG_LINK);
	ck_assert_str_eq(config.camera, "porch");
	ck_assert_int_eq(config.lifetime_s, 7 * 86400);
	ck_assert_int_eq(read_args("link", NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(the_life_of_a_link_has_a_unit_and_a_limit)
{
	static const struct {
		const char *text;
		int64_t seconds; /* 0: refused */
	} rows[] = {
		{ "--for=1m", 60 },
		{ "--for=90m", 5400 },
		{ "--for=12h", 43200 },
		{ "--for=7d", 604800 },
		{ "--for=2w", 1209600 },
		{ "--for=3650d", 315360000 },
		{ "--for=3651d", 0 },
		{ "--for=0d", 0 },
		{ "--for=7", 0 },
		{ "--for=d", 0 },
		{ "--for=", 0 },
		{ "--for=-7d", 0 },
		{ "--for=7 d", 0 },
		{ "--for=7dd", 0 },
		{ "--for=9999999999d", 0 },
		{ "--for=7y", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int expected = rows[i].seconds ? 0 : -EINVAL;

		ck_assert_msg(read_args("link", "porch", rows[i].text) ==
				      expected,
			      "%s", rows[i].text);
		if (expected == 0)
			ck_assert_int_eq(config.lifetime_s, rows[i].seconds);
	}
}
END_TEST

START_TEST(certificate_and_key_need_each_other)
{
	ck_assert_int_eq(read_args("--tls-cert-file=c", NULL, NULL), -EINVAL);
	ck_assert_int_eq(read_args("--tls-key-file=k", NULL, NULL), -EINVAL);
	ck_assert_int_eq(
		read_args("--tls-key-file=k", "--tls-cert-file=c", NULL), 0);
}
END_TEST

START_TEST(http2_is_off_and_needs_a_certificate)
{
	ck_assert_int_eq(read_args("--http2", NULL, NULL), -EINVAL);
	ck_assert_int_eq(
		read_args("--tls-key-file=k", "--tls-cert-file=c", NULL), 0);
	ck_assert(!config.http2);
	ck_assert_int_eq(
		read_args("--tls-key-file=k", "--tls-cert-file=c", "--http2"),
		0);
	ck_assert(config.http2);
}
END_TEST

START_TEST(one_camera_may_not_hold_more_than_all)
{
	ck_assert_int_eq(
		read_args("--max-bytes=5M", "--max-camera-bytes=5M", NULL), 0);
	ck_assert_int_eq(
		read_args("--max-bytes=5M", "--max-camera-bytes=6M", NULL),
		-EINVAL);
}
END_TEST

START_TEST(a_previous_secret_is_as_long_as_any)
{
	setenv("ORIEL_SECRET_PREVIOUS", "0123456789abcde", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), -EINVAL);
	setenv("ORIEL_SECRET_PREVIOUS", "0123456789abcdef", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_str_eq(config.previous_secret, "0123456789abcdef");
	unsetenv("ORIEL_SECRET_PREVIOUS");
}
END_TEST

START_TEST(metrics_have_an_address_and_a_port)
{
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_ptr_null(config.metrics_listen);
	ck_assert_int_eq(read_args("--metrics-listen=[::1]:9100", NULL, NULL),
			 0);
	ck_assert_str_eq(config.metrics_address, "::1");
	ck_assert_int_eq(config.metrics_port, 9100);
	ck_assert_int_eq(config.port, 8080);
	ck_assert_int_eq(read_args("--metrics-listen=127.0.0.1", NULL, NULL),
			 -EINVAL);
	ck_assert_int_eq(read_args("--metrics-listen=:9100", NULL, NULL),
			 -EINVAL);
}
END_TEST

START_TEST(a_user_has_a_password)
{
	char hash[PASSWORD_HASH_SIZE];

	ck_assert_int_eq(password_hash(hash, "x", 1), 0);
	ck_assert_int_eq(read_args("--user=ann", NULL, NULL), -EINVAL);
	setenv("ORIEL_PASSWORD_HASH", hash, 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(read_args("--user=ann", NULL, NULL), 0);
	ck_assert_int_eq(read_args("--user=a:n", NULL, NULL), -EINVAL);
	ck_assert_int_eq(read_args("--user=", NULL, NULL), -EINVAL);
	setenv("ORIEL_PASSWORD_HASH", "x", 1);
	ck_assert_int_eq(read_args("--user=ann", NULL, NULL), -EINVAL);
	/* Nothing is needed to make one. */
	unsetenv("ORIEL_SECRET");
	ck_assert_int_eq(read_args("password", NULL, NULL), 0);
	ck_assert_int_eq(config.command, CONFIG_PASSWORD);
	unsetenv("ORIEL_PASSWORD_HASH");
}
END_TEST

START_TEST(on_cloud_run_there_is_a_proxy)
{
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_int_eq(config.proxy_hops, 0);
	setenv("K_SERVICE", "relay", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL), 0);
	ck_assert_int_eq(config.proxy_hops, 1);
	ck_assert_int_eq(read_args("--proxy-hops=2", NULL, NULL), 0);
	ck_assert_int_eq(config.proxy_hops, 2);
	unsetenv("K_SERVICE");
}
END_TEST

START_TEST(a_star_is_all_cameras)
{
	ck_assert_int_eq(read_args("key", "*", NULL), 0);
	ck_assert_str_eq(config.camera, "*");
	ck_assert_int_eq(read_args("link", "*", NULL), 0);
	ck_assert_int_eq(read_args("link", "**", NULL), -EINVAL);
}
END_TEST

START_TEST(words_that_mean_nothing_are_refused)
{
	ck_assert_int_eq(read_args("serve", NULL, NULL), -EINVAL);
	ck_assert_int_eq(read_args("--nonsense", NULL, NULL), -EINVAL);
}
END_TEST

CHECK_MAIN(relay_config, setup, teardown,
	   without_arguments_it_serves_on_all_addresses_and_8080,
	   the_defaults_fit_each_other, an_address_may_have_a_port,
	   addresses_and_ports_that_are_none_are_refused,
	   the_port_is_of_listen_else_the_option_else_the_platform,
	   without_a_secret_nothing_is_done,
	   keys_are_of_a_camera_or_of_the_operator, a_link_is_of_a_camera,
	   the_life_of_a_link_has_a_unit_and_a_limit,
	   certificate_and_key_need_each_other,
	   http2_is_off_and_needs_a_certificate,
	   one_camera_may_not_hold_more_than_all,
	   a_previous_secret_is_as_long_as_any, a_star_is_all_cameras,
	   on_cloud_run_there_is_a_proxy, a_user_has_a_password,
	   metrics_have_an_address_and_a_port,
	   words_that_mean_nothing_are_refused)
