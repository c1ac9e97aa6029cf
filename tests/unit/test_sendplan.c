/* SPDX-License-Identifier: MIT */
#include "device/uplink/sendplan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/fake_handover.h"

static struct handover *handover;
static struct sendplan plan;

static uint32_t relay_epoch; /* of what the relay holds */

static void setup(void)
{
	relay_epoch = FAKE_EPOCH;
	handover = fake_open();
}

static void teardown(void)
{
	fake_close(&handover);
}

/* Closed segments first..last with three parts each. */
static void add_segments(uint32_t first, uint32_t last)
{
	for (uint32_t msn = first; msn <= last; msn++)
		fake_add(handover, (struct fake_segment){
					   .msn = msn, .parts = 3, .init = 1 });
}

/* The newest segment, which goes on. */
static void add_open(uint32_t msn, uint32_t parts)
{
	fake_add(handover,
		 (struct fake_segment){
			 .msn = msn, .parts = parts, .init = 1, .open = true });
}

static void begin_empty(void)
{
	sendplan_begin(&plan, handover,
		       &(struct wire_message){ .type = WIRE_WELCOME });
}

static void begin(uint32_t first_msn, struct wire_position last,
		  uint32_t discontinuity)
{
	sendplan_begin(&plan, handover,
		       &(struct wire_message){
			       .type = WIRE_WELCOME,
			       .flags = WIRE_HOLDS,
			       .welcome = { .first_msn = first_msn,
					    .last = last,
					    .epoch = relay_epoch,
					    .discontinuity = discontinuity } });
}

/* "i1" an init, "5.0" a part, "[4-5.0]" a playlist. */
static const char *describe(const struct sendplan_action *a)
{
	static char out[64];

	switch (a->kind) {
	case SENDPLAN_INIT:
		snprintf(out, sizeof(out), "i%" PRIu32, a->part.init);
		return out;
	case SENDPLAN_PART:
		snprintf(out, sizeof(out), "%" PRIu32 ".%" PRIu32,
			 a->part.at.msn, a->part.at.part);
		return out;
	case SENDPLAN_PLAYLIST:
		snprintf(out, sizeof(out),
			 "[%" PRIu32 "-%" PRIu32 ".%" PRIu32 "%s]",
			 a->playlist.first_msn, a->playlist.last.msn,
			 a->playlist.last.part,
			 a->playlist.ended ? " end" : "");
		return out;
	default:
		return "";
	}
}

/* All actions until there is nothing to do, or `most` of them. */
static const char *run(int most)
{
	static char out[4096];
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < most; i++) {
		struct sendplan_action a = sendplan_next(&plan);

		if (a.kind == SENDPLAN_WAIT)
			break;
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s",
					 i ? " " : "", describe(&a));
		ck_assert_uint_lt(used, sizeof(out));
	}
	return out;
}

static const char *rest(void)
{
	return run(1000);
}

static void check_raised(uint32_t msn, uint32_t discontinuity)
{
	uint32_t raised_msn, raised_discontinuity;

	ck_assert(fake_raised(handover, &raised_msn, &raised_discontinuity));
	ck_assert_uint_eq(raised_msn, msn);
	ck_assert_uint_eq(raised_discontinuity, discontinuity);
}

static bool raised(void)
{
	uint32_t msn, discontinuity;

	return fake_raised(handover, &msn, &discontinuity);
}

/* --- a relay that holds nothing ------------------------------------------- */

START_TEST(a_fresh_relay_gets_init_part_and_playlist_in_this_order)
{
	add_open(5, 1);
	begin_empty();
	ck_assert_str_eq(rest(), "i1 5.0 [5-5.0]");
	ck_assert(!raised());
}
END_TEST

START_TEST(with_nothing_to_send_the_plan_waits_and_then_goes_on)
{
	begin_empty();
	ck_assert_str_eq(rest(), "");
	add_open(5, 1);
	ck_assert_str_eq(rest(), "i1 5.0 [5-5.0]");
	ck_assert_str_eq(rest(), "");
	add_open(5, 1);
	ck_assert_str_eq(rest(), "5.1 [5-5.1]");
}
END_TEST

