/* SPDX-License-Identifier: MIT */
#include "device/testcard/timecode.h"

#include <stddef.h>
#include <string.h>

#define CRC_POLYNOMIAL 0x07

int timecode_height(int height)
{
	int lines = height * 2 / 45 & ~1;

	return lines < 2 ? 2 : lines;
}

/* The remainder of the 4 bytes and 8 zero bits, most significant first. */
static uint8_t crc(uint32_t ms)
{
	uint8_t rest = 0;

	for (int bit = 31; bit >= 0; bit--) {
		int out = rest >> 7 ^ (ms >> bit & 1);

		rest = (uint8_t)(rest << 1) ^ (out ? CRC_POLYNOMIAL : 0);
	}
	return rest;
}

uint64_t timecode_encode(uint32_t ms)
{
	if (!ms)
		ms = 1;
	return (uint64_t)ms << 8 | crc(ms);
}

bool timecode_decode(uint64_t bits, uint32_t *ms)
{
	uint32_t time = (uint32_t)(bits >> 8);

	if (!time || (bits & 0xff) != crc(time))
		return false;
	*ms = time;
	return true;
}

void timecode_draw(uint8_t *luma, int stride, int width, int height,
		   uint32_t ms)
{
	uint64_t bits = timecode_encode(ms);
	int lines = timecode_height(height);

	for (int i = 0; i < TIMECODE_CELLS; i++) {
		int x = i * width / TIMECODE_CELLS;
		int end = (i + 1) * width / TIMECODE_CELLS;
		bool one = bits >> (TIMECODE_CELLS - 1 - i) & 1;

		memset(luma + x, one ? LUMA_WHITE : LUMA_BLACK,
		       (size_t)(end - x));
	}
	for (int y = 1; y < lines; y++)
		memcpy(luma + (ptrdiff_t)y * stride, luma, (size_t)width);
}

/* Whether the middle half of a cell is rather white than black. */
static bool is_white(const uint8_t *luma, int stride, int cell, int width,
		     int lines)
{
	int left = cell * width / TIMECODE_CELLS;
	int size = (cell + 1) * width / TIMECODE_CELLS - left;
	int x0 = left + size / 4, x1 = left + size - size / 4;
	int y0 = lines / 4, y1 = lines - lines / 4;
	long sum = 0, count = (long)(x1 - x0) * (y1 - y0);

	for (int y = y0; y < y1; y++) {
		for (int x = x0; x < x1; x++)
			sum += luma[(ptrdiff_t)y * stride + x];
	}
	return 2 * sum > count * (LUMA_BLACK + LUMA_WHITE);
}

bool timecode_read(const uint8_t *luma, int stride, int width, int height,
		   uint32_t *ms)
{
	int lines = timecode_height(height);
	uint64_t bits = 0;

	if (width < TIMECODE_MIN_WIDTH || height < lines)
		return false;
	for (int i = 0; i < TIMECODE_CELLS; i++)
		bits = bits << 1 | is_white(luma, stride, i, width, lines);
	return timecode_decode(bits, ms);
}
