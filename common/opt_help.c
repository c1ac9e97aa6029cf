/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/opt_value.h"

#define COLUMN 26 /* where the explanations begin */
#define WIDTH  80

/* Prints `text` from column `column` on, broken between words. */
static void print_words(const char *text, size_t at, size_t column)
{
	while (*text) {
		size_t word = strcspn(text, " \n");

		if (at > column && at + 1 + word >= WIDTH) {
			putchar('\n');
			at = 0;
		}
		if (at > column) {
			putchar(' ');
			at++;
		} else {
			printf("%*s", (int)(column - at), "");
			at = column;
		}
		fwrite(text, 1, word, stdout);
		at += word;
		text += word;
		text += strspn(text, " \n");
	}
	putchar('\n');
}

/* Prints `left`, and `text` beside it in a column. */
static void print_row(const char *left, const char *text)
{
	size_t at = strlen(left);

	fputs(left, stdout);
	if (at + 2 > COLUMN) {
		putchar('\n');
		at = 0;
	}
	print_words(text, at, COLUMN);
}

/* "--part-ms MS"; a secret has no form on the command line. */
static void format_left(char *out, size_t size, const struct opt *row)
{
	const char *value = row->value ? row->value : "VALUE";
	char env[OPT_ENV_SIZE];

	switch (row->type) {
	case OPT_FLAG:
		snprintf(out, size, "  --%s", row->name);
		break;
	case OPT_SECRET:
		opt_env_name(env, row->name);
		snprintf(out, size, "  %s=%s", env, value);
		break;
	default:
		snprintf(out, size, "  --%s %s", row->name, value);
		break;
	}
}

static void format_choices(char *out, size_t size, const struct opt *row,
			   int value)
{
	size_t n = (size_t)snprintf(out, size, " (");

	for (int i = 0; row->choices[i] && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "",
				      row->choices[i]);
	if (n < size)
		snprintf(out + n, size - n, "; default %s)",
			 row->choices[value]);
}

/* A default that nobody could give stands for none. */
static void format_number(char *out, size_t size, const struct opt *row,
			  int64_t value)
{
	size_t n = (size_t)snprintf(out, size, " (%lld to %lld",
				    (long long)row->min, (long long)row->max);

	if (value >= row->min && n < size)
		n += (size_t)snprintf(out + n, size - n, "; default %lld",
				      (long long)value);
	if (n < size)
		snprintf(out + n, size - n, ")");
}

/* " (1 to 9; default 3)": what may be given, and what holds if nothing is. */
static void format_default(char *out, size_t size, const struct opt *row,
			   const void *config)
{
	const char *at = (const char *)config + row->offset;
	const char *text;
	int64_t number;
	bool flag;
	int choice;

	switch (row->type) {
	case OPT_TEXT:
		memcpy(&text, at, sizeof(text));
		snprintf(out, size, " (default %s)", text ? text : "none");
		break;
	case OPT_SECRET:
		snprintf(out, size, " (only from environment or file)");
		break;
	case OPT_INT:
		memcpy(&number, at, sizeof(number));
		format_number(out, size, row, number);
		break;
	case OPT_FLAG:
		memcpy(&flag, at, sizeof(flag));
		snprintf(out, size, " (default %s)", flag ? "yes" : "no");
		break;
	case OPT_CHOICE:
		memcpy(&choice, at, sizeof(choice));
		format_choices(out, size, row, choice);
		break;
	}
}

static void print_option(const struct opt *row, const void *config)
{
	char left[128], text[1024];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s", row->help);

	format_left(left, sizeof(left), row);
	if (n < sizeof(text))
		format_default(text + n, sizeof(text) - n, row, config);
	print_row(left, text);
}

/* Each line of `text` after an indent. */
static void print_indented(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		printf("  %.*s\n", (int)n, text);
		text += n;
		text += *text == '\n';
	}
}

static const struct opt_command *find_command(const struct opt_program *program,
					      const char *name)
{
	const struct opt_command *c = name ? program->commands : NULL;

	while (c && c->name && strcmp(c->name, name) != 0)
		c++;
	return c && c->name ? c : NULL;
}

/* Without a command, all of them matter. */
static bool matters(const struct opt_command *command, const struct opt *row)
{
	const char *const *name = command ? command->options : NULL;

	while (name && *name && strcmp(*name, row->name) != 0)
		name++;
	return !name || *name;
}

void opt_print_help(const struct opt_program *program, const void *config,
		    const char *command)
{
	const struct opt_command *c = find_command(program, command);

	print_words(c ? c->about : program->about, 0, 0);
	printf("\nUsage:\n");
	print_indented(c ? c->usage : program->usage);
	if (c || !program->table->group)
		printf("\nOptions:\n");
	for (const struct opt *row = program->table; row->name; row++) {
		if (!c && row->group)
			printf("\n%s:\n", row->group);
		if (matters(c, row))
			print_option(row, config);
	}
	print_row("  --config FILE", "read options from this file");
	print_row("  --help", "print this");
	print_row("  --version", "print the version");
	printf("\n--some-name VALUE may also be given as ORIEL_SOME_NAME=VALUE "
	       "in the environment,\nor as 'some-name = VALUE' in the file. "
	       "The command line wins over the\nenvironment, and that over "
	       "the file.\n");
	if (program->footer)
		printf("\n%s\n", program->footer);
}
