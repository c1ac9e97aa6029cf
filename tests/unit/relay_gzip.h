/* SPDX-License-Identifier: MIT */
/* gzip_text(): what a device does to its playlist, for the relay's tests. */
#ifndef TESTS_UNIT_RELAY_GZIP_H
#define TESTS_UNIT_RELAY_GZIP_H

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

/* Returns how many of the `size` bytes at `out` it took. */
static inline uint32_t gzip_text(uint8_t *out, size_t size, const char *text)
{
	z_stream z = { 0 };
	int result;

	result = deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED,
			      MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
	assert(result == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = out;
	z.avail_out = (uInt)size;
	result = deflate(&z, Z_FINISH);
	assert(result == Z_STREAM_END);
	deflateEnd(&z);
	return (uint32_t)z.total_out;
}

#endif