START_TEST(a_stream_may_begin_with_media_sequence_zero)
{
	add_segments(0, 0);
	add_open(1, 1);
	begin_empty();
	ck_assert_str_eq(rest(), "i1 0.0 0.1 0.2 1.0 [0-1.0]");
	begin(0, (struct wire_position){ 0, 0 }, 0);
	ck_assert_str_eq(rest(), "i1 0.1 0.2 [0-0.2] 1.0 [0-1.0]");
	add_open(1, 1);
	ck_assert_str_eq(rest(), "1.1 [0-1.1]");
}
END_TEST

START_TEST(parts_that_wait_go_before_one_playlist_of_them_all)
{
	add_open(5, 1);
	begin_empty();
	rest();
	add_open(5, 3);
	ck_assert_str_eq(rest(), "5.1 5.2 5.3 [5-5.3]");
}
END_TEST

START_TEST(a_fresh_relay_gets_three_target_durations_not_the_whole_window)
{
	add_segments(1, 20);
	add_open(21, 1);
	begin_empty();
	ck_assert_str_eq(rest(), "i1 18.0 18.1 18.2 19.0 19.1 19.2 20.0 20.1 "
				 "20.2 21.0 [18-21.0]");
}
END_TEST

START_TEST(short_segments_are_added_up_to_three_target_durations)
{
	for (uint32_t msn = 1; msn <= 20; msn++)
		fake_add(handover, (struct fake_segment){
					   .msn = msn, .parts = 1, .init = 1 });
	begin_empty();
	ck_assert_str_eq(run(2), "i1 11.0"); /* 9 x 2/3 s, and the newest */
}
END_TEST

START_TEST(segments_that_are_not_listed_are_not_sent)
{
	add_segments(1, 3);
	add_open(4, 1);
	fake_list_from(handover, 3);
	begin_empty();
	ck_assert_str_eq(rest(), "i1 3.0 3.1 3.2 4.0 [3-4.0]");
}
END_TEST

/* --- inits ---------------------------------------------------------------- */

START_TEST(each_init_goes_once_before_the_first_part_that_needs_it)
{
	add_segments(1, 1);
	fake_add(handover,
		 (struct fake_segment){
			 .msn = 2, .parts = 1, .init = 2, .discontinuity = 1 });
	fake_add(handover,
		 (struct fake_segment){
			 .msn = 3, .parts = 1, .init = 1, .discontinuity = 2 });
	begin_empty();
	ck_assert_str_eq(rest(), "i1 1.0 1.1 1.2 i2 2.0 3.0 [1-3.0]");
	begin(1, (struct wire_position){ 2, 0 }, 1);
	ck_assert_str_eq(run(2), "i1 3.0");
}
END_TEST

START_TEST(more_inits_than_are_remembered_are_sent_again)
{
	begin_empty();
	for (uint32_t i = 1; i <= SENDPLAN_INITS + 1; i++) {
		fake_add(handover, (struct fake_segment){
					   .msn = i, .parts = 1, .init = i });
		ck_assert_int_eq(*rest(), 'i');
	}
	fake_add(handover, (struct fake_segment){ .msn = 9,
						  .parts = 1,
						  .init = SENDPLAN_INITS });
	ck_assert_int_eq(*rest(), '9');
	fake_add(handover,
		 (struct fake_segment){ .msn = 10, .parts = 1, .init = 1 });
	ck_assert_int_eq(*rest(), 'i');
}
END_TEST

/* --- a relay that holds this stream --------------------------------------- */

START_TEST(a_relay_that_has_all_of_it_gets_the_playlist_alone)
{
	add_segments(1, 8);
	add_open(9, 2);
	begin(3, (struct wire_position){ 9, 1 }, 0);
	ck_assert_str_eq(rest(), "[3-9.1]");
	add_open(9, 1);
	ck_assert_str_eq(rest(), "i1 9.2 [3-9.2]");
	ck_assert(!raised());
}
END_TEST

