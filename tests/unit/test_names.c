/* SPDX-License-Identifier: MIT */
#include "common/names.h"

#include <string.h>

#include "tests/unit/check_main.h"

#define CAMERA_32 "abcdefghijklmnopqrstuvwxyz012345"

static const struct {
	const char *text;
	struct name name;
} good[] = {
	{ "init-1f2e3d4c.mp4", { NAME_INIT, 0x1f2e3d4c, { 0, 0 } } },
	{ "init-00000000.mp4", { NAME_INIT, 0, { 0, 0 } } },
	{ "init-ffffffff.mp4", { NAME_INIT, 0xffffffff, { 0, 0 } } },
	{ "5a6b7c8d-1234.m4s", { NAME_SEGMENT, 0x5a6b7c8d, { 1234, 0 } } },
	{ "00000001-0.m4s", { NAME_SEGMENT, 1, { 0, 0 } } },
	{ "ffffffff-2147483647.m4s",
	  { NAME_SEGMENT, 0xffffffff, { 2147483647, 0 } } },
	{ "5a6b7c8d-1234.5.m4s", { NAME_PART, 0x5a6b7c8d, { 1234, 5 } } },
	{ "5a6b7c8d-1234.0.m4s", { NAME_PART, 0x5a6b7c8d, { 1234, 0 } } },
	{ "ffffffff-2147483647.999.m4s",
	  { NAME_PART, 0xffffffff, { 2147483647, 999 } } },
};

START_TEST(names_are_written_as_the_drawing_says)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		char out[NAME_SIZE];

		ck_assert_int_eq(name_format(out, &good[i].name),
				 (int)strlen(good[i].text));
		ck_assert_str_eq(out, good[i].text);
	}
}
END_TEST

START_TEST(names_are_read_as_they_were_written)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		const struct name *expected = &good[i].name;
		struct name name;

		ck_assert(
			name_parse(&name, good[i].text, strlen(good[i].text)));
		ck_assert_int_eq(name.kind, expected->kind);
		ck_assert_uint_eq(name.id, expected->id);
		ck_assert_uint_eq(name.at.msn, expected->at.msn);
		ck_assert_uint_eq(name.at.part, expected->at.part);
	}
}
END_TEST

static const struct {
	const char *why, *text;
} bad[] = {
	{ "empty", "" },
	{ "no id", "init-.mp4" },
	{ "seven digits", "init-1f2e3d4.mp4" },
	{ "nine digits", "init-1f2e3d4c5.mp4" },
	{ "upper case", "init-1F2E3D4C.mp4" },
	{ "upper case", "5A6B7C8D-1.m4s" },
	{ "beyond hexadecimal", "init-1f2e3d4g.mp4" },
	{ "another suffix", "init-1f2e3d4c.m4s" },
	{ "no suffix", "init-1f2e3d4c" },
	{ "a suffix too much", "init-1f2e3d4c.mp4x" },
	{ "a part of an init", "init-1f2e3d4c.0.mp4" },
	{ "leading zero", "5a6b7c8d-01234.m4s" },
	{ "leading zero", "5a6b7c8d-00.m4s" },
	{ "leading zero in the part", "5a6b7c8d-1234.05.m4s" },
	{ "a sign", "5a6b7c8d-+1.m4s" },
	{ "a sign", "5a6b7c8d--1.m4s" },
	{ "a space", "5a6b7c8d- 1.m4s" },
	{ "no number", "5a6b7c8d-.m4s" },
	{ "no number", "5a6b7c8d-" },
	{ "no number of the part", "5a6b7c8d-1234..m4s" },
	{ "two parts", "5a6b7c8d-1234.5.6.m4s" },
	{ "one above the largest msn", "5a6b7c8d-2147483648.m4s" },
	{ "an msn that wraps 32 bits", "5a6b7c8d-4294967296.m4s" },
	{ "an msn that wraps 64 bits", "5a6b7c8d-18446744073709551617.m4s" },
	{ "one above the largest part", "5a6b7c8d-1234.1000.m4s" },
	{ "another suffix", "5a6b7c8d-1234.mp4" },
	{ "no suffix", "5a6b7c8d-1234" },
	{ "a directory", "../5a6b7c8d-1234.m4s" },
	{ "a directory", "./init-1f2e3d4c.mp4" },
	{ "a query", "5a6b7c8d-1234.m4s?x" },
	{ "the playlist", NAME_PLAYLIST },
	{ "forty letters", "5a6b7c8d-1234.m4sxxxxxxxxxxxxxxxxxxxxxxx" },
	{ "forty letters", "5a6b7c8d-0000000000000000000000000000000" },
	{ "a long one",
	  "5a6b7c8d-1234.m4sxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
};

START_TEST(any_other_text_is_no_name_and_changes_nothing)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct name name = { NAME_PART, 77, { 78, 79 } };

		ck_assert_msg(
			!name_parse(&name, bad[i].text, strlen(bad[i].text)),
			"%s: '%s' is taken", bad[i].why, bad[i].text);
		ck_assert_int_eq(name.kind, NAME_PART);
		ck_assert_uint_eq(name.id, 77);
		ck_assert_uint_eq(name.at.msn, 78);
		ck_assert_uint_eq(name.at.part, 79);
	}
}
END_TEST

