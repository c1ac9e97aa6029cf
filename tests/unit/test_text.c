/* SPDX-License-Identifier: MIT */
#include "common/text.h"

#include "tests/unit/check_main.h"

static char buffer[32];
static struct text text;

static void start(size_t size)
{
	memset(buffer, '!', sizeof(buffer));
	text = (struct text){ .at = buffer, .size = size };
}

static void setup(void)
{
	start(sizeof(buffer));
}

static void expect(const char *wanted)
{
	ck_assert(text_end(&text));
	ck_assert_str_eq(buffer, wanted);
	ck_assert_uint_eq(text.length, strlen(wanted));
}

START_TEST(pieces_follow_each_other)
{
	text_add(&text, "a");
	text_add(&text, "");
	text_add_bytes(&text, "bcd", 2);
	text_add_number(&text, 7, 1);
	text_add_hex(&text, 0xb7f3);
	expect("abc70000b7f3");
}
END_TEST

START_TEST(numbers_are_as_long_as_they_are_or_padded)
{
	static const struct {
		uint64_t value;
		int digits;
		const char *wanted;
	} table[] = {
		{ 0, 0, "0" },
		{ 0, 1, "0" },
		{ 0, 3, "000" },
		{ 9, 1, "9" },
		{ 10, 1, "10" },
		{ 99, 2, "99" },
		{ 100, 2, "100" },
		{ 12345, 7, "0012345" },
		{ UINT64_MAX, 1, "18446744073709551615" },
		{ UINT64_MAX, 20, "18446744073709551615" },
		{ 1, 20, "00000000000000000001" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		setup();
		text_add_number(&text, table[i].value, table[i].digits);
		expect(table[i].wanted);
	}
}
END_TEST

START_TEST(hexadecimal_numbers_have_eight_digits)
{
	text_add_hex(&text, 0);
	text_add_hex(&text, UINT32_MAX);
	text_add_hex(&text, 0x89abcdef);
	expect("00000000ffffffff89abcdef");
}
END_TEST

START_TEST(it_needs_a_byte_for_its_end)
{
	start(4);
	text_add(&text, "abc");
	expect("abc");
	start(3);
	text_add(&text, "abc");
	ck_assert(!text_end(&text));
	ck_assert_int_eq(buffer[3], '!');
}
END_TEST

START_TEST(what_does_not_fit_is_counted_and_nothing_is_written_beyond)
{
	start(4);
	text_add(&text, "ab");
	text_add(&text, "cde");
	text_add_number(&text, 1, 1);
	text_add_hex(&text, 1);
	ck_assert_uint_eq(text.length, 14);
	ck_assert(!text_end(&text));
	ck_assert_int_eq(memcmp(buffer, "ab!!!", 5), 0);
	start(0);
	text_add(&text, "a");
	ck_assert(!text_end(&text));
	ck_assert_int_eq(buffer[0], '!');
}
END_TEST

CHECK_MAIN(text, setup, NULL, pieces_follow_each_other,
	   numbers_are_as_long_as_they_are_or_padded,
	   hexadecimal_numbers_have_eight_digits, it_needs_a_byte_for_its_end,
	   what_does_not_fit_is_counted_and_nothing_is_written_beyond)
