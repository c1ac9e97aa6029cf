/* SPDX-License-Identifier: MIT */
#include "common/opt_value.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

/* One line, as common/log writes it, but for a person without the time. */
__attribute__((format(printf, 3, 0))) static void print_line(
	const struct opt_program *program, enum log_level level,
	const char *format, va_list args)
{
	char mark[LOG_MARK_SIZE];

	log_mark(mark, sizeof(mark), level);
	fprintf(stderr, "%s%s: ", mark, program->name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void opt_complain(const struct opt_reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(r->program, LOG_ERROR, format, args);
	va_end(args);
}

int opt_refuse(const struct opt_program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(program, LOG_ERROR, format, args);
	va_end(args);
	return -EINVAL;
}

void opt_warn(const struct opt_reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(r->program, LOG_WARN, format, args);
	va_end(args);
}

/* How many letters must be changed, added or left out (Levenshtein, 1965). */
static size_t distance(const char *a, const char *b)
{
	size_t row[OPT_NAME_MAX + 1];
	size_t n = strlen(b);

	if (n > OPT_NAME_MAX)
		return OPT_NAME_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t best = corner + (a[i] != b[j]);

			corner = row[j + 1];
			if (best > corner + 1)
				best = corner + 1;
			if (best > row[j] + 1)
				best = row[j] + 1;
			row[j + 1] = best;
		}
	}
	return row[n];
}

/* Keeps in *best what is nearer to `given` than a person would type wrong. */
static void consider(const char **best, size_t *best_distance,
		     const char *given, const char *candidate)
{
	size_t d = distance(given, candidate);

	/* the beginning of a word is as good as the word */
	if (strlen(given) >= 3 && !strncmp(given, candidate, strlen(given)))
		d = 0;
	if (d < *best_distance) {
		*best_distance = d;
		*best = candidate;
	}
}

/* From how many wrong letters on it is another word. */
static size_t too_different(const char *given)
{
	size_t n = strlen(given);

	return n < 4 ? 2 : n < 8 ? 3 : 4;
}

static const char *nearest(const struct opt *table, const char *given,
			   size_t *best_distance)
{
	const char *best = NULL;

	*best_distance = too_different(given);
	for (const struct opt *row = table; row->name; row++)
		consider(&best, best_distance, given, row->name);
	return best;
}

const char *opt_nearest(const struct opt *table, const char *given)
{
	size_t best_distance;

	for (const struct opt *row = table; row->name; row++)
		if (strcmp(row->name, given) == 0)
			return row->name;
	return nearest(table, given, &best_distance);
}

int opt_refuse_name(const struct opt_reader *r, const struct opt_origin *o,
		    const char *given)
{
	size_t best_distance;
	const char *best = nearest(r->program->table, given, &best_distance);

	if (o->argv) {
		consider(&best, &best_distance, given, "config");
		consider(&best, &best_distance, given, "help");
		consider(&best, &best_distance, given, "version");
	}
	if (best)
		opt_complain(r, "%s%s: no such option; did you mean %s%s?",
			     o->place, o->name, o->argv ? "--" : "", best);
	else
		opt_complain(r,
			     "%s%s: no such option; '%s --help' lists them all",
			     o->place, o->name, r->program->name);
	return -EINVAL;
}

static int refuse_choice(const struct opt_reader *r, const struct opt_origin *o,
			 const struct opt *row, const char *text)
{
	const char *best = NULL;
	size_t best_distance = too_different(text);
	char list[256] = "";
	size_t n = 0;

	for (const char *const *c = row->choices; *c; c++) {
		consider(&best, &best_distance, text, *c);
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
				      n ? ", " : "", *c);
		if (n >= sizeof(list))
			n = sizeof(list) - 1;
	}
	opt_complain(r, "%s%s: '%.60s' is none of: %s%s%s%s", o->place, o->name,
		     text, list, best ? "; did you mean " : "",
		     best ? best : "", best ? "?" : "");
	return -EINVAL;
}

/* Keeps a copy until opt_finish(). NULL: no memory. */
static char *keep(struct opt_memory *memory, const char *text)
{
	char **grown = realloc(memory->text,
			       (memory->count + 1) * sizeof(*memory->text));
	char *copy;

	if (!grown)
		return NULL;
	memory->text = grown;
	copy = strdup(text);
	if (copy)
		memory->text[memory->count++] = copy;
	return copy;
}

