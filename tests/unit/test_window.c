/* SPDX-License-Identifier: MIT */
#include "device/stream/window.h"

#include <errno.h>

#include "tests/unit/check_main.h"

static struct window *window;

static void setup(void)
{
	ck_assert_int_eq(
		window_open(&window,
			    &(struct window_params){ .segments = 3,
						     .target_ms = 2000,
						     .part_target_ms = 210 }),
		0);
	window_jump(window, &(struct window_place){ .epoch = 0xe, .msn = 100 });
}

static void teardown(void)
{
	window_close(&window);
	ck_assert_ptr_null(window);
}

static int add(uint8_t flags)
{
	return window_add(window,
			  &(struct wire_part){ .init = 7,
					       .duration_90k = 90000,
					       .start_us = 5000000 },
			  flags, 1000);
}

/* Adds closed segments of two parts each. */
static void add_segments(int count)
{
	for (int i = 0; i < count; i++) {
		ck_assert_int_eq(add(WIRE_INDEPENDENT), 0);
		ck_assert_int_eq(add(WIRE_LAST), 0);
	}
}

static void expect_next(uint32_t msn, uint32_t part)
{
	struct wire_position next = window_next(window);

	ck_assert_uint_eq(next.msn, msn);
	ck_assert_uint_eq(next.part, part);
}

START_TEST(limits_that_contradict_are_refused)
{
	static const struct window_params bad[] = {
		{ .segments = 2, .target_ms = 2000, .part_target_ms = 200 },
		{ .segments = 10001, .target_ms = 2000, .part_target_ms = 200 },
		{ .segments = 3, .target_ms = 1500, .part_target_ms = 200 },
		{ .segments = 3, .target_ms = 1000, .part_target_ms = 1001 },
		{ .segments = 3, .target_ms = 61000, .part_target_ms = 200 },
		{ .segments = 3, .target_ms = 2000, .part_target_ms = 0 },
	};
	static const struct window_params good[] = {
		{ .segments = 3, .target_ms = 1000, .part_target_ms = 1000 },
		{ .segments = 10000, .target_ms = 60000, .part_target_ms = 1 },
	};
	struct window *w;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(window_open(&w, &bad[i]), -EINVAL);
		ck_assert_ptr_null(w);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ck_assert_int_eq(window_open(&w, &good[i]), 0);
		window_close(&w);
	}
}
END_TEST

START_TEST(parts_fill_a_segment_until_one_is_the_last)
{
	expect_next(100, 0);
	ck_assert_int_eq(add(WIRE_INDEPENDENT), 0);
	expect_next(100, 1);
	ck_assert_int_eq(add(WIRE_LAST), 0);
	expect_next(101, 0);
	ck_assert(window_at(window, 0)->closed);
	ck_assert_uint_eq(window_at(window, 0)->count, 2);
	ck_assert_uint_eq(window_at(window, 0)->duration_90k, 180000);
}
END_TEST

START_TEST(a_segment_can_be_closed_after_its_last_part)
{
	add(0);
	window_close_segment(window);
	window_close_segment(window);
	expect_next(101, 0);
	ck_assert_int_eq(add(0), 0);
	ck_assert_uint_eq(window_count(window), 2);
}
END_TEST

START_TEST(a_segment_takes_its_last_allowed_part_and_not_one_more)
{
	for (int i = 0; i < WIRE_MAX_PARTS; i++)
		ck_assert_int_eq(add(0), 0);
	ck_assert_int_eq(add(0), -EMSGSIZE);
	expect_next(100, WIRE_MAX_PARTS);
}
END_TEST

START_TEST(the_first_segment_of_all_breaks_with_nothing)
{
	add_segments(1);
	ck_assert(!window_at(window, 0)->follows_jump);
	ck_assert_uint_eq(window_at(window, 0)->discontinuity, 0);
}
END_TEST

