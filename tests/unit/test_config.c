/* SPDX-License-Identifier: MIT */
#include "device/config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/said.h"

static struct config config;

static void setup(void)
{
	clearenv();
	/* what is refused is said on stderr */
	if (!freopen("/dev/null", "w", stderr))
		abort();
}

static void teardown(void)
{
	config_finish(&config);
}

static int read_args(const char *a, const char *b, const char *c, const char *d)
{
	const char *argv[] = { "--spool", "/dev/shm/x", a, b, c, d, NULL };

	config_finish(&config);
	return config_read(&config, argv);
}

static void expect(int64_t part_ms, int64_t segment_ms, int64_t min_fps)
{
	ck_assert_int_eq(config.part_ms, part_ms);
	ck_assert_int_eq(config.segment_ms, segment_ms);
	ck_assert_int_eq(config.min_fps, min_fps);
}

START_TEST(a_profile_sets_what_was_not_given)
{
	ck_assert_int_eq(read_args(NULL, NULL, NULL, NULL), 0);
	expect(200, 1000, 10);
	ck_assert_int_eq(read_args("--latency", "default", NULL, NULL), 0);
	expect(200, 1000, 10);
	ck_assert_int_eq(read_args("--latency", "lan", NULL, NULL), 0);
	expect(67, 1000, 15);
	ck_assert_int_eq(read_args("--latency", "thrifty", NULL, NULL), 0);
	expect(500, 2000, 5);
}
END_TEST

START_TEST(what_was_given_wins_in_any_order)
{
	ck_assert_int_eq(read_args("--latency", "lan", "--part-ms", "100"), 0);
	expect(100, 1000, 15);
	ck_assert_int_eq(read_args("--min-fps", "7", "--latency", "lan"), 0);
	expect(67, 1000, 7);
	setenv("ORIEL_LATENCY", "thrifty", 1);
	ck_assert_int_eq(read_args("--segment-ms", "1000", NULL, NULL), 0);
	expect(500, 1000, 5);
}
END_TEST

START_TEST(a_profile_that_is_none_and_what_contradicts_it_are_refused)
{
	ck_assert_int_lt(read_args("--latency", "fast", NULL, NULL), 0);
	ck_assert_int_lt(read_args("--part-ms", "0", NULL, NULL), 0);
	ck_assert_int_lt(read_args("--part-ms", "1001", NULL, NULL), 0);
	ck_assert_int_eq(read_args("--part-ms", "1000", NULL, NULL), 0);
}
END_TEST

START_TEST(what_contradicts_itself_is_an_error_in_the_log_too)
{
	struct said said;
	int err;

	said_begin(&said, STDERR_FILENO);
	err = read_args("--part-ms", "2000", "--segment-ms", "1000");
	said_end(&said);
	ck_assert_int_eq(err, -EINVAL);
	ck_assert_ptr_eq(strstr(said.text, "error oriel-cam: "), said.text);
}
END_TEST

START_TEST(a_data_budget_is_read_or_refused)
{
	ck_assert_int_eq(read_args(NULL, NULL, NULL, NULL), 0);
	ck_assert_uint_eq(config.budget.bytes, 0);
	ck_assert_int_eq(read_args("--data-budget", "5G/month", NULL, NULL), 0);
	ck_assert_uint_eq(config.budget.bytes, 5000000000);
	ck_assert_str_eq(config.budget_path, "/var/lib/oriel/camera.budget");
	ck_assert_int_lt(read_args("--data-budget", "5G", NULL, NULL), 0);
	ck_assert_int_lt(read_args("--data-budget", "5G/month", "--push",
				   "https://example.org/"),
			 0);
	setenv("STATE_DIRECTORY", "/var/lib/x", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL, NULL), 0);
	ck_assert_str_eq(config.budget_path, "/var/lib/x/camera.budget");
	ck_assert_int_eq(read_args("--state", "/y", NULL, NULL), 0);
	ck_assert_str_eq(config.budget_path, "/y/camera.budget");
}
END_TEST

START_TEST(the_status_is_where_everybody_may_look)
{
	ck_assert_int_eq(read_args(NULL, NULL, NULL, NULL), 0);
	ck_assert_str_eq(config.status_path, "/dev/shm/x/status.json");
	setenv("RUNTIME_DIRECTORY", "/run/oriel", 1);
	ck_assert_int_eq(read_args(NULL, NULL, NULL, NULL), 0);
	ck_assert_str_eq(config.status_path, "/dev/shm/x/status.json");
	config_finish(&config);
	ck_assert_int_eq(config_read(&config, (const char *const[]){ NULL }),
			 0);
	ck_assert_str_eq(config.status_path, "/run/oriel/status.json");
}
END_TEST

START_TEST(help_is_in_groups_and_no_wider_than_a_terminal)
{
	static struct said said;

	said_begin(&said, STDOUT_FILENO);
	ck_assert_int_eq(read_args("--help", NULL, NULL, NULL), OPT_HELP);
	said_end(&said);
	ck_assert_int_ge(said_headings(&said), 6);
	ck_assert(strstr(said.text, "--relay") < strstr(said.text, "--push"));
	ck_assert_ptr_nonnull(strstr(said.text, "\n  --version "));
}
END_TEST

CHECK_MAIN(config, setup, teardown, a_profile_sets_what_was_not_given,
	   what_was_given_wins_in_any_order,
	   a_profile_that_is_none_and_what_contradicts_it_are_refused,
	   what_contradicts_itself_is_an_error_in_the_log_too,
	   a_data_budget_is_read_or_refused,
	   the_status_is_where_everybody_may_look,
	   help_is_in_groups_and_no_wider_than_a_terminal)