START_TEST(every_shortened_name_is_refused)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		for (size_t n = 0; n < strlen(good[i].text); n++) {
			struct name name;

			ck_assert(!name_parse(&name, good[i].text, n));
		}
}
END_TEST

START_TEST(a_name_ends_where_its_length_says)
{
	static const char path[] = "5a6b7c8d-1234.m4s/more";
	static const char zero[] = "5a6b7c8d-1234.m4s\0more";
	struct name name;

	ck_assert(name_parse(&name, path, 17));
	ck_assert(!name_parse(&name, path, 18));
	ck_assert(name_parse(&name, zero, 17));
	ck_assert(!name_parse(&name, zero, 18));
	ck_assert(!name_parse(&name, zero, 22));
}
END_TEST

/* The check value of CRC-32 (ISO 3309) in every catalogue. */
START_TEST(the_id_of_an_init_is_the_crc_of_its_bytes)
{
	ck_assert_uint_eq(name_init_id((const uint8_t *)"123456789", 9),
			  0xcbf43926);
	ck_assert_uint_eq(name_init_id((const uint8_t *)"", 0), 0);
}
END_TEST

static bool valid(const char *text)
{
	return camera_name_valid(text, strlen(text));
}

START_TEST(cameras_are_named_with_small_letters_digits_and_dashes)
{
	ck_assert(valid("a"));
	ck_assert(valid("z"));
	ck_assert(valid("0"));
	ck_assert(valid("9"));
	ck_assert(valid("front-door"));
	ck_assert(valid("a-"));
	ck_assert(valid("3d-printer"));
}
END_TEST

START_TEST(a_camera_name_has_one_to_thirty_two_letters)
{
	ck_assert(!valid(""));
	ck_assert(valid(CAMERA_32));
	ck_assert(!valid(CAMERA_32 "x"));
	ck_assert_uint_eq(strlen(CAMERA_32), CAMERA_NAME_MAX);
}
END_TEST

START_TEST(every_other_byte_is_refused_in_a_camera_name)
{
	static const char good_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (int c = 0; c < 256; c++) {
		char text[] = { 'a', (char)c };
		bool letter = c && strchr(good_bytes, c);

		ck_assert_int_eq(camera_name_valid(text, 2),
				 letter || c == '-');
		ck_assert_int_eq(camera_name_valid(text + 1, 1), letter);
	}
}
END_TEST

START_TEST(paths_of_the_relay_are_no_camera_names)
{
	ck_assert(!valid("v1"));
	ck_assert(!valid("assets"));
	ck_assert(!valid("healthz"));
	ck_assert(!valid("readyz"));
	ck_assert(!valid("metrics"));
	ck_assert(valid("v"));
	ck_assert(valid("v10"));
	ck_assert(valid("v1-"));
	ck_assert(valid("asset"));
	ck_assert(valid("metrics2"));
}
END_TEST

CHECK_MAIN(names, NULL, NULL, names_are_written_as_the_drawing_says,
	   names_are_read_as_they_were_written,
	   any_other_text_is_no_name_and_changes_nothing,
	   every_shortened_name_is_refused, a_name_ends_where_its_length_says,
	   the_id_of_an_init_is_the_crc_of_its_bytes,
	   cameras_are_named_with_small_letters_digits_and_dashes,
	   a_camera_name_has_one_to_thirty_two_letters,
	   every_other_byte_is_refused_in_a_camera_name,
	   paths_of_the_relay_are_no_camera_names)
