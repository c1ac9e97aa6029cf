/* SPDX-License-Identifier: MIT */
#include "cloud/store/gunzip.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/check_main.h"

/* printf 'hello hello hello\n' | gzip -9n */
static const uint8_t hello[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
	0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x5c,
	0x00, 0x3b, 0x7c, 0x8a, 0xdf, 0x12, 0x00, 0x00, 0x00,
};
/* : | gzip -9n */
static const uint8_t nothing[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
	0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static uint8_t bytes[64];
static uint8_t out[64];

static void setup(void)
{
	memcpy(bytes, hello, sizeof(hello));
	memset(out, 0xee, sizeof(out));
}

START_TEST(a_member_becomes_what_it_was)
{
	ck_assert_int_eq(gunzip_size(hello, sizeof(hello), 100), 18);
	ck_assert_int_eq(gunzip(out, 18, hello, sizeof(hello)), 0);
	ck_assert_int_eq(memcmp(out, "hello hello hello\n\xee", 19), 0);
}
END_TEST

START_TEST(nothing_becomes_nothing)
{
	ck_assert_int_eq(gunzip_size(nothing, sizeof(nothing), 0), 0);
	ck_assert_int_eq(gunzip(out, 0, nothing, sizeof(nothing)), 0);
	ck_assert_uint_eq(out[0], 0xee);
}
END_TEST

START_TEST(the_limit_is_the_largest_that_is_taken)
{
	ck_assert_int_eq(gunzip_size(hello, sizeof(hello), 18), 18);
	ck_assert_int_eq(gunzip_size(hello, sizeof(hello), 17), -EMSGSIZE);
}
END_TEST

START_TEST(who_lies_about_the_size_is_found_out)
{
	bytes[sizeof(hello) - 4] = 17;
	ck_assert_int_eq(gunzip(out, 17, bytes, sizeof(hello)), -EPROTO);
	ck_assert_uint_eq(out[17], 0xee);
	bytes[sizeof(hello) - 4] = 19;
	ck_assert_int_eq(gunzip(out, 19, bytes, sizeof(hello)), -EPROTO);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	for (size_t n = 0; n < sizeof(hello); n++) {
		int64_t size = gunzip_size(hello, n, sizeof(out));

		if (n < 20)
			ck_assert_int_eq(size, -EPROTO);
		else if (size >= 0)
			ck_assert_int_eq(gunzip(out, (size_t)size, hello, n),
					 -EPROTO);
	}
}
END_TEST

START_TEST(every_flipped_bit_is_refused_or_harmless)
{
	for (size_t i = 0; i < 8 * sizeof(hello); i++) {
		int64_t size;

		setup();
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		size = gunzip_size(bytes, sizeof(hello), sizeof(out));
		if (size >= 0 &&
		    gunzip(out, (size_t)size, bytes, sizeof(hello)) == 0)
			ck_assert_int_eq(memcmp(out, "hello hello hello\n", 18),
					 0);
	}
}
END_TEST

START_TEST(bytes_behind_the_member_are_refused)
{
	memcpy(bytes + sizeof(hello), nothing, sizeof(nothing));
	ck_assert_int_eq(gunzip(out, 18, bytes, sizeof(hello) + 1), -EPROTO);
	ck_assert_int_eq(
		gunzip(out, 18, bytes, sizeof(hello) + sizeof(nothing)),
		-EPROTO);
}
END_TEST

START_TEST(room_that_is_not_filled_is_refused)
{
	ck_assert_int_eq(gunzip(out, 19, hello, sizeof(hello)), -EPROTO);
	ck_assert_int_eq(gunzip(out, 17, hello, sizeof(hello)), -EPROTO);
}
END_TEST

CHECK_MAIN(gunzip, setup, NULL, a_member_becomes_what_it_was,
	   nothing_becomes_nothing, the_limit_is_the_largest_that_is_taken,
	   who_lies_about_the_size_is_found_out,
	   room_that_is_not_filled_is_refused, every_truncation_is_refused,
	   every_flipped_bit_is_refused_or_harmless,
	   bytes_behind_the_member_are_refused)
