/* SPDX-License-Identifier: MIT */
/* Any configuration file, and its lines as command line arguments. */
#include "common/opt.h"

#include "tests/fuzz/fuzz.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_WORDS 8

struct config {
	const char *text, *secret;
	int64_t number;
	bool flag;
	int choice;
};

static const char *const choices[] = { "one", "two", NULL };

static const struct opt table[] = {
	{ .name = "text", .offset = offsetof(struct config, text) },
	{ .name = "secret",
	  .type = OPT_SECRET,
	  .offset = offsetof(struct config, secret) },
	{ .name = "number",
	  .type = OPT_INT,
	  .offset = offsetof(struct config, number),
	  .min = -5,
	  .max = 1000000 },
	{ .name = "flag",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct config, flag) },
	{ .name = "choice",
	  .type = OPT_CHOICE,
	  .offset = offsetof(struct config, choice),
	  .choices = choices },
	{ 0 },
};

static const struct opt_program program = {
	.name = "fuzz",
	.usage = "  fuzz [options]\n",
	.about = "Nothing.",
	.env_file = "fuzz.env",
	.table = table,
};

static void parse(const char *const *argv, const char *file)
{
	struct opt_memory memory = { 0 };
	struct opt_args args = { 0 };
	struct config config = { .number = 7 };
	int err = opt_parse(&config, &memory, &args, &program, argv, file);

	if (err == 0 && (config.number < -5 || config.number > 1000000 ||
			 config.choice < 0 || config.choice > 1))
		abort();
	opt_finish(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char path[] = "/proc/self/fd/000";
	const char *argv[MAX_WORDS + 1] = { NULL };
	char *text = malloc(size + 1), *at;
	int fd = memfd_create("config", 0);

	if (!text || fd < 0 || fd > 999 ||
	    write(fd, bytes, size) != (ssize_t)size)
		abort();
	for (int i = 0, n = fd; i < 3; i++, n /= 10)
		path[sizeof(path) - 2 - i] = (char)('0' + n % 10);
	memcpy(text, bytes, size);
	text[size] = '\0';
	at = text;
	for (size_t i = 0; i < MAX_WORDS && at; i++)
		argv[i] = strsep(&at, "\n");
	/* As a variable of the environment, which is read behind the file. */
	setenv("ORIEL_SECRET", text, 1);
	parse(argv + MAX_WORDS, path);
	unsetenv("ORIEL_SECRET");
	parse(argv, NULL);
	free(text);
	close(fd);
	return 0;
}
