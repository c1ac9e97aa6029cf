/* SPDX-License-Identifier: MIT */
#include "device/uplink/flow.h"

#include "tests/unit/check_main.h"

#define MS 1000

static struct flow flow;
static int64_t now_us;

static void setup(void)
{
	flow = (struct flow){ 0 };
	now_us = 5000000;
	flow_begin(&flow, now_us);
}

static struct wire_position at(uint32_t n)
{
	return (struct wire_position){ 1, n };
}

static void send_part(uint32_t n, uint32_t bytes)
{
	flow_sent(&flow, at(n), true, bytes, now_us);
}

static void ack(uint32_t n)
{
	flow_acked(&flow, at(n), now_us);
}

static int64_t capacity(void)
{
	return flow_look(&flow, now_us).capacity;
}

/* Each waits behind the one before: `each_us` apart they arrive. */
static void send_many(uint32_t count, uint32_t bytes, int64_t each_us)
{
	for (uint32_t n = 0; n < count; n++)
		send_part(n, bytes);
	for (uint32_t n = 0; n < count; n++) {
		now_us += each_us;
		ack(n);
	}
}

START_TEST(nothing_is_known_at_first)
{
	struct flow_sight sight = flow_look(&flow, now_us);

	ck_assert_int_eq(sight.capacity, 0);
	ck_assert_int_eq(sight.load, 0);
	ck_assert_int_eq(sight.silent_us, 0);
	ck_assert(!sight.cut);
}
END_TEST

START_TEST(what_waits_in_line_shows_what_the_line_carries)
{
	send_many(10, 12500, 100 * MS); /* 100000 bits in 0.1 s */
	ck_assert_int_eq(capacity(), 1000000);
	ck_assert_int_eq(flow_look(&flow, now_us).load, 33);
}
END_TEST

START_TEST(a_round_trip_is_not_the_lines_time)
{
	flow_set_trip(&flow, 80 * MS);
	for (uint32_t n = 0; n < 10; n++) {
		now_us += 200 * MS;
		send_part(n, 12500);
		now_us += 180 * MS;
		ack(n);
	}
	ck_assert_int_eq(capacity(), 1000000);
}
END_TEST

START_TEST(a_playlist_that_is_acknowledged_with_its_part_takes_no_time)
{
	for (uint32_t n = 0; n < 10; n++) {
		send_part(n, 12500);
		flow_sent(&flow, at(n), false, 400, now_us);
		now_us += 100 * MS;
		ack(n);
		now_us += 100 * MS; /* the playlist has no word of its own */
	}
	ck_assert_int_ge(capacity(), 1000000);
	ck_assert_int_le(capacity(), 1040000);
	ck_assert_int_le(flow_look(&flow, now_us).load, 52);
	ck_assert_int_eq(flow_look(&flow, now_us).silent_us, 0);
}
END_TEST

START_TEST(a_playlist_with_an_acknowledgement_of_its_own_counts)
{
	for (uint32_t n = 0; n < 10; n++) {
		send_part(n, 10000);
		flow_sent(&flow, at(n), false, 2500, now_us);
		now_us += 80 * MS;
		ack(n);
		now_us += 20 * MS;
		ack(n);
	}
	ck_assert_int_eq(capacity(), 1000000);
	ck_assert_int_gt(flow_look(&flow, now_us).other, 60000);
}
END_TEST

START_TEST(a_word_about_what_was_not_sent_is_ignored)
{
	ack(3);
	send_part(5, 1000);
	ack(4);
	ck_assert_int_eq(flow.count, 1);
	ack(5);
	ack(5);
	ck_assert_int_eq(flow.count, 0);
}
END_TEST

START_TEST(what_is_overdue_lowers_the_measure_before_it_arrives)
{
	send_many(10, 12500, 100 * MS);
	send_part(20, 12500);
	now_us += 399 * MS;
	flow_moved(&flow, now_us);
	ck_assert_int_eq(capacity(), 1000000);
	now_us += 301 * MS;
	ck_assert_int_lt(capacity(), 700000);
	ck_assert(!flow_look(&flow, now_us).cut);
}
END_TEST