static int set_text(const struct opt_reader *r, const struct opt_origin *o,
		    const struct opt *row, const char *text)
{
	char *copy;

	if (row->type == OPT_SECRET && *text == '\0') {
		opt_complain(r, "%s%s: the secret is empty", o->place, o->name);
		return -EINVAL;
	}
	copy = keep(r->memory, text);
	if (!copy) {
		opt_complain(r, "%s%s: out of memory", o->place, o->name);
		return -ENOMEM;
	}
	memcpy((char *)r->config + row->offset, &copy, sizeof(copy));
	return 0;
}

/*
 * The whole text: [-]digits[kMG]. -EINVAL: something else; -ERANGE: too many
 * digits for any range.
 */
static int read_number(int64_t *out, const char *text)
{
	static const char suffixes[] = "kMG";
	bool negative = *text == '-', huge = false;
	const char *suffix;
	int64_t value = 0;

	text += negative;
	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++) {
		int digit = negative ? '0' - *text : *text - '0';

		huge |= __builtin_mul_overflow(value, 10, &value);
		huge |= __builtin_add_overflow(value, digit, &value);
	}
	suffix = *text ? strchr(suffixes, *text) : NULL;
	if (suffix) {
		for (const char *s = suffixes; s <= suffix; s++)
			huge |= __builtin_mul_overflow(value, 1000, &value);
		text++;
	}
	if (*text)
		return -EINVAL;
	*out = value;
	return huge ? -ERANGE : 0;
}

static int set_int(const struct opt_reader *r, const struct opt_origin *o,
		   const struct opt *row, const char *text)
{
	int64_t value = 0;
	int err = read_number(&value, text);

	if (err == 0 && (value < row->min || value > row->max))
		err = -ERANGE;
	if (err < 0) {
		opt_complain(r, "%s%s: '%.60s' is %s; give %lld to %lld",
			     o->place, o->name, text,
			     err == -ERANGE ? "out of range"
					    : "not a whole number",
			     (long long)row->min, (long long)row->max);
		return -EINVAL;
	}
	memcpy((char *)r->config + row->offset, &value, sizeof(value));
	return 0;
}

static int set_flag(const struct opt_reader *r, const struct opt_origin *o,
		    const struct opt *row, const char *text)
{
	bool value = strcmp(text, "yes") == 0;

	if (!value && strcmp(text, "no") != 0) {
		opt_complain(r, "%s%s: '%.60s' is neither yes nor no", o->place,
			     o->name, text);
		return -EINVAL;
	}
	memcpy((char *)r->config + row->offset, &value, sizeof(value));
	return 0;
}

static int set_choice(const struct opt_reader *r, const struct opt_origin *o,
		      const struct opt *row, const char *text)
{
	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], text) != 0)
			continue;
		memcpy((char *)r->config + row->offset, &i, sizeof(i));
		return 0;
	}
	return refuse_choice(r, o, row, text);
}

/* The shell takes quotes off; what reads files of variables, not always. */
static bool is_quoted(const char *text)
{
	size_t n = strlen(text);

	return n > 1 && (*text == '"' || *text == '\'') && text[n - 1] == *text;
}

int opt_set(const struct opt_reader *r, const struct opt_origin *o,
	    const struct opt *row, const char *text)
{
	if (!o->argv && is_quoted(text)) {
		opt_complain(r,
			     "%s%s: the quotes would be a part of it; leave "
			     "them out",
			     o->place, o->name);
		return -EINVAL;
	}
	switch (row->type) {
	case OPT_TEXT:
	case OPT_SECRET:
		return set_text(r, o, row, text);
	case OPT_INT:
		return set_int(r, o, row, text);
	case OPT_FLAG:
		return set_flag(r, o, row, text);
	case OPT_CHOICE:
		return set_choice(r, o, row, text);
	}
	return -EINVAL;
}

void opt_env_name(char out[static OPT_ENV_SIZE], const char *name)
{
	int n = snprintf(out, OPT_ENV_SIZE, "ORIEL_%s", name);

	assert(n > 0 && n < OPT_ENV_SIZE);
	for (; *out; out++) {
		if (*out >= 'a' && *out <= 'z')
			*out = (char)(*out - 'a' + 'A');
		else if (*out == '-')
			*out = '_';
	}
}
