/* SPDX-License-Identifier: MIT */
#include "device/push/whole_segment.h"

#include <errno.h>

#include "tests/unit/check_main.h"
#include "tests/unit/fake_handover.h"

static struct handover *h;
static struct pushed_segment s;
static size_t size;

static void setup(void)
{
	h = fake_open();
}

static void teardown(void)
{
	fake_close(&h);
}

START_TEST(a_segment_that_goes_on_is_not_whole)
{
	uint32_t msn = 10;

	ck_assert(!whole_segment_next(h, NULL, &s, &size));
	fake_add(h, (struct fake_segment){ .msn = 10, .parts = 3, .init = 7 });
	fake_add(h, (struct fake_segment){
			    .msn = 11, .parts = 2, .init = 7, .open = true });
	ck_assert(whole_segment_next(h, NULL, &s, &size));
	ck_assert_uint_eq(s.msn, 10);
	ck_assert_uint_eq(s.epoch, FAKE_EPOCH);
	ck_assert_uint_eq(s.init, 7);
	ck_assert_uint_eq(s.duration_90k, 3 * FAKE_PART_90K);
	ck_assert_uint_eq(size, 300);
	ck_assert(!whole_segment_next(h, &msn, &s, &size));
	fake_add(h, (struct fake_segment){ .msn = 11, .parts = 1, .init = 7 });
	ck_assert(whole_segment_next(h, &msn, &s, &size));
	ck_assert_uint_eq(s.msn, 11);
	ck_assert_uint_eq(size, 300);
}
END_TEST

/* As when the camera broke off in the middle of it. */
START_TEST(one_that_has_a_successor_is_whole)
{
	fake_add(h,
		 (struct fake_segment){ .msn = 10, .parts = 2, .open = true });
	ck_assert(!whole_segment_next(h, NULL, &s, &size));
	fake_add(h,
		 (struct fake_segment){ .msn = 11, .parts = 1, .open = true });
	ck_assert(whole_segment_next(h, NULL, &s, &size));
	ck_assert_uint_eq(s.msn, 10);
	ck_assert_uint_eq(size, 200);
}
END_TEST

START_TEST(what_was_evicted_is_passed_over)
{
	uint32_t msn = 10;

	for (uint32_t i = 10; i < 15; i++)
		fake_add(h, (struct fake_segment){ .msn = i, .parts = 1 });
	fake_evict(h, 13);
	ck_assert(whole_segment_next(h, &msn, &s, &size));
	ck_assert_uint_eq(s.msn, 13);
}
END_TEST

START_TEST(its_bytes_are_those_of_its_parts)
{
	uint8_t bytes[300] = { 0 };

	fake_add(h, (struct fake_segment){ .msn = 10, .parts = 3 });
	ck_assert_int_eq(whole_segment_read(h, 10, bytes, sizeof(bytes)), 0);
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		ck_assert_uint_eq(bytes[i], 10 + i / 100);
}
END_TEST

START_TEST(the_first_of_all_can_be_read)
{
	uint8_t bytes[200];

	fake_add(h, (struct fake_segment){ .msn = 0, .parts = 2 });
	ck_assert(whole_segment_next(h, NULL, &s, &size));
	ck_assert_uint_eq(s.msn, 0);
	ck_assert_int_eq(whole_segment_read(h, 0, bytes, size), 0);
	ck_assert(whole_segment_is_ours(h, &s));
}
END_TEST

START_TEST(one_that_is_gone_or_shorter_is_not_read)
{
	uint8_t bytes[400];

	fake_add(h, (struct fake_segment){ .msn = 10, .parts = 3 });
	fake_add(h, (struct fake_segment){ .msn = 11, .parts = 3 });
	ck_assert_int_eq(whole_segment_read(h, 10, bytes, 400), -ENOENT);
	ck_assert_int_eq(whole_segment_read(h, 10, bytes, 250), -ENOENT);
	ck_assert_int_eq(whole_segment_read(h, 9, bytes, 300), -ENOENT);
	fake_lose_part(h, 10, 1);
	ck_assert_int_eq(whole_segment_read(h, 10, bytes, 300), -ENOENT);
	ck_assert_int_eq(whole_segment_read(h, 11, bytes, 300), 0);
}
END_TEST

START_TEST(ours_has_our_epoch)
{
	struct pushed_segment theirs = { .msn = 10, .epoch = FAKE_EPOCH };

	ck_assert(!whole_segment_is_ours(h, &theirs));
	fake_add(h, (struct fake_segment){ .msn = 10, .parts = 1 });
	ck_assert(whole_segment_is_ours(h, &theirs));
	theirs.epoch++;
	ck_assert(!whole_segment_is_ours(h, &theirs));
	theirs = (struct pushed_segment){ .msn = 9, .epoch = FAKE_EPOCH };
	ck_assert(!whole_segment_is_ours(h, &theirs));
}
END_TEST

CHECK_MAIN(whole_segment, setup, teardown, a_segment_that_goes_on_is_not_whole,
	   one_that_has_a_successor_is_whole, what_was_evicted_is_passed_over,
	   its_bytes_are_those_of_its_parts, the_first_of_all_can_be_read,
	   one_that_is_gone_or_shorter_is_not_read, ours_has_our_epoch)
