/* SPDX-License-Identifier: MIT */
#include "device/uplink/gzip.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

#include "tests/unit/check_main.h"

static struct gzip *gzip;

static void setup(void)
{
	ck_assert_int_eq(gzip_open(&gzip), 0);
}

static void teardown(void)
{
	gzip_close(&gzip);
}

/* What is in there, by zlib's own reading of a gzip file. */
static size_t unpack(const uint8_t *bytes, size_t n, char *out, size_t size)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes,
			    .avail_in = (uInt)n,
			    .next_out = (Bytef *)out,
			    .avail_out = (uInt)size };

	ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(stream.avail_in, 0);
	inflateEnd(&stream);
	return stream.total_out;
}

static void fill(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + i * i % 23);
}

START_TEST(what_is_packed_comes_out_again)
{
	static const size_t sizes[] = { 0, 1, 100, 3000, 100000 };
	static char text[100000], back[100000];
	static uint8_t packed[100000];

	fill(text, sizeof(text));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int n = gzip_pack(gzip, packed, sizeof(packed), text, sizes[i]);

		ck_assert_int_gt(n, 0);
		ck_assert_uint_eq(unpack(packed, (size_t)n, back, sizeof(back)),
				  sizes[i]);
		ck_assert_mem_eq(back, text, sizes[i]);
	}
}
END_TEST

START_TEST(the_same_text_gives_the_same_bytes_whatever_came_before)
{
	char text[3000];
	uint8_t first[4000], other[4000], again[4000];
	struct gzip *fresh;
	int n;

	fill(text, sizeof(text));
	n = gzip_pack(gzip, first, sizeof(first), text, sizeof(text));
	ck_assert_int_gt(n, 0);
	gzip_pack(gzip, other, sizeof(other), "something else", 14);
	ck_assert_int_eq(
		gzip_pack(gzip, again, sizeof(again), text, sizeof(text)), n);
	ck_assert_mem_eq(again, first, (size_t)n);

	ck_assert_int_eq(gzip_open(&fresh), 0);
	ck_assert_int_eq(
		gzip_pack(fresh, again, sizeof(again), text, sizeof(text)), n);
	ck_assert_mem_eq(again, first, (size_t)n);
	gzip_close(&fresh);
	ck_assert_uint_eq(first[4] | first[5] | first[6] | first[7], 0);
}
END_TEST

START_TEST(what_just_fits_is_packed_and_one_byte_less_is_refused)
{
	char text[3000];
	uint8_t packed[4000];
	int n;

	fill(text, sizeof(text));
	n = gzip_pack(gzip, packed, sizeof(packed), text, sizeof(text));
	ck_assert_int_gt(n, 1);
	ck_assert_int_eq(
		gzip_pack(gzip, packed, (size_t)n - 1, text, sizeof(text)),
		-EMSGSIZE);
	ck_assert_int_eq(gzip_pack(gzip, packed, (size_t)n, text, sizeof(text)),
			 n);
	ck_assert_int_eq(gzip_pack(gzip, packed, 0, text, 1), -EMSGSIZE);
}
END_TEST

START_TEST(close_takes_null)
{
	gzip_close(&gzip);
	ck_assert_ptr_null(gzip);
	gzip_close(&gzip);
}
END_TEST

CHECK_MAIN(gzip, setup, teardown, what_is_packed_comes_out_again,
	   the_same_text_gives_the_same_bytes_whatever_came_before,
	   what_just_fits_is_packed_and_one_byte_less_is_refused,
	   close_takes_null)
