/* SPDX-License-Identifier: MIT */
#include "device/testcard/timecode.h"

#include <string.h>

#include "tests/unit/check_main.h"

static uint8_t luma[640 * 360];

START_TEST(the_bits_are_the_time_and_its_crc)
{
	/* CRC-8/SMBUS of the four bytes, from an independent table */
	static const struct {
		uint32_t ms;
		uint64_t bits;
	} rows[] = {
		{ 1, 0x0000000107 },
		{ 0x80000000, 0x8000000031 },
		{ 0x31323334, 0x31323334c2 }, /* "1234" */
		{ 0xffffffff, 0xffffffffde },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint32_t ms = 0;

		ck_assert_uint_eq(timecode_encode(rows[i].ms), rows[i].bits);
		ck_assert(timecode_decode(rows[i].bits, &ms));
		ck_assert_uint_eq(ms, rows[i].ms);
	}
}
END_TEST

START_TEST(any_one_or_two_wrong_bits_are_noticed)
{
	uint64_t good = timecode_encode(0x12345678);
	uint32_t ms = 7;

	for (int i = 0; i < 40; i++) {
		for (int j = i; j < 40; j++) {
			uint64_t bad = good ^ (UINT64_C(1) << i);

			if (j != i)
				bad ^= UINT64_C(1) << j;
			ck_assert(!timecode_decode(bad, &ms));
		}
	}
	ck_assert_uint_eq(ms, 7);
}
END_TEST

START_TEST(black_is_no_timecode_and_time_zero_is_drawn_as_one)
{
	uint32_t ms = 7;

	ck_assert(!timecode_decode(0, &ms));
	ck_assert_uint_eq(timecode_encode(0), timecode_encode(1));
	memset(luma, LUMA_BLACK, sizeof(luma));
	ck_assert(!timecode_read(luma, 640, 640, 360, &ms));
	memset(luma, LUMA_WHITE, sizeof(luma));
	ck_assert(!timecode_read(luma, 640, 640, 360, &ms));
	ck_assert_uint_eq(ms, 7);
}
END_TEST

START_TEST(the_strip_is_drawn_as_documented)
{
	uint64_t bits = timecode_encode(0xa5a5f00f);

	memset(luma, 99, sizeof(luma));
	timecode_draw(luma, 640, 640, 360, 0xa5a5f00f);
	for (int y = 0; y < 16; y++) {
		for (int x = 0; x < 640; x++)
			ck_assert_int_eq(luma[y * 640 + x],
					 bits >> (39 - x / 16) & 1 ? 235 : 16);
	}
	for (int i = 16 * 640; i < 360 * 640; i++)
		ck_assert_int_eq(luma[i], 99);
	ck_assert_int_eq(timecode_height(1080), 48);
	ck_assert_int_eq(timecode_height(480), 20);
	ck_assert_int_eq(timecode_height(96), 4);
	ck_assert_int_eq(timecode_height(2), 2);
}
END_TEST

START_TEST(it_is_read_at_any_width_and_stride)
{
	static uint8_t wide[1000 * 64];
	uint32_t ms;

	for (int width = TIMECODE_MIN_WIDTH; width <= 1000; width += 14) {
		timecode_draw(wide, 1000, width, 360, 0xdeadbeef);
		ck_assert(timecode_read(wide, 1000, width, 360, &ms));
		ck_assert_uint_eq(ms, 0xdeadbeef);
	}
	timecode_draw(wide, 1000, TIMECODE_MIN_WIDTH - 2, 360, 0xdeadbeef);
	ck_assert(!timecode_read(wide, 1000, TIMECODE_MIN_WIDTH - 2, 360, &ms));
}
END_TEST

START_TEST(washed_out_edges_and_levels_do_not_matter)
{
	uint32_t ms;

	timecode_draw(luma, 640, 640, 360, 0x12345678);
	for (int y = 0; y < 16; y++) {
		for (int x = 0; x < 640; x++) {
			uint8_t *p = &luma[y * 640 + x];

			if (y < 4 || y >= 12 || x % 16 < 4 || x % 16 >= 12)
				*p = (uint8_t)(255 - *p); /* lost entirely */
			else
				*p = *p > 125 ? 140 : 110; /* hardly there */
		}
	}
	ck_assert(timecode_read(luma, 640, 640, 360, &ms));
	ck_assert_uint_eq(ms, 0x12345678);
}
END_TEST

CHECK_MAIN(timecode, NULL, NULL, the_bits_are_the_time_and_its_crc,
	   any_one_or_two_wrong_bits_are_noticed,
	   black_is_no_timecode_and_time_zero_is_drawn_as_one,
	   the_strip_is_drawn_as_documented, it_is_read_at_any_width_and_stride,
	   washed_out_edges_and_levels_do_not_matter)
