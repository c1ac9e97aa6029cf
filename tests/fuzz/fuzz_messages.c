/* SPDX-License-Identifier: MIT */
/*
 * Any body of a POST, in pieces of any length (the first byte of each): every
 * byte belongs to one message, and messages begin and end where they should.
 */
#include "cloud/store/messages.h"

#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

static void feed(struct messages *m, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		bool open = messages_open(m), first, final;
		size_t took = messages_next(m, bytes, n, &first, &final);

		if (took == 0 || took > n || first == open ||
		    final == messages_open(m))
			abort();
		bytes += took;
		n -= took;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct messages m = { 0 };
	size_t at = 0;

	while (at < size) {
		size_t n = bytes[at++];

		if (n > size - at)
			n = size - at;
		feed(&m, bytes + at, n);
		at += n;
	}
	return 0;
}
