/* SPDX-License-Identifier: MIT */
/* Any bytes as a playlist that a device has compressed. */
#include "cloud/store/gunzip.h"

#include "tests/fuzz/fuzz.h"
#include <stdlib.h>

#define MAX_PLAIN (64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int64_t plain = gunzip_size(bytes, size, MAX_PLAIN);
	uint8_t *out;

	if (plain < 0)
		return 0;
	if (plain > MAX_PLAIN)
		abort();
	out = malloc((size_t)plain + !plain);
	if (!out)
		abort();
	gunzip(out, (size_t)plain, bytes, size);
	free(out);
	return 0;
}
