/* SPDX-License-Identifier: MIT */
/* Any path: its line in the access log is one line, and holds no token. */
#include "cloud/http/access.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static void check_line(const char *line, size_t n)
{
	if (n == 0 || n >= ACCESS_LINE || line[n - 1] != '\n')
		abort();
	for (size_t i = 0; i + 1 < n; i++)
		if (line[i] < ' ' || line[i] > '~')
			abort();
}

/* A path is words between slashes: letters, digits, "-", "_", "." and "~". */
static void check_path(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_./~";
	const char *token = strchr(path, '~');

	if (path[strspn(path, plain)] || (token && token[1] && token[1] != '/'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct access access;
	struct access_end end = { .status = 200, .wall_us = 1700000000000000 };
	char line[ACCESS_LINE];
	size_t n;

	access_take(&access, &(struct request){ .path = (const char *)bytes,
						.path_size = size });
	check_path(access.path);
	n = access_print(line, ACCESS_TEXT, &access, &end);
	check_line(line, n);
	n = access_print(line, ACCESS_JSON, &access, &end);
	check_line(line, n);
	return 0;
}