START_TEST(a_jump_begins_a_segment_behind_a_discontinuity)
{
	add(0); /* left open */
	window_jump(window, &(struct window_place){ 0 });
	expect_next(101, 0);
	add_segments(2);
	ck_assert(window_at(window, 0)->closed);
	ck_assert(window_at(window, 1)->follows_jump);
	ck_assert_uint_eq(window_at(window, 1)->discontinuity, 1);
	ck_assert(!window_at(window, 2)->follows_jump);
	ck_assert_uint_eq(window_at(window, 2)->discontinuity, 1);
	ck_assert_uint_eq(window_first_listed(window), 0);
}
END_TEST

START_TEST(a_jump_that_leaves_a_hole_gives_up_what_was_listed)
{
	add_segments(2);
	window_jump(window, &(struct window_place){ .msn = 103 });
	add_segments(1);
	ck_assert_uint_eq(window_first_listed(window), 2);
	ck_assert_uint_eq(window_at(window, 2)->msn, 103);
	ck_assert_ptr_nonnull(window_find(window, 100));
	ck_assert_ptr_null(window_find(window, 102));
	ck_assert_ptr_nonnull(window_find(window, 103));
}
END_TEST

START_TEST(a_jump_to_the_next_number_leaves_no_hole)
{
	add_segments(2);
	window_jump(window, &(struct window_place){ .msn = 102 });
	add_segments(1);
	ck_assert_uint_eq(window_first_listed(window), 0);
}
END_TEST

START_TEST(the_media_sequence_never_goes_back)
{
	add_segments(2);
	window_jump(window, &(struct window_place){ .msn = 50 });
	expect_next(102, 0);
}
END_TEST

START_TEST(a_past_that_only_players_know_is_broken_with_too)
{
	window_jump(window, &(struct window_place){ .msn = 200,
						    .discontinuity = 5,
						    .seen = true });
	add_segments(1);
	ck_assert(window_at(window, 0)->follows_jump);
	ck_assert_uint_eq(window_at(window, 0)->discontinuity, 6);
}
END_TEST

START_TEST(the_list_holds_the_asked_number_of_closed_segments)
{
	add_segments(3);
	ck_assert_uint_eq(window_first_listed(window), 0);
	add(0); /* an open one beside them */
	ck_assert_uint_eq(window_first_listed(window), 0);
	add(WIRE_LAST);
	ck_assert_uint_eq(window_first_listed(window), 1);
}
END_TEST

/* A segment of one part. */
static void add_short(uint32_t duration_90k)
{
	ck_assert_int_eq(
		window_add(window,
			   &(struct wire_part){ .duration_90k = duration_90k },
			   WIRE_LAST, 1000),
		0);
}

START_TEST(the_list_keeps_three_target_durations_of_short_segments)
{
	for (int i = 0; i < 9; i++)
		add_short(67500); /* eight of them are 6 s */
	ck_assert_uint_eq(window_first_listed(window), 1);
	add_short(67499);
	ck_assert_uint_eq(window_first_listed(window), 1);
	add_short(67510);
	ck_assert_uint_eq(window_first_listed(window), 3);
}
END_TEST

/* Nine of them are 6 s, and the list says 5.99994: 0.66666 for each. */
START_TEST(the_list_keeps_three_target_durations_as_they_are_written)
{
	for (int i = 0; i < 11; i++)
		add_short(60000);
	ck_assert_uint_eq(window_first_listed(window), 1);
	add_short(60004); /* 0.66671 and eight times 0.66666: 5.99999 */
	ck_assert_uint_eq(window_first_listed(window), 2);
	add_short(60001);
	ck_assert_uint_eq(window_first_listed(window), 4);
}
END_TEST

START_TEST(a_list_that_ends_earlier_is_as_long)
{
	static const struct {
		size_t end;
		bool whole;
		size_t first;
	} rows[] = {
		{ 8, true, 5 },	 { 8, false, 4 }, { 7, true, 4 },
		{ 5, true, 2 },	 { 5, false, 1 }, { 3, true, 0 },
		{ 3, false, 0 }, { 1, true, 0 },  { 0, true, 0 },
	};

	add_segments(8);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_uint_eq(window_first_listed_to(window, rows[i].end,
							 rows[i].whole),
				  rows[i].first);
	add(0); /* an open one has no end, whole or not */
	ck_assert_uint_eq(window_first_listed_to(window, 9, true), 5);
	ck_assert_uint_eq(window_first_listed_to(window, 9, false), 5);
}
END_TEST

