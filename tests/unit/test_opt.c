/* SPDX-License-Identifier: MIT */
#include "common/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#define LONG_WORD "a-word-of-more-than-thirty-one-letters"

enum upload { UPLOAD_ALWAYS, UPLOAD_VIEWERS };

struct config {
	const char *url;
	const char *camera;
	const char *key;
	int64_t part_ms;
	int64_t offset;
	bool verbose;
	bool colour;
	int upload;
	int style;
};

static const char *const uploads[] = { "always", "viewers", NULL };

static const char *const styles[] = { LONG_WORD, "short", NULL };

#define AT(member) offsetof(struct config, member)

static const struct opt table[] = {
	{ "url", OPT_TEXT, AT(url), .value = "URL",
	  .help = "where the pictures go" },
	{ "camera", OPT_TEXT, AT(camera), .value = "NAME",
	  .help = "its name on the relay" },
	{ "key", OPT_SECRET, AT(key), .value = "KEY",
	  .help = "the publish key of the camera" },
	{ "part-ms", OPT_INT, AT(part_ms), 100, 2000, "MS",
	  .help = "length of a part" },
	{ "offset", OPT_INT, AT(offset), -5, INT64_MAX, "N", .help = "any" },
	{ "verbose", OPT_FLAG, AT(verbose), .help = "say more" },
	{ "colour", OPT_FLAG, AT(colour), .help = "in colour" },
	{ "upload", OPT_CHOICE, AT(upload), .choices = uploads, .value = "WHEN",
	  .help = "what is sent" },
	{ "style", OPT_CHOICE, AT(style), .choices = styles, .help = "how" },
	{ 0 },
};

static const struct opt_program program = {
	.name = "oriel-test",
	.usage = "oriel-test [OPTION...]\noriel-test key CAMERA",
	.about = "Shows how options are read.",
	.footer = "A last word.",
	.env_file = "/etc/oriel/test.env",
	.table = table,
};

static const struct config defaults = {
	.camera = "camera",
	.part_ms = 200,
	.colour = true,
	.upload = UPLOAD_VIEWERS,
};

static struct config config;
static struct opt_memory memory;
static struct opt_args args;
static char directory[] = "/tmp/oriel-test-opt-XXXXXX";
static char path[64];
static int saved_stdout, saved_stderr;

static void prepare(void)
{
	/* whatever the caller's shell has set */
	unsetenv("ORIEL_URL");
	unsetenv("ORIEL_CAMERA");
	unsetenv("ORIEL_KEY");
	unsetenv("ORIEL_PART_MS");
	unsetenv("ORIEL_OFFSET");
	unsetenv("ORIEL_VERBOSE");
	unsetenv("ORIEL_COLOUR");
	unsetenv("ORIEL_UPLOAD");
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/cam.conf", directory);
	config = defaults;
	memory = (struct opt_memory){ 0 };
}

static void clean(void)
{
	opt_finish(&memory);
	unlink(path);
	rmdir(directory);
}

static int redirect(int fd)
{
	FILE *file = tmpfile();
	int saved = dup(fd);

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(saved, 0);
	ck_assert_int_eq(dup2(fileno(file), fd), fd);
	fclose(file);
	return saved;
}

/* Ends redirect() and returns what was written meanwhile. */
static void restore(int fd, int saved, char *out, size_t size)
{
	ssize_t n = pread(fd, out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	dup2(saved, fd);
	close(saved);
}

static char said[4096];	   /* on stderr by the last parse() */
static char printed[8192]; /* on stdout */

static int parse(const char *const *argv, const char *default_file)
{
	int result;

	opt_finish(&memory);
	config = defaults;
	fflush(stdout);
	fflush(stderr);
	saved_stdout = redirect(STDOUT_FILENO);
	saved_stderr = redirect(STDERR_FILENO);
	result = opt_parse(&config, &memory, &args, &program, argv,
			   default_file);
	fflush(stdout);
	fflush(stderr);
	restore(STDOUT_FILENO, saved_stdout, printed, sizeof(printed));
	restore(STDERR_FILENO, saved_stderr, said, sizeof(said));
	return result;
}

static void write_file(const char *text, size_t n)
{
	FILE *file = fopen(path, "w");
	bool written;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fchmod(fileno(file), 0600), 0);
	written = fwrite(text, 1, n, file) == n;
	written = fclose(file) == 0 && written;
	ck_assert(written);
}

