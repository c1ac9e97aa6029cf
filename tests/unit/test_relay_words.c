/* SPDX-License-Identifier: MIT */
/*
 * What somebody reads who starts the relay wrongly: which thing it is, why it
 * will not do, and what to do next. No secret is in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cloud/config.h"
#include "tests/unit/check_main.h"
#include "tests/unit/said.h"
#include "tests/unit/scratch.h"

#define SECRET	   "0123456789abcdef0123456789abcdef"
#define MAX_ARGV   4
#define UNREADABLE 0600
#define READABLE   0644

static struct config config;
static struct said said;
static char path[sizeof(scratch) + 16];

static void setup_environment(void)
{
	clearenv();
	setenv("ORIEL_SECRET", SECRET, 1);
}

static void setup(void)
{
	setup_environment();
	scratch_make();
	snprintf(path, sizeof(path), "%s/relay.conf", scratch);
}

static void teardown(void)
{
	config_finish(&config);
	scratch_remove();
}

static int read_argv(const char *const *argv)
{
	int result;

	config_finish(&config);
	said_begin(&said, STDERR_FILENO);
	result = config_read(&config, argv);
	said_end(&said);
	return result;
}

static void write_file(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fchmod(fileno(file), mode), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static int read_file(const char *text, mode_t mode)
{
	write_file(text, mode);
	return read_argv((const char *const[]){ "--config", path, NULL });
}

/* One line, of an error, with these words in it. */
static void expect_words(const char *what, const char *const *words)
{
	ck_assert_msg(strncmp(said.text, "error oriel-relay: ", 19) == 0 &&
			      strchr(said.text, '\n') ==
				      said.text + strlen(said.text) - 1,
		      "%s: %s", what, said.text);
	for (; *words; words++)
		ck_assert_msg(strstr(said.text, *words), "%s: no \"%s\" in %s",
			      what, *words, said.text);
}

