/* SPDX-License-Identifier: MIT */
/* Any token and any key: none that a fuzzer can guess is good. */
#include "cloud/key.h"

#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct keyring keys = { .secret = "0123456789abcdef",
					     .previous = "fedcba9876543210" };
	const char *text = (const char *)bytes;

	if (key_check_token(text, size, &keys, "porch", 1700000000) ==
		    KEY_VIEW_GOOD ||
	    key_may_publish(&keys, text, size, "porch") ||
	    key_may_operate(&keys, text, size))
		abort();
	return 0;
}
