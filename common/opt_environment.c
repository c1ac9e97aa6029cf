/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/opt_value.h"

#define PREFIX "ORIEL_"

/* What is shorter may begin another program's names, too: ORIEL_KEY. */
#define MIN_BEGINNING 4

/*
 * A secret that was put into a file or a vault by `echo` has a newline behind
 * it, which the one that was typed has not. White space around one is never
 * meant; it is no part of it in a configuration file either.
 */
static int set_trimmed(const struct opt_reader *r, const struct opt_origin *o,
		       const struct opt *row, const char *text)
{
	char *copy;
	size_t n;
	int err;

	text += strspn(text, " \t\r\n");
	n = strlen(text);
	while (n > 0 && strchr(" \t\r\n", text[n - 1]))
		n--;
	copy = strndup(text, n);
	err = copy ? opt_set(r, o, row, copy) : -1;
	if (copy)
		explicit_bzero(copy, n);
	free(copy);
	return err;
}

/* A variable that is set to nothing counts as not set. */
static int read_row(const struct opt_reader *r, const struct opt *row)
{
	struct opt_origin o = { 0 };
	const char *text;

	opt_env_name(o.name, row->name);
	text = getenv(o.name);
	if (!text || *text == '\0')
		return 0;
	return row->type == OPT_SECRET ? set_trimmed(r, &o, row, text)
				       : opt_set(r, &o, row, text);
}

/* "MAX_BYTE=5" to "max-byte"; false: longer than any that were meant. */
static bool as_option(char out[static OPT_ENV_SIZE], const char *variable)
{
	size_t n = strcspn(variable, "=");

	if (n >= OPT_ENV_SIZE)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = variable[i] == '_'
				 ? '-'
				 : (char)tolower((unsigned char)variable[i]);
	out[n] = '\0';
	return true;
}

/*
 * Nothing else would tell that a limit was not set, or a relay not closed.
 * What is like none of ours is somebody else's, and so is a short word.
 */
static void warn_of_variable(const struct opt_reader *r, const char *variable)
{
	char given[OPT_ENV_SIZE], meant[OPT_ENV_SIZE];
	const char *near;

	if (!as_option(given, variable + strlen(PREFIX)))
		return;
	near = opt_nearest(r->program->table, given);
	if (!near)
		return;
	opt_env_name(meant, near);
	if (strncmp(meant, variable, strlen(meant)) == 0 &&
	    variable[strlen(meant)] == '=')
		return;
	if (strlen(given) < MIN_BEGINNING && strlen(near) > strlen(given) + 1)
		return;
	opt_warn(r,
		 "%.*s in the environment is not read: no such option; did you "
		 "mean %s?",
		 (int)strcspn(variable, "="), variable, meant);
}

int opt_read_environment(const struct opt_reader *r)
{
	int err = 0;

	for (const struct opt *o = r->program->table; o->name && err == 0; o++)
		err = read_row(r, o);
	for (char **v = environ; v && err == 0 && *v; v++)
		if (strncmp(*v, PREFIX, strlen(PREFIX)) == 0)
			warn_of_variable(r, *v);
	return err;
}