START_TEST(a_line_on_which_nothing_moves_is_cut_and_that_is_no_measure)
{
	send_many(10, 12500, 100 * MS);
	send_part(20, 12500);
	now_us += FLOW_CUT_US - 1;
	ck_assert(!flow_look(&flow, now_us).cut);
	now_us += 1;
	ck_assert(flow_look(&flow, now_us).cut);
	now_us += 60000 * MS;
	flow_moved(&flow, now_us);
	ck_assert(!flow_look(&flow, now_us).cut);
	now_us += 100 * MS;
	ack(20);
	ck_assert_int_eq(capacity(), 1000000);
}
END_TEST

START_TEST(what_went_in_part_before_a_cut_is_no_measure_either)
{
	send_many(10, 12500, 100 * MS);
	send_part(20, 100000); /* most of it is through when it is cut */
	send_part(21, 12500);
	now_us += FLOW_CUT_US;
	flow_moved(&flow, now_us);
	now_us += 70 * MS;
	ack(20);
	ck_assert_int_eq(capacity(), 1000000);
	now_us += 400 * MS;
	ack(21);
	ck_assert_int_lt(capacity(), 1000000);
}
END_TEST

START_TEST(a_line_is_not_cut_when_nothing_was_sent)
{
	now_us += 60000 * MS;
	ck_assert(!flow_look(&flow, now_us).cut);
	send_part(1, 100);
	ck_assert(!flow_look(&flow, now_us).cut);
}
END_TEST

START_TEST(what_was_known_is_known_until_something_else_is)
{
	send_many(10, 12500, 100 * MS);
	now_us += 60000 * MS;
	ck_assert_int_eq(capacity(), 1000000);
	flow_begin(&flow, now_us);
	ck_assert_int_eq(capacity(), 1000000);
	send_many(10, 12500, 200 * MS);
	ck_assert_int_eq(capacity(), 500000);
}
END_TEST

START_TEST(a_line_too_quick_to_be_measured_carries_at_least_what_was_sent)
{
	send_many(10, 12500, 100 * MS);
	now_us += 10000 * MS;
	send_many(10, 12500, 1 * MS);
	ck_assert_int_gt(capacity(), 10000000);
}
END_TEST

START_TEST(more_in_flight_than_there_is_room_for_are_counted_as_one)
{
	for (uint32_t n = 0; n < 3 * FLOW_IN_FLIGHT; n++)
		send_part(n, 1000);
	ck_assert_int_eq(flow.count, FLOW_IN_FLIGHT);
	now_us += 500 * MS;
	ack(3 * FLOW_IN_FLIGHT - 1);
	ck_assert_int_eq(flow.count, 0);
	ck_assert_int_eq(capacity(), 3 * FLOW_IN_FLIGHT * 16000);
}
END_TEST

CHECK_MAIN(flow, setup, NULL, nothing_is_known_at_first,
	   what_waits_in_line_shows_what_the_line_carries,
	   a_round_trip_is_not_the_lines_time,
	   a_playlist_that_is_acknowledged_with_its_part_takes_no_time,
	   a_playlist_with_an_acknowledgement_of_its_own_counts,
	   a_word_about_what_was_not_sent_is_ignored,
	   what_is_overdue_lowers_the_measure_before_it_arrives,
	   a_line_on_which_nothing_moves_is_cut_and_that_is_no_measure,
	   what_went_in_part_before_a_cut_is_no_measure_either,
	   a_line_is_not_cut_when_nothing_was_sent,
	   what_was_known_is_known_until_something_else_is,
	   a_line_too_quick_to_be_measured_carries_at_least_what_was_sent,
	   more_in_flight_than_there_is_room_for_are_counted_as_one)
