/* SPDX-License-Identifier: MIT */
/* Any X-Forwarded-For, from behind any number of proxies. */
#include "cloud/limit/address.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *list = malloc(size + 1), text[ADDRESS_TEXT];
	struct address a;

	if (!list)
		abort();
	memcpy(list, bytes, size);
	list[size] = '\0';
	for (unsigned int hops = 1; hops <= 8; hops++)
		if (address_forwarded(&a, list, hops) &&
		    strlen(address_print(text, &a)) >= ADDRESS_TEXT)
			abort();
	free(list);
	return 0;
}