static int parse_file(const char *text)
{
	write_file(text, strlen(text));
	return parse((const char *const[]){ "--config", path, NULL }, NULL);
}

/* Success says nothing. */
static void assert_good(int result)
{
	ck_assert_msg(result == 0, "%d: %s", result, said);
	ck_assert_str_eq(said, "");
}

/* Failure says exactly one line, that begins as given. */
static void assert_refused(int result, const char *line)
{
	size_t n = strlen(said);

	ck_assert_int_eq(result, -EINVAL);
	ck_assert_msg(n && strchr(said, '\n') == said + n - 1,
		      "not one line: %s", said);
	said[n - 1] = '\0';
	ck_assert_str_eq(said, line);
}

static int parse_one(const char *arg)
{
	return parse((const char *const[]){ arg, NULL }, NULL);
}

static int parse_two(const char *arg, const char *value)
{
	return parse((const char *const[]){ arg, value, NULL }, NULL);
}

START_TEST(nothing_given_leaves_the_defaults)
{
	assert_good(parse((const char *const[]){ NULL }, NULL));
	ck_assert_ptr_null(config.url);
	ck_assert_str_eq(config.camera, "camera");
	ck_assert_ptr_null(config.key);
	ck_assert_int_eq(config.part_ms, 200);
	ck_assert(!config.verbose);
	ck_assert(config.colour);
	ck_assert_int_eq(config.upload, UPLOAD_VIEWERS);
	ck_assert_int_eq(args.count, 0);
}
END_TEST

START_TEST(a_value_follows_an_option_or_an_equals_sign)
{
	assert_good(parse_two("--url", "ws://a/"));
	ck_assert_str_eq(config.url, "ws://a/");
	assert_good(parse_one("--url=ws://b/?x=y"));
	ck_assert_str_eq(config.url, "ws://b/?x=y");
	assert_good(parse_one("--url="));
	ck_assert_str_eq(config.url, "");
	assert_good(parse_one("--upload=always"));
	ck_assert_int_eq(config.upload, UPLOAD_ALWAYS);
	assert_good(parse_two("--offset", "-5"));
	ck_assert_int_eq(config.offset, -5);
}
END_TEST

START_TEST(a_flag_takes_no_further_argument)
{
	assert_good(parse_two("--verbose", "word"));
	ck_assert(config.verbose);
	ck_assert_int_eq(args.count, 1);
	ck_assert_str_eq(args.arg[0], "word");
	assert_good(parse_one("--colour=no"));
	ck_assert(!config.colour);
	assert_good(parse_one("--verbose=yes"));
	ck_assert(config.verbose);
}
END_TEST

START_TEST(the_last_of_two_wins_on_the_command_line)
{
	assert_good(parse(
		(const char *const[]){ "--url=a", "--url", "b", NULL }, NULL));
	ck_assert_str_eq(config.url, "b");
}
END_TEST

START_TEST(arguments_keep_their_order_and_a_dash_is_one)
{
	assert_good(parse((const char *const[]){ "key", "--verbose", "-", "--",
						 "--url", "--", NULL },
			  NULL));
	ck_assert_int_eq(args.count, 4);
	ck_assert_str_eq(args.arg[0], "key");
	ck_assert_str_eq(args.arg[1], "-");
	ck_assert_str_eq(args.arg[2], "--url");
	ck_assert_str_eq(args.arg[3], "--");
	ck_assert(config.verbose);
}
END_TEST

START_TEST(eight_arguments_are_taken_and_not_nine)
{
	assert_good(parse((const char *const[]){ "1", "2", "3", "4", "5", "6",
						 "7", "8", NULL },
			  NULL));
	ck_assert_int_eq(args.count, OPT_MAX_ARGS);
	assert_refused(parse((const char *const[]){ "1", "2", "3", "4", "5",
						    "6", "7", "8", "9", NULL },
			     NULL),
		       "error oriel-test: '9': more than 8 arguments");
}
END_TEST

