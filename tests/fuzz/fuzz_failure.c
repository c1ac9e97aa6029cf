/* SPDX-License-Identifier: MIT */
/* Any answer that is no upgrade: what of it is logged is one plain line. */
#include "device/uplink/websocket_failure.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "tests/fuzz/fuzz.h"

static void check_line(const char *line, size_t size)
{
	size_t n = strnlen(line, size);

	if (n == size)
		abort();
	for (size_t i = 0; i < n; i++)
		if (line[i] < ' ' || line[i] > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const unsigned int statuses[] = { 0,   101, 200, 302, 401, 403,
						 404, 407, 429, 500, 503, 999 };
	char *text, line[64];

	if (size < 1)
		return 0;
	text = malloc(size);
	if (!text)
		abort();
	memcpy(text, bytes + 1, size - 1);
	text[size - 1] = '\0';
	websocket_failure_tell(
		&(struct websocket_failure){
			.status = statuses[bytes[0] % (sizeof(statuses) /
						       sizeof(*statuses))],
			.location = text,
			.text = text,
			.text_size = size - 1,
			.tls = bytes[0] & 0x80,
			.tls_error = "" },
		line, sizeof(line));
	check_line(line, sizeof(line));
	log_escape(line, 1 + bytes[0] % sizeof(line), text, size - 1);
	check_line(line, 1 + bytes[0] % sizeof(line));
	free(text);
	return 0;
}
