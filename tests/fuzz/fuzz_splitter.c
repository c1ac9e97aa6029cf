/* SPDX-License-Identifier: MIT */
/*
 * Any H.264 in pieces of any length (the first byte of each): no unit is
 * longer than may be, and no byte comes out that did not go in.
 */
#include "device/source/splitter.h"

#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

#define MAX_UNIT 2000

static size_t take_units(struct splitter *s)
{
	struct splitter_unit unit;
	size_t out = 0;
	int err;

	while ((err = splitter_next(s, &unit)) != 0)
		if (err > 0) {
			if (unit.size == 0 || unit.size > MAX_UNIT)
				abort();
			out += unit.size;
		}
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct splitter_unit unit;
	struct splitter *s;
	size_t at = 0, in = 0, out = 0;

	if (splitter_open(&s, MAX_UNIT) < 0)
		abort();
	while (at < size) {
		size_t room, n = bytes[at++];
		uint8_t *to = splitter_room(s, &room);

		if (n > size - at)
			n = size - at;
		if (n > room)
			n = room;
		memcpy(to, bytes + at, n);
		splitter_filled(s, n, (int64_t)at);
		out += take_units(s);
		at += n;
		in += n;
	}
	if (splitter_end(s, &unit) > 0)
		out += unit.size;
	if (out > in)
		abort();
	splitter_close(&s);
	return 0;
}
