/* SPDX-License-Identifier: MIT */
#include "device/source/splitter.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tests/unit/check_main.h"

#define MAX_UNIT  64
#define MAX_UNITS 16

static struct splitter *splitter;

/* What came out, one after the other. */
static struct {
	uint8_t bytes[1024];
	size_t size[MAX_UNITS], total;
	int64_t arrived_us[MAX_UNITS], next_us[MAX_UNITS];
	int units, lost;
} got;

static void setup(void)
{
	memset(&got, 0, sizeof(got));
	ck_assert_int_eq(splitter_open(&splitter, MAX_UNIT), 0);
}

static void teardown(void)
{
	splitter_close(&splitter);
	ck_assert_ptr_null(splitter);
}

static void keep(int err, const struct splitter_unit *unit)
{
	if (err < 0) {
		ck_assert_int_eq(err, -EMSGSIZE);
		got.lost++;
		return;
	}
	ck_assert_int_lt(got.units, MAX_UNITS);
	ck_assert_uint_le(got.total + unit->size, sizeof(got.bytes));
	memcpy(got.bytes + got.total, unit->bytes, unit->size);
	got.total += unit->size;
	got.size[got.units] = unit->size;
	got.arrived_us[got.units] = unit->arrived_us;
	got.next_us[got.units++] = unit->next_us;
}

static void feed(const void *bytes, size_t n, int64_t now_us)
{
	struct splitter_unit unit;
	size_t size;
	uint8_t *room = splitter_room(splitter, &size);
	int err;

	ck_assert_uint_le(n, size);
	memcpy(room, bytes, n);
	splitter_filled(splitter, n, now_us);
	while ((err = splitter_next(splitter, &unit)))
		keep(err, &unit);
}

static void end(void)
{
	struct splitter_unit unit;
	int err = splitter_end(splitter, &unit);

	if (err)
		keep(err, &unit);
}

static void restart(void)
{
	splitter_close(&splitter);
	setup();
}

/* A small stream: a key picture, two slices, with sets and SEI, three more. */
#define UNIT_0                                                                 \
	"\0\0\0\1\x67\x64\1\0\0\0\1\x68\2\0\0\0\1\x65\x88\7\0\0\1\x65\x40"
#define UNIT_1 "\0\0\1\x41\x9a\5"
#define UNIT_2 "\0\0\0\1\x06\5\0\0\3\1\0\0\1\x41\x9b\0\0\3\0\0\1\x41\x20\6"
#define UNIT_3 "\0\0\0\1\x09\xf0\0\0\0\1\x41\x9a\5\0\0\0\1\x0c\xff"

static const char stream[] = UNIT_0 UNIT_1 UNIT_2 UNIT_3;
static const size_t sizes[] = { sizeof(UNIT_0) - 1, sizeof(UNIT_1) - 1,
				sizeof(UNIT_2) - 1, sizeof(UNIT_3) - 1 };

#define STREAM_SIZE (sizeof(stream) - 1)

static void expect_units(void)
{
	ck_assert_int_eq(got.units, 4);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(got.size[i], sizes[i]);
	ck_assert_uint_eq(got.total, STREAM_SIZE);
	ck_assert_mem_eq(got.bytes, stream, STREAM_SIZE);
}

static void expect_stream(void)
{
	ck_assert_int_eq(got.lost, 0);
	expect_units();
}

START_TEST(a_unit_ends_where_the_next_begins)
{
	feed(stream, STREAM_SIZE, 5);
	ck_assert_int_eq(got.units, 3);
	end();
	expect_stream();
}
END_TEST

START_TEST(every_split_into_three_pieces_gives_the_same_units)
{
	for (size_t a = 0; a <= STREAM_SIZE; a++) {
		for (size_t b = a; b <= STREAM_SIZE; b++) {
			restart();
			feed(stream, a, 1);
			feed(stream + a, b - a, 2);
			feed(stream + b, STREAM_SIZE - b, 3);
			end();
			expect_stream();
		}
	}
}
END_TEST

START_TEST(byte_by_byte_each_unit_has_the_time_of_its_first_byte)
{
	int64_t at = 1000;

	for (size_t i = 0; i < STREAM_SIZE; i++)
		feed(stream + i, 1, 1000 + (int64_t)i);
	end();
	expect_stream();
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(got.arrived_us[i], at);
		at += (int64_t)sizes[i];
		ck_assert_int_eq(got.next_us[i], i < 3 ? at : 0);
	}
}
END_TEST

START_TEST(a_unit_is_given_as_soon_as_two_bytes_tell_the_next)
{
	feed("\0\0\1\x65\x88\7\0\0\1\x41", 10, 1);
	ck_assert_int_eq(got.units, 0);
	feed("\x9a", 1, 2);
	ck_assert_int_eq(got.units, 1);
	ck_assert_uint_eq(got.size[0], 6);
	ck_assert_int_eq(got.next_us[0], 1);
}
END_TEST

START_TEST(each_kind_that_begins_a_unit_does_and_no_other)
{
	for (int type = 0; type < 32; type++) {
		bool begins = type == 1 || (type >= 5 && type <= 9) ||
			      (type >= 15 && type <= 18);
		char nal[] = { 0, 0, 1, (char)type, (char)0x80 };

		restart();
		feed("\0\0\1\x65\x88", 5, 1);
		feed(nal, 5, 2);
		ck_assert_msg(got.units == begins, "type %d", type);
	}
}
END_TEST

