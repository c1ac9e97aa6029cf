/* SPDX-License-Identifier: MIT */
/* Any file as a camera's status: what is read from it is the same again. */
#include "device/status/status_json.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char once[STATUS_JSON_SIZE], twice[STATUS_JSON_SIZE];
	struct status_view view;
	char *text = malloc(size + 1);
	int n;

	if (!text)
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	if (status_json_parse(&view, text) == 0) {
		n = status_json_print(once, sizeof(once), &view);
		if (n < 0 || status_json_parse(&view, once) < 0 ||
		    status_json_print(twice, sizeof(twice), &view) != n ||
		    strcmp(once, twice) != 0)
			abort();
	}
	free(text);
	return 0;
}
