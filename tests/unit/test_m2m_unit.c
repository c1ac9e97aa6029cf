/* SPDX-License-Identifier: MIT */
#include "device/encoder/m2m_unit.h"

#include <string.h>

#include "tests/unit/check_main.h"

#define SPS "\0\0\0\1\x67\x42\xc0\x1e"
#define PPS "\0\0\0\1\x68\xce\x0f\xc8"
#define SEI "\0\0\1\x06\x05\x01\xaa\x80"
#define AUD "\0\0\0\1\x09\x10"
#define IDR "\0\0\0\1\x65\xb8\x84"
#define P   "\0\0\0\1\x41\xe2\x11"

#define TYPE(text) m2m_unit_type((const uint8_t *)(text), sizeof(text) - 1)

START_TEST(the_first_slice_says_what_it_is)
{
	ck_assert_int_eq(TYPE(SPS PPS IDR), M2M_UNIT_KEY_WITH_SETS);
	ck_assert_int_eq(TYPE(AUD SPS PPS SEI IDR), M2M_UNIT_KEY_WITH_SETS);
	ck_assert_int_eq(TYPE(IDR), M2M_UNIT_KEY);
	ck_assert_int_eq(TYPE(SPS IDR), M2M_UNIT_KEY); /* no PPS: not enough */
	ck_assert_int_eq(TYPE(PPS IDR), M2M_UNIT_KEY);
	ck_assert_int_eq(TYPE(P), M2M_UNIT_PICTURE);
	ck_assert_int_eq(TYPE(SEI P), M2M_UNIT_PICTURE);
	ck_assert_int_eq(TYPE(SPS PPS P), M2M_UNIT_PICTURE);
	ck_assert_int_eq(TYPE(P SPS PPS IDR), M2M_UNIT_PICTURE);
}
END_TEST

START_TEST(sets_alone_are_no_picture)
{
	ck_assert_int_eq(TYPE(SPS PPS), M2M_UNIT_SETS);
	ck_assert_int_eq(TYPE(SPS), M2M_UNIT_SETS);
	ck_assert_int_eq(TYPE(AUD PPS SEI), M2M_UNIT_SETS);
}
END_TEST

START_TEST(rubbish_is_empty)
{
	/* AddressSanitizer sees who reads behind it */
	const uint8_t cut[] = { 0, 0, 1 };

	ck_assert_int_eq(TYPE(""), M2M_UNIT_EMPTY);
	ck_assert_int_eq(TYPE("\xde\xad\xbe\xef\0\0"), M2M_UNIT_EMPTY);
	ck_assert_int_eq(TYPE(SEI AUD), M2M_UNIT_EMPTY);
	ck_assert_int_eq(m2m_unit_type(cut, sizeof(cut)), M2M_UNIT_EMPTY);
	ck_assert_int_eq(TYPE("\0\0\1\x65"), M2M_UNIT_KEY);
}
END_TEST

static struct h264_parameter_sets sets = {
	.sps = { 0x67, 1, 2 }, .pps = { 0x68, 3 }, .sps_size = 3, .pps_size = 2
};

static size_t join(uint8_t *out, size_t size)
{
	return m2m_unit_join(out, size, &sets, (const uint8_t *)IDR, 7);
}

START_TEST(sets_are_put_in_front)
{
	static const char expected[] = "\0\0\0\1\x67\1\2\0\0\0\1\x68\3" IDR;
	uint8_t out[20];

	ck_assert_uint_eq(join(out, sizeof(out)), 20);
	ck_assert_mem_eq(out, expected, 20);
	ck_assert_uint_eq(join(out, 19), 0);
	ck_assert_uint_eq(join(out, 12), 0);
}
END_TEST

START_TEST(without_both_sets_nothing_is_joined)
{
	struct h264_parameter_sets none = sets;
	uint8_t out[64] = { 0 };

	none.pps_size = 0;
	ck_assert_uint_eq(m2m_unit_join(out, 64, &none, out, 1), 0);
	none = sets;
	none.sps_size = 0;
	ck_assert_uint_eq(m2m_unit_join(out, 64, &none, out, 1), 0);
}
END_TEST

CHECK_MAIN(m2m_unit, NULL, NULL, the_first_slice_says_what_it_is,
	   sets_alone_are_no_picture, rubbish_is_empty, sets_are_put_in_front,
	   without_both_sets_nothing_is_joined)
