/* SPDX-License-Identifier: MIT */
#include "common/opt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/opt_value.h"

#define LINE_SIZE 4096 /* of a line in the configuration file */

static const struct opt *find(const struct opt *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

/* --- command line -------------------------------------------------------- */

/* argv is walked twice: once for --help and --config, once for the values. */
struct walk {
	const struct opt_reader *reader;
	const char *const *next;
	struct opt_args *args; /* NULL in the second walk */
	const char *file;      /* of --config */
	const char *command;   /* the first argument, borrowed; NULL: none */
};

static int take_argument(struct walk *w, const char *arg)
{
	if (!w->command)
		w->command = arg;
	if (!w->args)
		return 0;
	if (w->args->count == OPT_MAX_ARGS) {
		opt_complain(w->reader, "'%.60s': more than %d arguments", arg,
			     OPT_MAX_ARGS);
		return -EINVAL;
	}
	w->args->arg[w->args->count++] = arg;
	return 0;
}

/* The text behind '=', or the next argument; NULL, said, when there is none. */
static const char *take_value(struct walk *w, const struct opt_origin *o,
			      const char *equals, const char *called)
{
	if (equals)
		return equals + 1;
	if (*w->next && strncmp(*w->next, "--", 2) != 0)
		return *w->next++;
	opt_complain(w->reader, "%s: needs a value: %s=%s", o->name, o->name,
		     called ? called : "VALUE");
	return NULL;
}

static int refuse_secret(const struct walk *w, const struct opt_origin *o,
			 const struct opt *row)
{
	char env[OPT_ENV_SIZE];

	opt_env_name(env, row->name);
	opt_complain(w->reader,
		     "%s: a secret is not taken from the command line, where "
		     "every process can read it; set %s in the environment, "
		     "or '%s = ...' in the file given by --config",
		     o->name, env, row->name);
	return -EINVAL;
}

static int print_version(const struct opt_program *program)
{
	printf("%s %s\n", program->name, ORIEL_VERSION);
	return OPT_HELP;
}

/* `arg` begins with two dashes. */
static int take_option(struct walk *w, const char *arg)
{
	const char *equals = strchr(arg, '=');
	size_t n = equals ? (size_t)(equals - arg) : strlen(arg);
	struct opt_origin o = { .argv = true };
	const struct opt *row;
	const char *text = "yes", *name = o.name + 2;

	snprintf(o.name, sizeof(o.name), "%.*s", n < 60 ? (int)n : 60, arg);
	if (strcmp(name, "help") == 0) {
		opt_print_help(w->reader->program, w->reader->config,
			       w->command);
		return OPT_HELP;
	}
	if (strcmp(name, "version") == 0)
		return print_version(w->reader->program);
	if (strcmp(name, "config") == 0) {
		w->file = take_value(w, &o, equals, "FILE");
		return w->file ? 0 : -EINVAL;
	}

	row = find(w->reader->program->table, name);
	if (!row)
		return opt_refuse_name(w->reader, &o, name);
	if (row->type == OPT_SECRET)
		return refuse_secret(w, &o, row);
	if (row->type != OPT_FLAG || equals)
		text = take_value(w, &o, equals, row->value);
	if (!text)
		return -EINVAL;
	return w->args ? 0 : opt_set(w->reader, &o, row, text);
}

/* One dash: somebody means an option, and we have no short ones. */
static int refuse_dash(const struct walk *w, const char *arg)
{
	opt_complain(w->reader,
		     "%.60s: no such option; they begin with two dashes, and "
		     "'%s --help' lists them",
		     arg, w->reader->program->name);
	return -EINVAL;
}

static int walk(struct walk *w, const char *const *argv)
{
	int result = 0;

	for (w->next = argv; *w->next && result == 0;) {
		const char *arg = *w->next++;

		if (strcmp(arg, "--") == 0)
			break;
		if (strcmp(arg, "-h") == 0)
			result = take_option(w, "--help");
		else if (strncmp(arg, "--", 2) == 0)
			result = take_option(w, arg);
		else if (arg[0] == '-' && arg[1])
			result = refuse_dash(w, arg);
		else
			result = take_argument(w, arg);
	}
	while (*w->next && result == 0)
		result = take_argument(w, *w->next++);
	return result;
}

/* --- file ---------------------------------------------------------------- */

/* Cuts white space off both ends. */
static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r\n");
	n = strlen(text);
	while (n > 0 && strchr(" \t\r\n", text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/* "ORIEL_NAME=" is how the environment, and a file of it, has it. */
static const struct opt *find_in_file(const struct opt_reader *r,
				      const char *name)
{
	const struct opt *row = find(r->program->table, name);
	char env[OPT_ENV_SIZE];

	for (const struct opt *o = r->program->table; !row && o->name; o++) {
		opt_env_name(env, o->name);
		if (strcmp(env, name) == 0)
			row = o;
	}
	return row;
}

/* Who may read the file may read the secrets in it. */
static void warn_of_readers(const struct opt_reader *r, const char *path,
			    FILE *file)
{
	struct stat found;

	if (fstat(fileno(file), &found) == 0 && S_ISREG(found.st_mode) &&
	    found.st_mode & S_IROTH)
		opt_warn(r,
			 "%s: everybody on this machine can read the secret in "
			 "it; chmod o-r it, or put it into %s (chmod 600), "
			 "which the service reads",
			 path, r->program->env_file);
}

static int read_line(const struct opt_reader *r, struct opt_origin *o,
		     char *line)
{
	char *name = trim(line), *equals = strchr(name, '=');
	const struct opt *row;

	if (*name == '\0' || *name == '#')
		return 0;
	if (!equals) { /* it is not shown: it may be a secret */
		opt_complain(r, "%sexpected 'name = value'", o->place);
		return -EINVAL;
	}
	*equals = '\0';
	name = trim(name);
	snprintf(o->name, sizeof(o->name), "%.60s",
		 strpbrk(name, "0123456789+/") ? "what is there" : name);
	row = find_in_file(r, name);
	if (!row)
		return opt_refuse_name(r, o, name);
	o->secret = row->type == OPT_SECRET;
	return opt_set(r, o, row, trim(equals + 1));
}

/* Editors of Windows begin a file with U+FEFF. */
static char *skip_mark(char *line)
{
	static const char mark[] = "\xef\xbb\xbf";

	return line + (strncmp(line, mark, strlen(mark)) ? 0 : strlen(mark));
}

static int read_lines(const struct opt_reader *r, const char *path, FILE *file)
{
	char line[LINE_SIZE];
	bool secret = false;
	int err = 0;

	for (int i = 1; err == 0 && fgets(line, sizeof(line), file); i++) {
		struct opt_origin o = { 0 };

		snprintf(o.place, sizeof(o.place), "%.480s:%d: ", path, i);
		if (!strchr(line, '\n') && !feof(file)) {
			opt_complain(r, "%snot a line of text below %d letters",
				     o.place, LINE_SIZE - 1);
			return -EINVAL;
		}
		err = read_line(r, &o, i == 1 ? skip_mark(line) : line);
		secret |= o.secret;
	}
	explicit_bzero(line, sizeof(line));
	if (err == 0 && secret)
		warn_of_readers(r, path, file);
	return err;
}

static int read_file(const struct opt_reader *r, const char *path,
		     bool may_be_absent)
{
	FILE *file = fopen(path, "re");
	int err;

	if (!file) {
		err = -errno;
		if (err == -ENOENT && may_be_absent)
			return 0;
		opt_complain(r, "cannot open the configuration %s: %s", path,
			     strerror(-err));
		return err;
	}
	errno = 0;
	err = read_lines(r, path, file);
	if (err == 0 && ferror(file)) {
		err = errno ? -errno : -EIO;
		opt_complain(r, "cannot read the configuration %s: %s", path,
			     strerror(-err));
	}
	fclose(file);
	return err;
}

/* --- all of it ----------------------------------------------------------- */

int opt_parse(void *config, struct opt_memory *memory, struct opt_args *args,
	      const struct opt_program *program, const char *const *argv,
	      const char *default_file)
{
	struct opt_reader reader = { config, memory, program };
	struct walk first = { .reader = &reader, .args = args };
	struct walk second = { .reader = &reader };
	int result;

	*args = (struct opt_args){ 0 };
	result = walk(&first, argv);
	if (!first.file)
		first.file = getenv("ORIEL_CONFIG");
	if (result == 0 && first.file && *first.file)
		result = read_file(&reader, first.file, false);
	else if (result == 0 && default_file)
		result = read_file(&reader, default_file, true);
	if (result == 0)
		result = opt_read_environment(&reader);
	if (result == 0)
		result = walk(&second, argv);
	return result;
}

void opt_finish(struct opt_memory *memory)
{
	for (size_t i = 0; i < memory->count; i++) {
		explicit_bzero(memory->text[i], strlen(memory->text[i]));
		free(memory->text[i]);
	}
	free(memory->text);
	*memory = (struct opt_memory){ 0 };
}
