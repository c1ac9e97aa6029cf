/* SPDX-License-Identifier: MIT */
/*
 * Any conversation of two devices with a small relay: pieces of messages as
 * they come from the network, the first byte of each saying what it is.
 *
 *	0x01 the first piece of its message     0x04 of the second device
 *	0x02 the last piece                     0x08 its connection ends
 *	then a byte of length, and so many bytes
 *
 * Whatever they say, the limits of the store hold.
 */
#include "cloud/store/ingest.h"

#include <stdlib.h>

#include "cloud/store/store.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES 16384
#define OVERHEAD  4096 /* heads of the newest replies, a playlist */

static const struct store_params params = {
	.max_bytes = MAX_BYTES,
	.max_camera_bytes = 12000,
	.max_cameras = 2,
	.max_segments = 5,
};

static struct store *store;
static struct ingest *device[2];
static int64_t now_us;

static void feed(unsigned int flags, const uint8_t *bytes, size_t n)
{
	unsigned int which = flags & 4 ? 1 : 0;
	uint8_t out[INGEST_MAX_OUT];
	static const char *const names[2] = { "porch", "garden" };

	if (!device[which] &&
	    ingest_open(&device[which], store, names[which], 1000) < 0)
		abort();
	now_us += 1000;
	ingest_feed(device[which], bytes, n, flags & 1, flags & 2, now_us,
		    now_us);
	while (ingest_take(device[which], out))
		;
	if (flags & 8)
		ingest_close(&device[which], now_us);
	if (store_bytes(store) > MAX_BYTES + OVERHEAD)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t at = 0;

	now_us = 1000000;
	if (store_open(&store, &params) < 0)
		abort();
	while (size - at >= 2) {
		unsigned int flags = bytes[at];
		size_t n = bytes[at + 1];

		at += 2;
		if (n > size - at)
			n = size - at;
		feed(flags, bytes + at, n);
		at += n;
	}
	ingest_close(&device[0], now_us);
	ingest_close(&device[1], now_us);
	store_close(&store);
	return 0;
}