START_TEST(a_file_gives_every_kind_of_value)
{
	assert_good(parse_file("# a comment\n"
			       "\n"
			       "url = ws://relay/ # not a comment\n"
			       "  key=se cret  \n"
			       "part-ms\t=\t300\r\n"
			       "verbose = yes\n"
			       "colour = no\n"
			       "  # comment = 1\n"
			       "upload = always"));
	ck_assert_str_eq(config.url, "ws://relay/ # not a comment");
	ck_assert_str_eq(config.key, "se cret");
	ck_assert_int_eq(config.part_ms, 300);
	ck_assert(config.verbose);
	ck_assert(!config.colour);
	ck_assert_int_eq(config.upload, UPLOAD_ALWAYS);
}
END_TEST

START_TEST(the_environment_gives_every_kind_of_value)
{
	setenv("ORIEL_URL", "ws://env/", 1);
	setenv("ORIEL_KEY", "secret", 1);
	setenv("ORIEL_PART_MS", "400", 1);
	setenv("ORIEL_VERBOSE", "yes", 1);
	setenv("ORIEL_UPLOAD", "always", 1);
	assert_good(parse((const char *const[]){ NULL }, NULL));
	ck_assert_str_eq(config.url, "ws://env/");
	ck_assert_str_eq(config.key, "secret");
	ck_assert_int_eq(config.part_ms, 400);
	ck_assert(config.verbose);
	ck_assert_int_eq(config.upload, UPLOAD_ALWAYS);
}
END_TEST

START_TEST(an_empty_variable_counts_as_not_set)
{
	setenv("ORIEL_URL", "", 1);
	setenv("ORIEL_KEY", "", 1);
	setenv("ORIEL_PART_MS", "", 1);
	assert_good(parse_file("key = from the file\n"));
	ck_assert_ptr_null(config.url);
	ck_assert_str_eq(config.key, "from the file");
	ck_assert_int_eq(config.part_ms, 200);
}
END_TEST

START_TEST(file_environment_and_command_line_win_in_this_order)
{
	static const char text[] = "part-ms = 300\nurl = file\ncamera = file\n";

	write_file(text, strlen(text));
	setenv("ORIEL_PART_MS", "400", 1);
	setenv("ORIEL_URL", "environment", 1);
	assert_good(parse((const char *const[]){ "--part-ms", "500", "--config",
						 path, NULL },
			  NULL));
	ck_assert_int_eq(config.part_ms, 500);
	ck_assert_str_eq(config.url, "environment");
	ck_assert_str_eq(config.camera, "file");
}
END_TEST

START_TEST(the_default_file_is_read_where_it_exists)
{
	static const char text[] = "part-ms = 300\n";
	char other[80];

	assert_good(parse((const char *const[]){ NULL }, path));
	ck_assert_int_eq(config.part_ms, 200);
	write_file(text, strlen(text));
	assert_good(parse((const char *const[]){ NULL }, path));
	ck_assert_int_eq(config.part_ms, 300);

	/* and not beside one that is given */
	snprintf(other, sizeof(other), "--config=%s", "/dev/null");
	assert_good(parse((const char *const[]){ other, NULL }, path));
	ck_assert_int_eq(config.part_ms, 200);
}
END_TEST