START_TEST(a_relay_that_is_behind_gets_just_what_is_missing)
{
	add_segments(1, 8);
	add_open(9, 2);
	begin(3, (struct wire_position){ 8, 1 }, 0);
	ck_assert_str_eq(rest(), "i1 8.2 [3-8.2] 9.0 9.1 [3-9.1]");
}
END_TEST

START_TEST(a_relay_that_has_only_the_segment_before_the_listed_ones_goes_on)
{
	add_segments(1, 12);
	fake_list_from(handover, 6);
	begin(1, (struct wire_position){ 5, 2 }, 0);
	ck_assert_str_eq(run(2), "i1 6.0");
}
END_TEST

START_TEST(a_relay_from_before_the_listed_segments_starts_anew)
{
	add_segments(1, 9);
	fake_list_from(handover, 6);
	begin(1, (struct wire_position){ 4, 2 }, 0);
	ck_assert_str_eq(rest(), "i1 6.0 6.1 6.2 7.0 7.1 7.2 8.0 8.1 8.2 9.0 "
				 "9.1 9.2 [6-9.2]");
	ck_assert(!raised());
}
END_TEST

START_TEST(a_gap_by_eviction_is_not_listed)
{
	add_segments(30, 39);
	begin(1, (struct wire_position){ 20, 2 }, 0);
	ck_assert_str_eq(run(2), "i1 36.0");
	rest();
	add_open(40, 1);
	ck_assert_str_eq(rest(), "40.0 [36-40.0]");
}
END_TEST

START_TEST(fifteen_segments_behind_are_caught_up_with_and_sixteen_are_not)
{
	add_segments(1, 17);
	begin(1, (struct wire_position){ 2, 2 }, 0);
	ck_assert_str_eq(run(2), "i1 3.0");
	begin(1, (struct wire_position){ 1, 2 }, 0);
	ck_assert_str_eq(run(2), "i1 14.0");
}
END_TEST

START_TEST(a_playlist_goes_out_at_least_once_a_segment_while_parts_wait)
{
	add_segments(1, 5);
	begin(1, (struct wire_position){ 2, 1 }, 0);
	ck_assert_str_eq(rest(), "i1 2.2 [1-2.2] 3.0 3.1 3.2 [1-3.2] 4.0 4.1 "
				 "4.2 [1-4.2] 5.0 5.1 5.2 [1-5.2]");
}
END_TEST

START_TEST(no_playlist_lists_more_segments_than_the_relay_keeps)
{
	add_segments(1, 8);
	begin(1, (struct wire_position){ 8, 2 }, 0);
	plan.relay.max_segments = 9;
	ck_assert_str_eq(rest(), "[1-8.2]");
	plan.dirty = true;
	plan.relay.max_segments = 8;
	ck_assert_str_eq(rest(), "[1-8.2]");
	plan.dirty = true;
	plan.relay.max_segments = 7;
	ck_assert_str_eq(rest(), "[2-8.2]");
	plan.dirty = true;
	/* Three target durations are listed in any case. */
	plan.relay.max_segments = 1;
	ck_assert_str_eq(rest(), "[5-8.2]");
}
END_TEST

/* --- a relay that knows more, or something else --------------------------- */

START_TEST(above_a_relay_that_is_ahead_the_stream_is_raised)
{
	add_segments(1, 3);
	begin(90, (struct wire_position){ 100, 1 }, 7);
	check_raised(100, 7);
	ck_assert_str_eq(rest(), "");
	add_open(4, 1); /* not yet raised */
	ck_assert_str_eq(rest(), "");
	fake_add(handover, (struct fake_segment){ .msn = 101,
						  .parts = 1,
						  .init = 1,
						  .discontinuity = 8 });
	ck_assert_str_eq(rest(), "i1 101.0 [101-101.0]");
}
END_TEST

START_TEST(a_stream_without_a_part_is_raised_before_its_first)
{
	begin(90, (struct wire_position){ 100, 1 }, 7);
	check_raised(100, 7);
	ck_assert_str_eq(rest(), "");
	fake_add(handover, (struct fake_segment){ .msn = 101,
						  .parts = 1,
						  .init = 1,
						  .discontinuity = 8 });
	ck_assert_str_eq(rest(), "i1 101.0 [101-101.0]");
}
END_TEST

