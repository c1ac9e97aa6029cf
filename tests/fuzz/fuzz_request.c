/* SPDX-License-Identifier: MIT */
/* Any header values and any query, as texts with a zero byte behind each. */
#include "cloud/http/request.h"

#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

static void query(const char *text)
{
	struct directives d = { 0 };

	while (*text) {
		size_t n = strcspn(text, "&");

		if (blocking_parse(&d, text, n) < 0)
			break;
		text += n;
		text += *text == '&';
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1);
	const char *credentials;

	if (!text)
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	request_takes_gzip(text);
	request_lists(text, "upgrade");
	credentials = request_bearer(text);
	if (credentials &&
	    (credentials < text || credentials > text + strlen(text)))
		abort();
	query(text);
	free(text);
	return 0;
}