START_TEST(the_file_is_closed)
{
	int before = dup(STDIN_FILENO), after;

	close(before);
	assert_good(parse_file("url = x\n"));
	ck_assert_int_eq(parse_file("url\n"), -EINVAL);
	after = dup(STDIN_FILENO);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

START_TEST(a_file_that_is_given_must_exist_and_be_one)
{
	ck_assert_int_eq(parse_two("--config", "/nonexistent/x"), -ENOENT);
	ck_assert_str_eq(said,
			 "error oriel-test: cannot open the configuration "
			 "/nonexistent/x: No such file or directory\n");
	ck_assert_int_eq(parse_two("--config", directory), -EISDIR);
	ck_assert_ptr_nonnull(strstr(said, ": Is a directory\n"));
}
END_TEST

START_TEST(a_number_may_be_the_smallest_or_the_largest_and_none_beyond)
{
	assert_good(parse_two("--part-ms", "100"));
	ck_assert_int_eq(config.part_ms, 100);
	assert_good(parse_two("--part-ms", "2000"));
	ck_assert_int_eq(config.part_ms, 2000);
	assert_refused(parse_two("--part-ms", "99"),
		       "error oriel-test: --part-ms: '99' is out of range; "
		       "give 100 to 2000");
	ck_assert_int_eq(config.part_ms, 200);
	assert_refused(parse_two("--part-ms", "2001"),
		       "error oriel-test: --part-ms: '2001' is out of range; "
		       "give 100 to 2000");
	assert_refused(parse_two("--part-ms", "-100"),
		       "error oriel-test: --part-ms: '-100' is out of range; "
		       "give 100 to 2000");
	assert_good(parse_two("--offset", "-5"));
	ck_assert_int_eq(parse_two("--offset", "-6"), -EINVAL);
}
END_TEST

START_TEST(numbers_take_decimal_suffixes)
{
	assert_good(parse_one("--part-ms=2k"));
	ck_assert_int_eq(config.part_ms, 2000);
	assert_good(parse_one("--offset=3M"));
	ck_assert_int_eq(config.offset, 3000000);
	assert_good(parse_one("--offset=4G"));
	ck_assert_int_eq(config.offset, 4000000000);
	assert_good(parse_one("--offset=0"));
	ck_assert_int_eq(config.offset, 0);
}
END_TEST

START_TEST(the_largest_integer_is_read_and_nothing_wraps)
{
	static const char *const huge[] = {
		"9223372036854775808",	 "-9223372036854775809",
		"18446744073709551616",	 "9223372036854775807k",
		"9223372036854776k",	 "99999999999999999999999999",
		"18446744073709551617M", "9223372037G",
		"18446744073709552k",
	};

	assert_good(parse_two("--offset", "9223372036854775807"));
	ck_assert_int_eq(config.offset, INT64_MAX);
	assert_good(parse_two("--offset", "9223372036854775k"));
	for (size_t i = 0; i < sizeof(huge) / sizeof(*huge); i++) {
		ck_assert_int_eq(parse_two("--offset", huge[i]), -EINVAL);
		ck_assert_ptr_nonnull(strstr(said, "is out of range"));
	}
}
END_TEST

START_TEST(a_number_is_the_whole_text)
{
	static const char *const bad[] = {
		"",    " 1",	"1 ",	"+1",  "0x10", "1.5", "1e3",
		"k",   "-",	"1kk",	"1K",  "1m",   "1 k", "1kb",
		"ten", "200ms", "2,00", "--1", "-k",   "1-",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char arg[32];

		snprintf(arg, sizeof(arg), "--part-ms=%s", bad[i]);
		ck_assert_msg(parse_one(arg) == -EINVAL, "'%s' is a number",
			      bad[i]);
		ck_assert_ptr_nonnull(strstr(said, "is not a whole number; "
						   "give 100 to 2000\n"));
	}
}
END_TEST

START_TEST(an_error_names_the_place_where_it_was_said)
{
	char expected[256];

	setenv("ORIEL_PART_MS", "5", 1);
	assert_refused(parse((const char *const[]){ NULL }, NULL),
		       "error oriel-test: ORIEL_PART_MS: '5' is out of range; "
		       "give 100 to 2000");
	snprintf(expected, sizeof(expected),
		 "error oriel-test: %s:3: part-ms: '6' is out of range; "
		 "give 100 to 2000",
		 path);
	assert_refused(parse_file("# one\n\npart-ms = 6\nurl = x\n"), expected);
}
END_TEST

START_TEST(an_unknown_option_is_refused_and_the_nearest_named)
{
	assert_refused(parse_one("--par-ms=1"),
		       "error oriel-test: --par-ms: no such option; "
		       "did you mean --part-ms?");
	assert_refused(parse_one("--verbsoe"),
		       "error oriel-test: --verbsoe: no such option; "
		       "did you mean --verbose?");
	assert_refused(parse_one("--upl"),
		       "error oriel-test: --upl: no such option; "
		       "did you mean --upload?");
	assert_refused(parse_one("--hlep"),
		       "error oriel-test: --hlep: no such option; "
		       "did you mean --help?");
	assert_refused(parse_one("--zzzzzz"),
		       "error oriel-test: --zzzzzz: no such option; "
		       "'oriel-test --help' lists them all");
	assert_refused(
		parse_one("-x"),
		"error oriel-test: -x: no such option; they begin with two "
		"dashes, and 'oriel-test --help' lists them");
	assert_refused(parse_one("--=3"),
		       "error oriel-test: --: no such option; "
		       "'oriel-test --help' lists them all");
}
END_TEST

START_TEST(an_unknown_name_in_a_file_is_refused_with_its_line)
{
	char expected[256];

	snprintf(expected, sizeof(expected),
		 "error oriel-test: %s:2: colur: no such option; "
		 "did you mean colour?",
		 path);
	assert_refused(parse_file("verbose = yes\ncolur = no\n"), expected);
	ck_assert_int_eq(parse_file("help = yes\n"), -EINVAL);
	ck_assert_int_eq(parse_file("config = /etc/passwd\n"), -EINVAL);
	ck_assert_int_eq(parse_file(" = 1\n"), -EINVAL);
}
END_TEST

START_TEST(a_very_long_name_is_refused_without_harm)
{
	char arg[600] = "--";

	memset(arg + 2, 'x', sizeof(arg) - 3);
	ck_assert_int_eq(parse_one(arg), -EINVAL);
	arg[100] = '=';
	ck_assert_int_eq(parse_one(arg), -EINVAL);
	memset(arg + 2, 'x', 98);
	arg[34] = '\0'; /* 32 letters: one more than an option may have */
	ck_assert_int_eq(parse_one(arg), -EINVAL);
	arg[33] = '\0';
	ck_assert_int_eq(parse_one(arg), -EINVAL);
}
END_TEST

START_TEST(a_line_that_says_nothing_is_refused)
{
	char expected[256];

	snprintf(expected, sizeof(expected),
		 "error oriel-test: %s:1: expected 'name = value'", path);
	assert_refused(parse_file("verbose\n"), expected);
}
END_TEST

START_TEST(a_line_has_a_longest_length)
{
	char text[4200];

	memset(text, 'x', sizeof(text));
	memcpy(text, "url = ", 6);
	text[4094] = '\n'; /* 4095 with it, what LINE_SIZE leaves */
	write_file(text, 4095);
	assert_good(parse_two("--config", path));
	ck_assert_uint_eq(strlen(config.url), 4088);

	text[4094] = 'x';
	text[4095] = '\n';
	write_file(text, 4096);
	ck_assert_int_eq(parse_two("--config", path), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, ":1: not a line of text"));
}
END_TEST