START_TEST(each_mistake_is_named_with_its_reason_and_what_to_do)
{
	static const struct {
		const char *argv[MAX_ARGV], *words[MAX_ARGV];
	} rows[] = {
		{ { "--port=abc" }, { "--port 'abc'", "0 to 65535" } },
		{ { "--port=65536" }, { "--port '65536'", "0 to 65535" } },
		{ { "--listen=[::1" }, { "--listen [::1", "[ADDRESS]:PORT" } },
		{ { "--listen=:80" }, { "--listen ':80'", "0.0.0.0", "[::]" } },
		{ { "--metrics-listen=127.0.0.1" },
		  { "--metrics-listen 127.0.0.1", "no port", ":9100" } },
		{ { "--tls-cert-file=c" },
		  { "--tls-cert-file without --tls-key-file", "HTTPS" } },
		{ { "--tls-key-file=k" },
		  { "--tls-key-file without --tls-cert-file", "HTTPS" } },
		{ { "--user=ann" },
		  { "--user ann", "ORIEL_PASSWORD_HASH",
		    "`oriel-relay password`" } },
		{ { "--max-bytes=2M", "--max-camera-bytes=3M" },
		  { "--max-camera-bytes 3000000", "--max-bytes 2000000" } },
		{ { "serve" },
		  { "'serve'", "key, link, password and health",
		    "without one" } },
		{ { "--open", "yes" }, { "'yes'", "--open=yes" } },
		{ { "key", "porch", "shed" }, { "'shed'", "key --help" } },
		{ { "key", "Porch" }, { "'Porch'", "a-z", "'*'" } },
		{ { "key", "readyz" }, { "'readyz'", "no path", "readyz," } },
		{ { "link" }, { "link:", "oriel-relay link porch", "'*'" } },
		{ { "link", "porch", "--for=7" }, { "--for 7", "7d" } },
		{ { "link", "porch", "--url=relay.example.org" },
		  { "--url relay.example.org", "https://" } },
		{ { "link", "porch", "--url=ftp://x" }, { "ftp", "https" } },
		{ { "link", "porch", "--url=https://" }, { "--url https://" } },
		{ { "--secret=" SECRET },
		  { "--secret", "command line", "ORIEL_SECRET" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert_int_eq(read_argv(rows[i].argv), -EINVAL);
		expect_words(rows[i].argv[0], rows[i].words);
		ck_assert_ptr_null(strstr(said.text, SECRET));
	}
}
END_TEST

START_TEST(each_variable_that_will_not_do_is_named)
{
	static const struct {
		const char *name, *value, *words[MAX_ARGV];
	} rows[] = {
		{ "PORT", "abc", { "PORT='abc'", "0 to 65535", "--port" } },
		{ "PORT", "65536", { "PORT='65536'", "0 to 65535" } },
		{ "ORIEL_SECRET",
		  "short",
		  { "ORIEL_SECRET is shorter", "openssl rand -hex 32" } },
		{ "ORIEL_SECRET", "", { "no secret", "ORIEL_SECRET" } },
		{ "ORIEL_SECRET", " \n", { "ORIEL_SECRET", "empty" } },
		{ "ORIEL_SECRET",
		  "\"" SECRET "\"",
		  { "ORIEL_SECRET", "quotes", "leave them out" } },
		{ "ORIEL_SECRET_PREVIOUS",
		  "short",
		  { "ORIEL_SECRET_PREVIOUS is shorter", "leave it out" } },
		{ "ORIEL_PASSWORD_HASH",
		  "scrypt:",
		  { "ORIEL_PASSWORD_HASH without --user" } },
		{ "ORIEL_MAX_BYTES", "x", { "ORIEL_MAX_BYTES: 'x'", "give" } },
		{ "ORIEL_CONFIG",
		  "/nonexistent",
		  { "/nonexistent", "No such" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		setup_environment();
		setenv(rows[i].name, rows[i].value, 1);
		ck_assert_int_lt(read_argv((const char *const[]){ NULL }), 0);
		expect_words(rows[i].name, rows[i].words);
		ck_assert_ptr_null(strstr(said.text, SECRET));
	}
}
END_TEST

START_TEST(a_variable_that_is_nearly_one_is_warned_of)
{
	static const struct {
		const char *name, *meant; /* NULL: it is not ours */
	} rows[] = {
		{ "ORIEL_PROXYHOPS", "ORIEL_PROXY_HOPS" },
		{ "ORIEL_PROXY", "ORIEL_PROXY_HOPS" },
		{ "ORIEL_MAX_BYTE", "ORIEL_MAX_BYTES" },
		{ "ORIEL_SECRET_PREVIUOS", "ORIEL_SECRET_PREVIOUS" },
		{ "ORIEL_Open", "ORIEL_OPEN" },
		{ "ORIEL_KEY", NULL },
		{ "ORIEL_PUSH_KEY", NULL },
		{ "ORIEL_RELAY", NULL },
		{ "ORIEL_CAMERA", NULL },
		{ "ORIEL_BITRATE", NULL },
		{ "ORIEL_A_WORD_OF_MORE_THAN_THIRTY_SEVEN_LETTERS", NULL },
		{ "ORIEL_", NULL },
		{ "ORIOLE_MAX_BYTE", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		setenv(rows[i].name, "1", 1);
		ck_assert_int_eq(read_argv((const char *const[]){ NULL }), 0);
		unsetenv(rows[i].name);
		if (rows[i].meant) {
			ck_assert_int_eq(strncmp(said.text, "warning ", 8), 0);
			ck_assert_ptr_nonnull(strstr(said.text, rows[i].name));
			ck_assert_ptr_nonnull(strstr(said.text, rows[i].meant));
		} else {
			ck_assert_msg(!*said.text, "%s: %s", rows[i].name,
				      said.text);
		}
	}
}
END_TEST

START_TEST(white_space_around_a_secret_is_no_part_of_it)
{
	static const char *const same[] = { SECRET, SECRET "\n", SECRET "\r\n",
					    " \t" SECRET " " };

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		setenv("ORIEL_SECRET", same[i], 1);
		ck_assert_int_eq(read_argv((const char *const[]){ NULL }), 0);
		ck_assert_str_eq(config.secret, SECRET);
		ck_assert_str_eq(said.text, "");
	}
	setenv("ORIEL_SECRET", "one that has spaces in it", 1);
	ck_assert_int_eq(read_argv((const char *const[]){ NULL }), 0);
	ck_assert_str_eq(config.secret, "one that has spaces in it");
}
END_TEST

START_TEST(a_file_has_the_secret_however_it_is_written)
{
	static const char *const same[] = {
		"secret = " SECRET "\n",
		"secret=" SECRET "\r\n",
		"ORIEL_SECRET=" SECRET,
		"\xef\xbb\xbfsecret = " SECRET "\n",
	};

	unsetenv("ORIEL_SECRET");
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		ck_assert_int_eq(read_file(same[i], UNREADABLE), 0);
		ck_assert_str_eq(config.secret, SECRET);
		ck_assert_str_eq(said.text, "");
	}
}
END_TEST

START_TEST(a_line_that_is_not_understood_does_not_show_a_secret)
{
	static const char *const bad[] = {
		"secret: " SECRET "\n",
		"secret " SECRET "\n",
		"secret:" SECRET "\n",
		"secret = \"" SECRET "\"\n",
		"secret = '" SECRET "'\n",
		"secrt = " SECRET "\n",
		SECRET "\n",
		SECRET "==\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(read_file(bad[i], UNREADABLE), -EINVAL);
		expect_words(bad[i],
			     (const char *const[]){ path, ":1: ", NULL });
		ck_assert_ptr_null(strstr(said.text, SECRET));
	}
}
END_TEST

START_TEST(who_else_can_read_a_secret_is_warned_of)
{
	ck_assert_int_eq(read_file("secret = " SECRET "\n", READABLE), 0);
	ck_assert_int_eq(strncmp(said.text, "warning ", 8), 0);
	ck_assert_ptr_nonnull(strstr(said.text, path));
	ck_assert_ptr_nonnull(strstr(said.text, "chmod o-r"));
	ck_assert_ptr_nonnull(strstr(said.text, "/etc/oriel/relay.env"));
	ck_assert_int_eq(read_file("port = 1\n", READABLE), 0);
	ck_assert_str_eq(said.text, "");
}
END_TEST

static const char *help_of(const char *command)
{
	const char *const argv[] = { command, "--help", NULL };

	said_begin(&said, STDOUT_FILENO);
	ck_assert_int_eq(config_read(&config, command ? argv : argv + 1),
			 OPT_HELP);
	said_end(&said);
	return said.text;
}

START_TEST(help_of_a_command_is_about_that_command)
{
	static const char *const commands[] = { "key", "link", "password",
						"health" };

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const char *help = help_of(commands[i]);

		ck_assert_ptr_nonnull(strstr(help, commands[i]));
		ck_assert_ptr_null(strstr(help, "--max-bytes"));
		ck_assert_ptr_nonnull(strstr(help, "--config"));
	}
	ck_assert_ptr_nonnull(strstr(help_of("link"), "--for TIME"));
	ck_assert_ptr_null(strstr(help_of("key"), "--for TIME"));
	ck_assert_ptr_nonnull(strstr(help_of(NULL), "--max-bytes"));
	ck_assert_ptr_nonnull(strstr(help_of("nonsense"), "--max-bytes"));
}
END_TEST

START_TEST(help_is_in_groups_and_no_wider_than_a_terminal)
{
	const char *help = help_of(NULL);

	ck_assert_int_ge(said_headings(&said), 6);
	ck_assert_uint_lt(strlen(help), sizeof(said.text) - 1);
	ck_assert(strstr(help, "ORIEL_SECRET=") < strstr(help, "--max-bytes"));
	ck_assert_ptr_nonnull(strstr(help, "\n  --version "));
}
END_TEST

CHECK_MAIN(relay_words, setup, teardown,
	   each_mistake_is_named_with_its_reason_and_what_to_do,
	   each_variable_that_will_not_do_is_named,
	   a_variable_that_is_nearly_one_is_warned_of,
	   white_space_around_a_secret_is_no_part_of_it,
	   a_file_has_the_secret_however_it_is_written,
	   a_line_that_is_not_understood_does_not_show_a_secret,
	   who_else_can_read_a_secret_is_warned_of,
	   help_of_a_command_is_about_that_command,
	   help_is_in_groups_and_no_wider_than_a_terminal)
