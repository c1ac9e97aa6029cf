/* SPDX-License-Identifier: MIT */
/* Any path; a name that is taken is written again byte for byte. */
#include "cloud/http/route.h"

#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char again[NAME_SIZE];
	struct route r;

	route_parse(&r, (const char *)bytes, size);
	if (r.camera[0] && !camera_name_valid(r.camera, strlen(r.camera)))
		abort();
	if (r.kind != ROUTE_OBJECT)
		return 0;
	if (name_format(again, &r.object) != (int)r.last_size ||
	    memcmp(again, r.last, r.last_size) != 0)
		abort();
	return 0;
}
