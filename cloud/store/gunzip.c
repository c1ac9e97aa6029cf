/* SPDX-License-Identifier: MIT */
#include "cloud/store/gunzip.h"

#include <errno.h>
#include <limits.h>

#define ZLIB_CONST /* next_in is only read */
#include <zlib.h>

#define SMALLEST_MEMBER 20 /* head 10, an empty block 2, trailer 8 */
#define GZIP_ONLY	16 /* added to windowBits, see inflateInit2() */

int64_t gunzip_size(const uint8_t *gzip, size_t n, size_t max)
{
	uint32_t size;

	if (n < SMALLEST_MEMBER || n > UINT_MAX)
		return -EPROTO;
	/* ISIZE, the last field of the trailer, is little-endian. */
	size = (uint32_t)gzip[n - 4] | (uint32_t)gzip[n - 3] << 8 |
	       (uint32_t)gzip[n - 2] << 16 | (uint32_t)gzip[n - 1] << 24;
	return size <= max ? (int64_t)size : -EMSGSIZE;
}

int gunzip(uint8_t *out, size_t size, const uint8_t *gzip, size_t n)
{
	uint8_t nothing = 0;
	z_stream z = {
		.next_in = gzip,
		.avail_in = (uInt)n,
		.next_out = size ? out : &nothing,
		.avail_out = (uInt)size,
	};
	int result;

	if (inflateInit2(&z, MAX_WBITS + GZIP_ONLY) != Z_OK)
		return -ENOMEM;
	result = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (result == Z_MEM_ERROR)
		return -ENOMEM;
	/* zlib has compared CRC and ISIZE with what it wrote. */
	if (result != Z_STREAM_END || z.avail_in || z.avail_out)
		return -EPROTO;
	return 0;
}