START_TEST(a_zero_byte_in_a_file_is_refused)
{
	write_file("url = a\0b\nverbose = yes\n", 24);
	ck_assert_int_eq(parse_two("--config", path), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, ":1: not a line of text"));
}
END_TEST

START_TEST(a_secret_is_refused_on_the_command_line_and_not_shown)
{
	static const char line[] =
		"error oriel-test: --key: a secret is not taken from the "
		"command "
		"line, where every process can read it; set ORIEL_KEY in the "
		"environment, or 'key = ...' in the file given by --config";

	assert_refused(parse_two("--key", "hush"), line);
	assert_refused(parse_one("--key=hush"), line);
	assert_refused(parse_one("--key"), line);
	ck_assert_ptr_null(config.key);
}
END_TEST

START_TEST(an_empty_secret_is_refused)
{
	char expected[256];

	snprintf(expected, sizeof(expected),
		 "error oriel-test: %s:1: key: the secret is empty", path);
	assert_refused(parse_file("key =\n"), expected);
	assert_good(parse_file("url =\n"));
	ck_assert_str_eq(config.url, "");
}
END_TEST

START_TEST(a_missing_value_is_asked_for)
{
	assert_refused(parse_one("--url"),
		       "error oriel-test: --url: needs a value: --url=URL");
	assert_refused(parse_two("--url", "--verbose"),
		       "error oriel-test: --url: needs a value: --url=URL");
	assert_refused(
		parse_one("--config"),
		"error oriel-test: --config: needs a value: --config=FILE");
	assert_good(parse_one("--url=--verbose"));
	ck_assert_str_eq(config.url, "--verbose");
}
END_TEST