START_TEST(a_first_part_that_came_before_the_raise_is_not_sent)
{
	begin(90, (struct wire_position){ 100, 1 }, 0);
	add_open(50, 1);
	ck_assert_str_eq(rest(), "");
	check_raised(100, 0);
	add_open(101, 1);
	ck_assert_str_eq(rest(), "i1 101.0 [101-101.0]");
}
END_TEST

START_TEST(where_raising_leaves_a_hole_the_playlist_begins_behind_it)
{
	add_segments(1, 3);
	begin(90, (struct wire_position){ 100, 1 }, 0);
	add_open(102, 1);
	ck_assert_str_eq(rest(), "i1 102.0 [102-102.0]");
}
END_TEST

START_TEST(a_crash_that_lost_the_newest_parts_keeps_what_is_before_them)
{
	add_segments(1, 8);
	add_open(9, 1);
	begin(3, (struct wire_position){ 9, 2 }, 0);
	check_raised(9, 0);
	ck_assert_str_eq(rest(), "");
	fake_add(handover, (struct fake_segment){ .msn = 10,
						  .parts = 1,
						  .init = 1,
						  .discontinuity = 1 });
	ck_assert_str_eq(rest(), "i1 10.0 [3-10.0]");
}
END_TEST

START_TEST(another_stream_under_the_same_numbers_is_passed)
{
	for (uint32_t msn = 1; msn <= 8; msn++)
		fake_add(handover, (struct fake_segment){ .msn = msn,
							  .parts = 3,
							  .init = 1,
							  .discontinuity = 5 });
	relay_epoch = FAKE_EPOCH + 1;
	begin(1, (struct wire_position){ 6, 1 }, 2);
	ck_assert_str_eq(rest(), "i1 7.0 7.1 7.2 8.0 8.1 8.2 [7-8.2]");
	ck_assert(!raised());
}
END_TEST

START_TEST(another_stream_that_is_as_far_is_passed_by_raising_ours)
{
	fake_add(handover,
		 (struct fake_segment){
			 .msn = 8, .parts = 3, .init = 1, .discontinuity = 5 });
	relay_epoch = FAKE_EPOCH + 1;
	begin(1, (struct wire_position){ 8, 1 }, 2);
	check_raised(8, 2);
	ck_assert_str_eq(rest(), "");
	fake_add(handover,
		 (struct fake_segment){
			 .msn = 9, .parts = 1, .init = 1, .discontinuity = 6 });
	ck_assert_str_eq(rest(), "i1 9.0 [9-9.0]");
}
END_TEST

START_TEST(a_higher_discontinuity_sequence_raises_above_our_newest)
{
	add_segments(1, 8);
	relay_epoch = FAKE_EPOCH + 1;
	begin(1, (struct wire_position){ 6, 1 }, 2);
	check_raised(9, 2);
	ck_assert_str_eq(rest(), "");
	fake_add(handover, (struct fake_segment){ .msn = 10,
						  .parts = 1,
						  .init = 1,
						  .discontinuity = 3 });
	ck_assert_str_eq(rest(), "i1 10.0 [10-10.0]");
}
END_TEST

START_TEST(the_relay_of_an_earlier_process_is_gone_on_with)
{
	/* The last segment of the process before ended early, without a
	 * sign of it; ours begins behind a discontinuity. */
	add_segments(1, 3);
	fake_add(handover,
		 (struct fake_segment){ .msn = 4, .parts = 2, .init = 1 });
	begin(1, (struct wire_position){ 4, 1 }, 0);
	ck_assert_str_eq(rest(), "[1-4.1]");
	fake_add(handover,
		 (struct fake_segment){
			 .msn = 5, .parts = 1, .init = 1, .discontinuity = 1 });
	ck_assert_str_eq(rest(), "i1 5.0 [1-5.0]");
	ck_assert(!raised());
}
END_TEST

/* --- what cannot be sent -------------------------------------------------- */

