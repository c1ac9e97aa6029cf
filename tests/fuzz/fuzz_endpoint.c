/* SPDX-License-Identifier: MIT */
/* Any text as the address of a relay. */
#include "device/uplink/endpoint.h"

#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *url = malloc(size + 1), authority[ENDPOINT_AUTHORITY_SIZE];
	const char *why = NULL;
	struct endpoint e;

	if (!url)
		abort();
	memcpy(url, bytes, size);
	url[size] = '\0';
	if (endpoint_parse(&e, url, &why) == 0) {
		endpoint_is_loopback(&e);
		if (endpoint_authority(&e, authority) !=
			    (int)strlen(authority) ||
		    e.port < 1 || e.port > 65535 || e.host[0] == '\0')
			abort();
	} else if (!why) {
		abort();
	}
	free(url);
	return 0;
}