START_TEST(a_flag_is_yes_or_no_and_nothing_else)
{
	assert_refused(
		parse_one("--verbose=1"),
		"error oriel-test: --verbose: '1' is neither yes nor no");
	setenv("ORIEL_VERBOSE", "true", 1);
	assert_refused(parse((const char *const[]){ NULL }, NULL),
		       "error oriel-test: ORIEL_VERBOSE: 'true' is neither yes "
		       "nor no");
}
END_TEST

START_TEST(a_choice_is_one_of_its_words)
{
	assert_refused(parse_one("--upload=allways"),
		       "error oriel-test: --upload: 'allways' is none of: "
		       "always, viewers; did you mean always?");
	assert_refused(parse_one("--upload=never"),
		       "error oriel-test: --upload: 'never' is none of: "
		       "always, viewers");
	assert_refused(parse_one("--upload="),
		       "error oriel-test: --upload: '' is none of: "
		       "always, viewers");
}
END_TEST

/* Whether --help says `text`, however it is broken into lines. */
static bool help_says(const char *text)
{
	char flat[sizeof(printed)];
	size_t n = 0;

	for (const char *p = printed; *p; p++) {
		bool space = *p == ' ' || *p == '\n';

		if (!space || (n > 0 && flat[n - 1] != ' '))
			flat[n++] = space ? ' ' : *p;
	}
	flat[n] = '\0';
	return strstr(flat, text) != NULL;
}

START_TEST(help_lists_every_row_with_its_default)
{
	ck_assert_int_eq(parse_one("--help"), OPT_HELP);
	ck_assert_str_eq(said, "");
	ck_assert_ptr_eq(strstr(printed, program.about), printed);
	ck_assert_ptr_nonnull(strstr(printed, "\n  oriel-test [OPTION...]\n"));
	ck_assert_ptr_nonnull(strstr(printed, "\n  oriel-test key CAMERA\n"));
	ck_assert_ptr_nonnull(strstr(printed, "\nA last word.\n"));
	ck_assert(help_says(" --url URL where the pictures go (default none)"));
	ck_assert(help_says(
		" --camera NAME its name on the relay (default camera) ORIEL"));
	ck_assert(help_says(" ORIEL_KEY=KEY the publish key of the camera "
			    "(only from environment or file) --"));
	ck_assert(help_says(" --part-ms MS length of a part (100 to 2000; "
			    "default 200) --"));
	ck_assert(help_says(" --offset N any (-5 to 9223372036854775807; "
			    "default 0) --"));
	ck_assert(help_says(" --verbose say more (default no) --"));
	ck_assert(help_says(" --colour in colour (default yes) --"));
	ck_assert(help_says(" --upload WHEN what is sent (always, viewers; "
			    "default viewers) --style VALUE how "));
	ck_assert(help_says(" --help "));
	ck_assert(help_says(" --version "));
}
END_TEST

START_TEST(a_choice_may_be_a_long_word)
{
	assert_good(parse_one("--style=" LONG_WORD));
	ck_assert_int_eq(config.style, 0);
	assert_refused(parse_one("--style=" LONG_WORD "s"),
		       "error oriel-test: --style: '" LONG_WORD
		       "s' is none of: " LONG_WORD ", short");
}
END_TEST

START_TEST(help_is_no_wider_than_a_terminal)
{
	ck_assert_int_eq(parse_one("-h"), OPT_HELP);
	ck_assert_ptr_nonnull(strstr(printed, "\n\nOptions:\n"));
	for (const char *line = printed; *line;) {
		size_t n = strcspn(line, "\n");

		ck_assert_uint_le(n, 80);
		line += n + 1;
	}
}
END_TEST

/* Prints --help of a table with headings, of `command` where it is one. */
static const char *grouped_help(const char *command)
{
	static const struct opt rows[] = {
		{ "url", OPT_TEXT, AT(url), .group = "Where to", .help = "a" },
		{ "camera", OPT_TEXT, AT(camera), .help = "b" },
		{ "verbose", OPT_FLAG, AT(verbose), .group = "And so on",
		  .help = "c" },
		{ 0 },
	};
	static const char *const some[] = { "verbose", NULL };
	static const struct opt_command commands[] = {
		{ "key", "oriel-test key", "Prints a key.", some },
		{ 0 },
	};
	struct opt_program grouped = program;
	int saved;

	grouped.table = rows;
	grouped.commands = commands;
	fflush(stdout);
	saved = redirect(STDOUT_FILENO);
	opt_print_help(&grouped, &defaults, command);
	fflush(stdout);
	restore(STDOUT_FILENO, saved, printed, sizeof(printed));
	return printed;
}

