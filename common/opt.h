/* SPDX-License-Identifier: MIT */
/*
 * opt: one table of options gives the command line (--name VALUE or
 * --name=VALUE), the environment (ORIEL_NAME), the configuration file
 * (name = VALUE) and --help. What is said later in this list wins: default,
 * file, environment, command line.
 *
 * A file has one option a line; '#' starts a comment line; values are taken
 * as they stand, without quotes. An unknown name, a value out of range or a
 * secret on the command line is an error that names the thing and what would
 * be right.
 *
 * Used by main's thread, before any other starts.
 */
#ifndef COMMON_OPT_H
#define COMMON_OPT_H

#include <stddef.h>
#include <stdint.h>

enum opt_type {
	OPT_TEXT,   /* const char *; NULL or the default until given */
	OPT_SECRET, /* const char *; environment or file only, never argv */
	OPT_INT,    /* int64_t; strict decimal; k, M, G multiply by 1000^n */
	OPT_FLAG,   /* bool; no value, or yes/no in file and environment */
	OPT_CHOICE, /* int; index into .choices */
};

struct opt {
	const char *name; /* "part-ms"; NULL ends the table */
	enum opt_type type;
	size_t offset;	   /* of the member in the configuration struct */
	int64_t min, max;  /* OPT_INT: inclusive */
	const char *value; /* how --help calls it: "MS" */
	const char *const *choices; /* OPT_CHOICE: NULL-terminated */
	const char *help;
	const char *group; /* --help: this row, and what follows, is below it */
};

/* `PROGRAM NAME --help`; `options` are the names of those that matter to it. */
struct opt_command {
	const char *name; /* NULL ends the table */
	const char *usage, *about;
	const char *const *options; /* NULL-terminated */
};

struct opt_program {
	const char *name;     /* "oriel-cam" */
	const char *usage;    /* lines of usage, below "Usage:" */
	const char *about;    /* sentences */
	const char *footer;   /* printed below the options, may be NULL */
	const char *env_file; /* its service has its variables from there */
	const struct opt *table;
	const struct opt_command *commands; /* may be NULL */
};

/*
 * Where parsed texts live. Zero-initialised; released by opt_finish(), after
 * which every OPT_TEXT and OPT_SECRET of the configuration dangles.
 */
struct opt_memory {
	char **text;
	size_t count;
};

#define OPT_HELP     1 /* --help or --version was asked for and printed */
#define OPT_MAX_ARGS 8

/* Arguments that are not options, borrowed from argv. */
struct opt_args {
	const char *arg[OPT_MAX_ARGS];
	int count;
};

/*
 * Fills `config`, which already holds the defaults, from argv (without the
 * program's name), then from the environment and the file given by --config
 * FILE (or `default_file` where that exists; may be NULL). Returns 0,
 * OPT_HELP, or -EINVAL, -ENOENT, ... after one line on stderr that says what
 * is wrong.
 */
int opt_parse(void *config, struct opt_memory *memory, struct opt_args *args,
	      const struct opt_program *program, const char *const *argv,
	      const char *default_file);

/*
 * One line on stderr, as opt_parse() writes them, about options that do not go
 * together. Returns -EINVAL.
 */
__attribute__((format(printf, 2, 3))) int opt_refuse(
	const struct opt_program *program, const char *format, ...);

void opt_finish(struct opt_memory *memory);

/*
 * Prints --help to stdout, of `command` alone where that is one (may be
 * NULL); defaults are read from `config`.
 */
void opt_print_help(const struct opt_program *program, const void *config,
		    const char *command);

#endif