START_TEST(behind_a_lost_part_the_next_segment_begins_the_copy)
{
	struct sendplan_action a;

	add_segments(1, 3);
	begin_empty();
	ck_assert_str_eq(run(2), "i1 1.0");
	a = sendplan_next(&plan);
	ck_assert_str_eq(describe(&a), "1.1");
	sendplan_lost(&plan, &a);
	ck_assert_str_eq(rest(), "2.0 2.1 2.2 3.0 3.1 3.2 [2-3.2]");
	ck_assert_uint_eq(plan.skipped, 1);
}
END_TEST

START_TEST(a_lost_newest_part_is_no_endless_loop)
{
	struct sendplan_action a;

	add_open(1, 1);
	begin_empty();
	ck_assert_str_eq(run(1), "i1");
	a = sendplan_next(&plan);
	sendplan_lost(&plan, &a);
	ck_assert_str_eq(rest(), "");
	add_open(1, 1); /* of no use: the segment lacks its beginning */
	ck_assert_str_eq(rest(), "");
	add_open(2, 1);
	ck_assert_str_eq(rest(), "2.0 [2-2.0]");
}
END_TEST

START_TEST(an_init_that_is_lost_is_tried_again_with_the_next_segment)
{
	struct sendplan_action a;

	add_segments(1, 2);
	begin_empty();
	a = sendplan_next(&plan);
	ck_assert_str_eq(describe(&a), "i1");
	sendplan_lost(&plan, &a);
	ck_assert_str_eq(rest(), "i1 2.0 2.1 2.2 [2-2.2]");
}
END_TEST

START_TEST(a_part_that_the_relay_does_not_take_is_not_sent)
{
	add_segments(1, 1);
	fake_add(handover,
		 (struct fake_segment){
			 .msn = 2, .parts = 3, .init = 1, .size = 101 });
	add_segments(3, 3);
	begin_empty();
	plan.relay.max_part = 100;
	ck_assert_str_eq(rest(), "i1 1.0 1.1 1.2 3.0 3.1 3.2 [3-3.2]");
	ck_assert_uint_eq(plan.skipped, 1);
	begin_empty();
	plan.relay.max_part = 101;
	ck_assert_str_eq(run(5), "i1 1.0 1.1 1.2 2.0");
}
END_TEST

START_TEST(segments_evicted_before_they_went_leave_a_gap_that_is_not_listed)
{
	add_segments(1, 2);
	begin_empty();
	ck_assert_str_eq(run(3), "i1 1.0 1.1");
	add_segments(3, 9);
	fake_evict(handover, 6);
	ck_assert_str_eq(run(4), "6.0 6.1 6.2 [6-6.2]");
}
END_TEST

/* Its list goes back to 1, and of that we have but 8; each takes 2 s. */
START_TEST(a_list_that_lost_its_past_waits_until_it_is_long_enough)
{
	add_segments(1, 20);
	begin(1, (struct wire_position){ 8, 2 }, 0);
	fake_evict(handover, 8);
	ck_assert_str_eq(run(8), "i1 9.0 9.1 9.2 10.0 10.1 10.2 [1-10.2]");
	rest();
	ck_assert_uint_eq(plan.first_msn, 1);
}
END_TEST

START_TEST(a_list_that_begins_anew_is_as_short_as_it_is)
{
	add_segments(1, 20);
	begin(1, (struct wire_position){ 8, 2 }, 0);
	fake_evict(handover, 9); /* nothing of what was listed */
	ck_assert_str_eq(run(6), "i1 9.0 9.1 9.2 [1-9.2] 10.0");
}
END_TEST

START_TEST(a_list_whose_past_is_here_is_told_at_once)
{
	add_segments(1, 20);
	begin(8, (struct wire_position){ 8, 2 }, 0);
	fake_evict(handover, 8);
	ck_assert_str_eq(run(6), "i1 9.0 9.1 9.2 [8-9.2] 10.0");
}
END_TEST