START_TEST(a_list_that_ends_earlier_does_not_go_back_over_a_hole)
{
	add_segments(3);
	window_jump(window, &(struct window_place){ .msn = 200 });
	add_segments(2);
	ck_assert_uint_eq(window_first_listed_to(window, 5, true), 3);
	ck_assert_uint_eq(window_first_listed_to(window, 4, true), 3);
	ck_assert_uint_eq(window_first_listed_to(window, 3, true), 3);
}
END_TEST

START_TEST(the_list_is_bounded_however_short_segments_are)
{
	struct window_segment old;

	for (int i = 0; i < 200; i++) {
		add_short(1);
		while (window_evict(window, &old))
			window_release_segment(&old);
	}
	ck_assert_uint_eq(window_count(window) - window_first_listed(window),
			  4 * 3);
	ck_assert_uint_le(window_count(window), 2 * 4 * 3 + 2);
}
END_TEST

START_TEST(a_segment_stays_for_another_list_and_then_goes)
{
	struct window_segment old;

	add_segments(3 + 4);
	ck_assert(!window_evict(window, &old));
	add_segments(1);
	ck_assert(window_evict(window, &old));
	ck_assert_uint_eq(old.msn, 100);
	ck_assert_uint_eq(old.count, 2);
	window_release_segment(&old);
	ck_assert_ptr_null(old.parts);
	ck_assert(!window_evict(window, &old));
}
END_TEST

START_TEST(without_room_all_but_what_players_need_can_go)
{
	struct window_segment old;

	add_segments(6);
	for (uint32_t msn = 100; msn < 102; msn++) {
		ck_assert(window_shed(window, &old));
		ck_assert_uint_eq(old.msn, msn);
		window_release_segment(&old);
	}
	ck_assert(!window_shed(window, &old));
	ck_assert_uint_eq(window_count(window), WINDOW_LEAST);
	expect_next(106, 0);
}
END_TEST

START_TEST(a_long_run_needs_no_more_memory_than_a_short_one)
{
	struct window_segment old;

	for (int i = 0; i < 1000; i++) {
		add_segments(1);
		while (window_evict(window, &old))
			window_release_segment(&old);
		ck_assert_uint_le(window_count(window), 8);
	}
	expect_next(1100, 0);
	ck_assert_uint_eq(window_at(window, 0)->msn, 1093);
}
END_TEST

START_TEST(a_window_that_nobody_evicts_from_refuses_and_changes_nothing)
{
	int err, count = 0;

	while (!(err = add(WIRE_LAST)))
		count++;
	ck_assert_int_eq(err, -ENOSPC);
	expect_next(100 + (uint32_t)count, 0);
}
END_TEST

START_TEST(sending_in_order_goes_from_part_to_part)
{
	struct wire_position at = { 100, 0 };

	add_segments(1);
	add(0);
	ck_assert(window_after(window, at, &at));
	ck_assert(at.msn == 100 && at.part == 1);
	ck_assert(window_after(window, at, &at));
	ck_assert(at.msn == 101 && at.part == 0);
	ck_assert(!window_after(window, at, &at));
	ck_assert(window_after(window, (struct wire_position){ 3, 9 }, &at));
	ck_assert(at.msn == 100 && at.part == 0);
}
END_TEST

START_TEST(a_described_part_has_its_own_start_and_flags)
{
	struct wire_part meta;

	add_segments(1);
	ck_assert_uint_eq(window_describe(window_at(window, 0), 0, &meta),
			  WIRE_INDEPENDENT);
	ck_assert_int_eq(meta.start_us, 5000000);
	ck_assert_uint_eq(window_describe(window_at(window, 0), 1, &meta),
			  WIRE_LAST);
	ck_assert_int_eq(meta.start_us, 6000000);
	ck_assert_uint_eq(meta.epoch, 0xe);
	ck_assert_uint_eq(meta.at.msn, 100);
	ck_assert_uint_eq(meta.at.part, 1);
	ck_assert_uint_eq(meta.init, 7);
}
END_TEST

