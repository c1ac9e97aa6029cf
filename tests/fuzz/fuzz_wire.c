/* SPDX-License-Identifier: MIT */
/* Any bytes as a message: what is taken is written again byte for byte. */
#include "common/wire.h"

#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t again[WIRE_MAX_FIXED];
	struct wire_message m;
	int fixed = wire_decode_head(&m, bytes, size);
	int err = wire_decode(&m, bytes, size);

	if (err == 0 && fixed <= 0)
		abort(); /* a whole message without a head */
	if (err < 0)
		return 0;
	if (wire_encode(again, &m) != (size_t)fixed ||
	    memcmp(again, bytes, (size_t)fixed) != 0 ||
	    (size_t)fixed + m.body_size != size)
		abort();
	return 0;
}