START_TEST(with_playlists_spared_every_second_part_and_each_end_is_told)
{
	add_segments(1, 1);
	begin_empty();
	rest();
	sendplan_spare(&plan, true);
	add_open(2, 1);
	ck_assert_str_eq(rest(), "2.0");
	ck_assert_str_eq(rest(), "");
	add_open(2, 1);
	ck_assert_str_eq(rest(), "2.1 [1-2.1]");
	fake_add(handover,
		 (struct fake_segment){ .msn = 2, .parts = 1, .init = 1 });
	ck_assert_str_eq(rest(), "2.2 [1-2.2]"); /* its end */
	add_open(3, 1);
	ck_assert_str_eq(rest(), "3.0");
	sendplan_spare(&plan, false);
	ck_assert_str_eq(rest(), "[1-3.0]");
}
END_TEST

START_TEST(what_was_left_out_halfway_is_not_listed_on_another_connection)
{
	add_segments(1, 6);
	begin(1, (struct wire_position){ 6, 0 }, 0);
	sendplan_list_from(&plan, 5);
	ck_assert_str_eq(rest(), "i1 6.1 6.2 [5-6.2]");
	begin(1, (struct wire_position){ 6, 0 }, 0);
	sendplan_list_from(&plan, 7); /* of another relay, perhaps */
	ck_assert_str_eq(rest(), "i1 6.1 6.2 [1-6.2]");
	begin_empty();
	sendplan_list_from(&plan, 5);
	ck_assert_str_eq(run(2), "i1 3.0");
}
END_TEST

START_TEST(what_is_old_is_left_out_up_to_the_newest_segment)
{
	add_segments(1, 2);
	begin_empty();
	rest();
	add_segments(3, 8);
	ck_assert_str_eq(run(1), "3.0");
	sendplan_leave_old(&plan, 100); /* less than one of them has */
	ck_assert_str_eq(rest(), "8.0 8.1 8.2 [8-8.2]");
	ck_assert_uint_eq(plan.skipped, 5); /* the begun one, too */
	ck_assert_uint_eq(plan.from.msn, 7);
	/* it was for that moment */
	add_segments(9, 10);
	ck_assert_str_eq(rest(), "9.0 9.1 9.2 [8-9.2] 10.0 10.1 10.2 [8-10.2]");
}
END_TEST

START_TEST(of_what_is_old_so_much_is_sent_as_is_in_time)
{
	add_segments(1, 2);
	begin_empty();
	rest();
	add_segments(3, 8);
	sendplan_leave_old(&plan, 899);
	ck_assert_str_eq(run(1), "7.0");
	ck_assert_uint_eq(plan.skipped, 4);
	begin(1, (struct wire_position){ 2, 2 }, 0);
	sendplan_leave_old(&plan, 900);
	ck_assert_str_eq(run(2), "i1 6.0");
	ck_assert_uint_eq(plan.skipped, 3);
}
END_TEST

START_TEST(the_newest_segment_is_never_left_out)
{
	add_segments(1, 2);
	begin_empty();
	ck_assert_str_eq(run(4), "i1 1.0 1.1 1.2");
	sendplan_leave_old(&plan, 0);
	ck_assert_str_eq(run(2), "2.0 2.1");
	sendplan_leave_old(&plan, 0);
	ck_assert_str_eq(rest(), "2.2 [1-2.2]");
	ck_assert_uint_eq(plan.skipped, 0);
}
END_TEST

START_TEST(what_a_returning_relay_does_not_get_is_counted_where_it_was_there)
{
	add_segments(1, 30);
	fake_list_from(handover, 20);
	begin(1, (struct wire_position){ 10, 2 }, 0);
	ck_assert_str_eq(run(2), "i1 27.0");
	ck_assert_uint_eq(plan.skipped, 7);
}
END_TEST

START_TEST(a_line_that_is_too_slow_is_brought_back_to_the_newest)
{
	add_segments(1, 4);
	begin_empty();
	rest();
	add_segments(5, 20); /* fifteen behind */
	ck_assert_str_eq(run(1), "5.0");
	add_segments(21, 21);
	ck_assert_str_eq(run(2), "18.0 18.1");
	ck_assert_uint_eq(plan.skipped, 13);
	/* Until it is there, the playlist would name what is still to come. */
	ck_assert_str_eq(rest(), "18.2 19.0 19.1 19.2 20.0 20.1 20.2 21.0 "
				 "21.1 21.2 [18-21.2]");
}
END_TEST