START_TEST(help_has_headings_where_the_table_has_some)
{
	const char *help = grouped_help(NULL);
	const char *where = strstr(help, "CAMERA\n\nWhere to:\n  --url VALUE ");
	const char *rest = strstr(help, ")\n\nAnd so on:\n  --verbose ");

	ck_assert_ptr_nonnull(where);
	ck_assert_ptr_nonnull(rest);
	ck_assert(where < strstr(help, "\n  --camera ") &&
		  strstr(help, "\n  --camera ") < rest);
	ck_assert_ptr_nonnull(strstr(rest, ")\n  --config FILE "));
	ck_assert_ptr_null(strstr(help, "Options:"));
}
END_TEST

START_TEST(help_of_a_command_has_one_heading)
{
	const char *help = grouped_help("key");

	ck_assert_ptr_nonnull(strstr(help, "\n\nOptions:\n  --verbose "));
	ck_assert_ptr_null(strstr(help, "And so on"));
	ck_assert_ptr_null(strstr(help, "Where to"));
}
END_TEST

START_TEST(help_shows_defaults_and_not_what_was_given)
{
	setenv("ORIEL_PART_MS", "400", 1);
	ck_assert_int_eq(parse((const char *const[]){ "--part-ms", "500",
						      "--help", NULL },
			       NULL),
			 OPT_HELP);
	ck_assert(help_says("(100 to 2000; default 200)"));
}
END_TEST

START_TEST(the_version_is_printed)
{
	ck_assert_int_eq(parse_one("--version"), OPT_HELP);
	ck_assert_str_eq(printed, "oriel-test " ORIEL_VERSION "\n");
}
END_TEST

START_TEST(finish_may_be_called_twice)
{
	assert_good(parse_one("--url=x"));
	ck_assert_uint_eq(memory.count, 1);
	opt_finish(&memory);
	ck_assert_ptr_null(memory.text);
	ck_assert_uint_eq(memory.count, 0);
	opt_finish(&memory);
}
END_TEST

CHECK_MAIN(opt, prepare, clean, nothing_given_leaves_the_defaults,
	   a_value_follows_an_option_or_an_equals_sign,
	   a_flag_takes_no_further_argument,
	   the_last_of_two_wins_on_the_command_line,
	   arguments_keep_their_order_and_a_dash_is_one,
	   eight_arguments_are_taken_and_not_nine,
	   a_file_gives_every_kind_of_value,
	   the_environment_gives_every_kind_of_value,
	   an_empty_variable_counts_as_not_set,
	   file_environment_and_command_line_win_in_this_order,
	   the_default_file_is_read_where_it_exists, the_file_is_closed,
	   a_file_that_is_given_must_exist_and_be_one,
	   a_number_may_be_the_smallest_or_the_largest_and_none_beyond,
	   numbers_take_decimal_suffixes,
	   the_largest_integer_is_read_and_nothing_wraps,
	   a_number_is_the_whole_text,
	   an_error_names_the_place_where_it_was_said,
	   an_unknown_option_is_refused_and_the_nearest_named,
	   an_unknown_name_in_a_file_is_refused_with_its_line,
	   a_very_long_name_is_refused_without_harm,
	   a_line_that_says_nothing_is_refused, a_line_has_a_longest_length,
	   a_zero_byte_in_a_file_is_refused,
	   a_secret_is_refused_on_the_command_line_and_not_shown,
	   an_empty_secret_is_refused, a_missing_value_is_asked_for,
	   a_flag_is_yes_or_no_and_nothing_else, a_choice_is_one_of_its_words,
	   a_choice_may_be_a_long_word, help_lists_every_row_with_its_default,
	   help_is_no_wider_than_a_terminal,
	   help_has_headings_where_the_table_has_some,
	   help_of_a_command_has_one_heading,
	   help_shows_defaults_and_not_what_was_given, the_version_is_printed,
	   finish_may_be_called_twice)
