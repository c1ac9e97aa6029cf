/* SPDX-License-Identifier: MIT */
/*
 * big_endian: unsigned integers as bytes, the highest first, as both protocols
 * between device and relay have them. Pure; any thread.
 */
#ifndef COMMON_BIG_ENDIAN_H
#define COMMON_BIG_ENDIAN_H

#include <stddef.h>
#include <stdint.h>

/* `width` bytes, 1 to 8. */
static inline void big_endian_put(uint8_t *out, uint64_t value, size_t width)
{
	while (width-- > 0) {
		out[width] = (uint8_t)value;
		value >>= 8;
	}
}

static inline uint64_t big_endian_get(const uint8_t *bytes, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | bytes[i];
	return value;
}

#endif
