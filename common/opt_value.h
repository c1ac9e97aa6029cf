/* SPDX-License-Identifier: MIT */
/*
 * opt_value: one option's text becomes a member of the configuration, or one
 * line on stderr that names option, value, range and next step. A part of
 * common/opt; nothing else includes it.
 */
#ifndef COMMON_OPT_VALUE_H
#define COMMON_OPT_VALUE_H

#include <stdbool.h>

#include "common/opt.h"

#define OPT_NAME_MAX 31			/* letters of an option's name */
#define OPT_ENV_SIZE (OPT_NAME_MAX + 7) /* "ORIEL_", name, NUL */

struct opt_reader {
	void *config;
	struct opt_memory *memory;
	const struct opt_program *program;
};

/* Where a value was said, as an error names it: "FILE:12: " and "name". */
struct opt_origin {
	char place[512];
	char name[64];
	bool argv;
	bool secret; /* what was set by it is one */
};

/* Sets the member of `row`. Returns 0, or -EINVAL, -ENOMEM after a line. */
int opt_set(const struct opt_reader *r, const struct opt_origin *o,
	    const struct opt *row, const char *text);

/* Says that there is no option `given`, and which was meant. -EINVAL. */
int opt_refuse_name(const struct opt_reader *r, const struct opt_origin *o,
		    const char *given);

/* The option that was meant, most likely; NULL: none. `row` ends a table. */
const char *opt_nearest(const struct opt *table, const char *given);

/* Sets what ORIEL_NAME says, and warns of names that are nearly one. */
int opt_read_environment(const struct opt_reader *r);

/* One line on stderr, after the program's name; what goes on is a warning. */
void opt_complain(const struct opt_reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void opt_warn(const struct opt_reader *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "part-ms" to "ORIEL_PART_MS". */
void opt_env_name(char out[static OPT_ENV_SIZE], const char *name);

#endif