START_TEST(garbage_and_half_a_picture_in_front_are_left_out)
{
	feed("\1\2\3\0\0\0\0\1\x41\x20\4\0\0\0\1\x0c\1", 17, 1);
	feed(stream, STREAM_SIZE, 2);
	end();
	expect_stream();
	ck_assert_int_eq(got.arrived_us[0], 2);
}
END_TEST

START_TEST(zeros_before_a_start_code_stay_with_the_unit_before)
{
	feed("\0\0\1\x65\x88\7\0\0\0\0\0\1\x41\x9a", 14, 1);
	ck_assert_int_eq(got.units, 1);
	ck_assert_uint_eq(got.size[0], 8); /* but one, the zero_byte */
}
END_TEST

START_TEST(sets_without_a_picture_are_no_unit)
{
	feed("\0\0\1\x67\1\0\0\1\x68\2", 10, 1);
	ck_assert_int_eq(got.units, 0);
	end();
	ck_assert_int_eq(got.units, 0);
}
END_TEST

/* A unit of n bytes, and the beginning of another, in pieces of `piece`. */
static void feed_unit(size_t n, size_t piece)
{
	uint8_t bytes[4 * MAX_UNIT];
	size_t at;

	memset(bytes, 0x55, sizeof(bytes));
	memcpy(bytes, "\0\0\0\1\x65\x88", 6);
	memcpy(bytes + n, "\0\0\0\1\x41\x9a", 6);
	for (at = 0; at < n + 6; at += piece)
		feed(bytes + at, n + 6 - at < piece ? n + 6 - at : piece, 1);
}

START_TEST(a_unit_of_the_largest_size_is_given_and_not_one_byte_more)
{
	for (size_t piece = 1; piece < MAX_UNIT + 10; piece++) {
		restart();
		feed_unit(MAX_UNIT, piece);
		ck_assert_int_eq(got.units, 1);
		ck_assert_int_eq(got.lost, 0);
		ck_assert_uint_eq(got.size[0], MAX_UNIT);
		restart();
		feed_unit(MAX_UNIT + 1, piece);
		ck_assert_int_eq(got.units, 0);
		ck_assert_int_eq(got.lost, 1);
		end(); /* the one that began behind it */
		ck_assert_int_eq(got.units, 1);
	}
}
END_TEST

START_TEST(behind_a_unit_that_is_too_large_it_begins_anew)
{
	for (size_t piece = 1; piece < 200; piece++) {
		restart();
		feed_unit(3 * MAX_UNIT, piece);
		ck_assert_int_eq(got.lost, 1);
		got.units = 0;
		got.total = 0;
		feed("\7\7", 2, 1);
		feed(stream, STREAM_SIZE, 1);
		end();
		ck_assert_int_eq(got.units, 5);
		ck_assert_uint_eq(got.size[0], 8);
		ck_assert_uint_eq(got.size[1], sizes[0]);
		ck_assert_int_eq(got.lost, 1);
	}
}
END_TEST

START_TEST(a_unit_that_never_ends_takes_no_memory)
{
	static char ones[50000];

	memset(ones, 1, sizeof(ones));
	feed("\0\0\1\x65\x88", 5, 1);
	for (int i = 0; i < 100; i++)
		feed(ones, sizeof(ones), i);
	ck_assert_int_eq(got.lost, 1);
	feed(stream, STREAM_SIZE, 200);
	end();
	expect_units();
}
END_TEST

START_TEST(the_last_unit_is_bounded_too)
{
	uint8_t bytes[MAX_UNIT + 1];

	memset(bytes, 0x55, sizeof(bytes));
	memcpy(bytes, "\0\0\0\1\x65\x88", 6);
	feed(bytes, MAX_UNIT, 1);
	end();
	ck_assert_int_eq(got.units, 1);
	restart();
	feed(bytes, MAX_UNIT + 1, 1);
	end();
	ck_assert_int_eq(got.units, 0);
	ck_assert_int_eq(got.lost, 1);
}
END_TEST

START_TEST(a_stream_that_never_holds_a_start_code_takes_no_memory)
{
	static char zeros[50000];
	size_t size;

	for (int i = 0; i < 100; i++)
		feed(zeros, sizeof(zeros), i);
	splitter_room(splitter, &size);
	ck_assert_uint_ge(size, sizeof(zeros));
	feed(stream, STREAM_SIZE, 200);
	end();
	expect_stream();
}
END_TEST

CHECK_MAIN(splitter, setup, teardown, a_unit_ends_where_the_next_begins,
	   every_split_into_three_pieces_gives_the_same_units,
	   byte_by_byte_each_unit_has_the_time_of_its_first_byte,
	   a_unit_is_given_as_soon_as_two_bytes_tell_the_next,
	   each_kind_that_begins_a_unit_does_and_no_other,
	   garbage_and_half_a_picture_in_front_are_left_out,
	   zeros_before_a_start_code_stay_with_the_unit_before,
	   sets_without_a_picture_are_no_unit,
	   a_unit_of_the_largest_size_is_given_and_not_one_byte_more,
	   behind_a_unit_that_is_too_large_it_begins_anew,
	   a_unit_that_never_ends_takes_no_memory, the_last_unit_is_bounded_too,
	   a_stream_that_never_holds_a_start_code_takes_no_memory)