/* The table's window is constant for all but us. */
static void set_target_ms(int target_ms)
{
	struct window_params *window =
		(struct window_params *)(uintptr_t)handover_window(handover);

	window->target_ms = target_ms;
}

START_TEST(a_target_of_a_minute_does_not_skip_with_each_segment)
{
	set_target_ms(60000);
	add_segments(1, 9);
	begin(1, (struct wire_position){ 5, 1 }, 0);
	ck_assert_str_eq(run(2), "i1 5.2");
	add_segments(10, 20); /* too far, but no further than a player needs */
	ck_assert_str_eq(run(2), "[1-5.2] 6.0");
	ck_assert_uint_eq(plan.skipped, 0);
}
END_TEST

START_TEST(a_start_that_is_long_to_send_is_not_moved_while_it_is_sent)
{
	set_target_ms(10000);
	add_segments(1, 30);
	begin_empty();
	ck_assert_str_eq(run(2), "i1 15.0");
	add_segments(31, 31);
	ck_assert_str_eq(run(3), "15.1 15.2 16.0");
	ck_assert_uint_eq(plan.skipped, 0);
}
END_TEST

/* --- after nobody watched --------------------------------------------------
 */

/* --- the end -------------------------------------------------------------- */

START_TEST(the_end_is_told_once_behind_the_last_part)
{
	add_segments(5, 5);
	begin_empty();
	run(100);
	add_open(6, 2);
	fake_finish(handover);
	ck_assert_str_eq(run(100), "6.0 6.1 [5-6.1 end]");
	ck_assert(plan.finished);
	ck_assert_str_eq(run(100), "");
}
END_TEST

START_TEST(an_end_behind_what_was_told_is_told)
{
	add_segments(5, 5);
	begin_empty();
	run(100);
	ck_assert(!plan.finished);
	fake_finish(handover);
	ck_assert_str_eq(run(100), "[5-5.2 end]");
}
END_TEST

START_TEST(a_stream_of_nothing_has_no_end)
{
	begin_empty();
	fake_finish(handover);
	ck_assert_str_eq(run(100), "");
	ck_assert(!plan.finished);
}
END_TEST

START_TEST(another_relay_hears_of_the_end_too)
{
	add_segments(5, 5);
	fake_finish(handover);
	begin_empty();
	ck_assert_str_eq(run(100), "i1 5.0 5.1 5.2 [5-5.2 end]");
	begin(5, (struct wire_position){ 5, 2 }, 0);
	ck_assert_str_eq(run(100), "[5-5.2 end]");
}
END_TEST

START_TEST(after_a_short_silence_everything_is_sent)
{
	add_segments(1, 20);
	add_open(21, 1);
	begin_empty();
	rest();
	add_open(21, 2);
	add_segments(22, 24);
	sendplan_resume(&plan);
	ck_assert_str_eq(run(2), "21.1 21.2");
}
END_TEST

START_TEST(after_a_long_silence_the_newest_target_duration_is_sent)
{
	add_segments(1, 20);
	begin_empty();
	rest();
	add_segments(21, 24);
	add_open(25, 2);
	sendplan_resume(&plan);
	ck_assert_str_eq(rest(), "24.0 24.1 24.2 25.0 25.1 [24-25.1]");
	add_open(25, 1);
	ck_assert_str_eq(rest(), "25.2 [24-25.2]");
	ck_assert(!raised());
	ck_assert_uint_eq(plan.skipped, 0);
}
END_TEST

START_TEST(three_target_durations_unsent_are_sent_and_one_more_are_not)
{
	add_segments(1, 20);
	begin_empty();
	rest();
	add_segments(21, 23);
	sendplan_resume(&plan);
	ck_assert_str_eq(run(1), "21.0");
	rest();
	add_segments(24, 28);
	sendplan_resume(&plan);
	ck_assert_str_eq(run(1), "27.0");
}
END_TEST

START_TEST(a_relay_that_holds_nothing_gets_just_enough_for_a_first_picture)
{
	add_segments(1, 20);
	add_open(21, 1);
	begin_empty();
	sendplan_resume(&plan);
	ck_assert_str_eq(rest(), "i1 20.0 20.1 20.2 21.0 [20-21.0]");
}
END_TEST

