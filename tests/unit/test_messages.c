/* SPDX-License-Identifier: MIT */
#include "cloud/store/messages.h"

#include <string.h>

#include "tests/unit/check_main.h"

/* A head that is followed by `size` bytes, and these. */
static size_t put(uint8_t *out, uint32_t size)
{
	memset(out, 'x', WIRE_HEAD_SIZE + size);
	out[4] = (uint8_t)(size >> 24);
	out[5] = (uint8_t)(size >> 16);
	out[6] = (uint8_t)(size >> 8);
	out[7] = (uint8_t)size;
	return WIRE_HEAD_SIZE + size;
}

static uint8_t bytes[5000];
static size_t total;

static void setup(void)
{
	total = put(bytes, 0);
	total += put(bytes + total, 1);
	total += put(bytes + total, 300);
}

/* Feeds all in pieces of `step`: as many messages must end, where they do. */
static void feed_in_steps(size_t step)
{
	static const size_t ends[] = { 8, 17, 17 + 308 };
	struct messages m = { 0 };
	size_t at = 0, count = 0;
	bool begun = false;

	while (at < total) {
		size_t n = total - at < step ? total - at : step;
		bool first, final;
		size_t used = messages_next(&m, bytes + at, n, &first, &final);

		ck_assert_uint_gt(used, 0);
		ck_assert_uint_le(used, n);
		ck_assert(first != begun);
		begun = !final;
		ck_assert(messages_open(&m) == begun);
		at += used;
		if (final)
			ck_assert_uint_eq(at, ends[count++]);
	}
	ck_assert_uint_eq(count, 3);
}

START_TEST(messages_are_found_however_the_bytes_come)
{
	for (size_t step = 1; step <= total; step++)
		feed_in_steps(step);
}
END_TEST

START_TEST(the_largest_size_is_counted_down_and_not_believed_to_be_over)
{
	struct messages m = { 0 };
	bool first, final;

	memset(bytes, 0xff, WIRE_HEAD_SIZE + 1);
	ck_assert_uint_eq(messages_next(&m, bytes, 9, &first, &final), 9);
	ck_assert(first && !final && messages_open(&m));
	ck_assert_uint_eq(m.left, UINT32_MAX - 1);
}
END_TEST

CHECK_MAIN(messages, setup, NULL, messages_are_found_however_the_bytes_come,
	   the_largest_size_is_counted_down_and_not_believed_to_be_over)