START_TEST(a_window_is_restored_part_by_part_as_it_was)
{
	struct window *copy;

	add_segments(2);
	window_jump(window, &(struct window_place){ .epoch = 0xf });
	add_segments(1);
	add(WIRE_INDEPENDENT);
	ck_assert_int_eq(window_open(&copy, window_params(window)), 0);
	for (size_t i = 0; i < window_count(window); i++) {
		const struct window_segment *s = window_at(window, i);

		for (size_t k = 0; k < s->count; k++) {
			struct wire_part meta;
			uint8_t flags = window_describe(s, k, &meta);

			ck_assert_int_eq(window_restore(copy, &meta, flags,
							s->parts[k].size),
					 0);
		}
	}
	ck_assert_uint_eq(window_count(copy), window_count(window));
	for (size_t i = 0; i < window_count(copy); i++) {
		const struct window_segment *a = window_at(window, i);
		const struct window_segment *b = window_at(copy, i);

		ck_assert_uint_eq(a->msn, b->msn);
		ck_assert_uint_eq(a->epoch, b->epoch);
		ck_assert_uint_eq(a->discontinuity, b->discontinuity);
		ck_assert_int_eq(a->follows_jump, b->follows_jump);
		ck_assert_int_eq(a->closed, b->closed);
		ck_assert_uint_eq(a->count, b->count);
		ck_assert_uint_eq(a->duration_90k, b->duration_90k);
	}
	ck_assert(!wire_compare(window_next(window), window_next(copy)));
	window_close(&copy);
}
END_TEST

START_TEST(a_part_that_cannot_follow_is_not_restored)
{
	struct wire_part meta = { .at = { 100, 1 } };

	ck_assert_int_eq(window_restore(window, &meta, 0, 1), -EINVAL);
	meta.at = (struct wire_position){ 99, 0 };
	ck_assert_int_eq(window_restore(window, &meta, 0, 1), -EINVAL);
	meta.at = (struct wire_position){ 100, 0 };
	ck_assert_int_eq(window_restore(window, &meta, WIRE_DISCONTINUITY, 1),
			 -EINVAL);
	ck_assert_uint_eq(window_count(window), 0);
	meta.discontinuity = 1;
	ck_assert_int_eq(window_restore(window, &meta, WIRE_DISCONTINUITY, 1),
			 0);
}
END_TEST

CHECK_MAIN(window, setup, teardown, limits_that_contradict_are_refused,
	   parts_fill_a_segment_until_one_is_the_last,
	   a_segment_can_be_closed_after_its_last_part,
	   a_segment_takes_its_last_allowed_part_and_not_one_more,
	   the_first_segment_of_all_breaks_with_nothing,
	   a_jump_begins_a_segment_behind_a_discontinuity,
	   a_jump_that_leaves_a_hole_gives_up_what_was_listed,
	   a_jump_to_the_next_number_leaves_no_hole,
	   the_media_sequence_never_goes_back,
	   a_past_that_only_players_know_is_broken_with_too,
	   the_list_holds_the_asked_number_of_closed_segments,
	   the_list_keeps_three_target_durations_of_short_segments,
	   the_list_keeps_three_target_durations_as_they_are_written,
	   a_list_that_ends_earlier_is_as_long,
	   a_list_that_ends_earlier_does_not_go_back_over_a_hole,
	   the_list_is_bounded_however_short_segments_are,
	   a_segment_stays_for_another_list_and_then_goes,
	   without_room_all_but_what_players_need_can_go,
	   a_long_run_needs_no_more_memory_than_a_short_one,
	   a_window_that_nobody_evicts_from_refuses_and_changes_nothing,
	   sending_in_order_goes_from_part_to_part,
	   a_described_part_has_its_own_start_and_flags,
	   a_window_is_restored_part_by_part_as_it_was,
	   a_part_that_cannot_follow_is_not_restored)