START_TEST(resuming_before_there_is_anything_changes_nothing)
{
	begin_empty();
	sendplan_resume(&plan);
	add_open(5, 1);
	ck_assert_str_eq(rest(), "i1 5.0 [5-5.0]");
	sendplan_resume(&plan);
	ck_assert_str_eq(rest(), "");
}
END_TEST

CHECK_MAIN(sendplan, setup, teardown,
	   a_fresh_relay_gets_init_part_and_playlist_in_this_order,
	   with_nothing_to_send_the_plan_waits_and_then_goes_on,
	   a_stream_may_begin_with_media_sequence_zero,
	   parts_that_wait_go_before_one_playlist_of_them_all,
	   a_fresh_relay_gets_three_target_durations_not_the_whole_window,
	   short_segments_are_added_up_to_three_target_durations,
	   segments_that_are_not_listed_are_not_sent,
	   each_init_goes_once_before_the_first_part_that_needs_it,
	   more_inits_than_are_remembered_are_sent_again,
	   a_relay_that_has_all_of_it_gets_the_playlist_alone,
	   a_relay_that_is_behind_gets_just_what_is_missing,
	   a_relay_that_has_only_the_segment_before_the_listed_ones_goes_on,
	   a_relay_from_before_the_listed_segments_starts_anew,
	   a_gap_by_eviction_is_not_listed,
	   fifteen_segments_behind_are_caught_up_with_and_sixteen_are_not,
	   a_playlist_goes_out_at_least_once_a_segment_while_parts_wait,
	   no_playlist_lists_more_segments_than_the_relay_keeps,
	   above_a_relay_that_is_ahead_the_stream_is_raised,
	   a_stream_without_a_part_is_raised_before_its_first,
	   a_first_part_that_came_before_the_raise_is_not_sent,
	   where_raising_leaves_a_hole_the_playlist_begins_behind_it,
	   a_crash_that_lost_the_newest_parts_keeps_what_is_before_them,
	   another_stream_under_the_same_numbers_is_passed,
	   another_stream_that_is_as_far_is_passed_by_raising_ours,
	   a_higher_discontinuity_sequence_raises_above_our_newest,
	   the_relay_of_an_earlier_process_is_gone_on_with,
	   behind_a_lost_part_the_next_segment_begins_the_copy,
	   a_lost_newest_part_is_no_endless_loop,
	   an_init_that_is_lost_is_tried_again_with_the_next_segment,
	   a_part_that_the_relay_does_not_take_is_not_sent,
	   segments_evicted_before_they_went_leave_a_gap_that_is_not_listed,
	   a_list_that_lost_its_past_waits_until_it_is_long_enough,
	   a_list_that_begins_anew_is_as_short_as_it_is,
	   a_list_whose_past_is_here_is_told_at_once,
	   with_playlists_spared_every_second_part_and_each_end_is_told,
	   what_was_left_out_halfway_is_not_listed_on_another_connection,
	   what_is_old_is_left_out_up_to_the_newest_segment,
	   of_what_is_old_so_much_is_sent_as_is_in_time,
	   the_newest_segment_is_never_left_out,
	   what_a_returning_relay_does_not_get_is_counted_where_it_was_there,
	   a_line_that_is_too_slow_is_brought_back_to_the_newest,
	   a_target_of_a_minute_does_not_skip_with_each_segment,
	   a_start_that_is_long_to_send_is_not_moved_while_it_is_sent,
	   the_end_is_told_once_behind_the_last_part,
	   an_end_behind_what_was_told_is_told, a_stream_of_nothing_has_no_end,
	   another_relay_hears_of_the_end_too,
	   after_a_short_silence_everything_is_sent,
	   after_a_long_silence_the_newest_target_duration_is_sent,
	   three_target_durations_unsent_are_sent_and_one_more_are_not,
	   a_relay_that_holds_nothing_gets_just_enough_for_a_first_picture,
	   resuming_before_there_is_anything_changes_nothing)
